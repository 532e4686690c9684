"""Pairs of terms in two languages: the shipped file, and what the database holds of them.

The file is loaded into the table once; from then on the table is the operator's. A newer release adds the pairs that
are new in its file and leaves alone what the operator changed or retired.
"""

import csv
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ScalarSelect, func, insert, select, text
from sqlalchemy.orm import Session

from app import journal
from app.identity import uuid7
from app.models.synonyms import SynonymPair, folded_pair, pair_key

_FILE: Final = Path(__file__).with_name("synonyms.csv")

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ShippedPair:
    """One line of the shipped file."""

    vi: str
    en: str
    field: str


@cache
def shipped_pairs() -> tuple[ShippedPair, ...]:
    """The pairs that come with the product, in the order of the file."""
    with _FILE.open(encoding="utf-8", newline="") as lines:
        return tuple(ShippedPair(row["vi"], row["en"], row["field"]) for row in csv.DictReader(lines))


def load_shipped_pairs(session: Session, *, now: datetime) -> int:
    """Put the shipped pairs into the table that it never held; returns how many. In the caller's transaction."""
    known = session.execute(select(SynonymPair.key, SynonymPair.shipped_key))
    taken = {key for row in known for key in (row.key, row.shipped_key) if key is not None}
    missing = [pair for pair in shipped_pairs() if pair_key(pair.vi, pair.en) not in taken]
    if not missing:
        return 0
    revision = next_revision(session)
    rows: list[dict[str, Any]] = [
        {
            "id": uuid7(),
            "vi": pair.vi,
            "en": pair.en,
            "field": pair.field,
            "key": pair_key(pair.vi, pair.en),
            "folded": folded_pair(pair.vi, pair.en),
            "shipped_key": pair_key(pair.vi, pair.en),
            "origin": "shipped",
            "revision": revision,
            "created_at": now,
            "updated_at": now,
        }
        for pair in missing
    ]
    session.execute(insert(SynonymPair), rows)
    # One entry for the batch: whoever follows the journal reads the table again, pair by pair there is nothing to tell.
    journal.append(
        session,
        entity="synonym_pair",
        entity_id=rows[0]["id"],
        action="loaded",
        at=now,
        data={"pairs": len(rows)},
    )
    return len(rows)


def next_revision(session: Session) -> int:
    """The revision of the change that this transaction makes. Changes of the table follow one another."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('synonym_pair'))"))
    return (session.scalar(select(func.max(SynonymPair.revision))) or 0) + 1


def pairs_mark() -> ScalarSelect[int]:
    """A subquery for a number that differs after every change; a caller may make it part of a query of its own."""
    return select(func.coalesce(func.max(SynonymPair.revision), 0)).scalar_subquery()


def read_pairs(session: Session) -> Pairs:
    """The pairs in use, as (Vietnamese, English)."""
    rows = session.execute(
        select(SynonymPair.vi, SynonymPair.en)
        .where(SynonymPair.retired_at.is_(None))
        .order_by(SynonymPair.created_at, SynonymPair.id)
    )
    return tuple((row.vi, row.en) for row in rows)


def as_pairs() -> Pairs:
    """The shipped pairs as (Vietnamese, English)."""
    return tuple((pair.vi, pair.en) for pair in shipped_pairs())
