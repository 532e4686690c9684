"""Non-disclosure agreements: who asked, the exact text, both signatures, who may read, and what is open to them.

What was read, by whom and when, stands in `audit` (entity "nda", action "read"): written once, never changed.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, Sequence, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.identity import new_public_id, uuid7

NDA_STATES = (
    "requested",
    "fixed",
    "signed_by_one",
    "active",
    "declined",
    "withdrawn",
    "expired",
    "revoked",
)
SIDES = ("discloser", "recipient")
DISCLOSURES = ("name", "contact", "text", "file")

# Feeds the NNNNNN of agreement numbers. A rolled-back request leaves a gap, which harms nobody.
NDA_NUMBERS = Sequence("nda_number_seq", metadata=Base.metadata)


class Nda(Base):
    """An agreement about one listing between its organisation (discloser) and another (recipient): NDA-YYYY-NNNNNN.

    `anonymous` is set when the listing hid its organisation as the agreement was asked for: the text then does not
    name the discloser, and the recipient learns it by a disclosure only. `text` is the exact text that both sign,
    `text_sha256` the SHA-256 of its UTF-8 bytes. `active_until` is the last day (Vietnamese time) it opens anything.
    """

    __tablename__ = "nda"
    __table_args__ = (
        Index("uq_nda_number", "number", unique=True),
        Index("uq_nda_public_id", "public_id", unique=True),
        Index("uq_nda_form", "requested_by_id", "form_key", unique=True),
        Index(
            "uq_nda_pending",
            "listing_id",
            "recipient_organisation_id",
            unique=True,
            postgresql_where=text("state IN ('requested', 'fixed', 'signed_by_one')"),
        ),
        Index("ix_nda_listing", "listing_id", "recipient_organisation_id"),
        Index("ix_nda_discloser", "discloser_organisation_id", "updated_at", "id"),
        Index("ix_nda_recipient", "recipient_organisation_id", "updated_at", "id"),
        Index("ix_nda_ending", "active_until", "id", postgresql_where=text("state = 'active'")),
        CheckConstraint(f"state IN {NDA_STATES}", name="state"),
        CheckConstraint("discloser_organisation_id <> recipient_organisation_id", name="two_sides"),
        CheckConstraint(
            "state IN ('requested', 'declined', 'withdrawn') OR (text IS NOT NULL AND text_sha256 IS NOT NULL "
            "AND active_until IS NOT NULL)",
            name="fixed_text",
        ),
    )
    __journal__ = "nda"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    public_id: Mapped[str] = mapped_column(default=new_public_id)
    number: Mapped[str]
    state: Mapped[str] = mapped_column(default="requested")
    form_key: Mapped[str]
    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"))
    listing_title: Mapped[str]
    listing_kind: Mapped[str]
    anonymous: Mapped[bool] = mapped_column(default=False)
    discloser_organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    discloser_name: Mapped[str]
    recipient_organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    recipient_name: Mapped[str]
    requested_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    purpose: Mapped[str]
    requested_at: Mapped[datetime]

    template_version: Mapped[str | None]
    language: Mapped[str | None]
    special_terms: Mapped[str] = mapped_column(default="")
    secrecy_years: Mapped[int | None] = mapped_column(SmallInteger)
    text: Mapped[str | None]
    text_sha256: Mapped[str | None]
    fixed_at: Mapped[datetime | None]
    active_until: Mapped[date | None]
    activated_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime]


class NdaReader(Base):
    """Somebody of the recipient whom the text names: only these read, while they act for the recipient."""

    __tablename__ = "nda_reader"
    __table_args__ = (PrimaryKeyConstraint("nda_id", "person_id"), Index("ix_nda_reader_person", "person_id"))
    __journal__ = "nda"
    __journal_key__ = "nda_id"

    nda_id: Mapped[UUID] = mapped_column(ForeignKey("nda.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str]
    removed_at: Mapped[datetime | None]


class NdaSignature(Base):
    """One side's signature, as evidence: who, as what, when, from which address, under which text."""

    __tablename__ = "nda_signature"
    __table_args__ = (PrimaryKeyConstraint("nda_id", "side"), CheckConstraint(f"side IN {SIDES}", name="side"))
    __journal__ = "nda"
    __journal_key__ = "nda_id"

    nda_id: Mapped[UUID] = mapped_column(ForeignKey("nda.id"))
    side: Mapped[str]
    organisation_name: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    email: Mapped[str]
    typed_name: Mapped[str]
    role: Mapped[str]
    text_sha256: Mapped[str]
    address: Mapped[str | None]
    signed_at: Mapped[datetime]


class NdaDisclosure(Base):
    """One thing the discloser opened by its own act: its name, a contact, the confidential text, one file.

    A name or contact once told stays told; text and files may be closed again.
    """

    __tablename__ = "nda_disclosure"
    __table_args__ = (
        Index(
            "uq_nda_disclosure_open",
            "nda_id",
            "kind",
            "file_id",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_nda_disclosure_file", "file_id", postgresql_where=text("file_id IS NOT NULL")),
        CheckConstraint(f"kind IN {DISCLOSURES}", name="kind"),
        CheckConstraint("(kind = 'file') = (file_id IS NOT NULL)", name="file_named"),
    )
    __journal__ = "nda"
    __journal_key__ = "nda_id"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    nda_id: Mapped[UUID] = mapped_column(ForeignKey("nda.id"))
    kind: Mapped[str]
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("listing_confidential_file.id"))
    contact: Mapped[str] = mapped_column(default="")
    opened_at: Mapped[datetime]
    opened_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    closed_at: Mapped[datetime | None]


class NdaHistory(Base):
    """One move of an agreement through its states. `reasons` of a fixing hold the hash and version of its text."""

    __tablename__ = "nda_history"
    __table_args__ = (PrimaryKeyConstraint("nda_id", "sequence"),)

    nda_id: Mapped[UUID] = mapped_column(ForeignKey("nda.id"))
    sequence: Mapped[int]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    move: Mapped[str]
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(default="")
    reasons: Mapped[dict[str, Any]] = mapped_column(default=dict)
