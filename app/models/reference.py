"""Reference tables: versioned classifications with labels in two languages, and the codes they replaced."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Integer, PrimaryKeyConstraint, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.identity import uuid7

REFERENCE_STATUSES = ("official", "2nd-hand", "own")
REFERENCE_ORIGINS = ("shipped", "file")


class ReferenceScheme(Base):
    """One version of one table ("vsic" 2025). Exactly one version of a scheme is current.

    `levels` describes the levels from the top: {level, title_vi, title_en, pattern, prefixes, suffixes}.
    `content_sha256` is over terms and history, so that loading the same table again changes nothing.
    """

    __tablename__ = "reference_scheme"
    __table_args__ = (
        PrimaryKeyConstraint("scheme", "version"),
        Index("uq_reference_scheme_id", "id", unique=True),
        Index("uq_reference_scheme_current", "scheme", unique=True, postgresql_where=text("is_current")),
        CheckConstraint(f"status IN {REFERENCE_STATUSES}", name="status"),
        CheckConstraint(f"origin IN {REFERENCE_ORIGINS}", name="origin"),
    )
    __journal__ = "reference_scheme"

    id: Mapped[UUID] = mapped_column(default=uuid7)
    scheme: Mapped[str]
    version: Mapped[str]
    title_vi: Mapped[str]
    title_en: Mapped[str]
    source: Mapped[str]
    licence: Mapped[str]
    status: Mapped[str]
    origin: Mapped[str]
    prefix_codes: Mapped[bool] = mapped_column(default=False)
    levels: Mapped[list[Any]] = mapped_column(default=list)
    is_current: Mapped[bool] = mapped_column(default=False)
    content_sha256: Mapped[str]
    loaded_at: Mapped[datetime]
    loaded_by_id: Mapped[UUID | None]


class ReferenceTerm(Base):
    """One code of one version, with its place in the tree. `position` is the order of the file it came from."""

    __tablename__ = "reference_term"
    __table_args__ = (
        PrimaryKeyConstraint("scheme", "version", "code"),
        ForeignKeyConstraint(["scheme", "version"], ["reference_scheme.scheme", "reference_scheme.version"]),
        ForeignKeyConstraint(
            ["scheme", "version", "parent"],
            ["reference_term.scheme", "reference_term.version", "reference_term.code"],
        ),
        Index("ix_reference_term_parent", "scheme", "version", "parent"),
        CheckConstraint("level >= 1", name="level"),
        CheckConstraint("(level = 1) = (parent IS NULL)", name="parent"),
    )

    scheme: Mapped[str]
    version: Mapped[str]
    code: Mapped[str]
    parent: Mapped[str | None]
    level: Mapped[int] = mapped_column(SmallInteger)
    position: Mapped[int] = mapped_column(Integer)
    label_vi: Mapped[str]
    label_en: Mapped[str]
    note_vi: Mapped[str] = mapped_column(default="")
    note_en: Mapped[str] = mapped_column(default="")
    aliases: Mapped[list[str]] = mapped_column(default=list)


class ReferenceFormerCode(Base):
    """A code of an earlier version and the term that took its place (Bình Dương, 74 → TP. Hồ Chí Minh, 79).

    A code that was split has one row for each successor. `until` is the first day it was no longer in force.
    """

    __tablename__ = "reference_former_code"
    __table_args__ = (
        PrimaryKeyConstraint("scheme", "version", "former_version", "code", "successor"),
        ForeignKeyConstraint(
            ["scheme", "version", "successor"],
            ["reference_term.scheme", "reference_term.version", "reference_term.code"],
        ),
    )

    scheme: Mapped[str]
    version: Mapped[str]
    former_version: Mapped[str]
    code: Mapped[str]
    successor: Mapped[str]
    position: Mapped[int] = mapped_column(Integer)
    label_vi: Mapped[str]
    label_en: Mapped[str]
    until: Mapped[date | None]
    aliases: Mapped[list[str]] = mapped_column(default=list)
