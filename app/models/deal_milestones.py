"""Milestones of a deal: what is due when and for how much, the evidence, and changes that the other side agrees to."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.identity import new_public_id, uuid7

MILESTONE_STATES = ("planned", "reported", "returned", "accepted", "removed")
CHANGE_ACTIONS = ("add", "change", "remove")
PROPOSAL_STATES = ("open", "agreed", "declined", "withdrawn")


class DealMilestone(Base):
    """One step of a deal. `amount` is in minor units of the deal's currency, None where nothing is paid for it.

    A removed milestone stays, since payments may name it. `reported_side` is who said that it is reached; only the
    other side accepts or returns it. `evidence` is what was said at the last report.
    """

    __tablename__ = "deal_milestone"
    __table_args__ = (
        Index("uq_deal_milestone_public_id", "public_id", unique=True),
        Index("ix_deal_milestone_deal", "deal_id", "due_on", "id"),
        Index(
            "ix_deal_milestone_due",
            "due_on",
            "id",
            postgresql_where=text("state IN ('planned', 'reported', 'returned')"),
        ),
        CheckConstraint(f"state IN {MILESTONE_STATES}", name="state"),
        CheckConstraint("reported_side IN ('buyer', 'holder')", name="reported_side"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint(
            "state NOT IN ('reported', 'accepted') OR (reported_side IS NOT NULL AND reported_at IS NOT NULL)",
            name="reported_by_somebody",
        ),
    )
    __journal__ = "deal_milestone"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    public_id: Mapped[str] = mapped_column(default=new_public_id)
    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deal.id"))
    state: Mapped[str] = mapped_column(default="planned")
    title: Mapped[str]
    due_on: Mapped[date]
    amount: Mapped[int | None] = mapped_column(BigInteger)
    evidence: Mapped[str] = mapped_column(default="")
    reported_side: Mapped[str | None]
    reported_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class DealMilestoneChange(Base):
    """What one side wants to be otherwise in the plan of a signed deal; it takes effect when the other side agrees.

    `title`, `due_on` and `amount` are what the milestone would be, empty for a removal.
    """

    __tablename__ = "deal_milestone_change"
    __table_args__ = (
        Index("uq_deal_milestone_change_public_id", "public_id", unique=True),
        Index("ix_deal_milestone_change_deal", "deal_id", "proposed_at", "id"),
        Index(
            "uq_deal_milestone_change_open",
            "milestone_id",
            unique=True,
            postgresql_where=text("state = 'open' AND milestone_id IS NOT NULL"),
        ),
        CheckConstraint(f"action IN {CHANGE_ACTIONS}", name="action"),
        CheckConstraint(f"state IN {PROPOSAL_STATES}", name="state"),
        CheckConstraint("side IN ('buyer', 'holder')", name="side"),
        CheckConstraint("action = 'remove' OR (title IS NOT NULL AND due_on IS NOT NULL)", name="content"),
        CheckConstraint("(action = 'add') = (milestone_id IS NULL) OR state = 'agreed'", name="milestone_named"),
    )
    __journal__ = "deal"
    __journal_key__ = "deal_id"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    public_id: Mapped[str] = mapped_column(default=new_public_id)
    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deal.id"))
    milestone_id: Mapped[UUID | None] = mapped_column(ForeignKey("deal_milestone.id"))
    action: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    side: Mapped[str]
    title: Mapped[str | None]
    due_on: Mapped[date | None]
    amount: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(default="")
    proposed_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime]
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(default="")


class DealMilestoneHistory(Base):
    """One move of a milestone. `reasons` hold the side that made it, and what it was changed from and to."""

    __tablename__ = "deal_milestone_history"
    __table_args__ = (PrimaryKeyConstraint("milestone_id", "sequence"),)

    milestone_id: Mapped[UUID] = mapped_column(ForeignKey("deal_milestone.id"))
    sequence: Mapped[int]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    move: Mapped[str]
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(default="")
    reasons: Mapped[dict[str, Any]] = mapped_column(default=dict)


class DealFile(Base):
    """A file of a deal, never changed once sent: evidence of a milestone, a version of a document. `size` in bytes.

    `report` counts the reports of a milestone, from 1: the files of each stay together.
    """

    __tablename__ = "deal_file"
    __table_args__ = (
        Index("uq_deal_file_public_id", "public_id", unique=True),
        Index("ix_deal_file_deal", "deal_id", "created_at", "id"),
        Index("ix_deal_file_key", "storage_key"),
        CheckConstraint("side IN ('buyer', 'holder')", name="side"),
    )
    __journal__ = "deal"
    __journal_key__ = "deal_id"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    public_id: Mapped[str] = mapped_column(default=new_public_id)
    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deal.id"))
    milestone_id: Mapped[UUID | None] = mapped_column(ForeignKey("deal_milestone.id"))
    report: Mapped[int | None] = mapped_column(SmallInteger)
    filename: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    storage_key: Mapped[str]
    side: Mapped[str]
    sent_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
