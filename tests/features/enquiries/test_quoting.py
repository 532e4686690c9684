"""Drafts, quotes, revisions, acceptance, rejection and lapse."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from app.database import Database
from app.errors import Conflict, Forbidden, Invalid, MoveNotAllowed, NotFound, StaleVersion
from app.features.enquiries.queries import EnquiryRecord, enquiry_record
from app.features.enquiries.quoting import accept, reject, save_quote_draft
from app.features.enquiries.revisions import Change, changes_between
from app.features.enquiries.schemas import AcceptInput, QuoteDraft, RejectInput
from app.features.enquiries.work import lapse_expired
from app.i18n import use_locale
from app.i18n.formats import NBSP
from app.identity import Actor
from app.jobs import JobContext
from app.models import Acceptance, AcceptanceLine, Quote, QuoteOffer
from app.settings import Settings
from tests.factories import NOW
from tests.features.enquiries.scene import Scene, answer, asked, quoted
from tests.features.enquiries.test_commands import actions, counted, letters, request_of

LATER = NOW + timedelta(days=1)


def record(database: Database, actor: Actor, number: str) -> EnquiryRecord:
    with database.read_only() as session:
        return enquiry_record(session, actor=actor, number=number)


def plain(text: str) -> str:
    return text.replace(NBSP, " ")


def revisions(database: Database) -> list[tuple[int, str]]:
    with database.read_only() as session:
        return [(one.revision, one.state) for one in session.scalars(select(Quote).order_by(Quote.revision))]


def take(database: Database, scene: Scene, number: str, *lines: tuple[int, str], **given: Any) -> Acceptance:
    values: dict[str, Any] = {"actor": scene.buyer, "revision": 1, "now": LATER} | given
    data = AcceptInput.model_validate({"lines": [{"offer": offer, "quantity": many} for offer, many in lines]})
    with database.unit_of_work() as session:
        return accept(session, number=number, data=data, **values)


def test_a_quote_answers_items_with_several_offers(database: Database, scene: Scene) -> None:
    number = quoted(database, scene)
    found = record(database, scene.buyer, number)
    assert (found.request.state, found.request.awaits) == ("quoted", "buyer")
    assert found.request.first_answer_at == found.request.acknowledged_at == NOW
    (quote,) = found.quotes
    assert (quote.quote.revision, quote.quote.state, quote.quote.valid_until) == (1, "sent", date(2026, 12, 31))
    items = {item.id: item.position for item in found.items}
    assert [(one.position, items[one.item_id], one.unit_price, one.quantity_from) for one in quote.offers] == [
        (1, 1, 880_000_000, Decimal(1)),
        (2, 1, 850_000_000, Decimal(2)),
        (3, 2, 450_000, Decimal(50)),
    ]
    assert actions(database) == ["send", "quote"]
    assert sorted(letters(database))[:2] == [("enquiry_quoted", "buyer"), ("enquiry_quoted", "holder")]


def test_a_quote_answers_every_item_and_offers_something(database: Database, scene: Scene) -> None:
    number = asked(database, scene)
    none: dict[str, Any] = {"not_available": True}
    offer: dict[str, Any] = {"offers": [{"unit_price": 1}]}
    wrong: list[tuple[list[dict[str, Any]], str]] = [
        ([{"position": 1, **offer}], "answers"),
        ([{"position": 1, **none}, {"position": 2, **none}], "answers"),
        ([{"position": 1, **offer}, {"position": 1, **offer}, {"position": 2, **none}], "answers.1"),
        ([{"position": 1, **offer}, {"position": 2, **none}, {"position": 3, **none}], "answers.2"),
    ]
    for answers, path in wrong:
        with pytest.raises(Invalid) as refused, database.unit_of_work() as session:
            answer(session, scene, number, answers=answers)
        assert list(refused.value.fields) == [path]
    for valid_until in (date(2026, 11, 22), date(2029, 1, 1)):
        with pytest.raises(Invalid) as refused, database.unit_of_work() as session:
            answer(session, scene, number, valid_until=valid_until)
        assert list(refused.value.fields) == ["valid_until"]
    assert (revisions(database), request_of(database, number).state) == ([], "sent")


def test_only_the_holder_quotes(database: Database, scene: Scene) -> None:
    number = asked(database, scene)
    for actor, fault in ((scene.buyer, Forbidden), (scene.operator, Forbidden), (scene.stranger, NotFound)):
        with pytest.raises(fault), database.unit_of_work() as session:
            save_quote_draft(session, actor=actor, number=number, data=QuoteDraft(), version=0, now=NOW)
    assert revisions(database) == []


def test_a_draft_is_the_holders_own_until_sent(database: Database, scene: Scene) -> None:
    number = asked(database, scene)
    draft = QuoteDraft.model_validate(
        {"answers": [{"position": 1, "offers": [{"description": "HP-500"}]}], "terms": "Giao tại kho"}
    )
    for _twice in range(2):
        with database.unit_of_work() as session:
            save_quote_draft(session, actor=scene.holder, number=number, data=draft, version=0, now=NOW)
    assert revisions(database) == [(1, "draft")]
    for_holder, for_buyer = record(database, scene.holder, number), record(database, scene.buyer, number)
    assert for_holder.draft is not None
    assert (for_holder.draft.version, for_holder.draft.draft["terms"]) == (1, "Giao tại kho")
    assert (for_buyer.draft, for_buyer.quotes) == (None, [])
    assert (request_of(database, number).state, actions(database)) == ("sent", ["send"])

    other = QuoteDraft(terms="Giao tại xưởng")
    with pytest.raises(StaleVersion), database.unit_of_work() as session:
        save_quote_draft(session, actor=scene.holder, number=number, data=other, version=0, now=NOW)
    with pytest.raises(StaleVersion), database.unit_of_work() as session:
        answer(session, scene, number, version=0)
    with database.unit_of_work() as session:
        answer(session, scene, number, version=1)
    assert revisions(database) == [(1, "sent")]
    assert record(database, scene.holder, number).draft is None


def test_a_revision_supersedes_and_shows_what_changed(database: Database, scene: Scene) -> None:
    number = quoted(database, scene)
    with database.unit_of_work() as session:
        answer(
            session,
            scene,
            number,
            form_key="quote-2",
            answers=[
                {
                    "position": 1,
                    "offers": [{"description": "Kiểu HP-500", "unit_price": 840_000_000, "lead_time_days": 45}],
                },
                {"position": 2, "not_available": True, "replacement": "Khay nhựa PP"},
            ],
            valid_until=date(2027, 1, 15),
            tax_percent=Decimal(8),
        )
    assert revisions(database) == [(1, "superseded"), (2, "sent")]
    assert actions(database) == ["send", "quote", "revise"]
    found = record(database, scene.buyer, number)
    assert (found.request.state, found.request.awaits) == ("quoted", "buyer")
    assert [one.quote.revision for one in found.quotes] == [1, 2]
    changes = changes_between(found.quotes[0], found.quotes[1], found.items)
    assert [Change(one.what, plain(one.before), plain(one.after)) for one in changes] == [
        Change("Hạng mục 1, dòng 1: đơn giá", "880.000.000 ₫", "840.000.000 ₫"),
        Change("Hạng mục 1, dòng 1: thời gian giao", "60 ngày", "45 ngày"),
        Change("Hạng mục 1, dòng 2", "Kiểu HP-500 · 850.000.000 ₫ · từ 2 máy", ""),
        Change("Hạng mục 2", "450.000 ₫ · từ 50 cái", "Không cung cấp · Khay nhựa PP"),
        Change("Hiệu lực đến", "31/12/2026", "15/01/2027"),
    ]
    with use_locale("en"):
        assert changes_between(found.quotes[0], found.quotes[1], found.items)[4].after == "15 Jan 2027"


def test_the_same_quote_form_sent_twice_is_one_revision(database: Database, scene: Scene) -> None:
    number = quoted(database, scene)
    with database.unit_of_work() as session:
        again = answer(session, scene, number, form_key="quote-1", terms="Khác")
    assert (again.revision, again.terms) == (1, "Thanh toán 40 % khi đặt, 60 % khi nghiệm thu.")
    assert revisions(database) == [(1, "sent")]
    assert counted(database, QuoteOffer) == 3
    assert len([one for one in letters(database) if one[0] == "enquiry_quoted"]) == 2


def test_accepting_writes_lines_and_exact_sums(database: Database, scene: Scene) -> None:
    number = quoted(database, scene)
    made = take(database, scene, number, (2, "2"), (3, "120"), seen_total=1_894_320_000)
    # 2 × 850.000.000 + 120 × 450.000 = 1.754.000.000; 8 % of it is 140.320.000.
    assert (made.net, made.tax, made.total) == (1_754_000_000, 140_320_000, 1_894_320_000)
    assert (made.currency, made.tax_percent, made.accepted_by_name) == ("VND", Decimal(8), "Trần Thị Mua")
    with database.read_only() as session:
        lines = session.scalars(select(AcceptanceLine).order_by(AcceptanceLine.position)).all()
    assert [(one.description, one.quantity, one.unit, one.unit_price, one.amount) for one in lines] == [
        ("Máy sấy 500 kg/mẻ (Kiểu HP-500)", Decimal(2), "máy", 850_000_000, 1_700_000_000),
        ("Khay sấy inox", Decimal(120), "cái", 450_000, 54_000_000),
    ]
    request = request_of(database, number)
    assert (request.state, request.awaits, request.closed_at) == ("accepted", None, LATER)
    assert revisions(database) == [(1, "accepted")]
    again = take(database, scene, number, (1, "1"))
    assert again.id == made.id
    assert counted(database, Acceptance) == 1
    assert len([one for one in letters(database) if one[0] == "enquiry_accepted"]) == 2


def test_what_cannot_be_accepted(database: Database, scene: Scene) -> None:
    number = quoted(database, scene)
    refused: list[tuple[tuple[tuple[int, str], ...], str]] = [
        (((2, "1"),), "lines.0.quantity"),
        (((9, "1"),), "lines.0.offer"),
        (((1, "1"), (1, "2")), "lines.1.offer"),
    ]
    for lines, path in refused:
        with pytest.raises(Invalid) as fault:
            take(database, scene, number, *lines)
        assert list(fault.value.fields) == [path]
    others: list[tuple[type[Exception], dict[str, Any]]] = [
        (Conflict, {"revision": 2}),
        (Conflict, {"seen_total": 1}),
        (Conflict, {"now": NOW + timedelta(days=60)}),
        (Forbidden, {"actor": scene.holder}),
        (Forbidden, {"actor": scene.operator}),
        (NotFound, {"actor": scene.stranger}),
    ]
    for raised, given in others:
        with pytest.raises(raised):
            take(database, scene, number, (1, "1"), **given)
    assert counted(database, Acceptance) == 0
    assert (request_of(database, number).state, revisions(database)) == ("quoted", [(1, "sent")])
    assert "accept" not in actions(database)
    assert not [one for one in letters(database) if one[0] == "enquiry_accepted"]


def test_a_sum_too_large_for_the_books_is_refused(database: Database, scene: Scene) -> None:
    number = asked(database, scene)
    with database.unit_of_work() as session:
        answer(
            session,
            scene,
            number,
            answers=[
                {"position": 1, "offers": [{"unit_price": 10**15}]},
                {"position": 2, "not_available": True},
            ],
        )
    with pytest.raises(Invalid) as fault:
        take(database, scene, number, (1, "999999999"))
    assert list(fault.value.fields) == ["lines"]
    assert counted(database, Acceptance) == 0


def test_the_last_day_of_validity_still_counts_here(database: Database, scene: Scene) -> None:
    number = quoted(database, scene)
    # Ten to midnight on 31 December in Vietnam.
    take(database, scene, number, (1, "1"), now=NOW.replace(month=12, day=31, hour=16, minute=50))
    assert request_of(database, number).state == "accepted"


def test_rejecting_closes_with_a_reason(database: Database, scene: Scene) -> None:
    number = quoted(database, scene)
    with pytest.raises(Invalid), database.unit_of_work() as session:
        reject(session, actor=scene.buyer, number=number, revision=1, data=RejectInput(reason="other"), now=LATER)
    for _twice in range(2):
        with database.unit_of_work() as session:
            reject(
                session,
                actor=scene.buyer,
                number=number,
                revision=1,
                data=RejectInput(reason="price", note="Vượt ngân sách"),
                now=LATER,
            )
    found = record(database, scene.holder, number)
    assert (found.request.state, found.quotes[0].quote.state) == ("rejected", "rejected")
    assert (found.quotes[0].quote.rejected_reason, found.quotes[0].quote.rejected_note) == ("price", "Vượt ngân sách")
    assert actions(database) == ["send", "quote", "reject"]
    with pytest.raises(MoveNotAllowed), database.unit_of_work() as session:
        answer(session, scene, number, form_key="quote-2")
    assert revisions(database) == [(1, "rejected")]


def test_quotes_lapse_the_day_after_their_last(database: Database, scene: Scene, settings: Settings) -> None:
    number = quoted(database, scene)

    def run(**moment: Any) -> str:
        now = NOW.replace(**moment)
        context = JobContext(database=database, settings=settings, job_id=scene.listing.id, attempt=1, now=now)
        lapse_expired(context, {})
        return request_of(database, number).state

    assert run(month=12, day=31, hour=16) == "quoted"
    assert run(month=12, day=31, hour=17) == "lapsed"
    assert run(month=12, day=31, hour=18) == "lapsed"
    assert revisions(database) == [(1, "lapsed")]
    assert actions(database) == ["send", "quote", "lapse"]
    assert len([one for one in letters(database) if one[0] == "enquiry_lapsed"]) == 2
    with pytest.raises(MoveNotAllowed):
        take(database, scene, number, (1, "1"))
