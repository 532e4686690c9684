"""What pages of payments show. Every function makes a fixed number of queries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.features.deals.policies import sides_of as deal_sides_of
from app.features.deals.policies import visible_to as deals_visible_to
from app.features.listings.paging import Keyset
from app.features.payments.ledger import add_up
from app.features.payments.policies import sides_of, visible_to
from app.features.payments.states import Side, Sums
from app.identity import Actor
from app.models.deal_milestones import DealMilestone
from app.models.deals import Deal
from app.models.payments import BankAccount, Payment, PaymentEntry, PaymentHistory


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment as lists show it. `side` is one the actor acts for."""

    payment: Payment
    side: Side


@dataclass(frozen=True, slots=True)
class PaymentList:
    """One page of a list, newest activity first. `next_cursor` is empty on the last."""

    rows: Sequence[PaymentRow]
    next_cursor: str


@dataclass(frozen=True, slots=True)
class PaymentRecord:
    """One payment with its history and ledger, and how its deal stands."""

    payment: Payment
    sides: tuple[Side, ...]
    history: Sequence[PaymentHistory]
    entries: Sequence[PaymentEntry]
    sums: Sums
    deal_state: str


@dataclass(frozen=True, slots=True)
class DealPayments:
    """A deal with what was asked for on it, oldest first. `account` is the seller's, for the seller.

    `milestones` are those of the deal's plan, by their day.
    """

    deal: Deal
    sides: tuple[Side, ...]
    payments: Sequence[Payment]
    sums: Mapping[UUID, Sums]
    account: BankAccount | None
    milestones: Sequence[DealMilestone]


def list_payments(session: Session, *, actor: Actor, cursor: str = "", limit: int = 20) -> PaymentList:
    """Payments of the actor's organisations. One query. A cursor that is none of ours begins anew."""
    wanted = visible_to(actor)
    after = Keyset.read(cursor) if cursor else None
    if after is not None:
        wanted = wanted.where(after.before(Payment.updated_at, Payment.id))
    found = session.scalars(wanted.order_by(Payment.updated_at.desc(), Payment.id.desc()).limit(limit + 1)).all()
    last = found[limit - 1] if len(found) > limit else None
    return PaymentList(
        rows=[PaymentRow(one, sides_of(actor, one)[0]) for one in found[:limit]],
        next_cursor=Keyset(last.updated_at, last.id).token if last else "",
    )


def payment_record(session: Session, *, actor: Actor, number: str) -> PaymentRecord:
    """The payment of that number. Three queries.

    Raises:
        NotFound: there is none, or the actor may not know of it.
    """
    found = session.execute(
        visible_to(actor).join(Deal, Deal.id == Payment.deal_id).add_columns(Deal.state).where(Payment.number == number)
    ).one_or_none()
    if found is None:
        raise NotFound
    payment, deal_state = found
    entries = session.scalars(
        select(PaymentEntry)
        .where(PaymentEntry.payment_id == payment.id)
        .order_by(PaymentEntry.noted_at, PaymentEntry.id)
    ).all()
    return PaymentRecord(
        payment=payment,
        sides=sides_of(actor, payment),
        history=session.scalars(
            select(PaymentHistory).where(PaymentHistory.payment_id == payment.id).order_by(PaymentHistory.sequence)
        ).all(),
        entries=entries,
        sums=add_up((one.kind, one.amount) for one in entries),
        deal_state=deal_state,
    )


def deal_payments(session: Session, *, actor: Actor, deal_number: str) -> DealPayments:
    """What was asked for on a deal, for its two sides. Five queries at most.

    Raises:
        NotFound: there is no such deal, or the actor may not know of it.
    """
    deal = session.scalars(deals_visible_to(actor).where(Deal.number == deal_number)).one_or_none()
    if deal is None:
        raise NotFound
    payments = session.scalars(
        select(Payment).where(Payment.deal_id == deal.id).order_by(Payment.asked_at, Payment.id)
    ).all()
    entered: dict[UUID, list[tuple[str, int]]] = {}
    for payment_id, kind, amount in session.execute(
        select(PaymentEntry.payment_id, PaymentEntry.kind, func.sum(PaymentEntry.amount))
        .where(PaymentEntry.payment_id.in_([one.id for one in payments]))
        .group_by(PaymentEntry.payment_id, PaymentEntry.kind)
    ):
        entered.setdefault(payment_id, []).append((kind, int(amount)))
    sides = deal_sides_of(actor, deal)
    return DealPayments(
        deal=deal,
        sides=sides,
        payments=payments,
        sums={payment_id: add_up(amounts) for payment_id, amounts in entered.items()},
        account=session.get(BankAccount, deal.holder_organisation_id) if "holder" in sides else None,
        milestones=session.scalars(
            select(DealMilestone)
            .where(DealMilestone.deal_id == deal.id, DealMilestone.state != "removed")
            .order_by(DealMilestone.due_on, DealMilestone.id)
        ).all(),
    )
