"""What time does to payments, and that two people at once do no harm."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.database import Database
from app.errors import Conflict
from app.features.deals.states import transition
from app.features.payments.card import ask_checkout
from app.features.payments.commands import cancel_payment, confirm_received, report_transfer
from app.features.payments.inbox import store_event
from app.features.payments.queries import payment_record
from app.features.payments.schemas import AmountInput, NoteInput
from app.features.payments.statements import apply_statement, statement_record, upload_statement
from app.features.payments.work import forget, remind
from app.identity import SYSTEM, uuid7
from app.jobs import JobContext
from app.models import BankStatementRow, Deal, Job, PaymentEntry, PaymentEvent
from app.settings import Settings
from tests.factories import NOW
from tests.features.enquiries.scene import Scene, set_scene
from tests.features.enquiries.test_races import second_while_first_is_open
from tests.features.payments.scene import agreed, asked, payment_of


@pytest.fixture
def scene(database: Database) -> Scene:
    return set_scene(database)


def context(database: Database, settings: Settings, **later: float) -> JobContext:
    return JobContext(database, settings, uuid7(), 1, NOW + timedelta(**later))


def test_both_are_reminded_once_before_the_day(database: Database, scene: Scene, settings: Settings) -> None:
    deal = agreed(database, scene)
    number = asked(database, scene, deal, due_on=date(2026, 12, 10))
    asked(database, scene, deal, form_key="none", amount=1)

    def letters(day: int) -> int:
        remind(context(database, settings, days=day), {})
        with database.read_only() as session:
            jobs = session.scalars(select(Job).where(Job.kind == "mail.send")).all()
            return len([one for one in jobs if one.payload["template"] == "payment_due"])

    assert [letters(day) for day in (14, 15, 16, 17, 40)] == [0, 2, 2, 2, 2]
    assert payment_of(database, number).version == 1


def test_lines_that_became_nothing_are_forgotten(database: Database, scene: Scene, settings: Settings) -> None:
    number = asked(database, scene, agreed(database, scene))
    reference = payment_of(database, number).reference
    content = f"Ngày;Nội dung;Ghi có\n20/11/2026;{reference};500.000.000\n20/11/2026;luong chi A;9.000\n"
    with database.unit_of_work() as session:
        kept = upload_statement(
            session,
            actor=scene.holder,
            organisation_id=scene.holder_organisation.id,
            filename="a.csv",
            content=content.encode(),
            now=NOW,
        )
        apply_statement(session, actor=scene.holder, public_id=kept.public_id, lines=[2], now=NOW)
        for at, state in enumerate(("handled", "waiting")):
            event = {"id": f"evt_{at}", "type": "x", "created": 1, "data": {"object": {"email": "a@b.test"}}}
            store_event(session, event, now=NOW)
            session.scalars(select(PaymentEvent).where(PaymentEvent.event_id == f"evt_{at}")).one().state = state

    def left(days: int) -> tuple[int, list[bool]]:
        forget(context(database, settings, days=days), {})
        with database.read_only() as session:
            rows = session.scalars(select(BankStatementRow)).all()
            events = session.scalars(select(PaymentEvent).order_by(PaymentEvent.event_id)).all()
            return len(rows), [bool(one.payload) for one in events]

    assert [left(days) for days in (29, 31, 91)] == [(2, [True, True]), (1, [True, True]), (1, [False, True])]
    with database.read_only() as session:
        record = statement_record(session, actor=scene.holder, public_id=kept.public_id)
    assert [one.verdict for one in record.rows] == ["known"]


def test_an_ended_deal_asks_nobody_to_pay(database: Database, scene: Scene, settings: Settings) -> None:
    number = asked(database, scene, agreed(database, scene))
    with database.unit_of_work() as session:
        deal = session.scalars(select(Deal)).one()
        transition(session, deal, move="terminate", actor=SYSTEM, now=NOW, note="x")
    with pytest.raises(Conflict), database.unit_of_work() as session:
        ask_checkout(session, actor=scene.buyer, number=number, settings=settings, now=NOW)
    with database.read_only() as session:
        assert payment_record(session, actor=scene.buyer, number=number).deal_state == "terminated"


def test_two_confirming_the_same_money_at_once(database: Database, scene: Scene) -> None:
    number = asked(database, scene, agreed(database, scene))

    def confirm(key: str) -> Any:
        data = AmountInput(amount=500_000_000)
        return lambda session: confirm_received(
            session, actor=scene.holder, number=number, data=data, form_key=key, now=NOW
        )

    assert isinstance(second_while_first_is_open(database, confirm("a"), confirm("b")), Conflict)
    with database.read_only() as session:
        assert [one.amount for one in session.scalars(select(PaymentEntry))] == [500_000_000]
    assert payment_of(database, number).state == "paid"


def test_cancelling_while_the_buyer_reports(database: Database, scene: Scene) -> None:
    number = asked(database, scene, agreed(database, scene))

    def cancel(session: Any) -> Any:
        return cancel_payment(session, actor=scene.holder, number=number, data=NoteInput(note="x"), now=NOW)

    def report(session: Any) -> Any:
        return report_transfer(session, actor=scene.buyer, number=number, now=NOW)

    assert isinstance(second_while_first_is_open(database, cancel, report), Conflict)
    assert payment_of(database, number).state == "cancelled"
