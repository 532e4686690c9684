"""Kept matches, made straight as rows."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.models import Listing, ListingMatch
from tests.factories import NOW


def pair(session: Session, need: Listing, offer: Listing, *, score: int = 60, **given: Any) -> ListingMatch:
    values: dict[str, Any] = {
        "text_ratio": 2.5,
        "reasons": [{"code": "verified", "favourable": True, "strength": 0.08, "params": {}}],
        "first_seen_at": NOW,
        "judged_at": NOW,
    } | given
    made = ListingMatch(need_id=need.id, offer_id=offer.id, score=score, **values)
    session.add(made)
    session.flush()
    return made


def seen(session: Session, need: Listing, offer: Listing, at: datetime, **given: Any) -> ListingMatch:
    """The same, first seen at an instant."""
    return pair(session, need, offer, first_seen_at=at, **given)
