"""Whatever order Stripe's news come in, and however often: the ledger and the state end the same.

A whole life is made up (charges, refunds that hold and that fail, disputes and their ends), told in any order with
repetitions, where what comes too early is told again later, as the job queue does. Real rows in PostgreSQL.
"""

import random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.database import Database
from app.features.payments.ledger import TooEarly, add_up
from app.features.payments.seeing import see
from app.features.payments.states import Sums, state_of
from app.models import Payment, PaymentEntry, PaymentHistory
from tests.conftest import empty
from tests.factories import NOW
from tests.features.enquiries.scene import set_scene
from tests.features.payments.scene import agreed, asked

AMOUNT = 100
AUTHORITY = "techmart.test"
NAMED = {"payment": "TT-2026-000001", "authority": AUTHORITY}


def _event(kind: str, **told: Any) -> dict[str, Any]:
    at = int(NOW.timestamp())
    return {"type": kind, "created": at, "data": {"object": {"currency": "vnd", "created": at, **told}}}


@st.composite
def lives(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The news of one payment's life, in the order they happened; what is taken never exceeds what is there."""
    charges = draw(st.integers(1, 2))
    news = []
    for at in range(charges):
        intent = {"id": f"pi_{at}", "amount": AMOUNT, "amount_received": AMOUNT, "metadata": NAMED}
        news.append(_event("payment_intent.succeeded", **intent))
        page = {"id": f"cs_{at}", "mode": "payment", "payment_status": "paid", "payment_intent": f"pi_{at}"}
        news.append(_event("checkout.session.completed", **page, amount_total=AMOUNT, metadata=NAMED))
    left = {f"pi_{at}": AMOUNT for at in range(charges)}
    for at in range(draw(st.integers(0, 4))):
        intent_id = draw(st.sampled_from(sorted(left)))
        if not left[intent_id]:
            continue
        amount = draw(st.integers(1, left[intent_id]))
        facts = {"id": f"x_{at}", "amount": amount, "payment_intent": intent_id}
        what = draw(st.sampled_from(["refund", "failed refund", "open", "won", "lost"]))
        if "refund" in what:
            news.append(_event("refund.created", **facts, status="pending"))
            news.append(_event("refund.updated", **facts, status="succeeded"))
            if what == "failed refund":
                news.append(_event("refund.failed", **facts, status="failed", failure_balance_transaction="txn"))
            else:
                left[intent_id] -= amount
        else:
            news.append(_event("charge.dispute.created", **facts, status="needs_response"))
            if what != "open":
                news.append(_event("charge.dispute.closed", **facts, status=what))
            if what != "won":
                left[intent_id] -= amount
    return news


def _tell(database: Database, news: list[dict[str, Any]]) -> tuple[set[tuple[str, str, int]], Sums, str]:
    """Tell all of it, what comes too early again after the others; what is in the books then."""
    waiting = list(news)
    while waiting:
        later = []
        for event in waiting:
            try:
                with database.unit_of_work() as session:
                    assert see(session, event, authority=AUTHORITY, now=NOW) or event["data"]["object"]["status"]
            except TooEarly:
                later.append(event)
        assert len(later) < len(waiting), "something can never be told"
        waiting = later
    with database.read_only() as session:
        payment = session.scalars(select(Payment)).one()
        entries = session.scalars(select(PaymentEntry)).all()
        last = session.scalars(select(PaymentHistory).order_by(PaymentHistory.sequence.desc()).limit(1)).one()
        assert last.to_state == payment.state
    sums = add_up((one.kind, one.amount) for one in entries)
    return {(one.kind, one.external_id, one.amount) for one in entries}, sums, payment.state


def _begin(database: Database) -> None:
    empty(database)
    scene = set_scene(database)
    asked(database, scene, agreed(database, scene), amount=AMOUNT)


@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(news=lives(), seed=st.integers(0, 2**16))
def test_any_order_ends_the_same(database: Database, news: list[dict[str, Any]], seed: int) -> None:
    _begin(database)
    straight = _tell(database, news)
    _entries, sums, state = straight
    assert min(sums.charged, sums.refunded, sums.held, sums.lost, sums.net) >= 0
    assert state == state_of(AMOUNT, sums)
    shuffled = random.Random(seed)
    mixed = news + [shuffled.choice(news) for _again in range(3)]
    shuffled.shuffle(mixed)
    _begin(database)
    assert _tell(database, mixed) == straight


def test_a_failed_refund_told_after_another_was_made(database: Database) -> None:
    """The first was told late, as failed already; the second had the money by then. Likewise a dispute that was won."""
    _begin(database)
    charge = _event("payment_intent.succeeded", id="pi_0", amount=AMOUNT, metadata=NAMED)
    first = {"id": "x_1", "amount": 60, "payment_intent": "pi_0"}
    news = [
        charge,
        _event("refund.updated", id="x_2", amount=60, payment_intent="pi_0", status="succeeded"),
        _event("refund.failed", **first, status="failed", failure_balance_transaction="txn"),
        _event("refund.updated", **first, status="succeeded"),
        _event("charge.dispute.closed", id="d_1", amount=90, payment_intent="pi_0", status="won"),
        _event("charge.dispute.created", id="d_1", amount=90, payment_intent="pi_0", status="needs_response"),
    ]
    entries, sums, state = _tell(database, news)
    assert {kind for kind, own, _amount in entries if own == "x_1"} == {"refund", "refund_returned"}
    assert {kind for kind, own, _amount in entries if own == "d_1"} == {"dispute", "dispute_won"}
    assert (sums.net, sums.refunded, sums.held, state) == (40, 60, 0, "partly_refunded")
