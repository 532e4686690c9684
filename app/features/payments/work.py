"""What time does to payments: a reminder before the day, and forgetting what is no longer needed."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import delete, select, update

from app.features.payments import notices
from app.i18n.formats import local_date
from app.jobs import JobContext, every
from app.models.payment_provider import PaymentEvent
from app.models.payments import BankStatement, BankStatementRow, Payment

REMIND_BEFORE: Final = timedelta(days=2)
# A statement holds what others transferred, and for what: only lines that became entries are kept longer.
KEEP_STATEMENTS: Final = timedelta(days=30)
# News of the provider hold names and addresses of payers. That they came, and what they were, stays.
KEEP_PAYLOADS: Final = timedelta(days=90)


@every(timedelta(hours=24), "payments.remind")
def remind(context: JobContext, _payload: dict[str, Any]) -> None:
    """Both sides, once, two days before a payment is due."""
    today = local_date(context.now)
    with context.database.unit_of_work() as session:
        due = session.scalars(
            select(Payment)
            .where(
                Payment.state.in_(["asked", "part_paid"]),
                Payment.due_on >= today,
                Payment.due_on <= today + REMIND_BEFORE,
            )
            .order_by(Payment.id)
            .limit(500)
        ).all()
        for payment in due:
            notices.tell_both(session, payment, event="due", now=context.now, key="due", due=payment.due_on)


@every(timedelta(hours=24), "payments.forget")
def forget(context: JobContext, _payload: dict[str, Any]) -> None:
    """Lines of statements that became nothing, and what news of the provider said beyond what we recorded."""
    with context.database.unit_of_work() as session:
        old = select(BankStatement.id).where(BankStatement.uploaded_at < context.now - KEEP_STATEMENTS)
        session.execute(
            delete(BankStatementRow).where(BankStatementRow.statement_id.in_(old), BankStatementRow.entry_id.is_(None))
        )
        session.execute(
            update(PaymentEvent)
            .where(
                PaymentEvent.state.in_(["handled", "ignored"]),
                PaymentEvent.received_at < context.now - KEEP_PAYLOADS,
                PaymentEvent.payload != {},
            )
            .values(payload={})
        )
