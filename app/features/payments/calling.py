"""Making the calls that were recorded, and recording what came of them.

A call is made outside of any transaction. Whatever dies in between (before the call, after it, before its answer is
written) is made good by making the same call again: its idempotency key gives the same answer.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import jobs
from app.features.payments import card, fees, seeing
from app.identity import Actor
from app.integrations.payments import (
    Account,
    Checkout,
    CheckoutOrder,
    FeeOrder,
    GatewayRefused,
    Link,
    PaymentGateway,
    Refunded,
    gateway_from,
)
from app.jobs import JobContext, job
from app.models.payment_provider import PayeeAccount, PaymentCall

Answer = Account | Link | Checkout | Refunded | None


@job("payments.call")
def make_call(context: JobContext, payload: dict[str, Any]) -> None:
    """Make one recorded call, unless it was answered before.

    Raises:
        GatewayDown: no answer; the job tries again.
    """
    gateway = gateway_from(context.settings)
    if gateway is None:
        raise LookupError("a call to the provider waits, but TECHMART_STRIPE_KEY is not set")
    with context.database.read_only() as session:
        call = session.get(PaymentCall, UUID(payload["call"]))
        if call is None or call.state != "waiting":
            return
        request = _filled_in(session, call)
    try:
        answer = _made(gateway, call, request)
    except GatewayRefused as fault:
        with context.database.unit_of_work() as session:
            refuse(session, call_id=call.id, error=str(fault), now=context.now)
        return
    with context.database.unit_of_work() as session:
        record_answer(session, call_id=call.id, answer=answer, now=context.now)


def _filled_in(session: Session, call: PaymentCall) -> dict[str, Any]:
    """The request with what was not known when it was written."""
    if call.kind != "end_checkout":
        return call.request
    opened = session.get(PaymentCall, UUID(call.request["checkout_call"]))
    if opened is not None and opened.state == "waiting":
        raise LookupError("the page to close was not opened yet; trying again")
    return {"checkout": opened.external_id if opened is not None else None}


def _made(gateway: PaymentGateway, call: PaymentCall, request: dict[str, Any]) -> Answer:
    key = call.idempotency_key
    if call.kind == "account":
        return gateway.open_account(key=key, email=request["email"], reference=request["reference"])
    if call.kind == "account_link":
        page = f"{request['base_url']}/desk/card-payments"
        return gateway.account_link(key=key, account=request["account"], return_url=page, refresh_url=page)
    if call.kind == "checkout":
        expires_at = datetime.fromtimestamp(request["expires_at"], UTC)
        return gateway.open_checkout(key=key, order=CheckoutOrder(**{**request, "expires_at": expires_at}))
    if call.kind == "fee_checkout":
        expires_at = datetime.fromtimestamp(request["expires_at"], UTC)
        return gateway.open_subscription(key=key, order=FeeOrder(**{**request, "expires_at": expires_at}))
    if call.kind == "fee_end":
        gateway.end_subscription(key=key, subscription=request["subscription"])
        return None
    if call.kind == "end_checkout":
        if request["checkout"]:
            gateway.end_checkout(key=key, checkout=request["checkout"])
        return None
    return gateway.refund(key=key, charge=request["charge"], amount=request["amount"], number=request["number"])


def record_answer(session: Session, *, call_id: UUID, answer: Answer, now: datetime) -> None:
    """Write what came of a call, once. What it moved goes the same way as what a webhook tells."""
    call = session.scalars(select(PaymentCall).where(PaymentCall.id == call_id).with_for_update()).one()
    if call.state != "waiting":
        return
    call.state, call.ended_at = "done", now
    match answer:
        case Account():
            call.external_id = answer.id
            account = session.get(PayeeAccount, call.organisation_id)
            if account is None:
                account = PayeeAccount(
                    organisation_id=call.organisation_id, external_id=answer.id, told_at=call.asked_at
                )
                account.charges_enabled = answer.charges_enabled
                account.payouts_enabled = answer.payouts_enabled
                account.details_submitted = answer.details_submitted
                session.add(account)
                session.flush()
            actor = Actor(person_id=call.asked_by_id)
            card.link_call(session, account=account, base_url=call.request["base_url"], actor=actor, now=now)
        case Link():
            call.url, call.expires_at = answer.url, answer.expires_at
        case Checkout():
            call.external_id, call.url = answer.id, answer.url
        case Refunded():
            call.external_id = answer.id
            seeing.see_refund(session, answer, now=now, actor=Actor(person_id=call.asked_by_id))
        case None:
            pass
    session.flush()


def refuse(session: Session, *, call_id: UUID, error: str, now: datetime) -> None:
    """Write that the provider said no."""
    call = session.scalars(select(PaymentCall).where(PaymentCall.id == call_id).with_for_update()).one()
    if call.state == "waiting":
        # A page that was paid or has expired cannot be closed: that is as good as closed.
        call.state = "done" if call.kind == "end_checkout" else "refused"
        call.error, call.ended_at = error[:500], now
        if call.kind == "fee_end":
            fees.ending_refused(session, call, now=now)


def sweep_calls(context: JobContext) -> int:
    """Ask again for calls whose job was given up or lost; returns how many."""
    with context.database.unit_of_work() as session:
        waiting = session.scalars(
            select(PaymentCall.id)
            .where(PaymentCall.state == "waiting", PaymentCall.asked_at < context.now - card.LINK_LASTS)
            .order_by(PaymentCall.asked_at)
            .limit(200)
        ).all()
        asked = [
            jobs.enqueue(
                session,
                kind="payments.call",
                payload={"call": str(call_id)},
                key=f"payments.call:{call_id}:{int(context.now.timestamp()) // 3600}",
                now=context.now,
            )
            for call_id in waiting
        ]
    return sum(asked)
