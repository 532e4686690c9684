"""Organisations, who acts for them, and invitations."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, Text, text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column, validates

from app.database import Base
from app.i18n.collation import sort_key
from app.identity import new_public_id, uuid7

ORGANISATION_TYPES = (
    "firm",
    "university",
    "research_institute",
    "laboratory",
    "fablab",
    "intermediary",
    "incubator",
    "public_agency",
)


def _key_of_name(context: DefaultExecutionContext) -> str:
    parameters: dict[str, str] = context.get_current_parameters()  # type: ignore[no-untyped-call]
    return sort_key(parameters["name"])


class Organisation(Base):
    """A firm, institute, university … that lists or asks. Canonical key: (authority, local_id).

    `name_key` puts names in Vietnamese order and follows `name` by itself.
    """

    __tablename__ = "organisation"
    __table_args__ = (
        Index("uq_organisation_key", "authority", "local_id", unique=True),
        Index("uq_organisation_public_id", "public_id", unique=True),
        Index("uq_organisation_tax_code", "tax_code", unique=True, postgresql_where=text("tax_code IS NOT NULL")),
        Index("ix_organisation_name_key", "name_key", "id"),
        CheckConstraint(f"type IN {ORGANISATION_TYPES}", name="type"),
    )
    __journal__ = "organisation"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    public_id: Mapped[str] = mapped_column(default=new_public_id)
    authority: Mapped[str]
    local_id: Mapped[str]
    slug: Mapped[str]
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(Text(collation="C"), default=_key_of_name)
    name_en: Mapped[str | None]
    type: Mapped[str]
    tax_code: Mapped[str | None]
    region: Mapped[str | None]
    address: Mapped[str | None]
    website: Mapped[str | None]
    description: Mapped[str | None]
    description_en: Mapped[str | None]
    sectors: Mapped[list[str]] = mapped_column(default=list)
    representative: Mapped[str | None]
    verified_at: Mapped[datetime | None]
    verified_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    imported: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @validates("name")
    def _name_brings_its_key(self, _attribute: str, name: str) -> str:
        self.name_key = sort_key(name)
        return name


class Membership(Base):
    """That a person acts for an organisation, as owner or editor."""

    __tablename__ = "membership"
    __table_args__ = (
        PrimaryKeyConstraint("organisation_id", "person_id"),
        Index("ix_membership_person", "person_id"),
        CheckConstraint("role IN ('owner', 'editor')", name="role"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str]
    created_at: Mapped[datetime]


class Invitation(Base):
    """An invitation by e-mail to act for an organisation."""

    __tablename__ = "invitation"
    __table_args__ = (
        Index("uq_invitation_token", "token_sha256", unique=True),
        Index("ix_invitation_organisation", "organisation_id"),
        CheckConstraint("role IN ('owner', 'editor')", name="role"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    email: Mapped[str]
    role: Mapped[str]
    token_sha256: Mapped[str]
    invited_by_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
