"""What brokers follow: a request nobody answered, a call, a deal in dispute; and who has seen what of a request."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.identity import new_public_id, uuid7

CASE_KINDS = ("no_answer", "call", "dispute")
CASE_STATES = ("open", "taken", "closed")
CASE_OUTCOMES = ("answered", "introduced", "need_posted", "no_interest", "settled", "ended", "other")


class BrokerCase(Base):
    """A case on the brokers' board. `request_id` names the unanswered request it began with, once per request.

    `deal_id` names the deal in dispute that it is about, one open case per deal.

    `working_days` is how long that request had waited. `next_on` is when something is to be done next.
    """

    __tablename__ = "broker_case"
    __table_args__ = (
        Index("uq_broker_case_public_id", "public_id", unique=True),
        Index("uq_broker_case_request", "request_id", unique=True, postgresql_where=text("request_id IS NOT NULL")),
        Index(
            "uq_broker_case_deal",
            "deal_id",
            unique=True,
            postgresql_where=text("deal_id IS NOT NULL AND state <> 'closed'"),
        ),
        Index("ix_broker_case_deal", "deal_id", "opened_at", postgresql_where=text("deal_id IS NOT NULL")),
        Index("ix_broker_case_board", "state", "opened_at", "id"),
        Index("ix_broker_case_taken", "taken_by_id", "state", "opened_at", "id"),
        CheckConstraint(f"kind IN {CASE_KINDS}", name="kind"),
        CheckConstraint(f"state IN {CASE_STATES}", name="state"),
        CheckConstraint(f"outcome IN {CASE_OUTCOMES}", name="outcome"),
    )
    __journal__ = "broker_case"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    public_id: Mapped[str] = mapped_column(default=new_public_id)
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    title: Mapped[str]
    request_id: Mapped[UUID | None] = mapped_column(ForeignKey("quote_request.id"))
    deal_id: Mapped[UUID | None] = mapped_column(ForeignKey("deal.id"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    need_id: Mapped[UUID | None] = mapped_column(ForeignKey("listing.id"))
    working_days: Mapped[int | None] = mapped_column(SmallInteger)
    opened_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    taken_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    next_step: Mapped[str] = mapped_column(default="")
    next_on: Mapped[date | None]
    outcome: Mapped[str | None]
    opened_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class BrokerCaseNote(Base):
    """What a broker wrote down in a case. Only brokers and operators read it, unless it is shared.

    A shared note is for both sides of the deal in dispute too; they write such notes themselves. `side` is the side
    that wrote it, as it was then; NULL for brokers and operators.
    """

    __tablename__ = "broker_case_note"
    __table_args__ = (
        Index("ix_broker_case_note_case", "case_id", "at", "id"),
        Index("uq_broker_case_note_form", "case_id", "form_key", unique=True),
        CheckConstraint("side IN ('buyer', 'holder')", name="side"),
        CheckConstraint("shared OR side IS NULL", name="shared"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("broker_case.id"))
    author_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    body: Mapped[str]
    shared: Mapped[bool] = mapped_column(default=False)
    side: Mapped[str | None]
    form_key: Mapped[str]
    at: Mapped[datetime]


class BrokerCaseHistory(Base):
    """One move of a case through its states."""

    __tablename__ = "broker_case_history"
    __table_args__ = (PrimaryKeyConstraint("case_id", "sequence"),)

    case_id: Mapped[UUID] = mapped_column(ForeignKey("broker_case.id"))
    sequence: Mapped[int]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    move: Mapped[str]
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(default="")
    reasons: Mapped[dict[str, Any]] = mapped_column(default=dict)


class EnquirySeen(Base):
    """Up to when a person has seen a request, for the side they act for."""

    __tablename__ = "enquiry_seen"
    __table_args__ = (
        PrimaryKeyConstraint("request_id", "person_id", "side"),
        CheckConstraint("side IN ('buyer', 'holder')", name="side"),
    )

    request_id: Mapped[UUID] = mapped_column(ForeignKey("quote_request.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    side: Mapped[str]
    at: Mapped[datetime]
