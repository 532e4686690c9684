"""What always holds of a ledger, whatever is seen in whatever order: a machine that tries, and the database's own word.

Real commits on PostgreSQL; every rule enters movements as buyers, sellers, Stripe and crashed workers would.
"""

import itertools
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from app.database import Database
from app.errors import Conflict
from app.features.payments.ledger import Movement, TooEarly, add_up, enter
from app.features.payments.states import state_of
from app.identity import SYSTEM, uuid7
from app.models import JournalEntry, Payment, PaymentEntry, PaymentHistory
from tests.conftest import empty
from tests.factories import NOW
from tests.features.enquiries.scene import set_scene
from tests.features.payments.scene import agreed, asked

AMOUNTS = st.integers(min_value=-2, max_value=120)


class Ledger(RuleBasedStateMachine):
    """Two payments of 100 đồng on one deal. `model` is what an honest book-keeper would have written."""

    database: Database
    movements = Bundle("movements")

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
        self.where: dict[tuple[str, str], str] = {}

    @initialize()
    def begin(self) -> None:
        empty(self.database)
        scene = set_scene(self.database)
        deal = agreed(self.database, scene)
        self.numbers = [asked(self.database, scene, deal, amount=100, form_key=key) for key in ("a", "b")]

    def _enter(self, number: str, kind: str, amount: int, external_id: str, currency: str = "VND") -> str:
        try:
            with self.database.unit_of_work() as session:
                payment = session.scalars(select(Payment).where(Payment.number == number).with_for_update()).one()
                movement = Movement(
                    kind=kind,
                    amount=amount,
                    currency=currency,
                    source="stripe",
                    external_id=external_id,
                    happened_at=NOW,
                )
                return "new" if enter(session, payment, movement=movement, actor=SYSTEM, now=NOW) else "known"
        except TooEarly:
            return "early"
        except Conflict:
            return "refused"

    def _sums(self, number: str) -> Any:
        return add_up((kind, amount) for (kind, _id), amount in self.model[number].items())

    def _expect(self, number: str, kind: str, amount: int, external_id: str) -> str:
        key = (kind, external_id)
        if amount <= 0:
            return "refused"
        if key in self.where:
            same = self.where[key] == number and self.model[number][key] == amount
            return "known" if same else "refused"
        net = self._sums(number).net
        if kind in {"refund", "dispute"} and amount > net:
            return "early"
        if kind in {"refund_returned", "dispute_won", "dispute_lost"}:
            opening = "refund" if kind == "refund_returned" else "dispute"
            if self.model[number].get((opening, external_id)) != amount:
                return "early"
            if {("dispute_won", external_id), ("dispute_lost", external_id)} & self.model[number].keys():
                return "early"
        self.model[number][key] = amount
        self.where[key] = number
        return "new"

    @rule(
        target=movements,
        which=st.integers(0, 1),
        kind=st.sampled_from(["charge", "charge", "refund", "dispute", "fee"]),
        amount=AMOUNTS,
    )
    def something_moves(self, which: int, kind: str, amount: int) -> Any:
        number, external_id = self.numbers[which], uuid7().hex
        expected = self._expect(number, kind, amount, external_id)
        assert self._enter(number, kind, amount, external_id) == expected
        return (which, kind, amount, external_id) if expected == "new" else multiple()

    @rule(seen=movements)
    def it_is_told_again(self, seen: tuple[int, str, int, str]) -> None:
        which, kind, amount, external_id = seen
        assert self._enter(self.numbers[which], kind, amount, external_id) == "known"

    @rule(seen=movements, more=st.integers(1, 5))
    def it_is_told_differently(self, seen: tuple[int, str, int, str], more: int) -> None:
        which, kind, amount, external_id = seen
        assert self._enter(self.numbers[which], kind, amount + more, external_id) == "refused"
        assert self._enter(self.numbers[1 - which], kind, amount, external_id) == "refused"

    @rule(seen=movements, end=st.sampled_from(["refund_returned", "dispute_won", "dispute_lost"]))
    def it_ends(self, seen: tuple[int, str, int, str], end: str) -> None:
        which, _kind, amount, external_id = seen
        number = self.numbers[which]
        assert self._enter(number, end, amount, external_id) == self._expect(number, end, amount, external_id)

    @rule(which=st.integers(0, 1), amount=st.integers(1, 100))
    def another_currency(self, which: int, amount: int) -> None:
        assert self._enter(self.numbers[which], "charge", amount, uuid7().hex, currency="USD") == "refused"

    @invariant()
    def the_books_agree(self) -> None:
        if not hasattr(self, "numbers"):
            return
        with self.database.read_only() as session:
            for number in self.numbers:
                payment = session.scalars(select(Payment).where(Payment.number == number)).one()
                entries = session.scalars(select(PaymentEntry).where(PaymentEntry.payment_id == payment.id)).all()
                assert {(one.kind, one.external_id): one.amount for one in entries} == self.model[number]
                assert {one.currency for one in entries} <= {payment.currency}
                sums = add_up((one.kind, one.amount) for one in entries)
                assert min(sums.charged, sums.refunded, sums.held, sums.lost, sums.fees, sums.net) >= 0
                assert sums.net + sums.refunded + sums.held + sums.lost == sums.charged
                assert payment.state == (state_of(payment.amount, sums) or "asked")
                history = session.scalars(
                    select(PaymentHistory).where(PaymentHistory.payment_id == payment.id).order_by("sequence")
                ).all()
                assert [one.sequence for one in history] == list(range(1, len(history) + 1))
                assert history[-1].to_state == payment.state
                assert all(a.to_state == b.from_state for a, b in itertools.pairwise(history))
                told = session.scalars(
                    select(JournalEntry.action).where(
                        JournalEntry.entity == "payment", JournalEntry.entity_id == payment.id
                    )
                ).all()
                assert len([one for one in told if one.startswith("entry_")]) == len(entries)


def test_the_books_agree_whatever_is_seen(database: Database) -> None:
    machine = type("OnThisDatabase", (Ledger,), {"database": database})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=18,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_database_itself_keeps_what_was_seen(database: Database) -> None:
    scene = set_scene(database)
    number = asked(database, scene, agreed(database, scene))
    with database.unit_of_work() as session:
        payment = session.scalars(select(Payment).where(Payment.number == number)).one()
        movement = Movement(
            kind="charge", amount=5, currency="VND", source="stripe", external_id="pi_1", happened_at=NOW
        )
        enter(session, payment, movement=movement, actor=SYSTEM, now=NOW)
    for statement in (update(PaymentEntry).values(amount=6), delete(PaymentEntry)):
        with pytest.raises(DBAPIError, match="written once"), database.engine.begin() as connection:
            connection.execute(statement)
    with pytest.raises(DBAPIError, match="fk_payment_entry"), database.engine.begin() as connection:
        connection.execute(update(Payment).values(currency="USD"))
