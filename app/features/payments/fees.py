"""What the operator charges by subscription: ordered and ended by an owner, told by the provider, invoiced on paper.

Off unless TECHMART_STRIPE_BILLING=on. This is the operator's own money, apart from payments between parties: no ledger
entry and no deal is ever touched here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock, journal
from app.errors import Conflict, NotFound
from app.features.moderation import audit
from app.features.payments.calls import record_call
from app.features.payments.card import CHECKOUT_LASTS
from app.features.payments.ledger import TooEarly
from app.features.payments.policies import require_owner
from app.i18n import N_
from app.i18n.formats import local_date
from app.identity import Actor
from app.models.accounts import Person
from app.models.listings import PUBLIC_STATES, Listing
from app.models.operator_fees import INVOICE_NUMBERS, OperatorFee, OperatorInvoice
from app.models.organisations import Organisation
from app.models.payment_provider import PaymentCall
from app.settings import Settings

PRODUCT_NAMES: Final[Mapping[str, str]] = {
    "membership": N_("Phí hội viên"),
    "promotion": N_("Phí quảng bá tin đăng"),
}
STATE_NAMES: Final[Mapping[str, str]] = {
    "ordered": N_("Chưa thanh toán"),
    "active": N_("Đang hiệu lực"),
    "past_due": N_("Chưa thu được phí"),
    "ended": N_("Đã kết thúc"),
}
INVOICE_STATE_NAMES: Final[Mapping[str, str]] = {
    "open": N_("Chưa thanh toán"),
    "paid": N_("Đã thanh toán"),
    "failed": N_("Thanh toán không thành"),
    "void": N_("Đã huỷ"),
}
_STATES: Final = {
    "active": "active",
    "trialing": "active",
    "past_due": "past_due",
    "unpaid": "past_due",
    "paused": "past_due",
    "canceled": "ended",
    "incomplete_expired": "ended",
}


@dataclass(frozen=True, slots=True)
class Fees:
    """An organisation's subscriptions with the operator and its invoices, newest first."""

    fees: Sequence[tuple[OperatorFee, str]]
    invoices: Sequence[OperatorInvoice]
    listings: Sequence[Listing]


def price_of(settings: Settings, product: str) -> str:
    """The price of a product at the provider; "" for one that is not on offer."""
    if not settings.billing:
        return ""
    return {"membership": settings.stripe_price_membership, "promotion": settings.stripe_price_promotion}.get(
        product, ""
    )


def order_fee(
    session: Session,
    *,
    actor: Actor,
    organisation_id: UUID,
    product: str,
    listing_public_id: str,
    settings: Settings,
    now: datetime,
) -> PaymentCall:
    """An owner orders; the call opens a page of the provider. Ordered again before it was paid, the page is the same.

    Raises:
        SignInRequired, Forbidden; NotFound: not on offer, or no listing of theirs on show; Conflict: they have it.
    """
    person_id = require_owner(actor, organisation_id)
    price = price_of(settings, product)
    if not price:
        raise NotFound
    session.scalars(select(Organisation).where(Organisation.id == organisation_id).with_for_update()).one()
    listing_id = None
    if product == "promotion":
        listing_id = session.scalar(
            select(Listing.id).where(
                Listing.public_id == listing_public_id,
                Listing.organisation_id == organisation_id,
                Listing.state.in_(PUBLIC_STATES),
            )
        )
        if listing_id is None:
            raise NotFound
    fee = session.scalars(
        select(OperatorFee).where(
            OperatorFee.organisation_id == organisation_id,
            OperatorFee.product == product,
            OperatorFee.listing_id.is_not_distinct_from(listing_id),
            OperatorFee.state != "ended",
        )
    ).one_or_none()
    if fee is None:
        fee = OperatorFee(
            organisation_id=organisation_id,
            product=product,
            listing_id=listing_id,
            ordered_by_id=person_id,
            ordered_at=now,
        )
        session.add(fee)
        _journal(session, fee, "ordered", actor_id=person_id, now=now)
        audit.record(session, actor=actor, action="order", entity="operator_fee", entity_id=fee.id, now=now)
    elif fee.state != "ordered":
        raise Conflict(N_("Tổ chức của bạn đang dùng dịch vụ này"))
    before = session.scalars(
        select(PaymentCall)
        .where(
            PaymentCall.organisation_id == organisation_id,
            PaymentCall.kind == "fee_checkout",
            PaymentCall.state != "refused",
            PaymentCall.expires_at > now,
            PaymentCall.request["fee"].astext == str(fee.id),
        )
        .order_by(PaymentCall.asked_at.desc())
    ).first()
    if before is not None:
        return before
    expires_at = now + CHECKOUT_LASTS
    page = f"{settings.base_url}/{actor.locale}/desk/fees"
    call = record_call(
        session,
        kind="fee_checkout",
        organisation_id=organisation_id,
        key=f"fee_checkout:{fee.id}:{int(now.timestamp())}",
        request={
            "fee": str(fee.id),
            "price": price,
            "email": session.get_one(Person, person_id).email,
            "authority": settings.authority,
            "success_url": page,
            "cancel_url": page,
            "expires_at": int(expires_at.timestamp()),
            "language": actor.locale,
        },
        actor=actor,
        now=now,
    )
    call.expires_at = expires_at
    return call


def end_fee(session: Session, *, actor: Actor, fee_id: UUID, now: datetime) -> OperatorFee:
    """An owner ends a subscription with the period that is paid; ended again it changes nothing.

    Raises:
        NotFound, SignInRequired, Forbidden; Conflict: it is not running.
    """
    fee = session.scalars(
        select(OperatorFee)
        .where(OperatorFee.id == fee_id, OperatorFee.organisation_id.in_(actor.organisations))
        .with_for_update()
    ).one_or_none()
    if fee is None:
        raise NotFound
    require_owner(actor, fee.organisation_id)
    if fee.state not in {"active", "past_due"} or fee.subscription_id is None:
        raise Conflict(N_("Dịch vụ này không còn hiệu lực"))
    if not fee.ends_with_period:
        fee.ends_with_period = True
        _journal(session, fee, "ending", actor_id=actor.person_id, now=now)
        record_call(
            session,
            kind="fee_end",
            organisation_id=fee.organisation_id,
            key=f"fee_end:{fee.id}:{_tries(session, fee)}",
            request={"subscription": fee.subscription_id},
            actor=actor,
            now=now,
        )
        audit.record(session, actor=actor, action="end", entity="operator_fee", entity_id=fee.id, now=now)
    return fee


def ending_refused(session: Session, call: PaymentCall, *, now: datetime) -> None:
    """The provider did not take the end of a subscription: it goes on, and may be ended again."""
    fee = session.scalars(
        select(OperatorFee).where(OperatorFee.subscription_id == call.request["subscription"]).with_for_update()
    ).one_or_none()
    if fee is not None and fee.ends_with_period:
        fee.ends_with_period = False
        _journal(session, fee, "ending_refused", actor_id=None, now=now)


def _tries(session: Session, fee: OperatorFee) -> int:
    """How often the end of a subscription was asked for: a key that was refused is refused again."""
    return (
        session.scalar(
            select(func.count()).where(
                PaymentCall.organisation_id == fee.organisation_id,
                PaymentCall.kind == "fee_end",
                PaymentCall.request["subscription"].astext == fee.subscription_id,
            )
        )
        or 0
    )


def fees_of(session: Session, *, actor: Actor, organisation_id: UUID) -> Fees:
    """What an organisation has ordered and was invoiced, for its owners. Three queries.

    Raises:
        SignInRequired, Forbidden.
    """
    require_owner(actor, organisation_id)
    rows = session.execute(
        select(OperatorFee, Listing.title)
        .outerjoin(Listing, Listing.id == OperatorFee.listing_id)
        .where(OperatorFee.organisation_id == organisation_id)
        .order_by(OperatorFee.ordered_at.desc(), OperatorFee.id.desc())
        .limit(50)
    )
    return Fees(
        fees=[(fee, title or "") for fee, title in rows],
        invoices=session.scalars(
            select(OperatorInvoice)
            .where(OperatorInvoice.organisation_id == organisation_id)
            .order_by(OperatorInvoice.issued_at.desc(), OperatorInvoice.id.desc())
            .limit(50)
        ).all(),
        listings=session.scalars(
            select(Listing)
            .where(Listing.organisation_id == organisation_id, Listing.state.in_(PUBLIC_STATES))
            .order_by(Listing.published_at.desc(), Listing.id)
            .limit(100)
        ).all(),
    )


def invoice_of(session: Session, *, actor: Actor, number: str) -> OperatorInvoice:
    """One invoice, for the owners of its organisation.

    Raises:
        NotFound, SignInRequired, Forbidden.
    """
    found = session.scalars(
        select(OperatorInvoice).where(
            OperatorInvoice.number == number, OperatorInvoice.organisation_id.in_(actor.organisations)
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    require_owner(actor, found.organisation_id)
    return found


def see_subscription(session: Session, told: Mapping[str, Any], *, authority: str) -> bool:
    """A subscription as the provider tells it; False for one that is not of this exchange."""
    named = told.get("metadata") or {}
    if not named.get("fee") or named.get("authority") != authority:
        return False
    fee = session.scalars(
        select(OperatorFee).where(OperatorFee.id == UUID(str(named["fee"]))).with_for_update()
    ).one_or_none()
    if fee is None:
        return False
    at = datetime.fromtimestamp(int(told["told_at"]), UTC)
    state = _STATES.get(str(told.get("status")), "ordered")
    if fee.state == "ended" or (fee.told_at is not None and fee.told_at > at):
        return True
    if fee.told_at == at and state == "ordered":
        # The news that it began, told after the news that it runs, within one second.
        return True
    action = state if state != fee.state else "updated"
    fee.subscription_id = fee.subscription_id or str(told["id"])
    fee.state, fee.told_at = state, at
    fee.ends_with_period = bool(told.get("cancel_at_period_end")) or fee.ends_with_period
    items = told.get("items") or {}
    end = told.get("current_period_end") or next(
        (one.get("current_period_end") for one in items.get("data", []) if one.get("current_period_end")), None
    )
    fee.paid_until = datetime.fromtimestamp(int(end), UTC) if end else fee.paid_until
    if session.is_modified(fee):
        # The state is the action: "active" begins what the fee gives, anything else ends it.
        _journal(session, fee, action, actor_id=None, now=clock.now())
    return True


def _journal(session: Session, fee: OperatorFee, action: str, *, actor_id: UUID | None, now: datetime) -> None:
    session.flush()
    journal.append(session, entity="operator_fee", entity_id=fee.id, action=action, actor_id=actor_id, at=now)


def see_invoice(session: Session, told: Mapping[str, Any], *, state: str) -> bool:
    """An invoice of a subscription; False for one of something else. A paid invoice stays paid, whatever comes late.

    Raises:
        TooEarly: the subscription was not told yet.
    """
    parent = (told.get("parent") or {}).get("subscription_details") or {}
    subscription = told.get("subscription") or parent.get("subscription")
    subscription = subscription if isinstance(subscription, str) else (subscription or {}).get("id")
    if not subscription:
        return False
    fee = session.scalars(
        select(OperatorFee).where(OperatorFee.subscription_id == subscription).with_for_update()
    ).one_or_none()
    if fee is None:
        raise TooEarly
    invoice = session.scalars(
        select(OperatorInvoice).where(OperatorInvoice.external_id == str(told["id"]))
    ).one_or_none()
    at = datetime.fromtimestamp(int(told["told_at"]), UTC)
    if invoice is None:
        organisation = session.get_one(Organisation, fee.organisation_id)
        issued_at = datetime.fromtimestamp(int(told["created"]), UTC)
        invoice = OperatorInvoice(
            number=f"PT-{local_date(issued_at).year}-{session.scalar(select(INVOICE_NUMBERS.next_value())):06d}",
            external_id=str(told["id"]),
            fee_id=fee.id,
            organisation_id=fee.organisation_id,
            organisation_name=organisation.name,
            tax_code=organisation.tax_code,
            product=fee.product,
            currency=str(told["currency"]).upper(),
            total=int(told["total"]),
            tax=_tax(told),
            lines=[
                {"text": str(one.get("description") or ""), "amount": int(one["amount"])}
                for one in (told.get("lines") or {}).get("data", [])
            ],
            state="open",
            issued_at=issued_at,
        )
        session.add(invoice)
    if invoice.state != "paid":
        invoice.state = state
        invoice.paid_at = at if state == "paid" else None
    session.flush()
    return True


def _tax(told: Mapping[str, Any]) -> int:
    if told.get("tax") is not None:
        return int(told["tax"])
    return sum(int(one.get("amount", 0)) for one in told.get("total_taxes") or [])
