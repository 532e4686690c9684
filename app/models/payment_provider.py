"""What passes between the exchange and its provider of card payments: calls, events, and how the two lists compare."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.identity import uuid7

CALL_KINDS = ("account", "account_link", "checkout", "end_checkout", "refund", "fee_checkout", "fee_end")
CALL_STATES = ("waiting", "done", "refused")
EVENT_STATES = ("waiting", "handled", "ignored", "refused")


class PayeeAccount(Base):
    """A seller's account at the provider. `told_at` is the time of the newest news: older news changes nothing."""

    __tablename__ = "payee_account"
    __table_args__ = (Index("uq_payee_account_external", "external_id", unique=True),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    external_id: Mapped[str]
    charges_enabled: Mapped[bool] = mapped_column(default=False)
    payouts_enabled: Mapped[bool] = mapped_column(default=False)
    details_submitted: Mapped[bool] = mapped_column(default=False)
    told_at: Mapped[datetime]


class PaymentCall(Base):
    """One call to the provider: written with its idempotency key before it is made, completed when it was answered."""

    __tablename__ = "payment_call"
    __table_args__ = (
        Index("uq_payment_call_key", "idempotency_key", unique=True),
        Index("ix_payment_call_payment", "payment_id", "kind", "asked_at"),
        Index("ix_payment_call_organisation", "organisation_id", "kind", "asked_at"),
        Index("ix_payment_call_waiting", "asked_at", "id", postgresql_where=text("state = 'waiting'")),
        CheckConstraint(f"kind IN {CALL_KINDS}", name="kind"),
        CheckConstraint(f"state IN {CALL_STATES}", name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    kind: Mapped[str]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("payment.id"))
    idempotency_key: Mapped[str]
    request: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default="waiting")
    external_id: Mapped[str | None]
    url: Mapped[str | None]
    expires_at: Mapped[datetime | None]
    error: Mapped[str | None]
    asked_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class PaymentEvent(Base):
    """What a provider told us, as it was told. The same event told again is the same row."""

    __tablename__ = "payment_event"
    __table_args__ = (
        UniqueConstraint("source", "event_id"),
        Index("ix_payment_event_received", "received_at", "id"),
        Index("ix_payment_event_open", "received_at", "id", postgresql_where=text("state IN ('waiting', 'refused')")),
        CheckConstraint(f"state IN {EVENT_STATES}", name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    source: Mapped[str]
    event_id: Mapped[str]
    kind: Mapped[str]
    account: Mapped[str | None]
    happened_at: Mapped[datetime]
    payload: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(default="waiting")
    error: Mapped[str | None]
    received_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]


class PayoutSeen(Base):
    """Money on its way from a seller's account at the provider to its bank, as the provider told it."""

    __tablename__ = "payout_seen"
    __table_args__ = (Index("ix_payout_seen_organisation", "organisation_id", "arrives_on", "external_id"),)

    external_id: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    state: Mapped[str]
    arrives_on: Mapped[date]
    told_at: Mapped[datetime]


class Reconciliation(Base):
    """One comparison of our ledger with the provider's own list, over [since, until)."""

    __tablename__ = "reconciliation"
    __table_args__ = (Index("ix_reconciliation_at", "at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    source: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime]
    at: Mapped[datetime]
    compared: Mapped[int]
    differences: Mapped[int]


class ReconciliationDifference(Base):
    """Something that only one list has, or that the two have differently. Amounts are minor units of their currency."""

    __tablename__ = "reconciliation_difference"
    __table_args__ = (
        PrimaryKeyConstraint("reconciliation_id", "line"),
        CheckConstraint("kind IN ('missing_here', 'missing_there', 'differs')", name="kind"),
    )

    reconciliation_id: Mapped[UUID] = mapped_column(ForeignKey("reconciliation.id"))
    line: Mapped[int]
    kind: Mapped[str]
    movement: Mapped[str]
    external_id: Mapped[str]
    payment_number: Mapped[str]
    our_amount: Mapped[int | None] = mapped_column(BigInteger)
    our_currency: Mapped[str | None]
    their_amount: Mapped[int | None] = mapped_column(BigInteger)
    their_currency: Mapped[str | None]
