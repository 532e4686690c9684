"""Giving committed entries their positions.

A serial is taken at INSERT, not at COMMIT, so readers that go by "id > last" lose the rows of slower writers. Here a
reader numbers what has been committed, one reader at a time, and all readers go by that number.
"""

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.database import Database

# A fixed name for the advisory lock; any constant that no other part uses.
_SEQUENCER_LOCK = 7_414_001

_NUMBER = text(
    """
    WITH head AS (SELECT coalesce(max(position), 0) AS position FROM journal),
    waiting AS (
        SELECT id, row_number() OVER (ORDER BY id) AS place
        FROM (SELECT id FROM journal WHERE position IS NULL ORDER BY id LIMIT :most) AS first_rows
    )
    UPDATE journal SET position = head.position + waiting.place
    FROM waiting, head WHERE journal.id = waiting.id
    """
)


def sequence(session: Session, *, most: int = 10_000) -> int:
    """Number up to `most` committed entries that have no position yet; returns how many.

    Returns 0 without waiting when another process is numbering: it does the same work.
    """
    locked = session.execute(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": _SEQUENCER_LOCK}).scalar_one()
    if not locked:
        return 0
    return session.connection().execute(_NUMBER, {"most": most}).rowcount


def sequence_all(database: Database) -> None:
    """Number what is committed, in transactions of bounded size (an import leaves tens of thousands)."""
    numbered = 1
    while numbered:
        with database.unit_of_work() as session:
            numbered = sequence(session)
