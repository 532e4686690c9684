"""Reading the journal in order, each consumer behind its own cursor."""

from collections.abc import Callable, Sequence

from sqlalchemy import ColumnElement, func, select, text, true
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import clock
from app.database import Database
from app.journal.sequence import sequence
from app.models.journal import JournalCursor, JournalEntry

Handler = Callable[[Session, Sequence[JournalEntry]], None]
# A task of a Meilisearch server is waited for for ten minutes.
_MAY_REST = "20min"


def head_position(session: Session) -> int:
    """The highest position given so far; 0 for an empty journal."""
    return session.scalar(select(func.coalesce(func.max(JournalEntry.position), 0))) or 0


def cursor_position(session: Session, consumer: str) -> int:
    """How far the consumer has read; 0 when it never ran."""
    return session.scalar(select(JournalCursor.position).where(JournalCursor.consumer == consumer)) or 0


def move_cursor(session: Session, *, consumer: str, position: int) -> None:
    """Set the consumer's cursor (backwards too: reading entries twice must be harmless)."""
    values = {"consumer": consumer, "position": position, "updated_at": clock.now()}
    session.execute(
        insert(JournalCursor)
        .values(values)
        .on_conflict_do_update(
            index_elements=[JournalCursor.consumer],
            set_={"position": position, "updated_at": values["updated_at"]},
        )
    )


def consume(database: Database, *, consumer: str, handler: Handler, batch: int = 500, until: int | None = None) -> int:
    """Hand the next entries to `handler(session, entries)` and move the cursor; returns how many were handled.

    One process at a time per consumer (a lock named after it); a second one returns 0 at once. The cursor
    moves after the handler returns, in the handler's own transaction, so what the handler does outside the database
    happens at least once and must be repeatable. Call until it returns 0.

    Args:
        until: read no entry beyond this position: for a reader that builds on what another reader has made so far.
    """
    with database.unit_of_work() as session:
        sequence(session)
    with database.unit_of_work() as session:
        if not is_alone(session, consumer):
            return 0
        entries = session.scalars(
            select(JournalEntry)
            .where(JournalEntry.position > cursor_position(session, consumer), _up_to(until))
            .order_by(JournalEntry.position)
            .limit(batch)
        ).all()
        if not entries:
            return 0
        handler(session, entries)
        move_cursor(session, consumer=consumer, position=entries[-1].position or 0)
        return len(entries)


def is_alone(session: Session, consumer: str) -> bool:
    """Whether nobody else works for the consumer now; nobody will until the transaction ends.

    The transaction may rest for longer than others: what is told to a search engine may wait for it for minutes.
    """
    asked = text(
        "SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0)),"
        " set_config('idle_in_transaction_session_timeout', :rest, true)"
    )
    return bool(session.execute(asked, {"name": f"journal:{consumer}", "rest": _MAY_REST}).one()[0])


def _up_to(position: int | None) -> ColumnElement[bool]:
    return true() if position is None else JournalEntry.position <= position
