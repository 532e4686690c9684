"""What time does: requests that nobody answered become cases."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.features.brokering.commands import escalate
from app.features.enquiries.working_days import (
    SHIPPED,
    holidays,
    working_days_before,
    working_days_between,
)
from app.i18n.formats import HERE, local_date
from app.jobs import JobContext, every
from app.models import BrokerCase, CarriedRequest, QuoteRequest

MOST_AT_ONCE = 500


def unanswered(
    session: Session, *, now: datetime, after_days: int, free: Collection[date]
) -> Sequence[tuple[UUID, int]]:
    """Requests without an answer for so many working days that are no case yet, with how long; oldest first."""
    today = local_date(now)
    since = datetime.combine(working_days_before(today, after_days, free=free) + timedelta(days=1), time(), HERE)
    found = session.execute(
        select(QuoteRequest.id, QuoteRequest.sent_at)
        .where(
            QuoteRequest.awaits == "holder",
            QuoteRequest.first_answer_at.is_(None),
            QuoteRequest.sent_at < since,
            ~exists().where(BrokerCase.request_id == QuoteRequest.id),
            # Who is asked at another exchange is called by its brokers.
            ~exists().where(CarriedRequest.request_id == QuoteRequest.id, CarriedRequest.direction == "out"),
        )
        .order_by(QuoteRequest.sent_at)
        .limit(MOST_AT_ONCE)
    )
    return [(request_id, working_days_between(sent_at, today, free=free)) for request_id, sent_at in found]


@every(timedelta(hours=1), "brokering.escalate")
def escalate_unanswered(context: JobContext, _payload: dict[str, Any]) -> None:
    """Make cases of what waited too long, one transaction each."""
    settings = context.settings
    with context.database.read_only() as session:
        due = unanswered(
            session,
            now=context.now,
            after_days=settings.escalate_after_working_days,
            free=holidays(settings.holidays or SHIPPED),
        )
    for request_id, days in due:
        with context.database.unit_of_work() as session:
            escalate(session, request_id=request_id, working_days=days, now=context.now)
