"""The state of the journal in one number: what everything kept from earlier answers is compared with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.engine import Row

from app.models.journal import JournalCursor, JournalEntry

# Entries without a position are few, but for an import that has just ended; they are counted no further than this.
_MOST_WAITING: Final = 1_000


@dataclass(frozen=True, slots=True)
class JournalState:
    """What has been written and read.

    Attributes:
        committed: how many entries were ever committed: positions have no gaps, so it is the last position and those
            that wait for theirs. It grows with every commit that changes anything.
        read: the sum of all consumers' positions and of what they dealt with later: grows whenever one of them gets on.
        changed_at: when the last entry with a position was written.
        settled: False while more wait for a position than are counted; two states may then look alike.
    """

    committed: int
    read: int
    changed_at: datetime | None
    settled: bool


_WAITING = (
    select(func.count())
    .select_from(select(JournalEntry.id).where(JournalEntry.position.is_(None)).limit(_MOST_WAITING).subquery())
    .scalar_subquery()
)
STATE_COLUMNS: Final = (
    select(func.coalesce(func.max(JournalEntry.position), 0)).scalar_subquery().label("head"),
    _WAITING.label("waiting"),
    select(func.coalesce(func.sum(JournalCursor.position + JournalCursor.taken_up), 0)).scalar_subquery().label("read"),
    select(JournalEntry.at)
    .where(JournalEntry.position.is_not(None))
    .order_by(JournalEntry.position.desc())
    .limit(1)
    .scalar_subquery()
    .label("changed_at"),
)
"""To be part of a query that is sent anyway; `state_of` reads its row."""


def state_of(row: Row[Any]) -> JournalState:
    """The state, from a row that has STATE_COLUMNS."""
    return JournalState(
        committed=row.head + row.waiting,
        read=int(row.read),
        changed_at=row.changed_at,
        settled=row.waiting < _MOST_WAITING,
    )
