"""The life of a listing: every allowed move, and the one function that makes it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app import lifecycle
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
