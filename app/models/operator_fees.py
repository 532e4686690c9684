"""What the operator itself charges: membership of an organisation, promotion of a listing; and the invoices for it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Sequence, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.identity import uuid7

FEE_PRODUCTS = ("membership", "promotion")
FEE_STATES = ("ordered", "active", "past_due", "ended")
INVOICE_STATES = ("open", "paid", "failed", "void")

# Feeds the NNNNNN of invoice numbers.
INVOICE_NUMBERS = Sequence("operator_invoice_number_seq", metadata=Base.metadata)


class OperatorFee(Base):
    """A subscription an organisation has with the operator, as the provider tells it. At most one of a kind at a time.

    `paid_until` is the end of the period the provider last told. `told_at`: older news changes nothing.
    """

    __tablename__ = "operator_fee"
    __table_args__ = (
        Index("uq_operator_fee_subscription", "subscription_id", unique=True),
        Index(
            "uq_operator_fee_open",
            "organisation_id",
            "product",
            text("coalesce(listing_id, organisation_id)"),
            unique=True,
            postgresql_where=text("state <> 'ended'"),
        ),
        Index("ix_operator_fee_organisation", "organisation_id", "ordered_at"),
        CheckConstraint(f"product IN {FEE_PRODUCTS}", name="product"),
        CheckConstraint(f"state IN {FEE_STATES}", name="state"),
        CheckConstraint("(product = 'promotion') = (listing_id IS NOT NULL)", name="listing"),
    )
    # Public pages show who is promoted and who is a member: they are made anew when the journal grows.
    __journal__ = "operator_fee"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    product: Mapped[str]
    listing_id: Mapped[UUID | None] = mapped_column(ForeignKey("listing.id"))
    state: Mapped[str] = mapped_column(default="ordered")
    subscription_id: Mapped[str | None]
    ends_with_period: Mapped[bool] = mapped_column(default=False)
    paid_until: Mapped[datetime | None]
    ordered_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    ordered_at: Mapped[datetime]
    told_at: Mapped[datetime | None]


class OperatorInvoice(Base):
    """An invoice of the operator: PT-YYYY-NNNNNN, with who it was for as it was then. Amounts in minor units."""

    __tablename__ = "operator_invoice"
    __table_args__ = (
        Index("uq_operator_invoice_number", "number", unique=True),
        Index("uq_operator_invoice_external", "external_id", unique=True),
        Index("ix_operator_invoice_organisation", "organisation_id", "issued_at", "id"),
        CheckConstraint(f"state IN {INVOICE_STATES}", name="state"),
        CheckConstraint("total >= 0", name="total"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    number: Mapped[str]
    external_id: Mapped[str]
    fee_id: Mapped[UUID] = mapped_column(ForeignKey("operator_fee.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    organisation_name: Mapped[str]
    tax_code: Mapped[str | None]
    product: Mapped[str]
    currency: Mapped[str]
    total: Mapped[int] = mapped_column(BigInteger)
    tax: Mapped[int] = mapped_column(BigInteger)
    lines: Mapped[list[Any]] = mapped_column(default=list)
    state: Mapped[str]
    issued_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
