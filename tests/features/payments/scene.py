"""A deal whose seller may be paid, and payments on it, for tests to begin where they need."""

from typing import Any

from sqlalchemy import select

from app.database import Database
from app.features.enquiries.quoting import accept
from app.features.payments.commands import ask_payment
from app.features.payments.schemas import PaymentInput
from app.models import BankAccount, Deal, Payment
from tests.factories import NOW
from tests.features.enquiries.scene import Scene, quoted
from tests.features.enquiries.test_races import ALL

BIN, ACCOUNT = "970436", "0071000123456"
DEPOSIT = {"kind": "deposit", "description": "Đặt cọc 40 %", "amount": 500_000_000}


def agreed(database: Database, scene: Scene) -> str:
    """The number of a deal that an acceptance opened, its seller with a bank account."""
    number = quoted(database, scene)
    with database.unit_of_work() as session:
        accept(session, actor=scene.buyer, number=number, revision=1, data=ALL, now=NOW)
        session.add(
            BankAccount(
                organisation_id=scene.holder_organisation.id,
                bank_bin=BIN,
                number=ACCOUNT,
                holder="VIEN CO DIEN NONG NGHIEP",
                confirmed_at=NOW,
                confirmed_by_id=scene.holder_person.id,
            )
        )
    with database.read_only() as session:
        return session.scalars(select(Deal.number)).one()


def asked(
    database: Database, scene: Scene, deal: str, *, form_key: str = "f1", by_card: bool = False, **given: Any
) -> str:
    """The number of a payment the seller asked for."""
    with database.unit_of_work() as session:
        return ask_payment(
            session,
            actor=scene.holder,
            deal_number=deal,
            data=PaymentInput.model_validate({**DEPOSIT, **given}),
            form_key=form_key,
            by_card=by_card,
            now=NOW,
        ).number


def payment_of(database: Database, number: str) -> Payment:
    with database.read_only() as session:
        return session.scalars(select(Payment).where(Payment.number == number)).one()
