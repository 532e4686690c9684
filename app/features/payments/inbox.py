"""The inbox of what the provider tells: stored once, with its job; handled when it can be; swept when that failed."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import jobs
from app.errors import Conflict
from app.features.accounts.policies import require_operator
from app.features.moderation import audit
from app.features.payments.calling import sweep_calls
from app.features.payments.ledger import TooEarly
from app.features.payments.seeing import SOURCE, see
from app.identity import Actor, uuid7
from app.integrations.payments import PaymentGateway, gateway_from
from app.jobs import JobContext, every, job
from app.models.payment_provider import PaymentEvent

# Between what was wrong, in words that are translated when shown, and what the provider sent.
MARK = " ⟂ "
# How far back the sweep asks for events we were not told of.
LOOK_BACK = timedelta(days=3)
# How long an event may wait for its job before the sweep asks for another.
_PATIENCE = timedelta(minutes=10)


def store_event(session: Session, event: Mapping[str, Any], *, now: datetime) -> bool:
    """Keep an event and ask for the job that handles it; False when it is known. One transaction with the answer."""
    stored = session.execute(
        insert(PaymentEvent)
        .values(
            id=uuid7(),
            source=SOURCE,
            event_id=str(event["id"]),
            kind=str(event["type"]),
            account=event.get("account"),
            happened_at=datetime.fromtimestamp(int(event["created"]), UTC),
            payload=dict(event),
            state="waiting",
            received_at=now,
        )
        .on_conflict_do_nothing()
        .returning(PaymentEvent.id)
    ).scalar_one_or_none()
    if stored is None:
        return False
    _ask_to_handle(session, stored, now=now)
    return True


def _ask_to_handle(session: Session, event_id: UUID, *, now: datetime, again: str = "") -> bool:
    return jobs.enqueue(
        session,
        kind="payments.event",
        payload={"event": str(event_id)},
        key=f"payments.event:{event_id}{again}",
        now=now,
    )


@job("payments.event")
def handle_event(context: JobContext, payload: dict[str, Any]) -> None:
    """Put one event into our records, once.

    Raises:
        TooEarly: what it builds on was not told yet; the job tries again.
    """
    with context.database.unit_of_work() as session:
        event = session.scalars(
            select(PaymentEvent).where(PaymentEvent.id == UUID(payload["event"])).with_for_update()
        ).one()
        if event.state != "waiting":
            return
        try:
            with session.begin_nested():
                seen = see(session, event.payload, authority=context.settings.authority, now=context.now)
        except TooEarly:
            raise
        except Conflict as fault:
            # Trying again would not change it: a person must look.
            told = " · ".join(str(value) for value in fault.params.values())
            event.state, event.error = "refused", f"{fault.detail or fault.title}{MARK}{told}"[:500]
            return
        event.state, event.handled_at = ("handled" if seen else "ignored"), context.now


def sweep_events(context: JobContext, gateway: PaymentGateway) -> tuple[int, int]:
    """Ask Stripe for what we were not told, and for another try of what waits; returns how many of each."""
    fresh = list(gateway.events_since(context.now - LOOK_BACK))
    with context.database.unit_of_work() as session:
        missed = sum(store_event(session, one, now=context.now) for one in fresh)
        waiting = session.scalars(
            select(PaymentEvent.id)
            .where(PaymentEvent.state == "waiting", PaymentEvent.received_at < context.now - _PATIENCE)
            .order_by(PaymentEvent.received_at)
            .limit(500)
        ).all()
        hour = f":{int(context.now.timestamp()) // 3600}"
        again = sum(_ask_to_handle(session, one, now=context.now, again=hour) for one in waiting)
    return missed, again


@every(timedelta(hours=1), "payments.sweep")
def sweep(context: JobContext, _payload: dict[str, Any]) -> None:
    """Once an hour: lost webhooks, stuck events, stuck calls. Nothing where card payments are off."""
    gateway = gateway_from(context.settings)
    if gateway is None:
        return
    sweep_events(context, gateway)
    sweep_calls(context)


def retry_event(session: Session, *, actor: Actor, event_id: UUID, now: datetime) -> None:
    """An operator has an event handled again that was refused or waits.

    Raises:
        SignInRequired, Forbidden.
    """
    require_operator(actor)
    event = session.scalars(select(PaymentEvent).where(PaymentEvent.id == event_id).with_for_update()).one()
    if event.state not in {"waiting", "refused"}:
        return
    event.state, event.error = "waiting", None
    _ask_to_handle(session, event_id, now=now, again=f":by-hand:{int(now.timestamp())}")
    audit.record(session, actor=actor, action="retry", entity="payment_event", entity_id=event_id, now=now)


def open_events(session: Session) -> int:
    """How many events wait or were refused. One query."""
    return (
        session.scalar(
            select(func.count()).select_from(PaymentEvent).where(PaymentEvent.state.in_(["waiting", "refused"]))
        )
        or 0
    )
