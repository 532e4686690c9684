"""Webhooks of partners: where to tell them that something has changed, and the log of telling."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.identity import new_public_id, uuid7

DELIVERY_STATES = ("waiting", "delivered", "failed")
DISABLED_FOR = ("failing", "gone")


class PartnerSubscription(Base):
    """An address of a partner that is told of changes.

    Attributes:
        generation: which of its secrets is the present one; they are derived, never stored (app/exchange/pings.py).
        rotated_at: since when; the one before stays good for a day.
        position: up to where in the feed it was told.
        disabled_for: why nothing is sent any more; None while it is active.
    """

    __tablename__ = "partner_subscription"
    __table_args__ = (
        Index("uq_partner_subscription_public_id", "public_id", unique=True),
        Index("uq_partner_subscription_address", "partner_id", "address", unique=True),
        CheckConstraint(f"disabled_for IN {DISABLED_FOR}", name="disabled_for"),
        CheckConstraint("(disabled_for IS NULL) = (disabled_at IS NULL)", name="disabled"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    public_id: Mapped[str] = mapped_column(default=new_public_id)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"))
    address: Mapped[str]
    generation: Mapped[int] = mapped_column(default=1)
    rotated_at: Mapped[datetime | None]
    position: Mapped[int] = mapped_column(BigInteger, default=0)
    disabled_for: Mapped[str | None]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Delivery(Base):
    """One ping: the same id and body at every attempt, so that a receiver knows it again."""

    __tablename__ = "subscription_delivery"
    __table_args__ = (
        Index("uq_subscription_delivery_message", "message_id", unique=True),
        # One at a time is under way; what changes meanwhile is told by the next.
        Index(
            "uq_subscription_delivery_waiting",
            "subscription_id",
            unique=True,
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_subscription_delivery_log", "subscription_id", "created_at", "id"),
        CheckConstraint(f"state IN {DELIVERY_STATES}", name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    subscription_id: Mapped[UUID] = mapped_column(ForeignKey("partner_subscription.id"))
    message_id: Mapped[str]
    body: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default="waiting")
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    round: Mapped[int] = mapped_column(SmallInteger, default=1)
    next_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class DeliveryAttempt(Base):
    """One try: what the receiver answered, or why it was not reached."""

    __tablename__ = "subscription_attempt"
    __table_args__ = (PrimaryKeyConstraint("delivery_id", "sequence"),)

    delivery_id: Mapped[UUID] = mapped_column(ForeignKey("subscription_delivery.id"))
    sequence: Mapped[int] = mapped_column(SmallInteger)
    at: Mapped[datetime]
    status: Mapped[int | None]
    fault: Mapped[str] = mapped_column(default="")
    took_ms: Mapped[int]
