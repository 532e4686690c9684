"""What waits for the operator."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.features.listings.paging import Keyset
from app.features.listings.policies import require_review
from app.features.listings.queries import cards_of
from app.features.listings.views import Card
from app.identity import Actor
from app.models.listings import PUBLIC_STATES, Listing

QUEUES = ("submitted", "recheck", "suspended")


@dataclass(frozen=True, slots=True)
class QueuePage:
    """A stretch of a queue, what has waited longest first. `next` is the token of the one after it, "" at the end."""

    items: list[Card]
    next: str


def _queue(name: str) -> tuple[Select[Any], Any]:
    """The listings of a queue and the instant they have waited since."""
    if name == "recheck":
        asked = select(Listing).where(Listing.recheck_since.is_not(None), Listing.state.in_(PUBLIC_STATES))
        return asked, Listing.recheck_since
    if name == "suspended":
        return select(Listing).where(Listing.state == "suspended"), Listing.updated_at
    return select(Listing).where(Listing.state == "submitted"), Listing.submitted_at


def review_queue(session: Session, *, actor: Actor, queue: str, after: str = "", limit: int = 25) -> QueuePage:
    """One queue: "submitted" (to be approved), "recheck" (changed by the owner while public), "suspended".

    Raises:
        Forbidden: the actor is no operator.
    """
    require_review(actor)
    asked, since = _queue(queue)
    key = Keyset.read(after)
    if key is not None:
        asked = asked.where(key.after(since, Listing.id))
    rows = session.execute(
        asked.with_only_columns(Listing.id, since).order_by(since, Listing.id).limit(limit + 1)
    ).all()
    shown = rows[:limit]
    items = cards_of(session, actor=actor, ids=[row[0] for row in shown])
    more = len(rows) > limit
    return QueuePage(items, Keyset(shown[-1][1], shown[-1][0]).token if more else "")


def queue_counts(session: Session, *, actor: Actor) -> dict[str, int]:
    """How many wait in each queue.

    Raises:
        Forbidden: the actor is no operator.
    """
    require_review(actor)
    row = session.execute(
        select(*(select(func.count()).select_from(_queue(name)[0].subquery()).scalar_subquery() for name in QUEUES))
    ).one()
    return dict(zip(QUEUES, row, strict=True))
