"""What time does to deals: a year after both confirmed, both are asked whether it is in use and with what result."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.features.deals import notices
from app.jobs import JobContext, every
from app.models.deals import Deal

YEAR = timedelta(days=365)
_ASKED_UNTIL = timedelta(days=395)


@every(timedelta(hours=24), "deals.year_after")
def ask_after_a_year(context: JobContext, _payload: dict[str, Any]) -> None:
    """Once for each deal; a worker that was away for a month asks no more."""
    with context.database.read_only() as session:
        due = session.scalars(
            select(Deal.id)
            .where(Deal.counted_at <= context.now - YEAR, Deal.counted_at > context.now - _ASKED_UNTIL)
            .order_by(Deal.counted_at, Deal.id)
            .limit(500)
        ).all()
    for deal_id in due:
        with context.database.unit_of_work() as session:
            deal = session.get_one(Deal, deal_id)
            notices.tell_both(session, deal, event="year", now=context.now, key="year")
