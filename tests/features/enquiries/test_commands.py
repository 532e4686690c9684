"""Asking, acknowledging, talking, declining, withdrawing: what each does, and that a refused one does nothing."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from app.database import Base, Database
from app.errors import Conflict, Forbidden, Gone, Invalid, MoveNotAllowed, NotFound, SignInRequired
from app.features.enquiries.asking import send_request
from app.features.enquiries.commands import acknowledge, decline, post_message, withdraw
from app.features.enquiries.queries import enquiry_record
from app.features.enquiries.schemas import DeclineInput, MessageInput, WithdrawInput
from app.features.listings import states as listing_states
from app.identity import ANONYMOUS, SYSTEM
from app.models import EnquiryMessage, Job, JournalEntry, Listing, QuoteRequest, QuoteRequestHistory, QuoteRequestItem
from tests import factories
from tests.factories import NOW
from tests.features.enquiries.scene import Scene, answer, ask, asked, quoted, request_input

LATER = NOW + timedelta(hours=5)


def counted(database: Database, model: type[Base]) -> int:
    with database.read_only() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def request_of(database: Database, number: str) -> QuoteRequest:
    with database.read_only() as session:
        return session.scalars(select(QuoteRequest).where(QuoteRequest.number == number)).one()


def letters(database: Database) -> list[tuple[str, str]]:
    """(template, reader) of every letter asked for."""
    with database.read_only() as session:
        found = session.scalars(select(Job).where(Job.kind == "mail.send").order_by(Job.created_at, Job.id))
        return [(job.payload["template"], job.payload["context"].get("reader", "")) for job in found]


def actions(database: Database) -> list[str]:
    with database.read_only() as session:
        found = select(JournalEntry.action).where(JournalEntry.entity == "quote_request").order_by(JournalEntry.id)
        return list(session.scalars(found))


def test_sending_writes_request_items_history_journal_and_letters(database: Database, scene: Scene) -> None:
    number = asked(database, scene)
    request = request_of(database, number)
    assert number == "2026-000001"
    assert (request.state, request.awaits, request.version) == ("sent", "holder", 1)
    assert (request.buyer_name, request.holder_name) == ("Công ty Nông sản Bàu Bàng", "Viện Cơ điện Nông nghiệp")
    assert (request.listing_title, request.listing_kind) == ("Máy sấy bơm nhiệt 500 kg/mẻ", "technology")
    with database.read_only() as session:
        items = session.scalars(select(QuoteRequestItem).order_by(QuoteRequestItem.position)).all()
        assert [(one.position, one.description, one.quantity, one.unit, one.target_price) for one in items] == [
            (1, "Máy sấy 500 kg/mẻ", Decimal(2), "máy", 900_000_000),
            (2, "Khay sấy inox", Decimal(120), "cái", None),
        ]
        history = session.scalars(select(QuoteRequestHistory)).one()
        assert (history.sequence, history.from_state, history.to_state, history.move) == (1, None, "sent", "send")
    assert actions(database) == ["send"]
    assert sorted(letters(database)) == [("enquiry_sent", "buyer"), ("enquiry_sent", "holder")]


def test_numbers_go_up_and_belong_to_the_year_here(database: Database, scene: Scene) -> None:
    with database.unit_of_work() as session:
        first = ask(session, scene, form_key="a").number
        # Eighteen hours UTC on New Year's Eve is the new year in Vietnam already.
        second = send_request(
            session,
            actor=scene.buyer,
            listing_public_id=scene.listing.public_id,
            buyer_organisation_id=scene.buyer_organisation.id,
            data=request_input(),
            form_key="b",
            now=NOW.replace(month=12, day=31, hour=18),
        ).number
    assert (first, second) == ("2026-000001", "2027-000002")


def test_a_form_sent_twice_makes_one_request(database: Database, scene: Scene) -> None:
    with database.unit_of_work() as session:
        first = ask(session, scene, form_key="same").number
    with database.unit_of_work() as session:
        second = ask(session, scene, form_key="same", message="Sửa lại").number
    assert first == second
    assert counted(database, QuoteRequest) == 1
    assert request_of(database, first).message == "Sấy xoài cắt lát từ 80 % xuống 15 % ẩm."
    assert len(letters(database)) == 2


def test_snapshot_outlives_a_change_of_the_listing(database: Database, scene: Scene) -> None:
    number = asked(database, scene)
    with database.unit_of_work() as session:
        listing = session.get_one(Listing, scene.listing.id)
        listing.title = "Tên mới"
        listing_states.transition(session, listing, move="withdraw", actor=scene.holder, now=LATER)
    with database.read_only() as session:
        record = enquiry_record(session, actor=scene.buyer, number=number)
    assert record.request.listing_title == "Máy sấy bơm nhiệt 500 kg/mẻ"
    assert record.listing.state == "withdrawn"


@pytest.mark.parametrize("state", ["withdrawn", "archived", "suspended"])
def test_a_listing_off_show_is_not_asked(database: Database, scene: Scene, state: str) -> None:
    with database.unit_of_work() as session:
        gone = factories.listing(session, of=scene.holder_organisation, state=state)
    with pytest.raises(Gone), database.unit_of_work() as session:
        _ask_about(session, scene, gone)
    assert (counted(database, QuoteRequest), letters(database)) == (0, [])


def _ask_about(session: Any, scene: Scene, listing: Listing, **given: Any) -> QuoteRequest:
    values: dict[str, Any] = {
        "actor": scene.buyer,
        "buyer_organisation_id": scene.buyer_organisation.id,
        "data": request_input(),
        "form_key": "x",
        "now": NOW,
    } | given
    return send_request(session, listing_public_id=listing.public_id, **values)


def test_what_cannot_be_asked(database: Database, scene: Scene) -> None:
    with database.unit_of_work() as session:
        draft = factories.listing(session, of=scene.holder_organisation, state="draft")
        need = factories.listing(session, of=scene.holder_organisation, kind="need")
        own = factories.listing(session, of=scene.buyer_organisation)
    for listing, fault in ((draft, NotFound), (need, Conflict), (own, Conflict)):
        with pytest.raises(fault), database.unit_of_work() as session:
            _ask_about(session, scene, listing)
    with pytest.raises(SignInRequired), database.unit_of_work() as session:
        _ask_about(session, scene, scene.listing, actor=ANONYMOUS)
    for actor in (scene.operator, scene.stranger, SYSTEM):
        with pytest.raises((Forbidden, SignInRequired)), database.unit_of_work() as session:
            _ask_about(session, scene, scene.listing, actor=actor)
    with pytest.raises(Invalid) as past, database.unit_of_work() as session:
        _ask_about(session, scene, scene.listing, data=request_input(wanted_date=date(2026, 11, 22)))
    assert list(past.value.fields) == ["wanted_date"]
    assert (counted(database, QuoteRequest), letters(database), actions(database)) == (0, [], [])


def test_an_anonymous_need_goes_along_only_when_the_name_may_be_told(database: Database, scene: Scene) -> None:
    with database.unit_of_work() as session:
        need = factories.listing(
            session, of=scene.buyer_organisation, kind="need", visibility="anonymous", title="Giảm ẩm xoài"
        )
        foreign = factories.listing(session, of=scene.holder_organisation, kind="need")
    with pytest.raises(Invalid) as refused, database.unit_of_work() as session:
        _ask_about(session, scene, scene.listing, need_public_id=need.public_id)
    assert list(refused.value.fields) == ["reveal"]
    with pytest.raises(Invalid) as not_mine, database.unit_of_work() as session:
        _ask_about(session, scene, scene.listing, need_public_id=foreign.public_id)
    assert list(not_mine.value.fields) == ["need"]
    assert counted(database, QuoteRequest) == 0
    with database.unit_of_work() as session:
        request = _ask_about(
            session, scene, scene.listing, need_public_id=need.public_id, data=request_input(reveal=True)
        )
    assert (request.need_id, request.need_title) == (need.id, "Giảm ẩm xoài")


def test_acknowledging_is_the_holders_and_happens_once(database: Database, scene: Scene) -> None:
    number = asked(database, scene)
    for actor, fault in ((scene.buyer, Forbidden), (scene.operator, Forbidden), (scene.stranger, NotFound)):
        with pytest.raises(fault), database.unit_of_work() as session:
            acknowledge(session, actor=actor, number=number, now=LATER)
    assert request_of(database, number).state == "sent"
    for _twice in range(2):
        with database.unit_of_work() as session:
            acknowledge(session, actor=scene.holder, number=number, now=LATER)
    request = request_of(database, number)
    assert (request.state, request.awaits, request.acknowledged_at) == ("acknowledged", "holder", LATER)
    assert request.first_answer_at is None
    assert actions(database) == ["send", "acknowledge"]
    assert letters(database).count(("enquiry_acknowledged", "buyer")) == 1


def test_talking_hands_the_turn_over(database: Database, scene: Scene) -> None:
    number = asked(database, scene)

    def say(side: Any, key: str) -> tuple[str, str | None]:
        with database.unit_of_work() as session:
            post_message(
                session,
                actor=scene.holder if side == "holder" else scene.buyer,
                number=number,
                side=side,
                data=MessageInput(body="Điện 3 pha chứ?"),
                form_key=key,
                now=LATER,
            )
        request = request_of(database, number)
        return request.state, request.awaits

    assert say("buyer", "a") == ("sent", "holder")
    assert say("holder", "b") == ("clarifying", "buyer")
    assert say("buyer", "c") == ("clarifying", "holder")
    assert say("buyer", "c") == ("clarifying", "holder")
    assert counted(database, EnquiryMessage) == 3
    assert request_of(database, number).first_answer_at == LATER
    assert actions(database) == ["send", "message_posted", "clarify", "message_posted"]
    # The author is not written to about their own words.
    assert [one for one in letters(database) if one[0] == "enquiry_message"] == [
        ("enquiry_message", "holder"),
        ("enquiry_message", "buyer"),
        ("enquiry_message", "holder"),
    ]


def test_a_message_keeps_what_language_it_is_in(database: Database, scene: Scene) -> None:
    number = asked(database, scene)
    for key, body, actor, language in (
        ("one", "Máy giao khi nào?", scene.buyer, "vi"),
        ("two", "When?", replace(scene.buyer, locale="en"), "en"),
    ):
        with database.unit_of_work() as session:
            data = MessageInput(body=body)
            made = post_message(session, actor=actor, number=number, side="buyer", data=data, form_key=key, now=LATER)
            assert made.language == language


def test_nobody_speaks_for_the_other_side(database: Database, scene: Scene) -> None:
    number = asked(database, scene)
    with pytest.raises(Forbidden), database.unit_of_work() as session:
        post_message(
            session,
            actor=scene.buyer,
            number=number,
            side="holder",
            data=MessageInput(body="Được"),
            form_key="k",
            now=LATER,
        )
    assert counted(database, EnquiryMessage) == 0


def test_declining_needs_a_reason_and_other_needs_words(database: Database, scene: Scene) -> None:
    number = asked(database, scene)
    with pytest.raises(Invalid) as wordless, database.unit_of_work() as session:
        decline(session, actor=scene.holder, number=number, data=DeclineInput(reason="other"), now=LATER)
    assert list(wordless.value.fields) == ["note"]
    assert request_of(database, number).state == "sent"
    with database.unit_of_work() as session:
        decline(
            session,
            actor=scene.holder,
            number=number,
            data=DeclineInput(reason="no_capacity", note="Kín lịch đến quý III"),
            now=LATER,
        )
    request = request_of(database, number)
    assert (request.state, request.awaits, request.closed_at) == ("declined", None, LATER)
    assert (request.decline_reason, request.decline_note) == ("no_capacity", "Kín lịch đến quý III")
    with pytest.raises(MoveNotAllowed), database.unit_of_work() as session:
        post_message(
            session,
            actor=scene.buyer,
            number=number,
            side="buyer",
            data=MessageInput(body="Tiếc quá"),
            form_key="k",
            now=LATER,
        )
    assert counted(database, EnquiryMessage) == 0


def test_withdrawing_ends_before_a_quote_and_not_after(database: Database, scene: Scene) -> None:
    number = asked(database, scene)
    with database.unit_of_work() as session:
        withdraw(session, actor=scene.buyer, number=number, data=WithdrawInput(), now=LATER)
    assert request_of(database, number).state == "withdrawn"
    with database.unit_of_work() as session:
        other = ask(session, scene, form_key="other").number
    with database.unit_of_work() as session:
        answer(session, scene, other)
    before = letters(database)
    with pytest.raises(MoveNotAllowed), database.unit_of_work() as session:
        withdraw(session, actor=scene.buyer, number=other, data=WithdrawInput(), now=LATER)
    assert request_of(database, other).state == "quoted"
    assert letters(database) == before


def test_operators_hear_of_a_request_nobody_attends_to(database: Database, scene: Scene) -> None:
    with database.unit_of_work() as session:
        nobody = factories.organisation(session, name="Kho dữ liệu nhập")
        orphan = factories.listing(session, of=nobody)
        _ask_about(session, scene, orphan)
    assert sorted(letters(database)) == [("enquiry_sent", "buyer"), ("enquiry_unattended", "")]


def test_operator_sees_the_outline_and_strangers_nothing(database: Database, scene: Scene) -> None:
    number = quoted(database, scene)
    with database.read_only() as session:
        outline = enquiry_record(session, actor=scene.operator, number=number)
        assert (outline.request.state, outline.sides) == ("quoted", ())
        assert (outline.items, outline.quotes, outline.messages, outline.files) == ((), (), (), ())
        with pytest.raises(NotFound):
            enquiry_record(session, actor=scene.stranger, number=number)
        with pytest.raises(NotFound):
            enquiry_record(session, actor=ANONYMOUS, number=number)
