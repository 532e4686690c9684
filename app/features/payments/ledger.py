"""The ledger of a payment: movements that were seen, each written once, and what they add up to.

What holds after every entry, and is proven by tests/features/payments/test_ledger.py: no sum is negative, refunds and
disputes never exceed what was charged, the same movement counts once, the currency is the payment's own, and the state
is the one that follows from the sums.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import journal
from app.errors import Conflict
from app.features.payments import notices
from app.features.payments.calls import end_checkouts, open_checkouts
from app.features.payments.states import BY_STATE, Sums, state_of, transition
from app.i18n import N_
from app.identity import Actor, uuid7
from app.models.payments import Payment, PaymentEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Money that was seen to move. `amount` is in minor units of `currency`; `external_id` names it at its source."""

    kind: str
    amount: int
    currency: str
    source: str
    external_id: str
    happened_at: datetime
    note: str = ""


class TooEarly(Conflict):
    """What this movement takes back was not seen yet: try again when it was."""

    title = N_("Chưa thấy khoản tiền mà khoản này hoàn lại")


def add_up(rows: Iterable[tuple[str, int]]) -> Sums:
    """The sums of (kind, amount) pairs."""
    total: dict[str, int] = defaultdict(int)
    for kind, amount in rows:
        total[kind] += amount
    return Sums(
        charged=total["charge"],
        refunded=total["refund"] - total["refund_returned"],
        held=total["dispute"] - total["dispute_won"] - total["dispute_lost"],
        lost=total["dispute_lost"],
        fees=total["fee"],
    )


def sums_of(session: Session, payment: Payment) -> Sums:
    """What the payment's entries add up to. One query."""
    rows = session.execute(
        select(PaymentEntry.kind, func.sum(PaymentEntry.amount))
        .where(PaymentEntry.payment_id == payment.id)
        .group_by(PaymentEntry.kind)
    )
    return add_up((kind, int(amount)) for kind, amount in rows)


def enter(
    session: Session, payment: Payment, *, movement: Movement, actor: Actor, now: datetime, ended: bool = False
) -> bool:
    """Write one movement and let the state follow. The payment's row must be locked by the caller.

    Args:
        ended: the caller writes the end of this movement next, in the same transaction (a refund that failed, a dispute
            that was won): together they move nothing, so it need not be covered, and the state waits for the end.

    Returns:
        False when this movement was written before: nothing changes.

    Raises:
        Conflict: another currency than the payment's, no amount, or the same movement with another amount or payment;
        TooEarly: it takes back more than was seen so far.
    """
    if movement.currency != payment.currency:
        raise Conflict(N_("Khoản tiền không cùng loại tiền với đề nghị thanh toán"))
    if movement.amount <= 0:
        raise Conflict(N_("Số tiền phải lớn hơn 0"))
    known = session.scalars(
        select(PaymentEntry).where(
            PaymentEntry.source == movement.source,
            PaymentEntry.kind == movement.kind,
            PaymentEntry.external_id == movement.external_id,
        )
    ).one_or_none()
    if known is not None:
        if (known.payment_id, known.amount) != (payment.id, movement.amount):
            raise Conflict(N_("Khoản tiền này đã được ghi với nội dung khác"))
        return False
    before = sums_of(session, payment)
    if not ended:
        _refuse_impossible(session, payment, before, movement)
    written = session.execute(
        insert(PaymentEntry)
        .values(
            id=uuid7(),
            payment_id=payment.id,
            currency=payment.currency,
            kind=movement.kind,
            amount=movement.amount,
            source=movement.source,
            external_id=movement.external_id,
            happened_at=movement.happened_at,
            noted_at=now,
            noted_by_id=actor.person_id,
            note=movement.note,
        )
        .on_conflict_do_nothing()
        .returning(PaymentEntry.id)
    ).scalar_one_or_none()
    if written is None:
        # Somebody wrote it for another payment at this very moment.
        raise Conflict(N_("Khoản tiền này đã được ghi với nội dung khác"))
    after = sums_of(session, payment)
    state = state_of(payment.amount, after)
    journal.append(
        session,
        entity="payment",
        entity_id=payment.id,
        action=f"entry_{movement.kind}",
        actor_id=actor.person_id,
        at=now,
    )
    if state is not None and state != payment.state and not ended:
        transition(session, payment, move=BY_STATE[state], actor=actor, now=now, note=movement.note)
    else:
        payment.version += 1
        payment.updated_at = now
        session.flush()
    if movement.kind == "charge":
        # Nobody shall pay twice, or more than is left, on a page that is still open.
        left = after.outstanding(payment.amount)
        stale = [one for one in open_checkouts(session, payment, now=now) if one.request["amount"] != left]
        end_checkouts(session, payment, calls=stale, actor=actor, now=now)
    if movement.kind != "fee" and not ended:
        notices.tell_both(
            session, payment, event="moved", now=now, moved=movement.kind, over=after.over(payment.amount) > 0
        )
    return True


def _refuse_impossible(session: Session, payment: Payment, before: Sums, movement: Movement) -> None:
    """Raises TooEarly for what would make a sum negative."""
    kind, amount = movement.kind, movement.amount
    if kind in {"refund", "dispute"} and amount > before.net:
        raise TooEarly
    if kind in {"dispute_won", "dispute_lost", "refund_returned"}:
        # These end one movement of the same name, and end it once.
        opening = "refund" if kind == "refund_returned" else "dispute"
        opened, ended = session.execute(
            select(
                func.coalesce(func.sum(PaymentEntry.amount).filter(PaymentEntry.kind == opening), 0),
                func.count().filter(PaymentEntry.kind != opening),
            ).where(
                PaymentEntry.payment_id == payment.id,
                PaymentEntry.source == movement.source,
                PaymentEntry.external_id == movement.external_id,
                PaymentEntry.kind.in_([opening, "dispute_won", "dispute_lost", "refund_returned"]),
            )
        ).one()
        if ended or amount != int(opened):
            raise TooEarly
