"""Which offers fit which needs at present, what people think of it, and what is still to be looked at."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.identity import uuid7

# Why a suggestion does not fit.
NOT_FITTING = ("other_problem", "not_ready", "price", "scale", "terms", "known", "other")


class ListingMatch(Base):
    """That an offer is among the best for a need (docs/search.md). Derived: the journal's reader writes it alone.

    `text_ratio` and `reasons` ({code, favourable, strength, params}, those that weigh most first) are what `score`
    (0 to 100) was made of. A pair that no longer fits keeps its row, `left_at` set, so that it is not news once more
    when it comes back; `first_seen_at` never changes.
    """

    __tablename__ = "listing_match"
    __table_args__ = (
        Index("uq_listing_match_pair", "need_id", "offer_id", unique=True),
        Index("ix_listing_match_offer", "offer_id", "score", postgresql_where=text("left_at IS NULL")),
        Index("ix_listing_match_new", "first_seen_at", "id", postgresql_where=text("left_at IS NULL")),
        CheckConstraint("score BETWEEN 0 AND 100", name="score"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    need_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"))
    offer_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"))
    score: Mapped[int] = mapped_column(SmallInteger)
    text_ratio: Mapped[float]
    reasons: Mapped[list[Any]] = mapped_column(default=list)
    first_seen_at: Mapped[datetime]
    judged_at: Mapped[datetime]
    left_at: Mapped[datetime | None]


class MatchList(Base):
    """How the list of a need was made: what usual candidates of each language reach ("" for others).

    With that a single offer is judged exactly as a whole run would judge it. `lowest` is the score an offer must
    beat: that of the last one kept when the list is full, else 0.
    """

    __tablename__ = "match_list"

    need_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"), primary_key=True)
    usual: Mapped[dict[str, Any]]
    lowest: Mapped[int] = mapped_column(SmallInteger, default=0)
    made_at: Mapped[datetime]


class MatchDue(Base):
    """A listing whose matches are to be worked out anew. `marks` grows when it is marked again meanwhile."""

    __tablename__ = "match_due"
    __table_args__ = (Index("ix_match_due_turn", "is_need", "since", "listing_id"),)

    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"), primary_key=True)
    is_need: Mapped[bool]
    since: Mapped[datetime]
    marks: Mapped[int] = mapped_column(default=1)


class MatchJudgement(Base):
    """What one person thinks of one suggestion. For that person alone to see again; to others only as figures.

    `because` is one of NOT_FITTING, "" where the suggestion fits; `score` is what the suggestion had at that moment.
    """

    __tablename__ = "match_judgement"
    __table_args__ = (
        Index("uq_match_judgement_person", "need_id", "offer_id", "person_id", unique=True),
        Index("ix_match_judgement_offer", "offer_id"),
        CheckConstraint(f"because IN {('', *NOT_FITTING)}", name="because"),
        CheckConstraint("fits OR because <> ''", name="why"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    need_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"))
    offer_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    # The side the person judged from: that organisation's, or null for the operator.
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    fits: Mapped[bool]
    because: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    score: Mapped[int] = mapped_column(SmallInteger)
    at: Mapped[datetime]
