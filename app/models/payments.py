"""Payments a seller asks for on a deal, and the ledger of what was seen to move. The operator never holds the money."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Sequence,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.identity import uuid7

PAYMENT_KINDS = ("deposit", "milestone", "balance", "royalty")
PAYMENT_STATES = (
    "asked",
    "reported",
    "part_paid",
    "paid",
    "partly_refunded",
    "refunded",
    "disputed",
    "charged_back",
    "cancelled",
)
ENTRY_KINDS = ("charge", "refund", "refund_returned", "dispute", "dispute_won", "dispute_lost", "fee")
ENTRY_SOURCES = ("hand", "statement", "stripe")
ROW_VERDICTS = ("full", "part", "over", "settled", "closed", "unknown", "outgoing", "known")

# Feeds the NNNNNN of payment numbers. A rolled-back payment leaves a gap, which harms nobody.
PAYMENT_NUMBERS = Sequence("payment_number_seq", metadata=Base.metadata)


class Payment(Base):
    """A payment asked for on a deal: TT-YYYY-NNNNNN. `amount` is in minor units of `currency`.

    Names and the bank account are snapshots, so that what the buyer was told to pay to never changes silently.
    `reference` is the text by which a bank transfer is recognised.
    """

    __tablename__ = "payment"
    __table_args__ = (
        Index("uq_payment_number", "number", unique=True),
        Index("uq_payment_reference", "reference", unique=True),
        Index("uq_payment_form", "holder_organisation_id", "form_key", unique=True),
        Index("ix_payment_deal", "deal_id", "asked_at"),
        Index("ix_payment_buyer", "buyer_organisation_id", "updated_at", "id"),
        Index("ix_payment_holder", "holder_organisation_id", "updated_at", "id"),
        UniqueConstraint("id", "currency"),
        CheckConstraint(f"kind IN {PAYMENT_KINDS}", name="kind"),
        CheckConstraint(f"state IN {PAYMENT_STATES}", name="state"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("(bank_bin IS NULL) = (bank_account IS NULL)", name="bank"),
    )
    __journal__ = "payment"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    number: Mapped[str]
    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deal.id"))
    milestone_id: Mapped[UUID | None] = mapped_column(ForeignKey("deal_milestone.id"))
    deal_number: Mapped[str]
    listing_title: Mapped[str]
    buyer_organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    buyer_name: Mapped[str]
    holder_organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    holder_name: Mapped[str]
    kind: Mapped[str]
    description: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    due_on: Mapped[date | None]
    state: Mapped[str] = mapped_column(default="asked")
    reference: Mapped[str]
    bank_bin: Mapped[str | None]
    bank_account: Mapped[str | None]
    bank_holder: Mapped[str | None]
    form_key: Mapped[str]
    asked_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime]


class PaymentHistory(Base):
    """One move of a payment through its states."""

    __tablename__ = "payment_history"
    __table_args__ = (PrimaryKeyConstraint("payment_id", "sequence"),)

    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payment.id"))
    sequence: Mapped[int]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    move: Mapped[str]
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(default="")
    reasons: Mapped[dict[str, Any]] = mapped_column(default=dict)


class PaymentEntry(Base):
    """One movement of money that was seen. Written once: a trigger of the database refuses to change or remove it.

    `amount` is positive minor units, the kind says which way; the currency is that of the payment (a foreign key on
    both). The same movement cannot be written twice: (source, kind, external_id) is unique.
    """

    __tablename__ = "payment_entry"
    __table_args__ = (
        UniqueConstraint("source", "kind", "external_id"),
        ForeignKeyConstraint(["payment_id", "currency"], ["payment.id", "payment.currency"]),
        Index("ix_payment_entry_payment", "payment_id", "noted_at", "id"),
        Index("ix_payment_entry_noted", "source", "noted_at", "id"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint(f"kind IN {ENTRY_KINDS}", name="kind"),
        CheckConstraint(f"source IN {ENTRY_SOURCES}", name="source"),
    )
    __journal__ = "payment"
    __journal_key__ = "payment_id"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    payment_id: Mapped[UUID]
    currency: Mapped[str]
    kind: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    source: Mapped[str]
    external_id: Mapped[str]
    happened_at: Mapped[datetime]
    noted_at: Mapped[datetime]
    noted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(default="")


class BankAccount(Base):
    """Where an organisation takes bank transfers. Changing it takes an owner's password; payments keep a snapshot."""

    __tablename__ = "bank_account"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    bank_bin: Mapped[str]
    number: Mapped[str]
    holder: Mapped[str]
    confirmed_at: Mapped[datetime]
    confirmed_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    version: Mapped[int] = mapped_column(default=1)


class BankStatement(Base):
    """A statement a seller uploaded, read but not yet (or already) applied. The same file is the same statement."""

    __tablename__ = "bank_statement"
    __table_args__ = (
        UniqueConstraint("organisation_id", "sha256"),
        Index("uq_bank_statement_public", "public_id", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    public_id: Mapped[str]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    sha256: Mapped[str]
    filename: Mapped[str]
    layout: Mapped[str]
    uploaded_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    uploaded_at: Mapped[datetime]
    applied_at: Mapped[datetime | None]


class BankStatementRow(Base):
    """One line of a statement. `amount` is in đồng, negative for money that went out.

    `fingerprint` names the movement within the organisation whichever file it comes in; `entry_id` is what it became.
    """

    __tablename__ = "bank_statement_row"
    __table_args__ = (
        PrimaryKeyConstraint("statement_id", "line"),
        Index("ix_bank_statement_row_fingerprint", "fingerprint"),
    )

    statement_id: Mapped[UUID] = mapped_column(ForeignKey("bank_statement.id"))
    line: Mapped[int]
    booked_on: Mapped[date]
    amount: Mapped[int] = mapped_column(BigInteger)
    text: Mapped[str]
    fingerprint: Mapped[str]
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("payment.id"))
    entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("payment_entry.id"))
