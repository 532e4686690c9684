"""Asking for card payments: what is recorded before the provider is called. The job in calling.py makes the call.

No call is made here: each command writes the call with its idempotency key and asks for the job, in one transaction. So
nothing is called for what was not committed, and what was committed is called until it is answered.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid, NotFound
from app.features.payments import ledger
from app.features.payments.calls import end_checkouts, lasts, open_checkouts, record_call
from app.features.payments.commands import locked_payment
from app.features.payments.ledger import add_up
from app.features.payments.policies import require_owner
from app.features.payments.schemas import AmountInput
from app.features.payments.states import PAYABLE
from app.i18n import N_
from app.identity import Actor
from app.models.accounts import Person
from app.models.deals import Deal
from app.models.organisations import Organisation
from app.models.payment_provider import PayeeAccount, PaymentCall, PayoutSeen
from app.models.payments import Payment, PaymentEntry
from app.settings import Settings

CHECKOUT_LASTS = timedelta(hours=23)
LINK_LASTS = timedelta(minutes=4)


def can_be_paid_by_card(session: Session, settings: Settings, organisation_id: UUID) -> bool:
    """Whether the seller's account at the provider takes charges now. No query where card payments are off."""
    if settings.stripe_key is None:
        return False
    account = session.get(PayeeAccount, organisation_id)
    return account is not None and account.charges_enabled


def ask_onboarding(
    session: Session, *, actor: Actor, organisation_id: UUID, base_url: str, now: datetime
) -> PaymentCall:
    """An owner wants to take card payments, or to go on with filling in the account at the provider.

    Asked again within a few minutes it is the same call.

    Raises:
        SignInRequired, Forbidden.
    """
    person_id = require_owner(actor, organisation_id)
    organisation = session.scalars(
        select(Organisation).where(Organisation.id == organisation_id).with_for_update()
    ).one()
    account = session.get(PayeeAccount, organisation_id)
    if account is None:
        before = session.scalars(
            select(PaymentCall).where(
                PaymentCall.organisation_id == organisation_id,
                PaymentCall.kind == "account",
                PaymentCall.state == "waiting",
            )
        ).first()
        if before is not None:
            return before
        tries = session.scalar(
            select(func.count()).where(PaymentCall.organisation_id == organisation_id, PaymentCall.kind == "account")
        )
        return record_call(
            session,
            kind="account",
            organisation_id=organisation_id,
            key=f"account:{organisation_id}:{tries}",
            request={
                "email": session.get_one(Person, person_id).email,
                "reference": organisation.public_id,
                "base_url": base_url,
            },
            actor=actor,
            now=now,
        )
    return link_call(session, account=account, base_url=base_url, actor=actor, now=now)


def link_call(session: Session, *, account: PayeeAccount, base_url: str, actor: Actor, now: datetime) -> PaymentCall:
    """A call for a way into the seller's account; the one of the last minutes when there is one."""
    before = session.scalars(
        select(PaymentCall)
        .where(
            PaymentCall.organisation_id == account.organisation_id,
            PaymentCall.kind == "account_link",
            PaymentCall.state != "refused",
            PaymentCall.asked_at > now - LINK_LASTS,
        )
        .order_by(PaymentCall.asked_at.desc())
    ).first()
    if before is not None:
        return before
    return record_call(
        session,
        kind="account_link",
        organisation_id=account.organisation_id,
        key=f"account_link:{account.external_id}:{int(now.timestamp())}",
        request={"account": account.external_id, "base_url": base_url},
        actor=actor,
        now=now,
    )


def ask_checkout(session: Session, *, actor: Actor, number: str, settings: Settings, now: datetime) -> PaymentCall:
    """The buyer wants to pay by card what is outstanding. Asked again, the page that is still open is used.

    Raises:
        NotFound, Forbidden; Conflict: nothing is outstanding, the deal was ended, or the seller cannot be paid by card;
        RateLimited.
    """
    payment = locked_payment(session, actor=actor, number=number, side="buyer")
    outstanding = ledger.sums_of(session, payment).outstanding(payment.amount)
    if payment.state not in PAYABLE or not outstanding:
        raise Conflict(N_("Khoản này không còn chờ thanh toán"))
    if session.get_one(Deal, payment.deal_id).state == "terminated":
        raise Conflict(N_("Thương vụ đã chấm dứt: hãy hỏi bên bán trước khi trả"))
    account = session.get(PayeeAccount, payment.holder_organisation_id)
    if settings.stripe_key is None or account is None or not account.charges_enabled:
        raise Conflict(N_("Bên bán hiện không nhận thanh toán bằng thẻ"))
    if outstanding > settings.stripe_largest:
        raise Conflict(N_("Số này lớn hơn mức thẻ nhận được một lần: hãy chuyển khoản, hoặc nhờ bên bán chia khoản"))
    open_now = open_checkouts(session, payment, now=now)
    for call in open_now:
        same = call.request["amount"] == outstanding and call.request["language"] == actor.locale
        if same and lasts(call, now=now):
            return call
    end_checkouts(session, payment, calls=open_now, actor=actor, now=now)
    made = session.scalar(
        select(func.count()).where(PaymentCall.payment_id == payment.id, PaymentCall.kind == "checkout")
    )
    expires_at = now + CHECKOUT_LASTS
    page = f"{settings.base_url}/{actor.locale}/desk/payments/{payment.number}"
    call = record_call(
        session,
        kind="checkout",
        organisation_id=payment.holder_organisation_id,
        payment_id=payment.id,
        key=f"checkout:{payment.id}:{made}",
        request={
            "title": payment.description,
            "amount": outstanding,
            "currency": payment.currency,
            "account": account.external_id,
            "fee": outstanding * settings.stripe_fee_basis_points // 10_000,
            "authority": settings.authority,
            "number": payment.number,
            "success_url": f"{page}?paid=1",
            "cancel_url": page,
            "expires_at": int(expires_at.timestamp()),
            "language": actor.locale,
        },
        actor=actor,
        now=now,
    )
    call.expires_at = expires_at
    return call


def ask_card_refund(
    session: Session, *, actor: Actor, number: str, data: AmountInput, form_key: str, now: datetime
) -> PaymentCall:
    """The seller sends back what came by card; the same form sent twice asks once.

    Raises:
        NotFound, Forbidden; Invalid at `amount`: more than any one card payment can still give back.
    """
    payment = locked_payment(session, actor=actor, number=number, side="holder")
    key = f"refund:{payment.id}:{form_key}"
    before = session.scalars(select(PaymentCall).where(PaymentCall.idempotency_key == key)).one_or_none()
    if before is not None:
        return before
    charge = next(
        (charge for charge, left in refundable_by_card(session, payment).items() if left >= data.amount), None
    )
    if charge is None:
        raise Invalid({"amount": N_("Số này lớn hơn số tiền thẻ còn hoàn được.")})
    return record_call(
        session,
        kind="refund",
        organisation_id=payment.holder_organisation_id,
        payment_id=payment.id,
        key=key,
        request={"charge": charge, "amount": data.amount, "number": payment.number},
        actor=actor,
        now=now,
    )


def refundable_by_card(session: Session, payment: Payment) -> dict[str, int]:
    """What each card payment can still give back, the largest first, in minor units. Three queries at most.

    Disputed money is with the bank; what is being refunded right now is not refunded again.
    """
    entries = session.scalars(
        select(PaymentEntry).where(PaymentEntry.payment_id == payment.id, PaymentEntry.source == "stripe")
    ).all()
    if not entries:
        return {}
    asked = session.scalars(
        select(PaymentCall).where(
            PaymentCall.payment_id == payment.id, PaymentCall.kind == "refund", PaymentCall.state != "refused"
        )
    ).all()
    sums = add_up((one.kind, one.amount) for one in entries)
    seen = {one.external_id for one in entries if one.kind == "refund"}
    charge_of = {call.external_id: call.request["charge"] for call in asked}
    left = {one.external_id: one.amount for one in entries if one.kind == "charge"}
    for one in entries:
        charge = charge_of.get(one.external_id) or _only(left)
        if one.kind == "refund" and charge in left:
            left[charge] -= one.amount
        if one.kind == "refund_returned" and charge in left:
            left[charge] += one.amount
    for call in asked:
        if call.external_id not in seen and call.request["charge"] in left:
            left[call.request["charge"]] -= call.request["amount"]
    free = max(0, sums.net - _asked_not_seen(asked, seen))
    return dict(
        sorted(
            ((charge, min(amount, free)) for charge, amount in left.items() if min(amount, free) > 0),
            key=lambda pair: -pair[1],
        )
    )


def _asked_not_seen(asked: Any, seen: set[str]) -> int:
    return sum(call.request["amount"] for call in asked if call.external_id not in seen)


def _only(left: dict[str, int]) -> str:
    """The one card payment there is, for refunds that were made at the provider and not here."""
    return next(iter(left)) if len(left) == 1 else ""


def seller_of_cards(
    session: Session, *, actor: Actor, organisation_id: UUID
) -> tuple[PayeeAccount | None, list[PayoutSeen]]:
    """How one's organisation stands with the provider, and the newest payouts to its bank. Two queries.

    Raises:
        NotFound: another's organisation.
    """
    if not actor.acts_for(organisation_id):
        raise NotFound
    payouts = session.scalars(
        select(PayoutSeen)
        .where(PayoutSeen.organisation_id == organisation_id)
        .order_by(PayoutSeen.arrives_on.desc(), PayoutSeen.external_id)
        .limit(20)
    )
    return session.get(PayeeAccount, organisation_id), list(payouts)
