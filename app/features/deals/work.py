"""What time does to deals: a word before a milestone or a registration is due, a question a year after the end."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select

from app.features.deals import notices
from app.features.deals.legal_rules import rules_in_force
from app.features.deals.states import OPEN_STATES, REGISTRABLE_STATES, RUNNING_STATES
from app.i18n.formats import local_date
from app.integrations.storage import store_from
from app.jobs import JobContext, every
from app.models import Deal, DealFile, DealLegalCheck, DealMilestone, DealRegistration

# Days before a milestone is due on which both sides are told; a worker that was away tells the nearest one only.
MILESTONE_DAYS: Final = (14, 3)
# The same for the registration of a contract; after the last day once more.
REGISTRATION_DAYS: Final = (60, 30, 14, 7, 3, 1)

YEAR = timedelta(days=365)
_ASKED_UNTIL = timedelta(days=395)
# A registration that is late is told of once; what is late for longer than this was told before.
_OVERDUE_TOLD = 14


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


@every(timedelta(hours=24), "deals.registration")
def tell_of_registration(context: JobContext, _payload: dict[str, Any]) -> None:
    """Count the days until a contract has to be sent to be registered; each step is told once."""
    today = local_date(context.now)
    with context.database.read_only() as session:
        due = session.execute(
            select(DealRegistration.deal_id, DealRegistration.due_on)
            .join(Deal, Deal.id == DealRegistration.deal_id)
            .where(
                DealRegistration.filed_on.is_(None),
                DealRegistration.due_on.between(
                    today - timedelta(days=_OVERDUE_TOLD), today + timedelta(days=max(REGISTRATION_DAYS))
                ),
                Deal.state.in_(OPEN_STATES | REGISTRABLE_STATES),
            )
            .order_by(DealRegistration.due_on, DealRegistration.deal_id)
            .limit(500)
        ).all()
    for deal_id, due_on in due:
        assert due_on is not None  # noqa: S101 - by the condition of the query
        left = (due_on - today).days
        step = min((days for days in REGISTRATION_DAYS if left <= days), default=None) if left >= 0 else "late"
        if step is None:
            continue
        with context.database.unit_of_work() as session:
            notices.tell_both(
                session,
                session.get_one(Deal, deal_id),
                event="registration_due",
                now=context.now,
                key=f"registration:{due_on}:{step}",
                due_on=due_on,
                days=left,
            )


@every(timedelta(hours=24), "deals.newer_rules")
def tell_of_newer_rules(context: JobContext, _payload: dict[str, Any]) -> None:
    """Ask the sides of deals that were checked under older rules, and are not registered yet, to check again; once."""
    rules = rules_in_force(local_date(context.now), context.settings.legal_rules)
    newest = (
        select(DealLegalCheck.rules_version)
        .where(DealLegalCheck.deal_id == Deal.id)
        .order_by(DealLegalCheck.checked_at.desc(), DealLegalCheck.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    with context.database.read_only() as session:
        due = session.scalars(
            select(Deal.id).where(Deal.state.in_(["checked", "signed"]), newest != rules.version).limit(500)
        ).all()
    for deal_id in due:
        with context.database.unit_of_work() as session:
            deal = session.get_one(Deal, deal_id)
            notices.tell_both(session, deal, event="newer_rules", now=context.now, key=f"rules:{rules.version}")
