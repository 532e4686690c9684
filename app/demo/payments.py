"""Payments of the demo's deals: one received, one waiting, a deposit to be scanned. The account cannot exist."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.features.payments.commands import ask_payment, confirm_received, report_transfer
from app.features.payments.schemas import AmountInput, PaymentInput
from app.i18n.formats import local_date
from app.identity import Actor
from app.models import BankAccount, Deal

# All zeros: whoever scans the demo's codes cannot send money to anybody.
_NUMBER: Final = "0000000000000"


def tell_payments(session: Session, actors: Mapping[str, Actor], deals: Mapping[str, str], *, now: datetime) -> int:
    """Carry out the stories on deals by the listing they are about; returns how many payments were asked for."""
    seller = actors["ha.giang@techmart.example"]
    licensed, mushrooms = deals["SC-001"], deals["CN-002"]
    licensee = actors["trong.nghia@techmart.example"]
    assert seller.person_id is not None  # noqa: S101 - a person of the demo
    holder_id = session.scalars(select(Deal.holder_organisation_id).where(Deal.number == licensed)).one()
    session.add(
        BankAccount(
            organisation_id=holder_id,
            bank_bin="970436",
            number=_NUMBER,
            holder="TAI KHOAN MAU, KHONG CO THAT",
            confirmed_at=now - timedelta(days=60),
            confirmed_by_id=seller.person_id,
        )
    )
    session.flush()
    told = now - timedelta(days=11)
    first = ask_payment(
        session,
        actor=seller,
        deal_number=licensed,
        data=PaymentInput(
            kind="milestone", description="Bàn giao bộ thông số và phần mềm điều khiển", amount=150_000_000
        ),
        form_key="demo-1",
        by_card=False,
        now=told,
    )
    report_transfer(session, actor=licensee, number=first.number, now=told + timedelta(days=1))
    confirm_received(
        session,
        actor=seller,
        number=first.number,
        data=AmountInput(amount=150_000_000, note="Thấy trong sao kê ngày hôm sau"),
        form_key="demo-1",
        now=told + timedelta(days=2),
    )
    ask_payment(
        session,
        actor=seller,
        deal_number=licensed,
        data=PaymentInput(
            kind="milestone",
            description="Đào tạo bốn người vận hành",
            amount=60_000_000,
            due_on=local_date(now) + timedelta(days=18),
        ),
        form_key="demo-2",
        by_card=False,
        now=now - timedelta(hours=30),
    )
    ask_payment(
        session,
        actor=seller,
        deal_number=mushrooms,
        data=PaymentInput(
            kind="deposit",
            description="Đặt cọc 30 % để đặt vật tư",
            amount=264_000_000,
            due_on=local_date(now) + timedelta(days=10),
        ),
        form_key="demo-3",
        by_card=False,
        now=now - timedelta(hours=20),
    )
    return 3
