"""The pages of a request: who sees what, what each may cost, what the buttons do, in both languages."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from app.database import Base, Database
from app.features.enquiries.commands import decline, post_message
from app.features.enquiries.schemas import DeclineInput, MessageInput
from app.features.listings import states as listing_states
from app.models import (
    Acceptance,
    EnquiryMessage,
    Job,
    JournalEntry,
    Listing,
    Membership,
    Person,
    Quote,
    QuoteOffer,
)
from tests.factories import NOW
from tests.features.enquiries.scene import Scene, answer, ask, asked
from tests.query_budget import count_queries
from tests.web.enquiries.conftest import Browser, hidden_fields, state_of

HERE = "/vi/desk/enquiries/2026-000001"
SECRETS = ("Sấy xoài", "880.000.000", "900.000.000", "Kiểu HP-500", "Thanh toán 40", "Chuyện riêng")


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


def test_after_a_message_of_ones_own_the_box_still_says_that_the_quote_stands(talked: str, buyer: Browser) -> None:
    """It said that there was nothing to do, above the button to accept."""
    page = buyer.page(HERE)
    box = page[page.index("enquiry-turn") :].partition("</section>")[0]
    assert "Xem tổng và chấp nhận" in box
    assert "Bạn chưa phải làm gì" not in box
    assert "Báo giá vẫn còn hiệu lực: bạn có thể chấp nhận ngay." in box
