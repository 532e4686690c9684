"""What officials did, and reads that must be accounted for."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.identity import uuid7


class AuditEntry(Base):
    """One act by an operator (or a sensitive read by anyone). Append-only."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_entity", "entity", "entity_id", "at"), Index("ix_audit_at", "at"))

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None]
    action: Mapped[str]
    entity: Mapped[str]
    entity_id: Mapped[UUID | None]
    address: Mapped[str | None]
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)
