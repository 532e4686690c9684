"""What somebody typed before they were signed in, kept for the hour that signing in may take."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class HeldForm(Base):
    """The fields of one form. Only the SHA-256 of the cookie's token is kept; `path` is the page it belongs to."""

    __tablename__ = "held_form"
    __table_args__ = (Index("ix_held_form_expires_at", "expires_at"),)

    token_sha256: Mapped[str] = mapped_column(primary_key=True)
    path: Mapped[str]
    fields: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
