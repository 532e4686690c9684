"""Listings about the same subject: by what numbers they are known, which belong together, and which may."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base

JOINED_BY = ("identifier", "person")
SUGGESTION_STATES = ("open", "joined", "dismissed")


class ListingIdentifier(Base):
    """A number by which others know the subject of a public listing, in its one spelling. Kept by the worker."""

    __tablename__ = "listing_identifier"
    __table_args__ = (
        PrimaryKeyConstraint("listing_id", "scheme", "value"),
        Index("ix_listing_identifier_value", "scheme", "value"),
    )

    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"))
    scheme: Mapped[str]
    value: Mapped[str]


class ClusterMember(Base):
    """That a listing belongs to a cluster; a listing without a row belongs to none.

    Attributes:
        joined_by: "identifier", then it stays as long as a number is shared; or "person".
        separated_at: since when a person holds it apart; then only a person brings it back.
    """

    __tablename__ = "cluster_member"
    __table_args__ = (
        Index("ix_cluster_member_cluster", "cluster_id", "listing_id"),
        CheckConstraint(f"joined_by IN {JOINED_BY}", name="joined_by"),
    )
    __journal__ = "cluster"
    __journal_key__ = "cluster_id"

    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"), primary_key=True)
    cluster_id: Mapped[UUID]
    joined_by: Mapped[str]
    joined_at: Mapped[datetime]
    joined_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    separated_at: Mapped[datetime | None]
    separated_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class ClusterLook(Base):
    """That the search engine was asked what reads like a listing of another exchange, and when."""

    __tablename__ = "cluster_look"

    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"), primary_key=True)
    at: Mapped[datetime]


class ClusterSuggestion(Base):
    """That two listings read alike; a person says whether they are about the same.

    Attributes:
        listing_id, other_id: the smaller id first, so that a pair is there once.
        score: 0 to 100, how much of their titles they share.
    """

    __tablename__ = "cluster_suggestion"
    __table_args__ = (
        PrimaryKeyConstraint("listing_id", "other_id"),
        Index("ix_cluster_suggestion_other", "other_id"),
        Index("ix_cluster_suggestion_open", "state", "score", "listing_id", "other_id"),
        CheckConstraint(f"state IN {SUGGESTION_STATES}", name="state"),
        CheckConstraint("listing_id < other_id", name="order"),
    )

    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"))
    other_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"))
    score: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str] = mapped_column(default="open")
    found_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
