"""Work with a due time, kept in the database."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.identity import uuid7


class Job(Base):
    """One piece of work. `state`: ready → running → done | ready again (back-off) | dead (for the operator to see)."""

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_due", "due_at", "id", postgresql_where=text("state = 'ready'")),
        Index("ix_job_leased", "leased_until", postgresql_where=text("state = 'running'")),
        Index("uq_job_key", "key", unique=True, postgresql_where=text("key IS NOT NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    kind: Mapped[str]
    key: Mapped[str | None]
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(default="ready")
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=8)
    leased_until: Mapped[datetime | None]
    last_error: Mapped[str | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class WorkerHeartbeat(Base):
    """When each worker was last alive; /readyz looks here."""

    __tablename__ = "worker_heartbeat"

    worker: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    started_at: Mapped[datetime]
