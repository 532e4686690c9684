"""Asking several holders at once: the buyer's round, the list of listings a person keeps, and reminders sent."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, PrimaryKeyConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.identity import new_public_id, uuid7


class QuoteRound(Base):
    """Requests that one buyer sent to compare. Only the buyer knows that it exists: each request stays between two.

    `wishes` is what the buyer compares by (weights, years, yearly revenue), as app/features/enquiries/comparing.py
    reads it. A round about a need is found again when more holders are asked about the same need.
    """

    __tablename__ = "quote_round"
    __table_args__ = (
        Index("uq_quote_round_public_id", "public_id", unique=True),
        Index("ix_quote_round_organisation", "organisation_id", "created_at", "id"),
        Index("uq_quote_round_form", "created_by_id", "form_key", unique=True),
        Index(
            "uq_quote_round_need",
            "organisation_id",
            "need_id",
            unique=True,
            postgresql_where=text("need_id IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    public_id: Mapped[str] = mapped_column(default=new_public_id)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    created_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    form_key: Mapped[str]
    title: Mapped[str]
    need_id: Mapped[UUID | None] = mapped_column(ForeignKey("listing.id"))
    wishes: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class KeptListing(Base):
    """A listing on a person's own list; nobody else sees it."""

    __tablename__ = "kept_listing"
    __table_args__ = (
        PrimaryKeyConstraint("person_id", "listing_id"),
        Index("ix_kept_listing_newest", "person_id", "kept_at"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"))
    kept_at: Mapped[datetime]


class EnquiryReminder(Base):
    """That a side was reminded of a request, once per `kind` ("answer_due", "quote_ending:2")."""

    __tablename__ = "enquiry_reminder"
    __table_args__ = (PrimaryKeyConstraint("request_id", "kind"),)

    request_id: Mapped[UUID] = mapped_column(ForeignKey("quote_request.id"))
    kind: Mapped[str]
    at: Mapped[datetime]
