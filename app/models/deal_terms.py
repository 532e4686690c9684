"""What the sides negotiate before a contract: its terms, version by version; and what the law asks of it."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Numeric, PrimaryKeyConstraint, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.identity import uuid7

TERMS_STATES = ("open", "agreed", "declined", "withdrawn", "countered")
PAYMENT_FORMS = ("lump_sum", "royalty", "fee_and_royalty")
ROYALTY_BASES = ("net_sales", "gross_sales", "profit", "savings")
ROYALTY_PERIODS = ("month", "quarter", "half_year", "year")


class DealTerms(Base):
    """One version of the terms: proposed by one side, in force once the other agrees, until the contract is signed.

    `lump_sum` and `minimum` (the least royalty of a period) are in minor units of the deal's currency;
    `royalty_percent` is of `royalty_base`. A proposal that was answered by another one is `countered`.
    """

    __tablename__ = "deal_terms"
    __table_args__ = (
        PrimaryKeyConstraint("deal_id", "revision"),
        Index("uq_deal_terms_open", "deal_id", unique=True, postgresql_where=text("state = 'open'")),
        CheckConstraint(f"state IN {TERMS_STATES}", name="state"),
        CheckConstraint("side IN ('buyer', 'holder')", name="side"),
        CheckConstraint(f"payment_form IN {PAYMENT_FORMS}", name="payment_form"),
        CheckConstraint(f"royalty_base IN {ROYALTY_BASES}", name="royalty_base"),
        CheckConstraint(f"royalty_period IN {ROYALTY_PERIODS}", name="royalty_period"),
        CheckConstraint("(payment_form = 'royalty') = (lump_sum IS NULL)", name="lump_sum"),
        CheckConstraint(
            "(payment_form = 'lump_sum') = (royalty_percent IS NULL) AND "
            "(royalty_percent IS NULL) = (royalty_base IS NULL) AND "
            "(royalty_percent IS NULL) = (royalty_period IS NULL)",
            name="royalty",
        ),
        CheckConstraint("royalty_percent > 0 AND royalty_percent <= 100", name="royalty_percent"),
    )
    __journal__ = "deal"
    __journal_key__ = "deal_id"

    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deal.id"))
    revision: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str] = mapped_column(default="open")
    side: Mapped[str]
    transfer_forms: Mapped[list[str]]
    territory: Mapped[str]
    term_years: Mapped[int | None] = mapped_column(SmallInteger)
    payment_form: Mapped[str]
    lump_sum: Mapped[int | None] = mapped_column(BigInteger)
    royalty_percent: Mapped[Decimal | None] = mapped_column(Numeric(7, 4))
    royalty_base: Mapped[str | None]
    royalty_period: Mapped[str | None]
    royalty_years: Mapped[int | None] = mapped_column(SmallInteger)
    minimum: Mapped[int | None] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(default="")
    proposed_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime]
    decided_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(default="")


class DealLegalCheck(Base):
    """One run of the legal pre-check: the answers, under which rules, and what came of it. The newest one holds.

    `findings` are the codes of the rules that applied; `blocked` says that the law forbids the transfer.
    """

    __tablename__ = "deal_legal_check"
    __table_args__ = (
        Index("ix_deal_legal_check_deal", "deal_id", "checked_at", "id"),
        CheckConstraint("side IN ('buyer', 'holder')", name="side"),
    )
    __journal__ = "deal"
    __journal_key__ = "deal_id"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deal.id"))
    rules_version: Mapped[str]
    answers: Mapped[dict[str, Any]]
    findings: Mapped[list[str]]
    must_register: Mapped[bool]
    blocked: Mapped[bool]
    side: Mapped[str]
    checked_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    checked_at: Mapped[datetime]


class DealRegistration(Base):
    """That a signed contract has to be registered, until when, and how that stands. Once for a deal."""

    __tablename__ = "deal_registration"
    __table_args__ = (
        Index("ix_deal_registration_due", "due_on", "deal_id", postgresql_where=text("filed_on IS NULL")),
        CheckConstraint("(certificate_number IS NULL) = (certificate_on IS NULL)", name="certificate"),
    )
    __journal__ = "deal"
    __journal_key__ = "deal_id"

    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deal.id"), primary_key=True)
    due_on: Mapped[date | None]
    filed_on: Mapped[date | None]
    certificate_number: Mapped[str | None]
    certificate_on: Mapped[date | None]
    certificate_file_id: Mapped[UUID | None] = mapped_column(ForeignKey("deal_file.id"))
    refused_on: Mapped[date | None]
