"""Deals: what follows an acceptance, and the outcome that counts only when both sides confirm it."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    Sequence,
    SmallInteger,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.identity import uuid7

DEAL_STATES = (
    "agreed",
    "checked",
    "signed",
    "registered",
    "refused",
    "accepted",
    "paused",
    "disputed",
    "completed",
    "terminated",
)
SHOWN = ("exact", "band", "private")

# Feeds the NNNNNN of deal numbers. A rolled-back deal leaves a gap, which harms nobody.
DEAL_NUMBERS = Sequence("deal_number_seq", metadata=Base.metadata)


class Deal(Base):
    """A deal between the buyer and the holder of an accepted quote: TV-YYYY-NNNNNN, once per acceptance.

    What it is about, its price and its form of transfer are snapshots. Money is in minor units of `currency`.
    `held_from` is the state that a paused or disputed deal goes back to. `accepted_at` is when the buyer accepted what
    was transferred, `counted_at` when both sides had confirmed the outcome: only then does it count in any figure.
    """

    __tablename__ = "deal"
    __table_args__ = (
        Index("uq_deal_number", "number", unique=True),
        Index("uq_deal_acceptance", "acceptance_id", unique=True),
        Index("ix_deal_buyer", "buyer_organisation_id", "updated_at", "id"),
        Index("ix_deal_holder", "holder_organisation_id", "updated_at", "id"),
        Index("ix_deal_counted", "counted_at", "id", postgresql_where=text("counted_at IS NOT NULL")),
        CheckConstraint(f"state IN {DEAL_STATES}", name="state"),
        CheckConstraint("state <> 'completed' OR counted_at IS NOT NULL", name="counted_when_completed"),
        CheckConstraint(
            "contract_date IS NOT NULL OR state IN ('agreed', 'checked', 'paused', 'terminated')", name="contract_date"
        ),
        CheckConstraint("state NOT IN ('paused', 'disputed') OR held_from IS NOT NULL", name="held_from"),
    )
    __journal__ = "deal"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    number: Mapped[str]
    state: Mapped[str] = mapped_column(default="agreed")
    acceptance_id: Mapped[UUID] = mapped_column(ForeignKey("acceptance.id"))
    request_number: Mapped[str]
    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"))
    listing_title: Mapped[str]
    listing_kind: Mapped[str]
    buyer_organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    buyer_name: Mapped[str]
    holder_organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    holder_name: Mapped[str]
    transfer_forms: Mapped[list[str]] = mapped_column(default=list)
    payment_forms: Mapped[list[str]] = mapped_column(default=list)
    territory: Mapped[str | None]
    currency: Mapped[str]
    total: Mapped[int] = mapped_column(BigInteger)
    agreed_at: Mapped[datetime]
    contract_date: Mapped[date | None]
    held_from: Mapped[str | None]
    accepted_at: Mapped[datetime | None]
    counted_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime]


class DealOutcome(Base):
    """What one side reports: at the end ("end"), and whether it is still in use a year after ("year").

    `value` is in minor units of the deal's currency; `shown` says how figures may use it. Who gives a band keeps the
    value to itself: only the band's number is stored. `results` of a year are measures: what, amount, unit;
    the operator's report lists them only where the side agreed to it (`in_report`).
    """

    __tablename__ = "deal_outcome"
    __table_args__ = (
        PrimaryKeyConstraint("deal_id", "occasion", "side"),
        CheckConstraint("side IN ('buyer', 'holder')", name="side"),
        CheckConstraint("occasion IN ('end', 'year')", name="occasion"),
        CheckConstraint(f"shown IN {SHOWN}", name="shown"),
        CheckConstraint("value >= 0", name="value"),
        CheckConstraint("(shown = 'band') = (band IS NOT NULL)", name="band"),
    )
    __journal__ = "deal"
    __journal_key__ = "deal_id"

    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deal.id"))
    occasion: Mapped[str]
    side: Mapped[str]
    value: Mapped[int | None] = mapped_column(BigInteger)
    shown: Mapped[str]
    band: Mapped[int | None] = mapped_column(SmallInteger)
    in_use: Mapped[bool | None]
    results: Mapped[list[Any]] = mapped_column(default=list)
    in_report: Mapped[bool] = mapped_column(default=False)
    note: Mapped[str] = mapped_column(default="")
    reported_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    reported_at: Mapped[datetime]


class DealHistory(Base):
    """One move of a deal through its states."""

    __tablename__ = "deal_history"
    __table_args__ = (PrimaryKeyConstraint("deal_id", "sequence"),)

    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deal.id"))
    sequence: Mapped[int]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    move: Mapped[str]
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(default="")
    reasons: Mapped[dict[str, Any]] = mapped_column(default=dict)


class DealCalendar(Base):
    """The address at which a person's own calendar program reads the dates of their deals; a new one ends the old."""

    __tablename__ = "deal_calendar"
    __table_args__ = (Index("uq_deal_calendar_feed_key", "feed_key", unique=True),)

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    feed_key: Mapped[str]
    created_at: Mapped[datetime]
