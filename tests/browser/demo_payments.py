"""Payments on the demo's deal in several states, and a bank statement, for the pages that only they have."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.demo.load import PASSWORD
from app.features.payments.accounts import set_bank_account
from app.features.payments.commands import ask_payment, confirm_received, report_transfer
from app.features.payments.schemas import AmountInput, BankAccountInput, PaymentInput
from app.features.payments.statements import upload_statement
from app.identity import Actor, uuid7
from app.models import Payment, PaymentEvent, Reconciliation, ReconciliationDifference


def payments(session: Session, *, deal: str, seller: Actor, buyer: Actor) -> dict[str, str]:
    """Their numbers by name: one to be paid, one partly paid and refunded of too much; and a statement to look at."""
    now = clock.now()
    (organisation_id,) = seller.organisations
    set_bank_account(
        session,
        actor=seller,
        organisation_id=organisation_id,
        data=BankAccountInput(bank_bin="970436", number="0071000123456", holder="VIEN CONG NGHE SAU THU HOACH"),
        password=PASSWORD,
        now=now,
    )
    asked = [
        ask_payment(
            session,
            actor=seller,
            deal_number=deal,
            data=PaymentInput.model_validate({"kind": kind, "description": text, "amount": amount}),
            form_key=f"demo-{amount}",
            by_card=False,
            now=now,
        )
        for kind, text, amount in (
            ("deposit", "Đặt cọc 30 % để bắt đầu chế tạo", 120_000_000),
            ("milestone", "Giao máy đến xưởng và chạy thử không tải", 80_000_000),
        )
    ]
    report_transfer(session, actor=buyer, number=asked[0].number, now=now)
    confirm_received(
        session,
        actor=seller,
        number=asked[1].number,
        data=AmountInput(amount=30_000_000, note="Vietcombank, phần đầu"),
        form_key="demo",
        now=now,
    )
    reference = session.scalars(select(Payment.reference).where(Payment.number == asked[0].number)).one()
    content = (
        "Ngày giao dịch,Số tiền ghi nợ,Số tiền ghi có,Mô tả\n"
        f'20/11/2026,,"120,000,000",MBVCB.7741.{reference} dat coc day chuyen say\n'
        f'21/11/2026,,"5,000,000",{asked[1].reference} them\n'
        '22/11/2026,"11,000",,Phi quan ly tai khoan\n'
    )
    statement = upload_statement(
        session,
        actor=seller,
        organisation_id=organisation_id,
        filename="sao-ke-thang-11.csv",
        content=content.encode(),
        now=now,
    )
    _office(session, now=now)
    return {"payment_asked": asked[0].number, "payment_part": asked[1].number, "statement": statement.public_id}


def _office(session: Session, *, now: datetime) -> None:
    """What the operator has to look at: news in another currency, and a comparison that found something."""
    session.add(
        PaymentEvent(
            source="stripe",
            event_id="evt_1Qz8demo",
            kind="payment_intent.succeeded",
            happened_at=now,
            payload={},
            state="refused",
            error="Khoản tiền không cùng loại tiền với đề nghị thanh toán",
            received_at=now,
        )
    )
    kept = Reconciliation(
        id=uuid7(), source="stripe", since=now - timedelta(days=3), until=now, at=now, compared=41, differences=1
    )
    session.add(kept)
    session.flush()
    session.add(
        ReconciliationDifference(
            reconciliation_id=kept.id,
            line=1,
            kind="missing_here",
            movement="charge",
            external_id="pi_3Qz8demo",
            payment_number="TT-2026-000009",
            their_amount=120_000_000,
            their_currency="VND",
        )
    )
