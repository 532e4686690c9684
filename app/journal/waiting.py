"""What one change leaves to be looked at again, a piece at a time.

An organisation's name stands in all its listings, and it may have a hundred thousand. A reader of the journal only
notes them when it meets such an entry, and takes them up when it has read on: no transaction is as long as the
organisation is large, and what others change meanwhile does not wait for it (docs/adr/0027).
"""

from collections.abc import Callable, Sequence
from uuid import UUID

from sqlalchemy import Select, delete, exists, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.database import Database
from app.journal.consume import is_alone
from app.models.journal import JournalEntry, JournalWaiting


def leave_for_later(session: Session, *, consumer: str, entity: str, found: Select[UUID], read_to: int) -> None:
    """Note for a consumer what a statement of one column finds. In one statement, however much that is.

    Args:
        entity: what the found ids are of, as entries name it.
        read_to: what an entry beyond this position names is left out, since it will be read for itself: everything, at
            an import that makes an organisation and its listings.
    """
    (column,) = found.subquery().columns
    later = exists().where(
        JournalEntry.entity == entity,
        JournalEntry.entity_id == column,
        or_(JournalEntry.position > read_to, JournalEntry.position.is_(None)),
    )
    asked = insert(JournalWaiting).from_select(
        ["consumer", "entity_id"], select(literal(consumer), column).where(~later)
    )
    session.execute(asked.on_conflict_do_nothing())


def take_up(
    database: Database, *, consumer: str, handler: Callable[[Session, Sequence[UUID]], None], most: int = 500
) -> int:
    """Hand the next of what waits to `handler(session, ids)`, in the order of ids; returns how many there were.

    As with `consume`: one process at a time, and what the handler does outside the database must be repeatable.
    """
    with database.unit_of_work() as session:
        if not is_alone(session, consumer):
            return 0
        mine = JournalWaiting.consumer == consumer
        next_ones = select(JournalWaiting.entity_id).where(mine).order_by(JournalWaiting.entity_id).limit(most)
        ids = session.scalars(next_ones).all()
        if ids:
            handler(session, ids)
            session.execute(delete(JournalWaiting).where(mine, JournalWaiting.entity_id.in_(ids)))
        return len(ids)
