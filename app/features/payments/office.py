"""What the operator sees of payments: news that could not be handled, calls that were refused, and comparisons.

Of a payment between two parties only the number is shown, where a difference names it; bank transfers never are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import jobs
from app.features.accounts.policies import require_operator
from app.features.listings.paging import Keyset
from app.features.moderation import audit
from app.identity import Actor
from app.models.payment_provider import PaymentCall, PaymentEvent, Reconciliation, ReconciliationDifference

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Office:
    """`counts` are of events and calls by (table, state). `differences` are those of the comparisons shown."""

    counts: Mapping[tuple[str, str], int]
    events: Sequence[PaymentEvent]
    next_cursor: str
    calls: Sequence[PaymentCall]
    comparisons: Sequence[Reconciliation]
    differences: Mapping[UUID, Sequence[ReconciliationDifference]]


def office(session: Session, *, actor: Actor, open_only: bool, cursor: str = "") -> Office:
    """The page of the operator. Six queries.

    Raises:
        SignInRequired, Forbidden.
    """
    require_operator(actor)
    counts: dict[tuple[str, str], int] = {}
    for name, model in (("event", PaymentEvent), ("call", PaymentCall)):
        rows = session.execute(select(model.state, func.count()).group_by(model.state))
        counts |= {(name, state): count for state, count in rows}
    wanted = select(PaymentEvent)
    if open_only:
        wanted = wanted.where(PaymentEvent.state.in_(["waiting", "refused"]))
    after = Keyset.read(cursor) if cursor else None
    if after is not None:
        wanted = wanted.where(after.before(PaymentEvent.received_at, PaymentEvent.id))
    events = session.scalars(
        wanted.order_by(PaymentEvent.received_at.desc(), PaymentEvent.id.desc()).limit(_SHOWN + 1)
    ).all()
    last = events[_SHOWN - 1] if len(events) > _SHOWN else None
    calls = session.scalars(
        select(PaymentCall)
        .where(PaymentCall.state != "done")
        .order_by(PaymentCall.asked_at.desc(), PaymentCall.id.desc())
        .limit(_SHOWN)
    ).all()
    comparisons = session.scalars(
        select(Reconciliation).order_by(Reconciliation.at.desc(), Reconciliation.id.desc()).limit(10)
    ).all()
    differences: dict[UUID, list[ReconciliationDifference]] = {}
    for one in session.scalars(
        select(ReconciliationDifference)
        .where(ReconciliationDifference.reconciliation_id.in_([one.id for one in comparisons]))
        .order_by(ReconciliationDifference.reconciliation_id, ReconciliationDifference.line)
        .limit(200)
    ):
        differences.setdefault(one.reconciliation_id, []).append(one)
    return Office(
        counts=counts,
        events=events[:_SHOWN],
        next_cursor=Keyset(last.received_at, last.id).token if last else "",
        calls=calls,
        comparisons=comparisons,
        differences=differences,
    )


def ask_for(session: Session, *, actor: Actor, work: str, now: datetime) -> bool:
    """Have the sweep or the comparison done now ("sweep", "reconcile"); False when that was asked this minute.

    Raises:
        SignInRequired, Forbidden.
    """
    require_operator(actor)
    audit.record(session, actor=actor, action=work, entity="payments", entity_id=None, now=now)
    return jobs.enqueue(
        session,
        kind=f"payments.{work}",
        payload={},
        key=f"payments.{work}:by-hand:{int(now.timestamp()) // 60}",
        now=now,
    )
