"""What people asked to be told of, what there is to tell them, and the letters it went into."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.identity import uuid7

SUBSCRIPTION_KINDS = ("search", "field", "listing", "organisation", "matches")
RHYTHMS = ("at_once", "daily", "weekly", "off")
OCCASIONS = ("new", "changed", "closed", "back", "match")

_LIVE = "deleted_at IS NULL"


class Subscription(Base):
    """One thing a person follows, by their own act: a saved search, a field, a listing, an organisation, or what fits
    the listings of an organisation they act for (“matches”).

    `criteria` is the query of the results page ("q=may+say&kind=technology") for searches and fields, `name` what the
    person calls it. `rhythm` is when letters go out; "off" keeps it on the page, on the desk and in the feed. The
    feed's address holds `feed_key`, in plain text, since its owner may look it up again; it opens public listings only.
    """

    __tablename__ = "subscription"
    __table_args__ = (
        Index("ix_subscription_person", "person_id", "created_at", "id"),
        Index(
            "ix_subscription_watching",
            "kind",
            "created_at",
            postgresql_where=text("deleted_at IS NULL AND paused_at IS NULL"),
        ),
        Index("ix_subscription_listing", "listing_id", postgresql_where=text("listing_id IS NOT NULL")),
        Index("ix_subscription_organisation", "organisation_id", postgresql_where=text("organisation_id IS NOT NULL")),
        Index(
            "uq_subscription_criteria",
            "person_id",
            "criteria",
            unique=True,
            postgresql_where=text(f"criteria <> '' AND {_LIVE}"),
        ),
        Index(
            "uq_subscription_listing",
            "person_id",
            "listing_id",
            unique=True,
            postgresql_where=text(f"listing_id IS NOT NULL AND {_LIVE}"),
        ),
        Index(
            "uq_subscription_organisation",
            "person_id",
            "organisation_id",
            "kind",
            unique=True,
            postgresql_where=text(f"organisation_id IS NOT NULL AND {_LIVE}"),
        ),
        Index("uq_subscription_feed_key", "feed_key", unique=True, postgresql_where=text("feed_key IS NOT NULL")),
        CheckConstraint(f"kind IN {SUBSCRIPTION_KINDS}", name="kind"),
        CheckConstraint(f"rhythm IN {RHYTHMS}", name="rhythm"),
        CheckConstraint(
            "CASE WHEN kind = 'listing' THEN listing_id IS NOT NULL "
            "WHEN kind IN ('organisation', 'matches') THEN organisation_id IS NOT NULL ELSE criteria <> '' END",
            name="subject",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    criteria: Mapped[str] = mapped_column(default="")
    listing_id: Mapped[UUID | None] = mapped_column(ForeignKey("listing.id"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    rhythm: Mapped[str]
    feed_key: Mapped[str | None]
    created_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    last_told_at: Mapped[datetime | None]


class AlertLetter(Base):
    """A letter that tells one person of several things. Its row is its only permission to be sent, once.

    `stop_sha256` is the SHA-256 of the token in its unsubscribe address, made when the letter is written.
    """

    __tablename__ = "alert_letter"
    __table_args__ = (
        Index("ix_alert_letter_person", "person_id", "created_at"),
        Index("uq_alert_letter_stop", "stop_sha256", unique=True, postgresql_where=text("stop_sha256 IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    stop_sha256: Mapped[str | None]
    stopped_at: Mapped[datetime | None]


class Alert(Base):
    """One thing to tell: this listing, because of this subscription, on this occasion. Told once.

    `occasion` is one of OCCASIONS, for later ones with the listing's version behind it ("changed:7"), for a match with
    the match's id. `for_listing_id` is the listing of one's own that a match is for. `due_at` is when it may go into a
    letter; null when no letter is wanted. `letter_id` is set once it is in one.
    """

    __tablename__ = "alert"
    __table_args__ = (
        Index("uq_alert_once", "subscription_id", "listing_id", "occasion", unique=True),
        Index("ix_alert_newest", "subscription_id", "noticed_at", "id"),
        Index("ix_alert_noticed", "noticed_at"),
        Index(
            "ix_alert_waiting",
            "due_at",
            postgresql_where=text("letter_id IS NULL AND due_at IS NOT NULL"),
        ),
        Index("ix_alert_letter", "letter_id", postgresql_where=text("letter_id IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    subscription_id: Mapped[UUID] = mapped_column(ForeignKey("subscription.id"))
    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"))
    for_listing_id: Mapped[UUID | None] = mapped_column(ForeignKey("listing.id"))
    occasion: Mapped[str]
    noticed_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    letter_id: Mapped[UUID | None] = mapped_column(ForeignKey("alert_letter.id"))


class AlertSettings(Base):
    """When a person wants to be left alone, and when digests come: hours of the day here (0 to 23).

    Without a row the defaults of app/features/alerts/timing.py hold. Quiet from and to the same hour: never quiet.
    """

    __tablename__ = "alert_settings"
    __table_args__ = (
        CheckConstraint(
            "quiet_from BETWEEN 0 AND 23 AND quiet_to BETWEEN 0 AND 23 AND digest_hour BETWEEN 0 AND 23", name="hours"
        ),
        CheckConstraint("digest_day BETWEEN 0 AND 6", name="digest_day"),
    )

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    quiet_from: Mapped[int] = mapped_column(SmallInteger)
    quiet_to: Mapped[int] = mapped_column(SmallInteger)
    digest_hour: Mapped[int] = mapped_column(SmallInteger)
    digest_day: Mapped[int] = mapped_column(SmallInteger)
    updated_at: Mapped[datetime]


class MatchReading(Base):
    """Up to when new matches were noticed; one row."""

    __tablename__ = "match_reading"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, default=1, autoincrement=False)
    until: Mapped[datetime]
