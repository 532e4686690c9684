"""What is taken from partners: each record's provenance, runs with their progress, and what could not be taken."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.identity import uuid7

RUN_KINDS = ("trial", "harvest", "sweep", "file", "inbox", "retry")
RUN_STATES = ("running", "waiting", "braked", "done", "failed", "stopped")
QUARANTINE_STATES = ("waiting", "solved", "dismissed")


class TakenRecord(Base):
    """A record of another exchange as it was last accepted, or its tombstone. Never removed.

    Attributes:
        source_id: how the partner names it (OAI identifier, or the key itself).
        version: the origin's; 0 for sources that have none.
        digest: SHA-256 of its content; the same content again is not written again.
        datestamp: when the partner says it changed.
        via: through whose hands it came, the partner last, unless it is the origin's own.
        envelope: as it was signed, without `via`; of sources without signatures, as the mapping made it.
        absences: how many whole sweeps in a row did not name it.
        stale_since: since when its source has not answered.
    """

    __tablename__ = "taken_record"
    __table_args__ = (
        Index("uq_taken_record_key", "authority", "local_id", unique=True),
        Index("uq_taken_record_listing", "listing_id", unique=True, postgresql_where=text("listing_id IS NOT NULL")),
        Index("ix_taken_record_source", "partner_id", "source_id"),
        Index("ix_taken_record_living", "partner_id", "id", postgresql_where=text("NOT deleted")),
        CheckConstraint("NOT deleted OR reason IS NOT NULL", name="reason"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    authority: Mapped[str]
    local_id: Mapped[str]
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"))
    source_id: Mapped[str]
    listing_id: Mapped[UUID | None] = mapped_column(ForeignKey("listing.id"))
    kind: Mapped[str]
    version: Mapped[int]
    digest: Mapped[str]
    datestamp: Mapped[datetime | None]
    via: Mapped[list[Any]]
    envelope: Mapped[dict[str, Any]]
    landing: Mapped[str]
    deleted: Mapped[bool]
    reason: Mapped[str | None]
    taken_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    absences: Mapped[int] = mapped_column(SmallInteger, default=0)
    stale_since: Mapped[datetime | None]


class TakenOverlay(Base):
    """What the operator laid over a record of another exchange; kept apart, applied again with every change of it.

    Attributes:
        texts: title, benefit, summary, description in the other of the two languages.
        codes: classification in place of the origin's, as “scheme:code”; None for the origin's.
        hidden: not shown here, whatever the origin says.
    """

    __tablename__ = "taken_overlay"

    taken_id: Mapped[UUID] = mapped_column(ForeignKey("taken_record.id"), primary_key=True)
    texts: Mapped[dict[str, Any]]
    codes: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    hidden: Mapped[bool]
    note: Mapped[str]
    updated_at: Mapped[datetime]
    updated_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class TakingProgress(Base):
    """How far taking from one partner has come, and when it is asked next.

    Attributes:
        next_from: what the next harvest begins at, by the source's own clock.
        cursor: where the feed of changes is read on.
        snapshot: what taking begins with, until it has come through: the manifest of the source's snapshot
            (app/exchange/taking/snapshot.py), or why it was given up; `snapshot_part` and `snapshot_line`: how many of
            its files, and lines of the next, are done.
        deletions, granularity, repository: what the source said of itself.
        next_sweep_at: when a source without lasting deletions is next compared as a whole.
        failures: how many runs in a row went wrong; `fault`: the last of them.
    """

    __tablename__ = "taking_progress"
    __table_args__ = (Index("ix_taking_progress_due", "next_due_at"),)

    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"), primary_key=True)
    next_from: Mapped[datetime | None]
    cursor: Mapped[str] = mapped_column(default="")
    snapshot: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    snapshot_part: Mapped[int] = mapped_column(default=0)
    snapshot_line: Mapped[int] = mapped_column(default=0)
    deletions: Mapped[str] = mapped_column(default="")
    granularity: Mapped[str] = mapped_column(default="")
    repository: Mapped[str] = mapped_column(default="")
    next_due_at: Mapped[datetime | None]
    next_sweep_at: Mapped[datetime | None]
    last_run_at: Mapped[datetime | None]
    last_ok_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    fault: Mapped[str] = mapped_column(default="")
    alerted_at: Mapped[datetime | None]


class TakingRun(Base):
    """One harvest, sweep, file or trial, with its counts. A page's records and its token are one transaction.

    Attributes:
        lease: who works on it now; whoever takes over writes another, and the one before can write no more.
        window_from, window_until: what is asked for, by the source's clock.
        token: what to ask with next; "" for the first page. `anchor`: one given before, to tell a circle by.
        snapshot: the name of the snapshot that it began with, or went on in; "" for none.
        wait_until: when a source that asked for patience may be asked again.
        samples: of a trial, the first records as they came.
        absent: of a sweep, how many living records it did not name (for the brake).
    """

    __tablename__ = "taking_run"
    __table_args__ = (
        Index("ix_taking_run_partner", "partner_id", "started_at", "id"),
        Index(
            "uq_taking_run_open",
            "partner_id",
            unique=True,
            postgresql_where=text("state IN ('running', 'waiting') AND kind IN ('harvest', 'sweep')"),
        ),
        CheckConstraint(f"kind IN {RUN_KINDS}", name="kind"),
        CheckConstraint(f"state IN {RUN_STATES}", name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"))
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default="running")
    started_at: Mapped[datetime]
    started_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None]
    lease: Mapped[UUID | None]
    leased_until: Mapped[datetime | None]
    window_from: Mapped[datetime | None]
    window_until: Mapped[datetime | None]
    token: Mapped[str] = mapped_column(default="")
    anchor: Mapped[str] = mapped_column(default="")
    snapshot: Mapped[str] = mapped_column(default="")
    wait_until: Mapped[datetime | None]
    restarts: Mapped[int] = mapped_column(SmallInteger, default=0)
    requests: Mapped[int] = mapped_column(default=0)
    pages: Mapped[int] = mapped_column(default=0)
    whole: Mapped[int | None]
    seen: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    gone: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    quarantined: Mapped[int] = mapped_column(default=0)
    absent: Mapped[int] = mapped_column(default=0)
    fault: Mapped[str] = mapped_column(default="")
    samples: Mapped[list[Any]] = mapped_column(default=list)


class SweepSeen(Base):
    """That a sweep named a record; forgotten when it ends."""

    __tablename__ = "taking_sweep_seen"
    __table_args__ = (PrimaryKeyConstraint("run_id", "source_id"),)

    run_id: Mapped[UUID] = mapped_column(ForeignKey("taking_run.id"))
    source_id: Mapped[str]


class Quarantined(Base):
    """A record that was not taken, why, and what came, so that it can be tried again.

    `reason` is one of app/features/partners/reasons.py; `detail` says which field or value, in English.
    """

    __tablename__ = "taking_quarantine"
    __table_args__ = (
        Index(
            "uq_taking_quarantine_waiting",
            "partner_id",
            "source_id",
            unique=True,
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_taking_quarantine_list", "partner_id", "state", "last_at", "id"),
        CheckConstraint(f"state IN {QUARANTINE_STATES}", name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"))
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("taking_run.id"))
    source_id: Mapped[str]
    title: Mapped[str] = mapped_column(default="")
    reason: Mapped[str]
    detail: Mapped[str]
    raw: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default="waiting")
    times: Mapped[int] = mapped_column(default=1)
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class TakenDownMark(Base):
    """By what a listing that was taken down is known when it comes again under another id.

    `mark`: a strong identifier as “scheme:value”, or the hash of its words (app/features/partners/taken_down.py).
    """

    __tablename__ = "taken_down_mark"
    __table_args__ = (
        PrimaryKeyConstraint("mark", "listing_id"),
        Index("ix_taken_down_mark_listing", "listing_id"),
    )

    mark: Mapped[str]
    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"))
    at: Mapped[datetime]
