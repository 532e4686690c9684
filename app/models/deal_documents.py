"""Documents of a deal with versions, and the signatures of both sides under a version."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.identity import new_public_id, uuid7

DOCUMENT_KINDS = ("contract", "annex", "minutes", "other")


class DealDocument(Base):
    """A document of a deal; what it says stands in its versions."""

    __tablename__ = "deal_document"
    __table_args__ = (
        Index("uq_deal_document_public_id", "public_id", unique=True),
        Index("ix_deal_document_deal", "deal_id", "created_at", "id"),
        CheckConstraint(f"kind IN {DOCUMENT_KINDS}", name="kind"),
    )
    __journal__ = "deal"
    __journal_key__ = "deal_id"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    public_id: Mapped[str] = mapped_column(default=new_public_id)
    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deal.id"))
    kind: Mapped[str]
    title: Mapped[str]
    created_at: Mapped[datetime]


class DealDocumentVersion(Base):
    """One version: a file that is never changed. The newest version is the one to sign."""

    __tablename__ = "deal_document_version"
    __table_args__ = (PrimaryKeyConstraint("document_id", "version"),)
    __journal__ = "deal"
    __journal_key__ = "deal_id"

    document_id: Mapped[UUID] = mapped_column(ForeignKey("deal_document.id"))
    version: Mapped[int] = mapped_column(SmallInteger)
    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deal.id"))
    file_id: Mapped[UUID] = mapped_column(ForeignKey("deal_file.id"))
    note: Mapped[str] = mapped_column(default="")


class DealSignature(Base):
    """One side's signature under one version, as evidence: who, as what, when, from where, under which bytes."""

    __tablename__ = "deal_signature"
    __table_args__ = (
        PrimaryKeyConstraint("document_id", "version", "side"),
        CheckConstraint("side IN ('buyer', 'holder')", name="side"),
    )
    __journal__ = "deal"
    __journal_key__ = "deal_id"

    document_id: Mapped[UUID] = mapped_column(ForeignKey("deal_document.id"))
    version: Mapped[int] = mapped_column(SmallInteger)
    side: Mapped[str]
    deal_id: Mapped[UUID] = mapped_column(ForeignKey("deal.id"))
    organisation_name: Mapped[str]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    email: Mapped[str]
    typed_name: Mapped[str]
    role: Mapped[str]
    sha256: Mapped[str]
    address: Mapped[str | None]
    signed_at: Mapped[datetime]
