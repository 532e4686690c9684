"""The life of a listing: every allowed move, and the one function that makes it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from app import journal, lifecycle
from app.errors import MoveNotAllowed
from app.identity import Actor
from app.lifecycle import Move
from app.models.listings import Listing, ListingHistory

MOVES: Mapping[str, Move] = {
    "submit": Move.of("draft returned", "submitted"),
    "recall": Move.of("submitted", "draft"),
    "return": Move.of("submitted", "returned"),
    "publish": Move.of("submitted", "published"),
    "confirm": Move.of("published due stale", "published"),
    "fall_due": Move.of("published", "due"),
    "demote": Move.of("due", "stale"),
    "archive": Move.of("published due stale", "archived"),
    "withdraw": Move.of("draft submitted returned published due stale suspended archived", "withdrawn"),
    "suspend": Move.of("published due stale", "suspended"),
    "reinstate": Move.of("suspended", "published"),
    "transfer": Move.of("published due stale", "transferred"),
    "reopen": Move.of("withdrawn archived", "draft"),
    # Of another exchange: its source does not answer any more; it is there again.
    "lose_sight": Move.of("published due", "stale"),
    "reappear": Move.of("stale archived withdrawn", "published"),
}

# Where the owner may change what it says. Shown to the public already, a change is looked at again by the operator.
EDITABLE_STATES = frozenset({"draft", "returned", "published", "due", "stale", "suspended"})


def transition(
    session: Session,
    listing: Listing,
    *,
    move: str,
    actor: Actor,
    now: datetime,
    note: str = "",
    reasons: Mapping[str, str] | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Make one move of MOVES: lock, check, history row, journal entry named after the move.

    Raises:
        MoveNotAllowed: the listing's state, read under its lock, does not allow it.
    """
    lifecycle.transition(
        session,
        listing,
        moves=MOVES,
        move=move,
        history=ListingHistory,
        history_key="listing_id",
        entity="listing",
        actor=actor,
        now=now,
        note=note,
        reasons=reasons,
        data=data,
    )


def transition_many(
    session: Session,
    *,
    move: str,
    listings: Mapping[UUID, str],
    now: datetime,
    note: str = "",
    data: dict[str, Any] | None = None,
    set_columns: Mapping[str, Any] | None = None,
) -> None:
    """Make one move of MOVES with many listings that the caller has locked, in a fixed number of statements.

    Args:
        listings: each listing's id with the state it is in.
        set_columns: columns of `listing` to set beside.

    Raises:
        MoveNotAllowed: one of the states does not allow the move; nothing is written.
    """
    allowed = MOVES[move]
    for state in set(listings.values()) - allowed.sources:
        raise MoveNotAllowed(move=move, state=state)
    if not listings:
        return
    session.execute(
        update(Listing)
        .where(Listing.id.in_(list(listings)))
        .values(state=allowed.target, version=Listing.version + 1, updated_at=now, **(set_columns or {}))
        .execution_options(synchronize_session=False)
    )
    note_moves(session, moved=listings, to_state=allowed.target, move=move, now=now, note=note)
    journal.append_many(session, entity="listing", entity_ids=list(listings), action=move, at=now, data=data)


def note_moves(
    session: Session, *, moved: Mapping[UUID, str | None], to_state: str, move: str, now: datetime, note: str = ""
) -> None:
    """History rows for many listings (id → state before), each with the next number of its own."""
    if not moved:
        return
    last = dict(
        session.execute(
            select(ListingHistory.listing_id, func.max(ListingHistory.sequence))
            .where(ListingHistory.listing_id.in_(list(moved)))
            .group_by(ListingHistory.listing_id)
        ).all()
    )
    session.execute(
        insert(ListingHistory),
        [
            {
                "listing_id": listing_id,
                "sequence": last.get(listing_id, 0) + 1,
                "from_state": before,
                "to_state": to_state,
                "move": move,
                "at": now,
                "actor_id": None,
                "note": note,
                "reasons": {},
            }
            for listing_id, before in moved.items()
        ],
    )
