"""What waits for somebody in the deals of their organisations, for their desk."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from app.features.deals.policies import visible_to
from app.features.deals.states import OPEN_STATES, RUNNING_STATES
from app.identity import Actor
from app.models import Deal, DealMilestone, DealMilestoneChange, DealOutcome, DealRegistration, DealTerms


@dataclass(frozen=True, slots=True)
class WaitingDeals:
    """How many things the other side has put before the reader; `register_by` is the nearest last day to file."""

    terms: int = 0
    milestones: int = 0
    outcomes: int = 0
    registrations: int = 0
    register_by: date | None = None


def waiting_deals(session: Session, *, actor: Actor) -> WaitingDeals:
    """What waits. One query; none for somebody without an organisation."""
    if not actor.organisations:
        return WaitingDeals()
    mine = visible_to(actor).where(Deal.state.in_(OPEN_STATES)).subquery()
    theirs = case((mine.c.buyer_organisation_id.in_(list(actor.organisations)), "holder"), else_="buyer")
    reported = (
        select(func.count())
        .select_from(DealMilestone)
        .join(mine, mine.c.id == DealMilestone.deal_id)
        .where(
            DealMilestone.state == "reported",
            DealMilestone.reported_side == theirs,
            mine.c.state.in_(RUNNING_STATES),
        )
    )
    changes = (
        select(func.count())
        .select_from(DealMilestoneChange)
        .join(mine, mine.c.id == DealMilestoneChange.deal_id)
        .where(DealMilestoneChange.state == "open", DealMilestoneChange.side == theirs)
    )
    terms = (
        select(func.count())
        .select_from(DealTerms)
        .join(mine, mine.c.id == DealTerms.deal_id)
        .where(DealTerms.state == "open", DealTerms.side == theirs)
    )
    outcomes = (
        select(func.count())
        .select_from(DealOutcome)
        .join(mine, mine.c.id == DealOutcome.deal_id)
        .where(DealOutcome.occasion == "end", DealOutcome.side == theirs)
    )
    unfiled = (
        select(func.count().label("count"), func.min(DealRegistration.due_on).label("nearest"))
        .select_from(DealRegistration)
        .join(mine, mine.c.id == DealRegistration.deal_id)
        .where(DealRegistration.filed_on.is_(None), DealRegistration.due_on.is_not(None))
        .subquery()
    )
    found = session.execute(
        select(
            reported.scalar_subquery(),
            changes.scalar_subquery(),
            terms.scalar_subquery(),
            outcomes.scalar_subquery(),
            unfiled.c.count,
            unfiled.c.nearest,
        )
    ).one()
    return WaitingDeals(
        milestones=found[0] + found[1],
        terms=found[2],
        outcomes=found[3],
        registrations=found[4],
        register_by=found[5],
    )
