"""Listings of every kind (supply and needs), their confidential part, files and history."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database import Base
from app.identity import new_public_id, uuid7
from app.models.organisations import Organisation

KINDS = ("technology", "equipment", "patent", "service", "need")
OFFER_KINDS = ("technology", "equipment", "patent", "service")
STATES = (
    "draft",
    "submitted",
    "returned",
    "published",
    "due",
    "stale",
    "archived",
    "withdrawn",
    "suspended",
    "transferred",
)
PUBLIC_STATES = ("published", "due", "stale")
VISIBILITIES = ("public", "anonymous", "invitation")
SHARES = ("all", "partners", "link_only", "none")

_IS_PUBLIC = "state IN ('published', 'due', 'stale') AND visibility <> 'invitation'"


class Listing(Base):
    """One listing. `title` … `description` are in `language`; the `_en` columns hold the English beside Vietnamese.

    Money is in minor units of `price_currency` (đồng has none: 1 is one đồng); for a need the price is its budget.
    `version` grows with every change and is the ETag. Canonical key: (authority, local_id).
    """

    __tablename__ = "listing"
    __table_args__ = (
        Index("uq_listing_key", "authority", "local_id", unique=True),
        Index("uq_listing_public_id", "public_id", unique=True),
        Index(
            "uq_listing_external",
            "organisation_id",
            "external_id",
            unique=True,
            postgresql_where=text("external_id IS NOT NULL"),
        ),
        Index("ix_listing_newest", "published_at", "id", postgresql_where=text(_IS_PUBLIC)),
        Index("ix_listing_newest_kind", "kind", "published_at", "id", postgresql_where=text(_IS_PUBLIC)),
        Index("ix_listing_region", "region", "published_at", "id", postgresql_where=text(_IS_PUBLIC)),
        Index("ix_listing_organisation", "organisation_id", "updated_at", "id"),
        Index(
            "ix_listing_confirm_due", "confirm_due_at", postgresql_where=text("state IN ('published', 'due', 'stale')")
        ),
        Index("ix_listing_state", "state", "updated_at", "id"),
        Index("ix_listing_submitted", "submitted_at", "id", postgresql_where=text("state = 'submitted'")),
        Index("ix_listing_recheck", "recheck_since", "id", postgresql_where=text("recheck_since IS NOT NULL")),
        Index("ix_listing_expires", "expires_at", postgresql_where=text("state IN ('published', 'due', 'stale')")),
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint(f"state IN {STATES}", name="state"),
        CheckConstraint(f"visibility IN {VISIBILITIES}", name="visibility"),
        CheckConstraint(f"share IN {SHARES}", name="share"),
        CheckConstraint("trl BETWEEN 1 AND 9", name="trl"),
        CheckConstraint("price_from <= price_to", name="price_range"),
        CheckConstraint("visibility = 'public' OR kind = 'need'", name="only_needs_hide"),
    )
    __journal__ = "listing"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    public_id: Mapped[str] = mapped_column(default=new_public_id)
    authority: Mapped[str]
    local_id: Mapped[str]
    external_id: Mapped[str | None]
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default="draft")
    slug: Mapped[str] = mapped_column(default="")
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    language: Mapped[str] = mapped_column(default="vi")
    title: Mapped[str] = mapped_column(default="")
    benefit: Mapped[str] = mapped_column(default="")
    summary: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = mapped_column(default="")
    title_en: Mapped[str | None]
    benefit_en: Mapped[str | None]
    summary_en: Mapped[str | None]
    description_en: Mapped[str | None]
    keywords: Mapped[list[str]] = mapped_column(default=list)

    region: Mapped[str | None]
    country: Mapped[str | None]
    trl: Mapped[int | None] = mapped_column(SmallInteger)
    transfer_forms: Mapped[list[str]] = mapped_column(default=list)
    payment_forms: Mapped[list[str]] = mapped_column(default=list)
    territory: Mapped[str | None]
    price_kind: Mapped[str | None]
    price_from: Mapped[int | None] = mapped_column(BigInteger)
    price_to: Mapped[int | None] = mapped_column(BigInteger)
    price_currency: Mapped[str | None]
    price_unit: Mapped[str | None]
    deadline: Mapped[date | None]
    visibility: Mapped[str] = mapped_column(default="public")
    owners: Mapped[list[Any]] = mapped_column(default=list)
    posted_as: Mapped[str] = mapped_column(default="owner")
    ip_status: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)

    source: Mapped[str | None]
    licence: Mapped[str | None]
    # How far it may go to partner exchanges: to anybody, to partners under agreement, as a mere link, nowhere.
    share: Mapped[str] = mapped_column(default="all", server_default="all")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    confirm_due_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    # Changed by its owner while public: the operator has yet to look at the change.
    recheck_since: Mapped[datetime | None]
    # Digest of the line it was last imported from: the same file again changes nothing.
    import_sha256: Mapped[str | None]

    organisation: Mapped[Organisation] = relationship(lazy="raise")
    classifications: Mapped[list["ListingClassification"]] = relationship(
        lazy="raise", order_by="ListingClassification.position", cascade="all, delete-orphan"
    )
    files: Mapped[list["ListingFile"]] = relationship(lazy="raise", order_by="ListingFile.position")


class ListingClassification(Base):
    """One code of a versioned classification on a listing."""

    __tablename__ = "listing_classification"
    __table_args__ = (
        PrimaryKeyConstraint("listing_id", "scheme", "code"),
        Index("ix_listing_classification_code", "scheme", "code", "listing_id"),
    )
    __journal__ = "listing"
    __journal_key__ = "listing_id"

    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"))
    scheme: Mapped[str]
    version: Mapped[str] = mapped_column(default="")
    code: Mapped[str]
    label: Mapped[str] = mapped_column(default="")
    position: Mapped[int] = mapped_column(SmallInteger, default=0)


class ListingFile(Base):
    """A public picture or document. `variants` of a picture: name ("640.webp") → {key, width, height, size}.

    `identifying` says how a document of a need gives its organisation away (app/features/listings/anonymity.py).
    """

    __tablename__ = "listing_file"
    __table_args__ = (
        Index("ix_listing_file_listing", "listing_id", "position"),
        Index("uq_listing_file_public_id", "public_id", unique=True),
        CheckConstraint("kind IN ('picture', 'document')", name="kind"),
    )
    __journal__ = "listing"
    __journal_key__ = "listing_id"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    public_id: Mapped[str] = mapped_column(default=new_public_id)
    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"))
    kind: Mapped[str]
    position: Mapped[int] = mapped_column(SmallInteger, default=0)
    filename: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    storage_key: Mapped[str]
    width: Mapped[int | None]
    height: Mapped[int | None]
    variants: Mapped[dict[str, Any]] = mapped_column(default=dict)
    caption: Mapped[str] = mapped_column(default="")
    identifying: Mapped[list[str]] = mapped_column(default=list, server_default=text("'{}'"))
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class ListingConfidential(Base):
    """What opens only under an active NDA. No query of lists, search, feeds, API or export touches this table."""

    __tablename__ = "listing_confidential"

    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"), primary_key=True)
    text: Mapped[str] = mapped_column(default="")
    updated_at: Mapped[datetime]
    updated_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))


class ListingConfidentialFile(Base):
    """A confidential document, stored in a folder of its own."""

    __tablename__ = "listing_confidential_file"
    __table_args__ = (
        Index("ix_listing_confidential_file_listing", "listing_id"),
        Index("uq_listing_confidential_file_public_id", "public_id", unique=True),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    public_id: Mapped[str] = mapped_column(default=new_public_id)
    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"))
    filename: Mapped[str]
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    storage_key: Mapped[str]
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class ListingHistory(Base):
    """One move of a listing through its states. `reasons`: field path → what to mend, when returned."""

    __tablename__ = "listing_history"
    __table_args__ = (PrimaryKeyConstraint("listing_id", "sequence"),)

    listing_id: Mapped[UUID] = mapped_column(ForeignKey("listing.id"))
    sequence: Mapped[int]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    move: Mapped[str]
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(default="")
    reasons: Mapped[dict[str, Any]] = mapped_column(default=dict)
