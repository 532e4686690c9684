"""The pages of a request: who sees what, what each may cost, what the buttons do, in both languages."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from app.database import Base, Database
from app.features.enquiries.commands import decline, post_message
from app.features.enquiries.schemas import DeclineInput, MessageInput
from app.features.listings import states as listing_states
from app.models import (
    Acceptance,
    AcceptanceLine,
    EnquiryMessage,
    Job,
    JournalEntry,
    Listing,
    Membership,
    Person,
    Quote,
    QuoteOffer,
    QuoteRequest,
)
from tests.factories import NOW
from tests.features.enquiries.scene import Scene, answer, ask, asked, quoted
from tests.query_budget import count_queries
from tests.web.enquiries.conftest import Browser, hidden_fields

HERE = "/vi/desk/enquiries/2026-000001"
SECRETS = ("Sấy xoài", "880.000.000", "900.000.000", "Kiểu HP-500", "Thanh toán 40", "Chuyện riêng")


@pytest.fixture
def talked(database: Database, scene: Scene) -> str:
    """A request with a quote and a message in it."""
    number = quoted(database, scene)
    with database.unit_of_work() as session:
        post_message(
            session,
            actor=scene.buyer,
            number=number,
            side="buyer",
            data=MessageInput(body="Chuyện riêng của hai bên"),
            form_key="m",
            now=NOW,
        )
    return number


def state_of(database: Database, number: str = "2026-000001") -> str:
    with database.read_only() as session:
        return session.scalars(select(QuoteRequest.state).where(QuoteRequest.number == number)).one()


def everything(database: Database) -> tuple[int, ...]:
    """How much there is of all that a step could write."""
    tables: tuple[type[Base], ...] = (JournalEntry, Job, Quote, QuoteOffer, EnquiryMessage, Acceptance)
    with database.read_only() as session:
        return tuple(session.scalar(select(func.count()).select_from(one)) or 0 for one in tables)


@pytest.mark.parametrize("locale", ["vi", "en"])
def test_both_parties_read_all_of_it(talked: str, buyer: Browser, holder: Browser, locale: str) -> None:
    prices = "880.000.000" if locale == "vi" else "880,000,000"
    for party in (buyer, holder):
        page = party.page(f"/{locale}/desk/enquiries/{talked}")
        assert "Chuyện riêng của hai bên" in page
        assert prices in page
    assert "Quoted, waiting for your answer" in holder.page(f"/en/desk/enquiries/{talked}")
    assert "Đã báo giá, chờ bên kia" in buyer.page(f"/vi/desk/enquiries/{talked}")


def test_strangers_learn_nothing(talked: str, stranger: Browser, browser: Callable[[Person | None], Browser]) -> None:
    paths = ["", "/quote", "/decline", "/withdraw", "/print", "/quotes/1/print", "/quotes/1/accept", "/quotes/1/reject"]
    paths += ["/quotes/1/accept/review?lines.1.take=true&lines.1.quantity=1", "/acceptance/print"]
    for path in paths:
        assert stranger.get(HERE + path).status_code == 404, path
        assert browser(None).get(HERE + path).headers["location"].startswith("/vi/sign-in?next="), path
    assert "2026-000001" not in stranger.page("/vi/desk/enquiries?side=sent&show=all")


def test_strangers_and_operators_change_nothing(
    talked: str, scene: Scene, database: Database, stranger: Browser, browser: Callable[[Person | None], Browser]
) -> None:
    before, state = everything(database), state_of(database)
    with database.read_only() as session:
        official = browser(session.get_one(Person, scene.operator.person_id))
    posts = {
        "/acknowledge": {},
        "/messages": {"body": "Chen vào"},
        "/quote": {"valid_until": "31/12/2026"},
        "/decline": {"reason": "price"},
        "/withdraw": {},
        "/quotes/1/accept/now": {"lines.1.take": "true", "lines.1.quantity": "1", "seen_total": "1"},
        "/quotes/1/reject": {"reason": "price"},
    }
    for path, fields in posts.items():
        assert stranger.post(HERE + path, fields).status_code == 404, path
        assert official.post(HERE + path, fields).status_code in {403, 404}, path
    assert (everything(database), state_of(database)) == (before, state)


def test_the_wrong_side_changes_nothing(talked: str, database: Database, buyer: Browser, holder: Browser) -> None:
    before = everything(database)
    for path, fields in (("/acknowledge", {}), ("/quote", {}), ("/decline", {"reason": "price"})):
        assert buyer.post(HERE + path, fields).status_code == 403, path
    for path, fields in (("/withdraw", {}), ("/quotes/1/reject", {"reason": "price"}), ("/quotes/1/accept/now", {})):
        assert holder.post(HERE + path, fields).status_code == 403, path
    assert everything(database) == before


@pytest.mark.parametrize("locale", ["vi", "en"])
def test_the_operator_sees_figures_and_outlines_only(
    talked: str, scene: Scene, database: Database, browser: Callable[[Person | None], Browser], locale: str
) -> None:
    with database.unit_of_work() as session:
        refused = ask(session, scene, form_key="2").number
        decline(
            session,
            actor=scene.holder,
            number=refused,
            data=DeclineInput(reason="no_capacity", note="Chuyện riêng: máy hỏng"),
            now=NOW,
        )
        official = browser(session.get_one(Person, scene.operator.person_id))
    listed = official.page(f"/{locale}/desk/enquiries")
    assert "Công ty Nông sản Bàu Bàng → Viện Cơ điện Nông nghiệp" in listed
    pages = [listed, *(official.page(f"/{locale}/desk/enquiries/{number}") for number in (talked, refused))]
    for page in pages:
        assert not [secret for secret in SECRETS if secret in page]
    assert ("Chưa đủ năng lực đáp ứng" if locale == "vi" else "No capacity") in pages[2]
    for path in ("/print", "/quotes/1/print", "/quote"):
        assert official.get(HERE + path).status_code == 404


# Statements per page for a signed-in party, whatever the size of the request. The first is who they are.
BUDGETS = {
    "/vi/desk/enquiries": 3,
    "/vi/desk/enquiries/2026-000001": 12,
    "/vi/desk/enquiries/2026-000001/print": 12,
    "/vi/desk/enquiries/2026-000001/quotes/1/print": 12,
}


@pytest.mark.parametrize("path", BUDGETS)
def test_pages_keep_to_their_budget(
    path: str, talked: str, scene: Scene, database: Database, buyer: Browser, holder: Browser
) -> None:
    buyer.page(path)
    with count_queries(database) as few:
        buyer.page(path)
    assert len(few) <= BUDGETS[path], few
    with database.unit_of_work() as session:
        for turn in range(6):
            answer(session, scene, talked, form_key=f"more-{turn}")
            ask(session, scene, form_key=f"other-{turn}")
            post_message(
                session,
                actor=scene.holder,
                number=talked,
                side="holder",
                data=MessageInput(body="Thêm"),
                form_key=f"said-{turn}",
                now=NOW,
            )
    with count_queries(database) as many:
        buyer.page(path)
    assert len(many) == len(few), many


def test_form_pages_keep_to_their_budget(
    talked: str, scene: Scene, database: Database, buyer: Browser, holder: Browser
) -> None:
    budgets = [
        (buyer, f"/vi/listings/{scene.listing.slug}-{scene.listing.public_id}/ask", 5),
        (holder, f"{HERE}/quote", 12),
        (buyer, f"{HERE}/quotes/1/accept", 12),
        (buyer, f"{HERE}/quotes/1/accept/review?lines.1.take=true&lines.1.quantity=1", 12),
        (buyer, f"{HERE}/quotes/1/reject", 12),
    ]
    for party, path, budget in budgets:
        party.page(path)
        with count_queries(database) as sent:
            party.page(path)
        assert len(sent) <= budget, (path, sent)


def test_lists_go_on_without_gaps_or_repeats(scene: Scene, database: Database, buyer: Browser) -> None:
    with database.unit_of_work() as session:
        for turn in range(45):
            ask(session, scene, form_key=str(turn))
    seen: list[str] = []
    path = "/vi/desk/enquiries?side=sent"
    for _page in range(3):
        page = buyer.page(path)
        seen += re.findall(r"<span>(2026-\d{6})</span>", page)
        onward = re.search(r'href="([^"]*after=[^"]*)" rel="next"', page)
        path = onward[1].replace("&amp;", "&") if onward else ""
    assert path == ""
    assert sorted(seen) == [f"2026-{number:06d}" for number in range(1, 46)]
    assert buyer.get("/vi/desk/enquiries?side=sent&after=%00bad").status_code == 200


def test_lists_say_whose_turn_it_is(scene: Scene, database: Database, buyer: Browser, holder: Browser) -> None:
    assert "Chưa có ai hỏi giá" in holder.page("/vi/desk/enquiries?side=received")
    assert "You have not asked for any quote yet" in buyer.page("/en/desk/enquiries?side=sent")
    asked(database, scene)
    assert "Chờ bạn trả lời" in holder.page("/vi/desk/enquiries")
    assert "Sent, waiting for an answer" in buyer.page("/en/desk/enquiries")
    assert "Không có yêu cầu nào ở tình trạng này" in buyer.page("/vi/desk/enquiries?side=sent&show=waiting")
    assert "2026-000001" in holder.page("/vi/desk/enquiries?side=received&show=waiting")
    assert "2026-000001" not in holder.page("/vi/desk/enquiries?side=received&show=closed")


def test_acknowledging_by_its_button(scene: Scene, database: Database, holder: Browser) -> None:
    asked(database, scene)
    for _twice in range(2):
        assert holder.post(f"{HERE}/acknowledge", {}).headers["location"] == HERE
    assert state_of(database) == "acknowledged"
    page = holder.page(HERE)
    assert "Chờ bạn báo giá" in page
    assert "Bên báo giá tiếp nhận" in page


def test_declining_keeps_words_and_wants_a_reason(
    scene: Scene, database: Database, holder: Browser, buyer: Browser
) -> None:
    asked(database, scene)
    for typed, message in (
        ({"note": "Chữ này còn"}, "Hãy điền mục này."),
        ({"note": "", "reason": "other"}, "Hãy viết rõ lý do."),
    ):
        back = holder.submit(f"{HERE}/decline", **typed)
        assert (back.status_code, message in back.text, typed["note"] in back.text) == (422, True, True)
    assert state_of(database) == "sent"
    holder.submit(f"{HERE}/decline", reason="other", note="Máy đã ngừng sản xuất")
    assert state_of(database) == "declined"
    page = buyer.page(HERE)
    assert "Lý do khác" in page
    assert "Máy đã ngừng sản xuất" in page
    late = holder.post(f"{HERE}/decline", {"reason": "price"})
    assert (late.status_code, state_of(database)) == (303, "declined")


def test_withdrawing(scene: Scene, database: Database, buyer: Browser, holder: Browser) -> None:
    asked(database, scene)
    buyer.submit(f"{HERE}/withdraw", note="Đã mua nơi khác")
    assert state_of(database) == "withdrawn"
    assert "Đã mua nơi khác" in holder.page(HERE)
    assert holder.get(f"{HERE}/quote").headers["location"] == HERE


def quote_fields(html: str, **typed: str) -> dict[str, str]:
    return {
        **hidden_fields(html),
        "answers.0.offers.0.unit_price": "880.000.000",
        "answers.0.offers.0.quantity_from": "1",
        "answers.0.offers.0.lead_time_days": "60",
        "answers.1.not_available": "true",
        "answers.1.replacement": "Khay nhựa",
        "currency": "VND",
        "tax_percent": "8,5",
        "valid_until": "31/12/2026",
        **{name.replace("__", "."): text for name, text in typed.items()},
    }


def test_a_quote_is_drafted_mended_and_sent(scene: Scene, database: Database, holder: Browser, buyer: Browser) -> None:
    asked(database, scene)
    path = f"{HERE}/quote"
    form = holder.page(path)
    assert 'value="23/12/2026"' in form
    saved = holder.post(path, quote_fields(form, answers__0__offers__0__unit_price="", _save="1"))
    assert saved.headers["location"] == path
    assert "Khay nhựa" not in buyer.page(HERE)
    again = holder.page(path)
    assert 'value="Khay nhựa"' in again
    assert 'value="8,5"' in again
    assert 'value="60"' in holder.page("/en/desk/enquiries/2026-000001/quote")
    assert 'value="8.5"' in holder.page("/en/desk/enquiries/2026-000001/quote")

    short = holder.post(path, quote_fields(again, answers__0__offers__0__unit_price=""))
    assert short.status_code == 422
    assert "Hãy điền mục này." in short.text
    both = holder.post(path, quote_fields(again, answers__1__offers__0__unit_price="450.000"))
    assert "Đã chọn “không cung cấp”: hãy xoá các dòng giá, hoặc bỏ chọn." in both.text
    past = holder.post(path, quote_fields(again, valid_until="01/01/2026"))
    assert "Hiệu lực báo giá phải từ hôm nay trở đi." in past.text
    assert state_of(database) == "sent"

    fields = quote_fields(again)
    for _twice in range(2):
        assert holder.post(path, fields).headers["location"] == HERE
    with database.read_only() as session:
        quote = session.scalars(select(Quote)).one()
        offers = session.scalars(select(QuoteOffer).order_by(QuoteOffer.position)).all()
        assert (quote.revision, quote.state, quote.tax_percent, quote.draft) == (1, "sent", Decimal("8.5"), {})
        assert [(one.unit_price, one.available, one.replacement) for one in offers] == [
            (880_000_000, True, ""),
            (None, False, "Khay nhựa"),
        ]
    page = buyer.page(HERE)
    assert "Không cung cấp" in page
    assert "có thể thay bằng: Khay nhựa" in page


def test_a_stale_draft_is_not_overwritten(scene: Scene, database: Database, holder: Browser) -> None:
    asked(database, scene)
    path = f"{HERE}/quote"
    old = holder.page(path)
    holder.post(path, quote_fields(old, terms="Bản của đồng nghiệp", _save="1"))
    for button in ({"_save": "1"}, {}):
        mine = holder.post(path, {**quote_fields(old, terms="Bản của tôi"), **button})
        assert mine.status_code == 412
        assert "Bản của tôi" in mine.text
    assert "Bản của đồng nghiệp" in holder.page(path)
    assert state_of(database) == "sent"


def test_a_revision_shows_what_changed(talked: str, scene: Scene, database: Database, holder: Browser) -> None:
    path = f"{HERE}/quote"
    form = holder.page(path)
    assert 'value="880.000.000"' in form
    assert 'value="850.000.000"' in form
    changed = quote_fields(form, answers__0__offers__0__unit_price="870.000.000")
    assert holder.post(path, changed).status_code == 303
    page = holder.page(HERE).replace("\N{NO-BREAK SPACE}", " ")
    assert "<del>880.000.000 ₫</del>" in page
    assert "<ins>870.000.000 ₫</ins>" in page
    assert "Đã có bản mới hơn" in holder.page(f"{HERE}/quotes/1/print")


def test_accepting_in_two_looks(talked: str, database: Database, buyer: Browser, holder: Browser) -> None:
    choose = buyer.page(f"{HERE}/quotes/1/accept")
    # The offer from two pieces on fits the two asked for, so it is the one ticked.
    assert re.findall(r'name="lines\.(\d)\.take" value="true" checked', choose) == ["2", "3"]
    review = (
        f"{HERE}/quotes/1/accept/review?lines.2.take=true&lines.2.quantity=2&lines.3.take=true&lines.3.quantity=120"
    )
    page = buyer.page(review)
    assert "1.894.320.000" in page
    assert state_of(database) == "quoted"
    fields = {**hidden_fields(page), "note": "Giao trước Tết"}
    for _twice in range(2):
        assert buyer.post(f"{HERE}/quotes/1/accept/now", fields).headers["location"] == HERE
    with database.read_only() as session:
        accepted = session.scalars(select(Acceptance)).one()
        lines = session.scalars(select(AcceptanceLine)).all()
    assert (accepted.total, accepted.note, len(lines)) == (1_894_320_000, "Giao trước Tết", 2)
    for party in (buyer, holder):
        assert "1.894.320.000" in party.page(HERE)
        paper = party.page(f"{HERE}/acceptance/print")
        assert "Trần Thị Mua" in paper
        assert "Giao trước Tết" in paper


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "Hãy chọn ít nhất một dòng."),
        ("lines.2.take=true&lines.2.quantity=1", "Giá này áp dụng từ 2 máy trở lên."),
        ("lines.2.take=true&lines.2.quantity=hai", "Hãy nhập một số, ví dụ 12,5."),
        ("lines.9.take=true&lines.9.quantity=1", "Không chọn được dòng này."),
    ],
)
def test_a_choice_that_cannot_be_is_told_at_its_line(talked: str, buyer: Browser, query: str, message: str) -> None:
    back = buyer.get(f"{HERE}/quotes/1/accept/review?{query}")
    assert (back.status_code, message in back.text) == (422, True)


def test_what_is_accepted_is_what_was_seen(talked: str, scene: Scene, database: Database, buyer: Browser) -> None:
    page = buyer.page(f"{HERE}/quotes/1/accept/review?lines.1.take=true&lines.1.quantity=1")
    fields = hidden_fields(page)
    tampered = buyer.post(f"{HERE}/quotes/1/accept/now", {**fields, "lines.1.quantity": "3"})
    assert tampered.headers["location"] == HERE
    assert "Tổng giá trị đã khác với số bạn vừa xem" in buyer.page(HERE)
    with database.unit_of_work() as session:
        answer(session, scene, talked, form_key="quote-2")
    late = buyer.post(f"{HERE}/quotes/1/accept/now", fields)
    assert late.headers["location"] == HERE
    assert "đã có bản mới hơn" in buyer.page(HERE)
    assert buyer.get(f"{HERE}/quotes/1/accept").status_code == 303
    assert buyer.get(f"{HERE}/quotes/7/accept").status_code == 404
    with database.read_only() as session:
        assert session.scalars(select(Acceptance)).all() == []


def test_rejecting_with_a_reason(talked: str, database: Database, buyer: Browser, holder: Browser) -> None:
    assert buyer.submit(f"{HERE}/quotes/1/reject", note="").status_code == 422
    buyer.submit(f"{HERE}/quotes/1/reject", reason="lead_time", note="Cần trong tháng 12")
    assert state_of(database) == "rejected"
    page = holder.page("/en/desk/enquiries/2026-000001")
    assert "Lead time" in page
    assert "Cần trong tháng 12" in page


def test_a_message_is_said_once_and_kept_on_error(scene: Scene, database: Database, buyer: Browser) -> None:
    asked(database, scene)
    empty = buyer.submit(HERE, f"{HERE}/messages", body="  ")
    assert (empty.status_code, "Hãy điền mục này." in empty.text) == (422, True)
    fields = {**hidden_fields(buyer.page(HERE)), "body": "Máy có <b>biến tần</b> không?"}
    for _twice in range(2):
        assert buyer.post(f"{HERE}/messages", fields).headers["location"] == HERE
    page = buyer.page(HERE)
    assert page.count("Máy có &lt;b&gt;biến tần&lt;/b&gt; không?") == 1


def test_a_message_written_after_the_session_ended_is_not_lost(
    scene: Scene, database: Database, buyer: Browser, browser: Callable[[Person | None], Browser]
) -> None:
    asked(database, scene)
    nobody = browser(None)
    sent = nobody.post(f"{HERE}/messages", {"body": "Viết lâu quá nên hết phiên"})
    assert sent.headers["location"] == "/vi/sign-in?next=%2Fvi%2Fdesk%2Fenquiries%2F2026-000001"
    nobody.client.cookies.set("techmart_session", str(buyer.client.cookies["techmart_session"]))
    assert "Viết lâu quá nên hết phiên" in nobody.page(HERE)


def test_one_person_on_both_sides_chooses_which(scene: Scene, database: Database, buyer: Browser) -> None:
    asked(database, scene)
    with database.unit_of_work() as session:
        session.add(
            Membership(
                organisation_id=scene.holder_organisation.id,
                person_id=scene.buyer_person.id,
                role="editor",
                created_at=NOW,
            )
        )
    assert "Đã gửi, chờ trả lời" in buyer.page(f"{HERE}?side=buyer")
    as_holder = buyer.page(f"{HERE}?side=holder")
    assert "Chờ bạn trả lời" in as_holder
    buyer.post(f"{HERE}/messages", {**hidden_fields(as_holder), "body": "Xin bản vẽ"})
    assert state_of(database) == "clarifying"
    with database.read_only() as session:
        assert session.scalars(select(EnquiryMessage.organisation_id)).all() == [scene.holder_organisation.id]


def test_an_expired_quote_offers_no_acceptance(talked: str, buyer: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"{HERE}/quotes/1/accept" in buyer.page(HERE)
    monkeypatch.setattr("app.clock.now", lambda: NOW.replace(year=2027, month=1))
    page = buyer.page(HERE)
    assert f"{HERE}/quotes/1/accept" not in page
    assert "Vừa hết hạn" in page
    assert buyer.get(f"{HERE}/quotes/1/accept").headers["location"] == HERE


def test_a_withdrawn_listing_leaves_the_documents(
    talked: str, scene: Scene, database: Database, buyer: Browser
) -> None:
    with database.unit_of_work() as session:
        listing = session.get_one(Listing, scene.listing.id)
        listing_states.transition(session, listing, move="withdraw", actor=scene.holder, now=NOW)
    page = buyer.page(HERE)
    assert "Mục này không còn trên sàn; yêu cầu và báo giá vẫn giữ nguyên." in page
    assert "Máy sấy bơm nhiệt 500 kg/mẻ" in page
    assert scene.listing.public_id not in page
