"""A deal at any point of its life, and what the tests ask about it."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from app.database import Database
from app.features.deals.commands import record_contract, report_outcome
from app.features.deals.milestones import plan_milestone, report_milestone
from app.features.deals.schemas import ContractInput, EvidenceInput, MilestoneInput, OutcomeInput
from app.features.deals.states import Side
from app.features.enquiries.quoting import accept
from app.identity import Actor
from app.models import Deal, DealMilestone, Job, JournalEntry
from tests.factories import NOW
from tests.features.enquiries.scene import Scene, quoted
from tests.features.enquiries.test_races import ALL

SIGNED = ContractInput(contract_date=date(2026, 11, 20))
DUE = date(2027, 1, 31)


def actor_of(scene: Scene, side: Side) -> Actor:
    return scene.buyer if side == "buyer" else scene.holder


def agreed(database: Database, scene: Scene) -> str:
    """The number of a deal that an acceptance opened."""
    number = quoted(database, scene)
    with database.unit_of_work() as session:
        accept(session, actor=scene.buyer, number=number, revision=1, data=ALL, now=NOW)
    with database.read_only() as session:
        return session.scalars(select(Deal.number)).one()


def sign(database: Database, scene: Scene, number: str) -> None:
    with database.unit_of_work() as session:
        record_contract(session, actor=scene.buyer, number=number, side="buyer", data=SIGNED, now=NOW)


def signed(database: Database, scene: Scene) -> str:
    number = agreed(database, scene)
    sign(database, scene, number)
    return number


def planned(database: Database, scene: Scene, number: str, **given: Any) -> str:
    """The public id of a milestone that the holder planned before the contract."""
    values: dict[str, Any] = {"title": "Chạy thử tại xưởng", "due_on": DUE, "amount": 300_000_000} | given
    with database.unit_of_work() as session:
        made = plan_milestone(
            session, actor=scene.holder, number=number, side="holder", data=MilestoneInput(**values), now=NOW
        )
        return made.public_id


def reported(database: Database, scene: Scene, number: str, public_id: str, *, side: Side = "holder") -> None:
    with database.unit_of_work() as session:
        report_milestone(
            session,
            actor=actor_of(scene, side),
            number=number,
            public_id=public_id,
            side=side,
            data=EvidenceInput(evidence="Chạy 72 giờ liên tục"),
            files=[],
            now=NOW,
        )


def report(database: Database, scene: Scene, number: str, side: Side, *, now: datetime = NOW, **given: Any) -> None:
    """One side confirms the outcome."""
    values: dict[str, Any] = {"value": 1_000_000_000, "shown": "exact"} | given
    with database.unit_of_work() as session:
        actor = actor_of(scene, side)
        report_outcome(session, actor=actor, number=number, side=side, data=OutcomeInput(**values), now=now)


def deal_of(database: Database, number: str) -> Deal:
    with database.read_only() as session:
        return session.scalars(select(Deal).where(Deal.number == number)).one()


def state_of(database: Database) -> tuple[str, bool]:
    with database.read_only() as session:
        deal = session.scalars(select(Deal)).one()
        return deal.state, deal.counted_at is not None


def milestone_of(database: Database, public_id: str) -> DealMilestone:
    with database.read_only() as session:
        return session.scalars(select(DealMilestone).where(DealMilestone.public_id == public_id)).one()


def actions(database: Database, entity: str = "deal") -> list[str]:
    """What the journal says, in its order."""
    with database.read_only() as session:
        found = select(JournalEntry.action).where(JournalEntry.entity == entity).order_by(JournalEntry.id)
        return list(session.scalars(found))


def letters(database: Database, template: str) -> list[dict[str, Any]]:
    """What each letter of one kind was given."""
    with database.read_only() as session:
        jobs = session.scalars(select(Job).where(Job.kind == "mail.send").order_by(Job.id)).all()
        return [one.payload["context"] for one in jobs if one.payload["template"] == template]
