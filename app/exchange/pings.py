"""Telling partners that something has changed, by Standard Webhooks: no content, only where to read on.

The ping makes pulling quick; what it says can be had without it. One is under way per subscription; what changes
meanwhile goes into the next. Secrets are derived from the exchange's own key, so that none lies in the database.
"""

import base64
import json
import time
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app import clock
from app.exchange.cursors import cursor_of
from app.exchange.keys import SigningKey, signing_key
from app.exchange.ping_times import PING, WAITS, ping_soon
from app.exchange.reader import Reader
from app.exchange.webhook_signing import SECRET_PREFIX, signed_headers
from app.features.messages.commands import Recipient, send_message
from app.features.partners.credentials import Sight, sight
from app.features.partners.subscriptions import DELIVER, new_delivery, send_later
from app.integrations.outgoing import AskFault, Bounds, ask
from app.jobs import JobContext, every, job
from app.models.exchange import ExchangeRecord
from app.models.partners import Partner
from app.models.subscriptions import Delivery, DeliveryAttempt, PartnerSubscription
from app.settings import Settings

_BOTH_GOOD: Final = timedelta(days=1)
_BOUNDS: Final = Bounds(connect_s=10, silence_s=20, whole_s=30, sent=65_536, unpacked=65_536)
_LOG_KEPT: Final = timedelta(days=30)
_LONGEST_WAIT_S: Final = 6 * 3600
NOT_SENT: Final = "not sent: the subscription or the agreement is not active"


def secrets_of(subscription: PartnerSubscription, key: SigningKey, *, now: datetime) -> list[str]:
    """The present secret, and for a day after a change the one before it."""
    found = [secret_of(subscription, key)]
    if subscription.rotated_at is not None and now < subscription.rotated_at + _BOTH_GOOD:
        found.append(_secret(subscription.id, subscription.generation - 1, key))
    return found


def secret_of(subscription: PartnerSubscription, key: SigningKey) -> str:
    """The secret as the partner is shown it."""
    return _secret(subscription.id, subscription.generation, key)


def _secret(subscription_id: UUID, generation: int, key: SigningKey) -> str:
    made = key.mac("webhook-secret", subscription_id.bytes + generation.to_bytes(4, "big"))
    return SECRET_PREFIX + base64.b64encode(made).decode()


@job(PING)
def ping_all(context: JobContext, _payload: dict[str, Any]) -> None:
    """Ask for a ping wherever a partner has something new to read; one transaction each."""
    with context.database.read_only() as session:
        active = session.scalars(
            select(PartnerSubscription.id)
            .join(Partner, Partner.id == PartnerSubscription.partner_id)
            .where(PartnerSubscription.disabled_for.is_(None), Partner.state == "live")
            .order_by(PartnerSubscription.id)
        ).all()
    for subscription_id in active:
        with context.database.unit_of_work() as session:
            _ping(session, subscription_id, context.settings, context.now)


def _ping(session: Session, subscription_id: UUID, settings: Settings, now: datetime) -> None:
    found = _locked(session, subscription_id)
    if found is None:
        return
    subscription, partner = found
    seen = sight(partner, credential_id=subscription.id, now=now)
    if subscription.disabled_for is not None or not seen.partners_too or _is_waiting(session, subscription_id):
        return
    head = _head(session, seen, settings, after=subscription.position)
    if head is None:
        return
    base = f"{settings.base_url}/exchange/v1/changes?cursor="
    data = {
        "authority": settings.authority,
        "cursor": cursor_of(head),
        "changes": base + cursor_of(subscription.position),
    }
    new_delivery(session, subscription, kind="changed", data=data, now=now)
    subscription.position = head


def _head(session: Session, seen: Sight, settings: Settings, *, after: int) -> int | None:
    reader = Reader(seen, settings, clock.now())
    return session.scalar(
        select(func.max(ExchangeRecord.position)).where(reader.sees(), ExchangeRecord.position > after)
    )


@job(DELIVER)
def deliver(context: JobContext, payload: dict[str, Any]) -> None:
    """Make one attempt at a ping. Sent outside of any transaction; a worker that dies in between sends it again."""
    delivery_id, attempt = UUID(payload["delivery"]), int(payload["attempt"])
    with context.database.read_only() as session:
        found = session.get(Delivery, delivery_id)
        if found is None or found.state != "waiting":
            return
        subscription = session.get_one(PartnerSubscription, found.subscription_id)
        partner = session.get_one(Partner, subscription.partner_id)
    now = clock.now()
    if subscription.disabled_for is not None or partner.state != "live":
        outcome = _Outcome(None, NOT_SENT, 0)
    else:
        outcome = _send(found, subscription, context.settings, now)
    with context.database.unit_of_work() as session:
        _note(session, delivery_id, attempt=attempt, outcome=outcome, settings=context.settings, now=now)


@every(timedelta(hours=24), "exchange.sweep_log")
def sweep_log(context: JobContext, _payload: dict[str, Any]) -> None:
    """Forget pings that ended a month ago."""
    old = select(Delivery.id).where(Delivery.ended_at < context.now - _LOG_KEPT)
    with context.database.unit_of_work() as session:
        session.execute(delete(DeliveryAttempt).where(DeliveryAttempt.delivery_id.in_(old)))
        session.execute(delete(Delivery).where(Delivery.ended_at < context.now - _LOG_KEPT))


class _Outcome:
    """What came of an attempt. `wait` is how many seconds the receiver asked us to leave it alone."""

    def __init__(self, status: int | None, fault: str, took_ms: int, wait: int = 0) -> None:
        self.status, self.fault, self.took_ms, self.wait = status, fault, took_ms, wait

    @property
    def arrived(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def _send(delivery: Delivery, subscription: PartnerSubscription, settings: Settings, now: datetime) -> _Outcome:
    body = json.dumps(delivery.body, ensure_ascii=False, separators=(",", ":"))
    secrets = secrets_of(subscription, signing_key(settings), now=now)
    headers = signed_headers(secrets, message_id=delivery.message_id, at=now, body=body)
    headers["Content-Type"] = "application/json"
    began = time.monotonic()
    try:
        answer = ask(
            subscription.address, settings=settings, method="POST", headers=headers, body=body.encode(), bounds=_BOUNDS
        )
    except AskFault as fault:
        return _Outcome(None, f"{type(fault).__name__}: {fault}"[:500], round((time.monotonic() - began) * 1000))
    took = round((time.monotonic() - began) * 1000)
    asked = answer.headers.get("retry-after", "")
    wait = min(int(asked), _LONGEST_WAIT_S) if answer.status in {429, 503} and asked.isdecimal() else 0
    return _Outcome(answer.status, "", took, wait)


def _note(
    session: Session, delivery_id: UUID, *, attempt: int, outcome: _Outcome, settings: Settings, now: datetime
) -> None:
    subscription_id = session.scalar(select(Delivery.subscription_id).where(Delivery.id == delivery_id))
    found = _locked(session, subscription_id) if subscription_id is not None else None
    delivery = session.get(Delivery, delivery_id, with_for_update=True, populate_existing=True)
    if found is None or delivery is None or delivery.state != "waiting":
        return
    subscription, partner = found
    delivery.attempts += 1
    session.add(
        DeliveryAttempt(
            delivery_id=delivery_id,
            sequence=delivery.attempts,
            at=now,
            status=outcome.status,
            fault=outcome.fault,
            took_ms=outcome.took_ms,
        )
    )
    if outcome.arrived:
        delivery.state, delivery.ended_at, delivery.next_at = "delivered", now, None
        # What changed while it was under way.
        session.flush()
        ping_soon(session, now=now)
    elif outcome.fault == NOT_SENT:
        delivery.state, delivery.ended_at, delivery.next_at = "failed", now, None
    elif outcome.status == 410 or attempt > len(WAITS):
        delivery.state, delivery.ended_at, delivery.next_at = "failed", now, None
        reason = "gone" if outcome.status == 410 else "failing"
        _disable(session, subscription, partner, reason=reason, settings=settings, now=now)
    else:
        delivery.next_at = now + max(WAITS[attempt - 1], timedelta(seconds=outcome.wait))
        send_later(session, delivery, at=delivery.next_at, attempt=attempt + 1)


def _disable(
    session: Session,
    subscription: PartnerSubscription,
    partner: Partner,
    *,
    reason: str,
    settings: Settings,
    now: datetime,
) -> None:
    """Send nothing more there, and write to whom the agreement names and to the operator."""
    subscription.disabled_for, subscription.disabled_at = reason, now
    context = {"partner": partner.name, "address": subscription.address, "reason": reason, "at": now}
    for email in dict.fromkeys((partner.contact_email, settings.operator_email)):
        if email:
            send_message(
                session,
                to=Recipient(email=email, name=partner.contact_name if email == partner.contact_email else ""),
                template="webhook_disabled",
                context=context,
                key=f"webhook_disabled:{subscription.id}:{int(now.timestamp())}:{email}",
                now=now,
            )


def _locked(session: Session, subscription_id: UUID) -> tuple[PartnerSubscription, Partner] | None:
    row = session.execute(
        select(PartnerSubscription, Partner)
        .join(Partner, Partner.id == PartnerSubscription.partner_id)
        .where(PartnerSubscription.id == subscription_id)
        .with_for_update(of=PartnerSubscription)
        .execution_options(populate_existing=True)
    ).one_or_none()
    return (row[0], row[1]) if row is not None else None


def _is_waiting(session: Session, subscription_id: UUID) -> bool:
    asked = select(Delivery.id).where(Delivery.subscription_id == subscription_id, Delivery.state == "waiting")
    return session.scalar(asked.limit(1)) is not None
