"""Partner exchanges: who they are, what was agreed with them, and what they prove themselves with."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.identity import new_public_id, uuid7

PARTNER_STATES = ("draft", "tested", "live", "paused", "ended")
PROTOCOLS = ("techmart", "oai_dc", "changes", "file")
DIRECTIONS = ("give", "take", "both")
ACCEPTING = ("publish", "review")
CREDENTIAL_KINDS = ("api_key", "oauth_client")


class Partner(Base):
    """A partner exchange and the agreement with it.

    Attributes:
        authority: its DNS name, the first half of every key of its own records.
        protocol: how we take from it: OAI-PMH with our own format ("techmart") or Dublin Core ("oai_dc"), the JSON
            feed of changes, or files ("file").
        address: where we ask: the base URL of OAI-PMH, or the address of the feed.
        relays: whether it may bring records of other exchanges, signed by these.
        kinds, research_fields: what the agreement is about; empty for everything.
        withheld: names of content fields that are not given to it, beside what nobody gets.
        accepting: whether what we take appears at once or waits for the operator.
        every_minutes, from_hour, to_hour: how often, and between which hours (Vietnamese time) we ask it.
        keys: its public keys as JWKs; `keys_url`, where they can be fetched anew.
        enquiries_out: whether our buyers' quote requests about its listings are carried to it.
        enquiries_in: whether it may bring its buyers' quote requests about ours.
        mapping: of oai_dc, how its fields become ours (app/features/partners/dublin_core.py).
    """

    __tablename__ = "partner"
    __table_args__ = (
        Index("uq_partner_public_id", "public_id", unique=True),
        Index("uq_partner_authority", "authority", unique=True),
        Index("ix_partner_state", "state", "name", "id"),
        CheckConstraint(f"state IN {PARTNER_STATES}", name="state"),
        CheckConstraint(f"protocol IN {PROTOCOLS}", name="protocol"),
        CheckConstraint(f"direction IN {DIRECTIONS}", name="direction"),
        CheckConstraint(f"accepting IN {ACCEPTING}", name="accepting"),
        CheckConstraint("starts_on <= ends_on", name="term"),
        CheckConstraint("(from_hour IS NULL) = (to_hour IS NULL)", name="window"),
    )
    __journal__ = "partner"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    public_id: Mapped[str] = mapped_column(default=new_public_id)
    authority: Mapped[str]
    name: Mapped[str]
    state: Mapped[str] = mapped_column(default="draft")
    protocol: Mapped[str]
    direction: Mapped[str]
    address: Mapped[str] = mapped_column(default="")
    set_spec: Mapped[str] = mapped_column(default="")
    relays: Mapped[bool] = mapped_column(default=False)

    kinds: Mapped[list[str]] = mapped_column(default=list)
    research_fields: Mapped[list[str]] = mapped_column(default=list)
    withheld: Mapped[list[str]] = mapped_column(default=list)
    rate_per_minute: Mapped[int] = mapped_column(default=120)
    licence: Mapped[str] = mapped_column(default="")
    contact_name: Mapped[str] = mapped_column(default="")
    contact_email: Mapped[str] = mapped_column(default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(default="")

    accepting: Mapped[str] = mapped_column(default="publish")
    every_minutes: Mapped[int] = mapped_column(default=60)
    from_hour: Mapped[int | None] = mapped_column(SmallInteger)
    to_hour: Mapped[int | None] = mapped_column(SmallInteger)
    keys: Mapped[list[Any]] = mapped_column(default=list)
    keys_url: Mapped[str] = mapped_column(default="")
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict)
    enquiries_out: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    enquiries_in: Mapped[bool] = mapped_column(default=False, server_default=text("false"))

    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class PartnerCredential(Base):
    """What a partner proves itself with when it asks us. Only the SHA-256 of its secret is kept.

    `name` is what is shown: the beginning of an API key, or the client id of OAuth2 client credentials.
    """

    __tablename__ = "partner_credential"
    __table_args__ = (
        Index("uq_partner_credential_secret", "secret_sha256", unique=True),
        Index("uq_partner_credential_client", "name", unique=True, postgresql_where=text("kind = 'oauth_client'")),
        Index("ix_partner_credential_partner", "partner_id", "created_at"),
        CheckConstraint(f"kind IN {CREDENTIAL_KINDS}", name="kind"),
    )
    __journal__ = "partner"
    __journal_key__ = "partner_id"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"))
    kind: Mapped[str]
    name: Mapped[str]
    secret_sha256: Mapped[str]
    created_at: Mapped[datetime]
    created_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class PartnerHistory(Base):
    """One move of a partner through its states."""

    __tablename__ = "partner_history"
    __table_args__ = (PrimaryKeyConstraint("partner_id", "sequence"),)

    partner_id: Mapped[UUID] = mapped_column(ForeignKey("partner.id"))
    sequence: Mapped[int]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    move: Mapped[str]
    at: Mapped[datetime]
    actor_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(default="")
    reasons: Mapped[dict[str, Any]] = mapped_column(default=dict)
