"""Technical terms in two languages, as the operator keeps them for searching and matching."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base
from app.identity import uuid7
from app.text import fold

# What a term is used in: the priority fields, then the sectors.
SYNONYM_FIELDS = (
    "high-tech-agriculture",
    "biotechnology",
    "digital-technology",
    "environment",
    "health",
    "manufacturing",
    "logistics",
    "energy",
    "transport",
    "materials",
    "construction",
    "food",
    "education",
    "general",
)
SYNONYM_ORIGINS = ("shipped", "operator")


class SynonymPair(Base):
    """A Vietnamese term and what it is called in English; one term may stand in several pairs.

    Pairs are retired, not deleted, so that a newer release does not bring them back. `key` is both terms in small
    letters; `folded` the same without diacritics, to look terms up by and to put them in order; `shipped_key` the key
    that a shipped pair came with, however it was changed since. `revision` grows with every change anywhere: processes
    tell by the greatest one whether to read the table again.
    """

    __tablename__ = "synonym_pair"
    __table_args__ = (
        Index("uq_synonym_pair_key", "key", unique=True),
        Index("uq_synonym_pair_shipped_key", "shipped_key", unique=True),
        Index("ix_synonym_pair_revision", "revision"),
        Index("ix_synonym_pair_folded", "folded", "id"),
        CheckConstraint(f"field IN {SYNONYM_FIELDS}", name="field"),
        CheckConstraint(f"origin IN {SYNONYM_ORIGINS}", name="origin"),
    )
    __journal__ = "synonym_pair"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    vi: Mapped[str]
    en: Mapped[str]
    field: Mapped[str]
    key: Mapped[str]
    folded: Mapped[str] = mapped_column(Text(collation="C"))
    shipped_key: Mapped[str | None]
    origin: Mapped[str]
    revision: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


def pair_key(vi: str, en: str) -> str:
    """What tells pairs apart: both terms in small letters."""
    return f"{vi.lower()}\t{en.lower()}"


def folded_pair(vi: str, en: str) -> str:
    """Both terms without diacritics, in small letters; a tab between them, so that a term comes before longer ones."""
    return fold(f"{vi}\t{en}")
