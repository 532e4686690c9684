"""What partner exchanges are given: each shared record as it stands, its tombstones, and how far giving has come."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, CheckConstraint, ForeignKey, Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.identity import uuid7

REASONS = ("withdrawn", "expired", "sold", "takedown", "merged")


class ExchangeRecord(Base):
    """One record as partners get it, or its tombstone. Never removed: who harvested it must hear that it is gone.

    Attributes:
        datestamp: when it last changed for partners, in whole seconds; never goes back from one record to the next.
        position: its place in the change feed; a change gives it a new one behind all others.
        sets: every OAI-PMH set it is in, with the sets above them.
        sets_once: every set it was ever in: a partner that gets some fields only must hear when a record leaves them.
        envelope: the signed envelope; of a tombstone, key and origin only.
        share: how far it may go: "all", "partners" or "link_only".
        source_address: of a record of another exchange, where it was taken from.
        open_once: whether anybody could ever have it; when it no longer goes to all, they are told that it is gone.
    """

    __tablename__ = "exchange_record"
    __table_args__ = (
        Index("uq_exchange_record_key", "authority", "local_id", unique=True),
        Index("uq_exchange_record_position", "position", unique=True),
        Index("uq_exchange_record_listing", "listing_id", unique=True),
        Index("ix_exchange_record_datestamp", "datestamp", "id"),
        Index("ix_exchange_record_sets", "sets", postgresql_using="gin"),
        Index("ix_exchange_record_sets_once", "sets_once", postgresql_using="gin"),
        CheckConstraint("share IN ('all', 'partners', 'link_only')", name="share"),
        CheckConstraint("NOT deleted OR reason IS NOT NULL", name="reason"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"))
    authority: Mapped[str]
    local_id: Mapped[str]
    kind: Mapped[str]
    share: Mapped[str]
    open_once: Mapped[bool]
    sets: Mapped[list[str]]
    sets_once: Mapped[list[str]]
    version: Mapped[int]
    datestamp: Mapped[datetime]
    position: Mapped[int] = mapped_column(BigInteger)
    deleted: Mapped[bool] = mapped_column(Boolean, default=False)
    reason: Mapped[str | None]
    content_sha256: Mapped[str]
    envelope: Mapped[dict[str, Any]]
    source_address: Mapped[str | None]


class ExchangeProgress(Base):
    """One row: the last datestamp and position given, and since when a batch is being written (None: none is)."""

    __tablename__ = "exchange_progress"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    datestamp: Mapped[datetime | None]
    position: Mapped[int] = mapped_column(BigInteger, default=0)
    writing_since: Mapped[datetime | None]
