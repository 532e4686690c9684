"""What one change leaves to be looked at again, a piece at a time.

An organisation's name stands in all its listings, and it may have a hundred thousand. A reader of the journal only
notes them when it meets such an entry, and takes them up when it has read on: no transaction is as long as the
organisation is large, and what others change meanwhile does not wait for it (docs/adr/0027).
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, exists, func, literal, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.database import Database
from app.journal.consume import is_alone
from app.models.journal import JournalCursor, JournalEntry, JournalWaiting


def leave_for_later(session: Session, *, consumer: str, entity: str, found: Select[UUID], read_to: int) -> None:
    """Note for a consumer what a statement of one column finds. In one statement, however much that is.

    Args:
        entity: what the found ids are of, as entries name it.
        read_to: what an entry beyond this position names is left out, since it is read for itself, now or later:
            everything, at an import that makes an organisation and its listings.
    """
    (column,) = found.subquery().columns
    later = exists().where(
        JournalEntry.entity == entity,
        JournalEntry.entity_id == column,
        or_(JournalEntry.position > read_to, JournalEntry.position.is_(None)),
    )
    _note(session, select(literal(consumer), column, func.clock_timestamp()).where(~later).order_by(column))


def hand_over(session: Session, *, giver: str, taker: str) -> None:
    """Have one consumer look at all that was left for another, instead of it."""
    _hand_on(session, JournalWaiting.consumer == giver, taker)
    session.execute(delete(JournalWaiting).where(JournalWaiting.consumer == giver))


def look_after(session: Session, *, prefix: str, taker: str, forget_before: datetime) -> None:
    """Have a consumer look at what was left for those of names that begin so, who may have ended or be still to come.

    Args:
        forget_before: whoever left something before this does not come any more.
    """
    theirs = JournalWaiting.consumer.startswith(prefix, autoescape=True)
    _hand_on(session, theirs, taker)
    session.execute(delete(JournalWaiting).where(theirs, JournalWaiting.since < forget_before))


def _hand_on(session: Session, theirs: ColumnElement[bool], taker: str) -> None:
    named = select(JournalWaiting.entity_id).where(theirs).distinct().subquery()
    _note(session, select(literal(taker), named.c.entity_id, func.clock_timestamp()).order_by(named.c.entity_id))


def _note(session: Session, rows: Select[Any]) -> None:
    # In the order of ids, so that two who note the same do not wait for each other.
    asked = insert(JournalWaiting).from_select(["consumer", "entity_id", "since"], rows)
    again = asked.on_conflict_do_update(
        index_elements=[JournalWaiting.consumer, JournalWaiting.entity_id], set_={"since": asked.excluded.since}
    )
    session.execute(again)


def take_up(
    database: Database, *, consumer: str, handler: Callable[[Session, Sequence[UUID]], None], most: int = 500
) -> int:
    """Hand the next of what waits to `handler(session, ids)`, in the order of ids; returns how many there were.

    As with `consume`: one process at a time, and what the handler does outside the database must be repeatable.
    What is left again meanwhile stays.
    """
    with database.unit_of_work() as session:
        if not is_alone(session, consumer):
            return 0
        mine = JournalWaiting.consumer == consumer
        asked = select(JournalWaiting.entity_id, JournalWaiting.since).where(mine)
        taken = session.execute(asked.order_by(JournalWaiting.entity_id).limit(most)).all()
        if taken:
            handler(session, [row.entity_id for row in taken])
            as_taken = tuple_(JournalWaiting.entity_id, JournalWaiting.since).in_([tuple(row) for row in taken])
            session.execute(delete(JournalWaiting).where(mine, as_taken))
            # Answers kept from before are told by this that they are old (state.py).
            session.execute(
                update(JournalCursor)
                .where(JournalCursor.consumer == consumer)
                .values(taken_up=JournalCursor.taken_up + len(taken))
            )
        return len(taken)
