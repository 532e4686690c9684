"""The buttons and forms of a request: what each does, once, and what a refused one leaves as it was."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import select

from app.database import Database
from app.errors import Forbidden
from app.features.enquiries.figures import accepted_sums
from app.models import (
    Acceptance,
    AcceptanceLine,
    Person,
    Quote,
    QuoteOffer,
)
from tests.features.enquiries.scene import Scene, answer, asked
from tests.web.enquiries.conftest import Browser, hidden_fields, state_of

HERE = "/vi/desk/enquiries/2026-000001"


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
    assert "Đã chọn “không cung cấp”: hãy xoá các dòng giá chính" in both.text
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


def test_accepting_in_two_looks(talked: str, scene: Scene, database: Database, buyer: Browser, holder: Browser) -> None:
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
    with database.read_only() as session:
        assert accepted_sums(session, actor=scene.operator) == {"VND": 1_894_320_000}
        with pytest.raises(Forbidden):
            accepted_sums(session, actor=scene.buyer)
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
