"""Asking for a quote over HTTP: nothing typed is lost, nothing is sent twice, nobody asks who may not."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from app.database import Database
from app.features.listings import states as listing_states
from app.models import HeldForm, Listing, Membership, Person, QuoteRequest, QuoteRequestItem
from tests import factories
from tests.factories import NOW
from tests.features.enquiries.scene import Scene, asked
from tests.web.enquiries.conftest import Browser, hidden_fields

ROW = {"items.0.description": "Máy sấy", "items.0.quantity": "2", "items.0.unit": "máy"}


def ask_page(scene: Scene, locale: str = "vi") -> str:
    return f"/{locale}/listings/{scene.listing.slug}-{scene.listing.public_id}/ask"


def requests(database: Database) -> int:
    with database.read_only() as session:
        return session.scalar(select(func.count()).select_from(QuoteRequest)) or 0


def only_request(database: Database) -> tuple[QuoteRequest, list[QuoteRequestItem]]:
    with database.read_only() as session:
        items = session.scalars(select(QuoteRequestItem).order_by(QuoteRequestItem.position)).all()
        return session.scalars(select(QuoteRequest)).one(), list(items)


def test_the_form_begins_with_what_is_known(scene: Scene, buyer: Browser) -> None:
    page = buyer.page(ask_page(scene))
    assert 'value="Máy sấy bơm nhiệt 500 kg/mẻ"' in page
    assert "Hỏi giá nhân danh <b>Công ty Nông sản Bàu Bàng</b>" in page
    assert "Viện Cơ điện Nông nghiệp sẽ thấy tên tổ chức và tên bạn." in page
    assert 'value="package"' in buyer.page(ask_page(scene, "en"))


def test_what_is_typed_the_local_way_is_understood(scene: Scene, buyer: Browser, database: Database) -> None:
    sent = buyer.submit(
        ask_page(scene),
        **ROW,
        items__0__target_price="1.250.000.000",
        items__0__tiers="10; 1.000 ;2,5",
        items__3__description="Khay",
        items__3__quantity="12,5",
        items__3__unit="kg",
        wanted_date="01/03/2027",
        currency="VND",
        message="Sấy xoài\r\ncắt lát",
    )
    assert (sent.status_code, sent.headers["location"]) == (303, "/vi/desk/enquiries/2026-000001")
    request, items = only_request(database)
    assert (request.message, str(request.wanted_date)) == ("Sấy xoài\ncắt lát", "2027-03-01")
    assert [(one.description, one.quantity, one.unit, one.tiers, one.target_price) for one in items] == [
        ("Máy sấy", Decimal(2), "máy", ["2.5", "10", "1000"], 1_250_000_000),
        ("Khay", Decimal("12.5"), "kg", [], None),
    ]
    assert "Đã gửi yêu cầu 2026-000001 đến Viện Cơ điện Nông nghiệp." in buyer.page(sent.headers["location"])


def test_english_marks_and_cents(scene: Scene, buyer: Browser, database: Database) -> None:
    buyer.submit(ask_page(scene, "en"), **ROW, items__0__target_price="1,250.50", currency="USD")
    _request, (item,) = only_request(database)
    assert (item.target_price, item.currency) == (125_050, "USD")


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"items.0.quantity": "hai"}, "Hãy nhập một số, ví dụ 12,5."),
        ({"items.0.quantity": "0"}, "Phải lớn hơn 0."),
        ({"items.0.target_price": "1.250.000,50"}, "Hãy nhập một số nguyên, ví dụ 1.250."),
        ({"items.0.target_price": "12,345", "currency": "USD"}, "Không quá 2 chữ số sau dấu phẩy."),
        ({"items.0.target_price": "chín trăm"}, "Hãy nhập một số nguyên, ví dụ 1.250."),
        ({"wanted_date": "31/02/2027"}, "Hãy nhập ngày dạng ngày/tháng/năm, ví dụ 23/11/2026."),
        ({"wanted_date": "22/11/2026"}, "Ngày cần hàng phải từ hôm nay trở đi."),
        ({"items.0.description": ""}, "Hãy điền mục này."),
        ({"organisation": "zzzzzzzzzzzz"}, "Hãy chọn tổ chức đứng tên hỏi giá."),
    ],
)
def test_a_mistake_is_told_and_nothing_typed_is_lost(
    scene: Scene, buyer: Browser, database: Database, typed: dict[str, str], message: str
) -> None:
    back = buyer.submit(ask_page(scene), **{**ROW, "message": "Giữ lại câu này", **typed})
    assert back.status_code == 422
    assert message in back.text
    assert "Giữ lại câu này" in back.text
    for text in typed.values():
        assert not text or text in back.text or text == "zzzzzzzzzzzz"
    assert requests(database) == 0


def test_rows_come_and_go_without_javascript(scene: Scene, buyer: Browser, database: Database) -> None:
    more = buyer.submit(ask_page(scene), **ROW, _add="items")
    assert (more.status_code, 'name="items.1.description"' in more.text) == (200, True)
    less = buyer.post(
        ask_page(scene), {**hidden_fields(more.text), **ROW, "items.1.description": "Khay", "_remove": "items.0"}
    )
    assert ('name="items.0.description"' in less.text, 'value="Khay"' in less.text) == (False, True)
    stayed = buyer.submit(ask_page(scene), **ROW, _stay="1")
    assert (stayed.status_code, requests(database)) == (200, 0)


def test_the_same_form_sent_twice_is_one_request(scene: Scene, buyer: Browser, database: Database) -> None:
    fields = {**hidden_fields(buyer.page(ask_page(scene))), **ROW}
    answers = [buyer.post(ask_page(scene), fields) for _ in range(2)]
    assert [one.headers["location"] for one in answers] == ["/vi/desk/enquiries/2026-000001"] * 2
    assert requests(database) == 1


def test_who_is_not_signed_in_signs_in_and_finds_the_form_as_it_was(
    scene: Scene, browser: Callable[[Person | None], Browser], database: Database, buyer: Browser
) -> None:
    nobody = browser(None)
    first = nobody.get(ask_page(scene))
    assert first.status_code == 303
    assert first.headers["location"].startswith("/vi/sign-in?next=%2Fvi%2Flistings%2F")
    sent = nobody.post(ask_page(scene), {**ROW, "message": "Viết dở lúc hết phiên"})
    assert sent.status_code == 303
    assert sent.headers["location"].startswith("/vi/sign-in?next=")
    assert requests(database) == 0

    nobody.client.cookies.set("techmart_session", str(buyer.client.cookies["techmart_session"]))
    page = nobody.page(ask_page(scene))
    assert "Viết dở lúc hết phiên" in page
    assert 'value="Máy sấy"' in page
    done = nobody.post(ask_page(scene), {**hidden_fields(page), **ROW, "message": "Viết dở lúc hết phiên"})
    assert done.headers["location"] == "/vi/desk/enquiries/2026-000001"
    with database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(HeldForm)) == 0
    assert "Viết dở" not in nobody.page(ask_page(scene))


def test_what_was_held_opens_on_its_own_page_only(
    scene: Scene, browser: Callable[[Person | None], Browser], database: Database, buyer: Browser
) -> None:
    with database.unit_of_work() as session:
        other = factories.listing(session, of=scene.holder_organisation)
    nobody = browser(None)
    nobody.post(ask_page(scene), {**ROW, "message": "Chỉ cho trang này"})
    nobody.client.cookies.set("techmart_session", str(buyer.client.cookies["techmart_session"]))
    assert "Chỉ cho trang này" not in nobody.page(f"/vi/listings/{other.slug}-{other.public_id}/ask")


def test_a_listing_withdrawn_meanwhile_is_told_with_the_form_kept(
    scene: Scene, buyer: Browser, database: Database
) -> None:
    fields = {**hidden_fields(buyer.page(ask_page(scene))), **ROW, "message": "Còn đây"}
    with database.unit_of_work() as session:
        listing = session.get_one(Listing, scene.listing.id)
        listing_states.transition(session, listing, move="withdraw", actor=scene.holder, now=NOW)
    answer = buyer.post(ask_page(scene), fields)
    assert answer.status_code == 410
    assert "Mục này không còn trên sàn, nên yêu cầu báo giá không được gửi" in answer.text
    assert "Còn đây" in answer.text
    assert requests(database) == 0
    assert buyer.get(ask_page(scene)).status_code == 410


def test_one_does_not_ask_oneself_and_needs_are_not_asked(
    scene: Scene, buyer: Browser, holder: Browser, database: Database
) -> None:
    assert holder.get(ask_page(scene)).status_code == 409
    with database.unit_of_work() as session:
        need = factories.listing(session, of=scene.holder_organisation, kind="need")
        draft = factories.listing(session, of=scene.holder_organisation, state="draft")
    assert buyer.get(f"/vi/listings/{need.slug}-{need.public_id}/ask").status_code == 409
    assert buyer.get(f"/vi/listings/{draft.slug}-{draft.public_id}/ask").status_code == 404
    sent = holder.post(ask_page(scene), {**ROW, "organisation": scene.holder_organisation.public_id})
    assert sent.status_code == 409
    assert requests(database) == 0


def test_an_old_slug_leads_on(scene: Scene, buyer: Browser) -> None:
    old = buyer.get(f"/vi/listings/ten-cu-{scene.listing.public_id}/ask")
    assert (old.status_code, old.headers["location"]) == (301, ask_page(scene))


def test_nobody_asks_in_the_name_of_others(scene: Scene, buyer: Browser, database: Database) -> None:
    sent = buyer.submit(ask_page(scene), **ROW, organisation=scene.holder_organisation.public_id)
    assert (sent.status_code, requests(database)) == (422, 0)


def test_a_person_of_no_organisation_is_told_what_to_do(
    scene: Scene, browser: Callable[[Person | None], Browser], database: Database
) -> None:
    with database.unit_of_work() as session:
        loner = factories.person(session)
    lone = browser(loner)
    page = lone.page(ask_page(scene))
    assert "Cần một tổ chức đứng tên hỏi giá" in page
    assert 'name="items.0.quantity"' not in page
    assert lone.post(ask_page(scene), ROW).status_code == 422
    assert requests(database) == 0


def test_one_of_several_organisations_is_chosen(scene: Scene, buyer: Browser, database: Database) -> None:
    with database.unit_of_work() as session:
        second = factories.organisation(session, name="Hợp tác xã Xoài Cát")
        session.add(
            Membership(organisation_id=second.id, person_id=scene.buyer_person.id, role="editor", created_at=NOW)
        )
    page = buyer.page(ask_page(scene))
    assert '<select class="input" id="f-organisation"' in page
    buyer.submit(ask_page(scene), **ROW, organisation=second.public_id)
    request, _items = only_request(database)
    assert (request.buyer_organisation_id, request.buyer_name) == (second.id, "Hợp tác xã Xoài Cát")


def test_a_nameless_need_goes_along_only_with_consent(scene: Scene, buyer: Browser, database: Database) -> None:
    with database.unit_of_work() as session:
        need = factories.listing(
            session, of=scene.buyer_organisation, kind="need", visibility="anonymous", title="Giảm ẩm xoài sấy"
        )
    page = buyer.page(f"{ask_page(scene)}?need={need.public_id}")
    assert f'<option value="{need.public_id}" selected>' in page
    box = page[page.index('id="f-reveal"') - 60 : page.index('id="f-reveal"') + 120]
    assert "checked" not in box
    refused = buyer.submit(ask_page(scene), **ROW, need=need.public_id)
    assert refused.status_code == 422
    assert "Hãy xác nhận cho nêu tên đơn vị, hoặc gửi yêu cầu không kèm nhu cầu này." in refused.text
    assert requests(database) == 0
    sent = buyer.submit(ask_page(scene), **ROW, need=need.public_id, reveal="true")
    assert sent.status_code == 303
    request, _items = only_request(database)
    assert (request.need_id, request.need_title) == (need.id, "Giảm ẩm xoài sấy")


def test_a_form_from_another_site_is_refused(scene: Scene, buyer: Browser, database: Database) -> None:
    answer = buyer.client.post(ask_page(scene), data=ROW, headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, requests(database)) == (403, 0)


def test_asking_again_begins_from_the_earlier_items(
    scene: Scene, buyer: Browser, stranger: Browser, database: Database
) -> None:
    asked(database, scene)
    again = f"{ask_page(scene)}?again=2026-000001"
    page = buyer.page(again)
    for typed in ("Khay sấy inox", "900.000.000", "120", "cái"):
        assert f'value="{typed}"' in page
    assert "Khay sấy inox" not in stranger.page(again)
    buyer.submit("/vi/desk/enquiries/2026-000001/withdraw")
    assert f'href="{again}"' in buyer.page("/vi/desk/enquiries/2026-000001")
