"""Payments on a deal: asked for by the seller, paid by the buyer, directly between them."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import journal
from app.errors import Conflict, Invalid, NotFound, RateLimited
from app.features.accounts.policies import require_in_person
from app.features.deals.records import locked_deal
from app.features.deals.states import BEFORE_CONTRACT, RUNNING_STATES
from app.features.payments import ledger, notices
from app.features.payments.calls import end_checkouts, open_checkouts
from app.features.payments.ledger import Movement
from app.features.payments.policies import require_side, visible_to
from app.features.payments.schemas import AmountInput, NoteInput, PaymentInput
from app.features.payments.states import PAYABLE, Side, transition
from app.i18n import N_
from app.i18n.formats import local_date
from app.identity import Actor
from app.models.deal_milestones import DealMilestone
from app.models.deals import Deal
from app.models.payments import PAYMENT_NUMBERS, BankAccount, Payment, PaymentEntry, PaymentHistory

MOST_A_DAY = 50
_ALPHABET = "0123456789BCDFGHJKLMNPQRSTVWXZ"
_OPEN_DEALS = BEFORE_CONTRACT | RUNNING_STATES


def new_reference() -> str:
    """What a transfer says: TT and eight characters, no vowels; any bank's app lets it be typed."""
    return "TT" + "".join(secrets.choice(_ALPHABET) for _ in range(8))


def ask_payment(
    session: Session, *, actor: Actor, deal_number: str, data: PaymentInput, form_key: str, by_card: bool, now: datetime
) -> Payment:
    """The seller asks for a payment; the same form sent twice asks once.

    Args:
        by_card: whether the seller can be paid through Stripe now.

    Raises:
        NotFound, Forbidden; Conflict: the deal is over or in dispute, or there is no way to pay; RateLimited;
        Invalid at `amount`, `due_on` or `milestone`.
    """
    deal = locked_deal(session, actor=actor, number=deal_number, side="holder")
    before = session.scalars(
        select(Payment).where(
            Payment.holder_organisation_id == deal.holder_organisation_id, Payment.form_key == form_key
        )
    ).one_or_none()
    if before is not None:
        return before
    if deal.state not in (_OPEN_DEALS | {"completed"} if data.kind == "royalty" else _OPEN_DEALS):
        raise Conflict(N_("Chỉ đề nghị thanh toán khi thương vụ đang thực hiện và không có tranh chấp"))
    _refuse_too_many(session, deal, now=now)
    if data.due_on is not None and data.due_on < local_date(now):
        raise Invalid({"due_on": N_("Hạn thanh toán phải từ hôm nay trở đi.")})
    if data.kind != "royalty" and _asked_for(session, deal) + data.amount > deal.total:
        raise Invalid({"amount": N_("Cộng với các khoản đã đề nghị, số này vượt tổng giá trị của thương vụ.")})
    account = session.get(BankAccount, deal.holder_organisation_id) if deal.currency == "VND" else None
    if account is None and not by_card:
        raise Conflict(N_("Hãy đặt tài khoản nhận tiền của tổ chức trước khi đề nghị thanh toán"))
    milestone_id = _milestone(session, deal, data.milestone)
    payment = Payment(
        number=f"TT-{local_date(now).year}-{session.scalar(select(PAYMENT_NUMBERS.next_value())):06d}",
        deal_id=deal.id,
        milestone_id=milestone_id,
        deal_number=deal.number,
        listing_title=deal.listing_title,
        buyer_organisation_id=deal.buyer_organisation_id,
        buyer_name=deal.buyer_name,
        holder_organisation_id=deal.holder_organisation_id,
        holder_name=deal.holder_name,
        kind=data.kind,
        description=data.description,
        amount=data.amount,
        currency=deal.currency,
        due_on=data.due_on,
        reference=new_reference(),
        bank_bin=account.bank_bin if account else None,
        bank_account=account.number if account else None,
        bank_holder=account.holder if account else None,
        form_key=form_key,
        asked_by_id=require_in_person(actor),
        asked_at=now,
        updated_at=now,
    )
    session.add(payment)
    session.flush()
    session.add(
        PaymentHistory(
            payment_id=payment.id,
            sequence=1,
            from_state=None,
            to_state="asked",
            move="ask",
            at=now,
            actor_id=actor.person_id,
            reasons={"by": "holder"},
        )
    )
    journal.append(session, entity="payment", entity_id=payment.id, action="ask", actor_id=actor.person_id, at=now)
    notices.tell_both(session, payment, event="asked", now=now, by="holder", due=data.due_on)
    return payment


def locked_payment(session: Session, *, actor: Actor, number: str, side: Side) -> Payment:
    """The payment of that number, its row locked until the transaction ends, for an actor on `side`.

    Raises:
        NotFound: there is none, or the actor may not know of it; SignInRequired, Forbidden.
    """
    payment = session.scalars(
        visible_to(actor).where(Payment.number == number).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if payment is None:
        raise NotFound
    require_side(actor, payment, side)
    return payment


def report_transfer(session: Session, *, actor: Actor, number: str, now: datetime) -> Payment:
    """The buyer says that the transfer is on its way; said again it changes nothing.

    Raises:
        NotFound, Forbidden, MoveNotAllowed.
    """
    payment = locked_payment(session, actor=actor, number=number, side="buyer")
    if payment.state in {"reported", "paid"}:
        return payment
    transition(session, payment, move="report", actor=actor, now=now, by="buyer")
    notices.tell_both(session, payment, event="reported", now=now, by="buyer")
    return payment


def deny_transfer(session: Session, *, actor: Actor, number: str, data: NoteInput, now: datetime) -> Payment:
    """The seller has not seen the money the buyer reported, and says so.

    Raises:
        NotFound, Forbidden, MoveNotAllowed.
    """
    payment = locked_payment(session, actor=actor, number=number, side="holder")
    transition(session, payment, move="deny", actor=actor, now=now, note=data.note, by="holder")
    notices.tell_both(session, payment, event="denied", now=now, by="holder")
    return payment


def cancel_payment(session: Session, *, actor: Actor, number: str, data: NoteInput, now: datetime) -> Payment:
    """The seller no longer asks for it. What was paid can only be refunded.

    Raises:
        NotFound, Forbidden, MoveNotAllowed.
    """
    payment = locked_payment(session, actor=actor, number=number, side="holder")
    transition(session, payment, move="cancel", actor=actor, now=now, note=data.note, by="holder")
    end_checkouts(session, payment, calls=open_checkouts(session, payment, now=now), actor=actor, now=now)
    notices.tell_both(session, payment, event="cancelled", now=now, by="holder")
    return payment


def confirm_received(
    session: Session, *, actor: Actor, number: str, data: AmountInput, form_key: str, now: datetime
) -> Payment:
    """The seller saw a transfer arrive. The same form sent twice counts once.

    Raises:
        NotFound, Forbidden; Conflict: nothing is outstanding; Invalid at `amount`: more than is outstanding.
    """
    payment = locked_payment(session, actor=actor, number=number, side="holder")
    if _entered(session, payment, "charge", form_key):
        return payment
    if payment.state not in PAYABLE:
        raise Conflict(N_("Khoản này không còn chờ thanh toán"))
    if data.amount > ledger.sums_of(session, payment).outstanding(payment.amount):
        raise Invalid({"amount": N_("Số này lớn hơn phần còn phải trả.")})
    _by_hand(session, payment, kind="charge", data=data, form_key=form_key, actor=actor, now=now)
    return payment


def record_refund(
    session: Session, *, actor: Actor, number: str, data: AmountInput, form_key: str, now: datetime
) -> Payment:
    """The seller sent money back by bank transfer. What came by card goes back by card only.

    Raises:
        NotFound, Forbidden; Invalid at `amount`: more than came by transfer and is still with the seller.
    """
    payment = locked_payment(session, actor=actor, number=number, side="holder")
    if _entered(session, payment, "refund", form_key):
        return payment
    if data.amount > refundable_by_hand(session, payment):
        raise Invalid({"amount": N_("Số này lớn hơn số tiền chuyển khoản mà bạn đang giữ.")})
    _by_hand(session, payment, kind="refund", data=data, form_key=form_key, actor=actor, now=now)
    return payment


def refundable_by_hand(session: Session, payment: Payment) -> int:
    """What came by transfer and was not sent back, in minor units. One query."""
    signed = func.sum(PaymentEntry.amount).filter
    charged, refunded = session.execute(
        select(
            func.coalesce(signed(PaymentEntry.kind == "charge"), 0),
            func.coalesce(signed(PaymentEntry.kind == "refund"), 0),
        ).where(PaymentEntry.payment_id == payment.id, PaymentEntry.source != "stripe")
    ).one()
    return int(charged) - int(refunded)


def _by_hand(
    session: Session, payment: Payment, *, kind: str, data: AmountInput, form_key: str, actor: Actor, now: datetime
) -> None:
    ledger.enter(
        session,
        payment,
        movement=Movement(
            kind=kind,
            amount=data.amount,
            currency=payment.currency,
            source="hand",
            external_id=f"{payment.id}:{form_key}",
            happened_at=now,
            note=data.note,
        ),
        actor=actor,
        now=now,
    )


def _entered(session: Session, payment: Payment, kind: str, form_key: str) -> bool:
    return (
        session.scalar(
            select(PaymentEntry.id).where(
                PaymentEntry.source == "hand",
                PaymentEntry.kind == kind,
                PaymentEntry.external_id == f"{payment.id}:{form_key}",
            )
        )
        is not None
    )


def _asked_for(session: Session, deal: Deal) -> int:
    """What is asked for on the deal and was not cancelled or sent back, royalties aside."""
    return int(
        session.scalar(
            select(func.coalesce(func.sum(Payment.amount), 0)).where(
                Payment.deal_id == deal.id,
                Payment.kind != "royalty",
                Payment.state.not_in(["cancelled", "refunded", "charged_back"]),
            )
        )
        or 0
    )


def _milestone(session: Session, deal: Deal, public_id: str) -> UUID | None:
    """The deal's milestone of that id.

    Raises:
        Invalid at `milestone`: the deal has none such.
    """
    if not public_id:
        return None
    found = session.scalar(
        select(DealMilestone.id).where(
            DealMilestone.deal_id == deal.id, DealMilestone.public_id == public_id, DealMilestone.state != "removed"
        )
    )
    if found is None:
        raise Invalid({"milestone": N_("Thương vụ không có mốc này.")})
    return found


def _refuse_too_many(session: Session, deal: Deal, *, now: datetime) -> None:
    asked = session.scalar(
        select(func.count()).where(
            Payment.holder_organisation_id == deal.holder_organisation_id, Payment.asked_at > now - timedelta(days=1)
        )
    )
    if (asked or 0) >= MOST_A_DAY:
        raise RateLimited(3600, N_("Hôm nay tổ chức của bạn đã gửi quá nhiều đề nghị: hãy thử lại vào ngày mai"))
