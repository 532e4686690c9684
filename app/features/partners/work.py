"""What the worker does about partners by itself."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.features.partners.watching import bring_back, mark_silent, tell_operators
from app.jobs import JobContext, every


@every(timedelta(minutes=10), "partners.watch")
def watch(context: JobContext, _payload: dict[str, Any]) -> None:
    """Tell operators what went wrong, and mark the records of sources that are silent or answer again."""
    with context.database.unit_of_work() as session:
        tell_operators(session, now=context.now)
    step: Callable[..., int]
    for step in (bring_back, mark_silent):
        while _one(context, step, context.now):
            pass


def _one(context: JobContext, step: Callable[..., int], now: datetime) -> int:
    session: Session
    with context.database.unit_of_work() as session:
        return step(session, now=now)
