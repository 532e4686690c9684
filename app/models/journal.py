"""The journal: one ordered log of what changed, how far each reader has come, and what one has left for later."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class JournalEntry(Base):
    """A change. `id` is taken at INSERT and proves nothing about order of commit; `position` is given when read."""

    __tablename__ = "journal"
    __table_args__ = (
        Index("ix_journal_unsequenced", "id", postgresql_where=text("position IS NULL")),
        Index("ix_journal_position", "position", unique=True),
        Index("ix_journal_entity", "entity", "entity_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    position: Mapped[int | None] = mapped_column(BigInteger)
    entity: Mapped[str]
    entity_id: Mapped[UUID]
    action: Mapped[str]
    actor_id: Mapped[UUID | None]
    at: Mapped[datetime]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class JournalCursor(Base):
    """How far one consumer has read: every entry with position ≤ `position` is dealt with, or left for later.

    Attributes:
        taken_up: of how much of what it had left for later it has dealt with, ever.
    """

    __tablename__ = "journal_cursor"

    consumer: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, default=0)
    taken_up: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    updated_at: Mapped[datetime]


class JournalWaiting(Base):
    """Something a consumer has to look at though no entry names it: what it belongs to changed. See waiting.py.

    Attributes:
        since: when it was left last; tells whoever looked at it meanwhile that it is to be looked at again.
    """

    __tablename__ = "journal_waiting"

    consumer: Mapped[str] = mapped_column(primary_key=True)
    entity_id: Mapped[UUID] = mapped_column(primary_key=True)
    since: Mapped[datetime]
