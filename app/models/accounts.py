"""People, their consent, their sign-ins and their tokens."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, PrimaryKeyConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.identity import uuid7


class Person(Base):
    """Somebody who can sign in. `email` is stored lower-cased; `confirmed_at` is null until the e-mail is confirmed."""

    __tablename__ = "person"
    __table_args__ = (Index("uq_person_email", "email", unique=True),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    email: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str]
    locale: Mapped[str] = mapped_column(default="vi")
    is_operator: Mapped[bool] = mapped_column(default=False)
    is_broker: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    confirmed_at: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Consent(Base):
    """That a person agreed to a text: which one, which version, when, from where, in which language."""

    __tablename__ = "consent"
    __table_args__ = (Index("ix_consent_person", "person_id", "given_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    text: Mapped[str]
    version: Mapped[str]
    locale: Mapped[str]
    address: Mapped[str | None]
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class SignIn(Base):
    """A browser that is signed in. Only the SHA-256 of the cookie's token is kept."""

    __tablename__ = "sign_in"
    __table_args__ = (
        Index("uq_sign_in_token", "token_sha256", unique=True),
        Index("ix_sign_in_person", "person_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    token_sha256: Mapped[str]
    user_agent: Mapped[str | None]
    address: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class AccountToken(Base):
    """A single-use link sent by e-mail. `purpose`: confirm | reset | invitation."""

    __tablename__ = "account_token"
    __table_args__ = (
        Index("uq_account_token_token", "token_sha256", unique=True),
        Index("ix_account_token_person", "person_id", "purpose"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    purpose: Mapped[str]
    token_sha256: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class AccessToken(Base):
    """A personal access token for the API: scoped, hashed, revocable. `prefix` is shown so its owner knows which."""

    __tablename__ = "access_token"
    __table_args__ = (
        Index("uq_access_token_token", "token_sha256", unique=True),
        Index("ix_access_token_person", "person_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str]
    prefix: Mapped[str]
    token_sha256: Mapped[str]
    scopes: Mapped[list[str]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class AttemptWindow(Base):
    """Counted attempts (sign-in, reset, register) per key and window, shared by all processes."""

    __tablename__ = "attempt_window"
    __table_args__ = (PrimaryKeyConstraint("key", "starts_at"),)

    key: Mapped[str]
    starts_at: Mapped[datetime]
    count: Mapped[int] = mapped_column(default=0)
