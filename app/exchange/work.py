"""What the worker does for partners besides keeping their records: snapshots."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select

from app.exchange.cursors import cursor_of
from app.exchange.snapshots import make_snapshot, taken
from app.jobs import JobContext, every
from app.models.exchange import ExchangeProgress

_FRESH: Final = timedelta(hours=24)


@every(timedelta(hours=1), "exchange.snapshot")
def keep_a_snapshot(context: JobContext, _payload: dict[str, Any]) -> None:
    """Take the first snapshot as soon as there is something, another a day later if anything has changed."""
    before = taken(context.settings)
    if before is not None:
        with context.database.read_only() as session:
            position = session.scalar(select(ExchangeProgress.position)) or 0
        if context.now < before[0] + _FRESH or before[1] == cursor_of(position):
            return
    make_snapshot(context.database, context.settings, now=context.now)
