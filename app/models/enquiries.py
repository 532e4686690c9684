"""Quote requests, quotes, acceptances and the conversation: "Quote flow" of the design.

Snapshot columns stand beside foreign keys, so a document never changes because a listing did.
"""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Numeric,
    PrimaryKeyConstraint,
    Sequence,
    SmallInteger,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.identity import new_public_id, uuid7

REQUEST_STATES = (
    "sent",
    "acknowledged",
    "clarifying",
    "quoted",
    "declined",
    "accepted",
    "rejected",
    "withdrawn",
    "lapsed",
    "undelivered",
)
DECLINE_REASONS = (
    "too_early",
    "benefit_unclear",
    "commercial_route_unclear",
    "description_unclear",
    "outside_strategy",
    "already_solved",
    "price",
    "no_capacity",
    "other",
)
REJECT_REASONS = ("price", "lead_time", "terms", "does_not_fit", "chose_another", "no_longer_needed", "other")

# Feeds the NNNNNN of request numbers. A rolled-back request leaves a gap, which harms nobody.
REQUEST_NUMBERS = Sequence("quote_request_number_seq", metadata=Base.metadata)


class QuoteRequest(Base):
    """A buyer's request to one holder about one listing. `number` is what people call it by: YYYY-NNNNNN.

    `awaits` says whose turn it is (holder or buyer; null once closed). `form_key` names the form it was sent by, so
    that a form sent twice makes one request. `round_id` is the buyer's alone: what the holder sees never tells of it.
    `criteria` are texts that success is measured by, `questions` codes of app/features/enquiries/questions.py.
    """

    __tablename__ = "quote_request"
    __table_args__ = (
        Index("uq_quote_request_number", "number", unique=True),
        Index("uq_quote_request_public_id", "public_id", unique=True),
        Index("ix_quote_request_buyer", "buyer_organisation_id", "updated_at", "id"),
        Index("ix_quote_request_holder", "holder_organisation_id", "updated_at", "id"),
        Index("ix_quote_request_listing", "listing_id"),
        Index("ix_quote_request_round", "round_id", postgresql_where=text("round_id IS NOT NULL")),
        Index("ix_quote_request_awaits_buyer", "buyer_organisation_id", postgresql_where=text("awaits = 'buyer'")),
        Index("ix_quote_request_awaits_holder", "holder_organisation_id", postgresql_where=text("awaits = 'holder'")),
        Index("ix_quote_request_newest", "updated_at", "id"),
        Index(
            "uq_quote_request_form",
            "sent_by_id",
            "form_key",
            unique=True,
            postgresql_where=text("form_key IS NOT NULL"),
        ),
        CheckConstraint(f"state IN {REQUEST_STATES}", name="state"),
        CheckConstraint("awaits IN ('buyer', 'holder')", name="awaits"),
        CheckConstraint("buyer_organisation_id <> holder_organisation_id", name="two_sides"),
    )
    __journal__ = "quote_request"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    public_id: Mapped[str] = mapped_column(default=new_public_id)
    number: Mapped[str]
    state: Mapped[str] = mapped_column(default="sent")
    awaits: Mapped[str | None] = mapped_column(default="holder")
    form_key: Mapped[str | None]
    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"))
    listing_version: Mapped[int]
    listing_title: Mapped[str]
    listing_kind: Mapped[str]
    need_id: Mapped[UUID | None] = mapped_column(ForeignKey("listing.id"))
    need_title: Mapped[str | None]
    buyer_organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    buyer_name: Mapped[str]
    holder_organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    holder_name: Mapped[str]
    # Nobody here of a request that came from another exchange.
    sent_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    message: Mapped[str] = mapped_column(default="")
    wanted_date: Mapped[date | None]
    round_id: Mapped[UUID | None] = mapped_column(ForeignKey("quote_round.id"))
    answer_by: Mapped[date | None]
    criteria: Mapped[list[str]] = mapped_column(default=list, server_default=text("'{}'"))
    questions: Mapped[list[str]] = mapped_column(default=list, server_default=text("'{}'"))
    sent_at: Mapped[datetime]
    acknowledged_at: Mapped[datetime | None]
    first_answer_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    decline_reason: Mapped[str | None]
    decline_note: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime]


class QuoteRequestItem(Base):
    """What is asked for. `tiers`: further quantities to price, as decimal strings. `target_price`: per unit, minor."""

    __tablename__ = "quote_request_item"
    __table_args__ = (
        Index("uq_quote_request_item_position", "request_id", "position", unique=True),
        CheckConstraint("quantity > 0", name="quantity"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("quote_request.id"))
    position: Mapped[int] = mapped_column(SmallInteger)
    description: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 3))
    unit: Mapped[str]
    tiers: Mapped[list[Any]] = mapped_column(default=list)
    target_price: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(default="VND")


class Quote(Base):
    """One revision of the holder's answer. Immutable once sent; a change is the next revision.

    Unit prices are without tax; `tax_percent` null means that tax is not stated. `ownership_costs` helps to compare
    and is no part of the price: amounts in minor units by name, and `years` of expected use. `exchange_rate` is what
    one whole unit of `currency` is worth in the currency asked for, where that is another. `fulfilment` answers the
    request's criteria in their order ({met, note}), `replies` its questions by code. `version` counts the
    savings of a draft, `form_key` names the form that sent it. What a draft says so far stands in `draft`; offers are
    written when it is sent, and never changed.
    """

    __tablename__ = "quote"
    __table_args__ = (
        Index("uq_quote_revision", "request_id", "revision", unique=True),
        Index("uq_quote_open", "request_id", unique=True, postgresql_where=text("state = 'sent'")),
        Index("uq_quote_draft", "request_id", unique=True, postgresql_where=text("state = 'draft'")),
        Index("ix_quote_lapsing", "valid_until", postgresql_where=text("state = 'sent'")),
        CheckConstraint("state IN ('draft', 'sent', 'superseded', 'accepted', 'rejected', 'lapsed')", name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("quote_request.id"))
    revision: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str] = mapped_column(default="draft")
    currency: Mapped[str] = mapped_column(default="VND")
    valid_until: Mapped[date | None]
    terms: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    tax_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    ownership_costs: Mapped[dict[str, Any]] = mapped_column(default=dict)
    exchange_rate: Mapped[Decimal | None] = mapped_column(Numeric(20, 8))
    exchange_rate_date: Mapped[date | None]
    exchange_rate_source: Mapped[str] = mapped_column(default="", server_default="")
    fulfilment: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'"))
    replies: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    draft: Mapped[dict[str, Any]] = mapped_column(default=dict)
    version: Mapped[int] = mapped_column(default=1)
    form_key: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    rejected_reason: Mapped[str | None]
    rejected_note: Mapped[str] = mapped_column(default="")


class QuoteOffer(Base):
    """One offer line answering one request item (several may answer the same), or saying it is not available."""

    __tablename__ = "quote_offer"
    __table_args__ = (
        Index("uq_quote_offer_position", "quote_id", "position", unique=True),
        CheckConstraint("unit_price >= 0", name="unit_price"),
        CheckConstraint("role IN ('main', 'alternative', 'option')", name="role"),
        CheckConstraint("(available AND unit_price IS NOT NULL) OR NOT available", name="priced"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    quote_id: Mapped[UUID] = mapped_column(ForeignKey("quote.id"))
    item_id: Mapped[UUID] = mapped_column(ForeignKey("quote_request_item.id"))
    position: Mapped[int] = mapped_column(SmallInteger)
    available: Mapped[bool] = mapped_column(default=True)
    role: Mapped[str] = mapped_column(default="main", server_default="main")
    description: Mapped[str] = mapped_column(default="")
    replacement: Mapped[str] = mapped_column(default="")
    unit_price: Mapped[int | None] = mapped_column(BigInteger)
    quantity_from: Mapped[Decimal] = mapped_column(Numeric(18, 3), default=Decimal(1))
    lead_time_days: Mapped[int | None]
    terms: Mapped[str] = mapped_column(default="")


class Acceptance(Base):
    """That the buyer accepted one quote, in principle. Its own record, once per request.

    Minor units: `net` is the sum of the lines, `tax` the tax on it, `total` both together, rounded as
    app/features/enquiries/sums.py says.
    """

    __tablename__ = "acceptance"
    __table_args__ = (
        Index("uq_acceptance_quote", "quote_id", unique=True),
        Index("uq_acceptance_request", "request_id", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("quote_request.id"))
    quote_id: Mapped[UUID] = mapped_column(ForeignKey("quote.id"))
    accepted_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    accepted_by_name: Mapped[str]
    accepted_at: Mapped[datetime]
    currency: Mapped[str]
    net: Mapped[int] = mapped_column(BigInteger)
    tax_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    tax: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int] = mapped_column(BigInteger)
    note: Mapped[str] = mapped_column(default="")


class AcceptanceLine(Base):
    """Which offer, in what quantity, at what price: a snapshot, `amount` being quantity × price in minor units."""

    __tablename__ = "acceptance_line"
    __table_args__ = (PrimaryKeyConstraint("acceptance_id", "offer_id"),)

    acceptance_id: Mapped[UUID] = mapped_column(ForeignKey("acceptance.id"))
    offer_id: Mapped[UUID] = mapped_column(ForeignKey("quote_offer.id"))
    position: Mapped[int] = mapped_column(SmallInteger)
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 3))
    unit: Mapped[str]
    unit_price: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[int] = mapped_column(BigInteger)
    description: Mapped[str]


class EnquiryMessage(Base):
    """A message in the conversation of one quote request.

    `language` is what it was written in, as far as its letters tell, so that a reader or a translation can be told it.
    """

    __tablename__ = "enquiry_message"
    __table_args__ = (
        Index("ix_enquiry_message_request", "request_id", "at", "id"),
        Index("uq_enquiry_message_form", "request_id", "form_key", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("quote_request.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    body: Mapped[str]
    language: Mapped[str | None]
    form_key: Mapped[str | None]
    at: Mapped[datetime]


class EnquiryFile(Base):
    """A file sent with a request or a message; both parties may read it, nobody else."""

    __tablename__ = "enquiry_file"
    __table_args__ = (
        Index("ix_enquiry_file_request", "request_id"),
        Index("uq_enquiry_file_public_id", "public_id", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    public_id: Mapped[str] = mapped_column(default=new_public_id)
    request_id: Mapped[UUID] = mapped_column(ForeignKey("quote_request.id"))
    message_id: Mapped[UUID | None] = mapped_column(ForeignKey("enquiry_message.id"))
    quote_id: Mapped[UUID | None] = mapped_column(ForeignKey("quote.id"))
    filename: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    storage_key: Mapped[str]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    created_at: Mapped[datetime]


class QuoteRequestHistory(Base):
    """One move of a quote request through its states."""

    __tablename__ = "quote_request_history"
    __table_args__ = (PrimaryKeyConstraint("quote_request_id", "sequence"),)

    quote_request_id: Mapped[UUID] = mapped_column(ForeignKey("quote_request.id"))
    sequence: Mapped[int]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    move: Mapped[str]
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(default="")
    reasons: Mapped[dict[str, Any]] = mapped_column(default=dict)
