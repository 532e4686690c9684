"""What time does to agreements: a word before they end, and their end.

The gate (gate.py) looks at the last day itself; a worker that is late leaves nothing open.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.features.ndas import notices
from app.features.ndas.states import transition
from app.i18n.formats import local_date
from app.identity import SYSTEM
from app.jobs import JobContext, every
from app.models.ndas import Nda

TOLD_BEFORE: Final = timedelta(days=14)
_AT_ONCE: Final = 500


@every(timedelta(hours=1), "ndas.expire")
def expire_past(context: JobContext, _payload: dict[str, Any]) -> None:
    """End every agreement whose last day has passed, one transaction each so that a stuck one holds up no other."""
    with context.database.read_only() as session:
        due = _active_until_before(session, local_date(context.now))
    for nda_id in due:
        with context.database.unit_of_work() as session:
            expire(session, nda_id=nda_id, now=context.now)


@every(timedelta(hours=24), "ndas.ending")
def tell_of_ending(context: JobContext, _payload: dict[str, Any]) -> None:
    """Two weeks before the last day, tell both sides; once for each agreement."""
    with context.database.read_only() as session:
        due = _active_until_before(session, local_date(context.now + TOLD_BEFORE))
    for nda_id in due:
        with context.database.unit_of_work() as session:
            nda = session.get_one(Nda, nda_id)
            if nda.state == "active" and nda.active_until is not None and nda.active_until >= local_date(context.now):
                notices.tell_both(session, nda, event="ending", now=context.now, until=nda.active_until)


def _active_until_before(session: Session, day: Any) -> Sequence[UUID]:
    return session.scalars(
        select(Nda.id)
        .where(Nda.state == "active", Nda.active_until < day)
        .order_by(Nda.active_until, Nda.id)
        .limit(_AT_ONCE)
    ).all()


def expire(session: Session, *, nda_id: UUID, now: datetime) -> bool:
    """End an agreement whose last day has passed; False when that is not so (any more)."""
    nda = session.scalars(
        select(Nda).where(Nda.id == nda_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    if nda.state != "active" or nda.active_until is None or nda.active_until >= local_date(now):
        return False
    transition(session, nda, move="expire", actor=SYSTEM, now=now)
    notices.tell_both(session, nda, event="expired", now=now)
    return True
