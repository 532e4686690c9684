"""Calls to the provider that are to be made: writing one, and closing pages where a payment could still be paid."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import jobs
from app.errors import RateLimited
from app.identity import Actor
from app.models.payment_provider import PaymentCall
from app.models.payments import Payment

MOST_A_DAY = 20
_DAY = timedelta(days=1)
_LAST_MINUTES = timedelta(minutes=10)


def record_call(
    session: Session,
    *,
    kind: str,
    organisation_id: UUID,
    key: str,
    request: dict[str, Any],
    actor: Actor,
    now: datetime,
    payment_id: UUID | None = None,
) -> PaymentCall:
    """Write a call that is to be made, and ask for the job that makes it.

    Raises:
        RateLimited: a person asked for too much about one payment in a day.
    """
    if payment_id is not None and actor.person_id is not None and kind != "end_checkout":
        asked = session.scalar(
            select(func.count()).where(
                PaymentCall.payment_id == payment_id, PaymentCall.kind == kind, PaymentCall.asked_at > now - _DAY
            )
        )
        if (asked or 0) >= MOST_A_DAY:
            raise RateLimited(3600)
    call = PaymentCall(
        kind=kind,
        organisation_id=organisation_id,
        payment_id=payment_id,
        idempotency_key=key,
        request=request,
        asked_by_id=actor.person_id,
        asked_at=now,
    )
    session.add(call)
    session.flush()
    jobs.enqueue(session, kind="payments.call", payload={"call": str(call.id)}, key=f"payments.call:{call.id}", now=now)
    return call


def open_checkouts(session: Session, payment: Payment, *, now: datetime) -> list[PaymentCall]:
    """Pages where the payment could still be paid, or is about to be, up to their last moment."""
    return list(
        session.scalars(
            select(PaymentCall)
            .where(
                PaymentCall.payment_id == payment.id,
                PaymentCall.kind == "checkout",
                PaymentCall.state != "refused",
                PaymentCall.expires_at > now,
            )
            .order_by(PaymentCall.asked_at.desc())
        )
    )


def lasts(call: PaymentCall, *, now: datetime) -> bool:
    """Whether somebody may be sent to this page: none is that closes while they type."""
    return call.expires_at is not None and call.expires_at > now + _LAST_MINUTES


def end_checkouts(session: Session, payment: Payment, *, calls: list[PaymentCall], actor: Actor, now: datetime) -> None:
    """Ask for pages to be closed where the payment could be paid: it was paid otherwise, or is asked for no more."""
    for call in calls:
        call.expires_at = now
        record_call(
            session,
            kind="end_checkout",
            organisation_id=payment.holder_organisation_id,
            payment_id=payment.id,
            key=f"end_checkout:{call.id}",
            request={"checkout_call": str(call.id)},
            actor=actor,
            now=now,
        )
