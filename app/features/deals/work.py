"""What time does to deals: a word before a milestone is due, a question a year after both confirmed."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select

from app.features.deals import notices
from app.features.deals.states import RUNNING_STATES
from app.i18n.formats import local_date
from app.integrations.storage import store_from
from app.jobs import JobContext, every
from app.models import Deal, DealFile, DealMilestone

# Days before a milestone is due on which both sides are told; a worker that was away tells the nearest one only.
MILESTONE_DAYS: Final = (14, 3)

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


@every(timedelta(hours=24), "deals.milestones")
def tell_of_milestones(context: JobContext, _payload: dict[str, Any]) -> None:
    """Tell both sides of a milestone that is due in two weeks, in three days; each once, however often this runs."""
    today = local_date(context.now)
    with context.database.read_only() as session:
        due = session.execute(
            select(DealMilestone.id, DealMilestone.deal_id)
            .join(Deal, Deal.id == DealMilestone.deal_id)
            .where(
                DealMilestone.state.in_(["planned", "returned"]),
                DealMilestone.due_on.between(today, today + timedelta(days=max(MILESTONE_DAYS))),
                Deal.state.in_(RUNNING_STATES),
            )
            .order_by(DealMilestone.due_on, DealMilestone.id)
            .limit(500)
        ).all()
    for milestone_id, deal_id in due:
        with context.database.unit_of_work() as session:
            milestone = session.get_one(DealMilestone, milestone_id)
            left = (milestone.due_on - today).days
            step = min((days for days in MILESTONE_DAYS if left <= days), default=None)
            if step is not None:
                notices.tell_both(
                    session,
                    session.get_one(Deal, deal_id),
                    event="milestone_due",
                    now=context.now,
                    key=f"{milestone_id}:{milestone.due_on}:{step}",
                    due_on=milestone.due_on,
                )


@every(timedelta(hours=24), "deals.sweep_files")
def sweep_files(context: JobContext, _payload: dict[str, Any]) -> None:
    """Delete files that were stored for a deal and then not sent: the command refused, or never committed."""
    store = store_from(context.settings)
    keys = list(store.keys("deals", before=context.now - timedelta(days=1)))
    for start in range(0, len(keys), 500):
        some = keys[start : start + 500]
        with context.database.read_only() as session:
            known = set(session.scalars(select(DealFile.storage_key).where(DealFile.storage_key.in_(some))))
        for key in some:
            if key not in known:
                store.delete("deals", key)
