"""What partners push to us: receipts, and the nonces that were used up."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base


class InboxNonce(Base):
    """A nonce that a partner signed with: good once. Forgotten when its signature would be too old anyway."""

    __tablename__ = "inbox_nonce"
    __table_args__ = (PrimaryKeyConstraint("partner_id", "nonce"), Index("ix_inbox_nonce_at", "at"))

    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"))
    nonce: Mapped[str]
    at: Mapped[datetime]


class InboxReceipt(Base):
    """What became of a push. `id` is a random token: who knows it may read it.

    `outcomes`: one object for each record, with its key, what was done and, where it was not taken, why.
    """

    __tablename__ = "inbox_receipt"
    __table_args__ = (Index("ix_inbox_receipt_partner", "partner_id", "received_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"))
    run_id: Mapped[UUID] = mapped_column(ForeignKey("taking_run.id"))
    received_at: Mapped[datetime]
    outcomes: Mapped[list[Any]]
