"""What was taken down is known again under another id: by what it says, and by the numbers of its subject.

Marks are kept from when the operator takes a listing off the exchange, or its origin tells that it was taken down
there, until it is shown again. They outlive the listing's words, which they do not hold.
"""

import hashlib
import unicodedata
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.features.partners.identifiers import identifiers_of
from app.models.listings import Listing
from app.models.taking import TakenDownMark, TakenRecord

_TEXTS: Final = ("title", "benefit", "summary", "description")
# Less than this says too little to be known again by.
_LEAST_SIGNS: Final = 40


def marks_of(kind: str, details: Mapping[str, Any], content: Mapping[str, Any], given: Any) -> frozenset[str]:
    """By what a listing is known.

    Args:
        content: its texts by name; how they are spaced and whether in capitals makes no difference.
        given: the identifiers of a taken record's envelope.
    """
    found = identifiers_of(kind, details, given if isinstance(given, list) else ())
    marks = {f"{scheme}:{value}" for scheme, value in found}
    said = "\n".join(" ".join(str(content.get(name) or "").split()) for name in _TEXTS)
    plain = unicodedata.normalize("NFC", said).casefold()
    if len(plain) >= _LEAST_SIGNS:
        marks.add(f"text:{hashlib.sha256(plain.encode()).hexdigest()}")
    return frozenset(marks)


def note_taken_down(session: Session, listing_ids: Collection[UUID], *, now: datetime) -> None:
    """Keep the marks of these listings, before what they say goes."""
    rows = session.execute(
        select(Listing, TakenRecord.envelope)
        .outerjoin(TakenRecord, TakenRecord.listing_id == Listing.id)
        .where(Listing.id.in_(listing_ids))
    ).all()
    made = [
        {"mark": mark, "listing_id": listing.id, "at": now}
        for listing, envelope in rows
        for mark in sorted(_marks(listing, envelope or {}))
    ]
    if made:
        session.execute(insert(TakenDownMark).on_conflict_do_nothing(), made)


def forget_taken_down(session: Session, listing_ids: Collection[UUID]) -> None:
    """They are shown again."""
    session.execute(delete(TakenDownMark).where(TakenDownMark.listing_id.in_(listing_ids)))


def known_marks(session: Session, marks: Collection[str]) -> dict[str, set[UUID]]:
    """Those of the marks that something taken down bears, with the listings that do."""
    found: dict[str, set[UUID]] = {}
    if marks:
        asked = select(TakenDownMark.mark, TakenDownMark.listing_id).where(TakenDownMark.mark.in_(sorted(marks)))
        for mark, listing_id in session.execute(asked):
            found.setdefault(mark, set()).add(listing_id)
    return found


def _marks(listing: Listing, envelope: Mapping[str, Any]) -> frozenset[str]:
    # Of another exchange's listing what its origin says, without what the operator laid over.
    content = envelope.get("content") or {name: getattr(listing, name) for name in _TEXTS}
    return marks_of(listing.kind, listing.details, content, envelope.get("identifiers"))
