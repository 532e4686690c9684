"""What the provider tells, put into our own records: one function per kind of news, whoever brings it.

Webhooks, answers to calls and the sweep all come here. Each locks the payment; each may come in any order, many times.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Conflict
from app.features.payments import fees, ledger
from app.features.payments.ledger import Movement, TooEarly
from app.i18n import N_
from app.identity import SYSTEM, Actor
from app.integrations.payments import Refunded
from app.models.payment_provider import PayeeAccount, PaymentCall, PayoutSeen
from app.models.payments import Payment, PaymentEntry

SOURCE: Final = "stripe"


class NotOurs(Exception):
    """News about something this exchange knows nothing of."""


def _instant(seconds: Any) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _id(reference: Any) -> str:
    return reference if isinstance(reference, str) else str((reference or {}).get("id", ""))


def _locked_by_number(session: Session, number: str) -> Payment:
    payment = session.scalars(
        select(Payment).where(Payment.number == number).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if payment is None:
        raise NotOurs
    return payment


def _locked_by_charge(session: Session, charge: str) -> Payment:
    """The payment that a card payment was for.

    Raises:
        TooEarly: the card payment was not seen yet.
    """
    found = session.scalar(
        select(PaymentEntry.payment_id).where(
            PaymentEntry.source == SOURCE, PaymentEntry.kind == "charge", PaymentEntry.external_id == charge
        )
    )
    if found is None:
        raise TooEarly
    return session.scalars(
        select(Payment).where(Payment.id == found).with_for_update().execution_options(populate_existing=True)
    ).one()


def _enter(
    session: Session,
    payment: Payment,
    kind: str,
    told: Mapping[str, Any],
    *,
    now: datetime,
    actor: Actor = SYSTEM,
    ended: bool = False,
) -> bool:
    return ledger.enter(
        session,
        payment,
        movement=Movement(
            kind=kind,
            amount=int(told["amount"]),
            currency=str(told["currency"]).upper(),
            source=SOURCE,
            external_id=str(told["id"]),
            happened_at=_instant(told["created"]),
        ),
        actor=actor,
        now=now,
        ended=ended,
    )


def see_charge(session: Session, told: Mapping[str, Any], *, authority: str, now: datetime) -> None:
    """A card payment succeeded. `told` has id, amount, currency, created, metadata and perhaps the operator's fee."""
    named = told.get("metadata") or {}
    if not named.get("payment") or named.get("authority") != authority:
        raise NotOurs
    payment = _locked_by_number(session, str(named["payment"]))
    _enter(session, payment, "charge", told, now=now)
    if told.get("fee"):
        _enter(session, payment, "fee", {**told, "amount": told["fee"]}, now=now)


def see_refund(session: Session, told: Refunded, *, now: datetime, actor: Actor = SYSTEM) -> None:
    """A refund was made, or failed after it was made. One under way is told again when it is through.

    Raises:
        TooEarly: the card payment was not seen yet.
    """
    if told.state == "pending":
        return
    payment = _locked_by_charge(session, told.charge)
    facts = {
        "id": told.id,
        "amount": told.amount,
        "currency": told.currency,
        "created": told.created.timestamp(),
    }
    # What failed was there before: so that “made”, told late, finds its end written already.
    _enter(session, payment, "refund", facts, now=now, actor=actor, ended=told.state == "failed")
    if told.state == "failed":
        _enter(session, payment, "refund_returned", facts, now=now, actor=actor)


def _intent_succeeded(session: Session, told: Mapping[str, Any], *, authority: str, now: datetime) -> None:
    amount = told.get("amount_received") or told["amount"]
    fee = told.get("application_fee_amount")
    see_charge(session, {**told, "amount": amount, "fee": fee}, authority=authority, now=now)


def _session_completed(session: Session, told: Mapping[str, Any], *, authority: str, now: datetime) -> None:
    if told.get("payment_status") != "paid" or told.get("mode") != "payment":
        # A way to pay that takes days: told when the money came.
        raise NotOurs
    facts = {**told, "id": _id(told["payment_intent"]), "amount": told["amount_total"]}
    see_charge(session, facts, authority=authority, now=now)


def _session_expired(session: Session, told: Mapping[str, Any], *, authority: str, now: datetime) -> None:  # noqa: ARG001
    call = session.scalars(
        select(PaymentCall).where(PaymentCall.external_id == told["id"], PaymentCall.kind == "checkout")
    ).one_or_none()
    if call is None:
        raise NotOurs
    if call.expires_at is None or call.expires_at > now:
        call.expires_at = now


def _refund(session: Session, told: Mapping[str, Any], *, authority: str, now: datetime) -> None:  # noqa: ARG001
    states = {"succeeded": "succeeded", "pending": "pending", "requires_action": "pending"}
    refund = Refunded(
        id=str(told["id"]),
        state=states.get(str(told.get("status")), "failed"),
        amount=int(told["amount"]),
        currency=str(told["currency"]).upper(),
        charge=_id(told.get("payment_intent")),
        created=_instant(told["created"]),
    )
    if (
        refund.state == "failed"
        and told.get("failure_balance_transaction") is None
        and told.get("status") == "canceled"
    ):
        # Called off before any money moved.
        raise NotOurs
    see_refund(session, refund, now=now)


def _dispute(session: Session, told: Mapping[str, Any], *, authority: str, now: datetime) -> None:  # noqa: ARG001
    status = str(told.get("status"))
    if status.startswith("warning"):
        # A question of the bank: no money was taken.
        raise NotOurs
    payment = _locked_by_charge(session, _id(told.get("payment_intent")))
    _enter(session, payment, "dispute", told, now=now, ended=status == "won")
    if status in {"won", "lost"}:
        _enter(session, payment, f"dispute_{status}", told, now=now)


def _account_updated(session: Session, told: Mapping[str, Any], *, authority: str, now: datetime) -> None:  # noqa: ARG001
    account = session.scalars(
        select(PayeeAccount).where(PayeeAccount.external_id == told["id"]).with_for_update()
    ).one_or_none()
    if account is None:
        raise TooEarly
    # The provider tells instants in whole seconds; what it tells within the second of our own call is news.
    if account.told_at.replace(microsecond=0) > _instant(told["told_at"]):
        return
    account.charges_enabled = bool(told.get("charges_enabled"))
    account.payouts_enabled = bool(told.get("payouts_enabled"))
    account.details_submitted = bool(told.get("details_submitted"))
    account.told_at = _instant(told["told_at"])


# Later states win where two pieces of news bear the same second.
_PAYOUT_RANK: Final = {"pending": 0, "in_transit": 1, "canceled": 2, "paid": 2, "failed": 3}


def _payout(session: Session, told: Mapping[str, Any], *, authority: str, now: datetime) -> None:  # noqa: ARG001
    account = session.scalars(
        select(PayeeAccount).where(PayeeAccount.external_id == told["account"]).with_for_update()
    ).one_or_none()
    if account is None:
        raise NotOurs
    seen = session.get(PayoutSeen, str(told["id"]))
    status, at = str(told["status"]), _instant(told["told_at"])
    if seen is None:
        seen = PayoutSeen(external_id=str(told["id"]), organisation_id=account.organisation_id, state="", told_at=at)
        session.add(seen)
    elif (seen.told_at, _PAYOUT_RANK.get(seen.state, 0)) >= (at, _PAYOUT_RANK.get(status, 0)):
        return
    seen.amount, seen.currency = int(told["amount"]), str(told["currency"]).upper()
    seen.state, seen.told_at = status, at
    seen.arrives_on = date.fromisoformat(_instant(told["arrival_date"]).date().isoformat())


def _subscription(session: Session, told: Mapping[str, Any], *, authority: str, now: datetime) -> None:  # noqa: ARG001
    if not fees.see_subscription(session, told, authority=authority):
        raise NotOurs


def _invoice(state: str) -> Callable[..., None]:
    def see_it(session: Session, told: Mapping[str, Any], *, authority: str, now: datetime) -> None:  # noqa: ARG001
        if not fees.see_invoice(session, told, state=state):
            raise NotOurs

    return see_it


News = Callable[..., None]
NEWS: Final[Mapping[str, News]] = {
    "payment_intent.succeeded": _intent_succeeded,
    "checkout.session.completed": _session_completed,
    "checkout.session.async_payment_succeeded": _session_completed,
    "checkout.session.expired": _session_expired,
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.refund.updated": _refund,
    "charge.dispute.created": _dispute,
    "charge.dispute.updated": _dispute,
    "charge.dispute.closed": _dispute,
    "charge.dispute.funds_withdrawn": _dispute,
    "charge.dispute.funds_reinstated": _dispute,
    "customer.subscription.created": _subscription,
    "customer.subscription.updated": _subscription,
    "customer.subscription.deleted": _subscription,
    "invoice.finalized": _invoice("open"),
    "invoice.paid": _invoice("paid"),
    "invoice.payment_succeeded": _invoice("paid"),
    "invoice.payment_failed": _invoice("failed"),
    "invoice.voided": _invoice("void"),
    "account.updated": _account_updated,
    "payout.created": _payout,
    "payout.updated": _payout,
    "payout.paid": _payout,
    "payout.failed": _payout,
    "payout.canceled": _payout,
}


def see(session: Session, event: Mapping[str, Any], *, authority: str, now: datetime) -> bool:
    """Put one event of Stripe into our records; False when it is about nothing of ours.

    Raises:
        TooEarly: what it builds on was not told yet; Conflict: it contradicts what was told.
    """
    news = NEWS.get(str(event["type"]))
    if news is None:
        return False
    told = {**event["data"]["object"], "told_at": event["created"]}
    if event.get("account"):
        told["account"] = event["account"]
    try:
        news(session, told, authority=authority, now=now)
    except NotOurs:
        return False
    except (KeyError, TypeError, ValueError) as fault:
        raise Conflict(N_("Không hiểu được tin của cổng thanh toán"), fault=repr(fault)) from fault
    return True
