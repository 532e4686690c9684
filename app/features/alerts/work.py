"""What the worker does for those who asked to be told."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.features.alerts.fitting import notice_matches
from app.features.alerts.policies import UNDO
from app.features.alerts.writing import TEMPLATE, fill_letter, people_due, write_letter
from app.features.messages import prepares
from app.jobs import JobContext, every
from app.models import Alert, MailHandover, Subscription

_PEOPLE_AT_ONCE: Final = 500
# Things told stay to be looked up so long; the feed and the search have everything anyway.
_KEPT: Final = timedelta(days=180)
_SWEPT_AT_ONCE: Final = 5_000


@every(timedelta(minutes=1), "alerts.write")
def write_letters(context: JobContext, _payload: dict[str, Any]) -> None:
    """Write a letter to everybody for whom something is due, each in a transaction of its own."""
    while True:
        with context.database.read_only() as session:
            people = people_due(session, now=context.now, limit=_PEOPLE_AT_ONCE)
        written = 0
        for person_id in people:
            with context.database.unit_of_work() as session:
                written += write_letter(session, person_id=person_id, now=context.now) is not None
        # Those left over are in their quiet hours or with another worker.
        if len(people) < _PEOPLE_AT_ONCE or not written:
            return


@every(timedelta(minutes=1), "alerts.matches")
def read_matches(context: JobContext, _payload: dict[str, Any]) -> None:
    """Note what newly fits the listings of organisations whose people asked to hear of it."""
    with context.database.unit_of_work() as session:
        notice_matches(session, now=context.now)


@prepares(TEMPLATE)
def _digest(session: Session, context: Mapping[str, Any], now: datetime) -> Mapping[str, Any] | None:
    return fill_letter(session, letter_id=UUID(context["letter_id"]), now=now)


@every(timedelta(hours=24), "alerts.sweep")
def sweep(context: JobContext, _payload: dict[str, Any]) -> None:
    """Forget what was told long ago, what was deleted for good, and old notes of letters handed over.

    Letters themselves stay: the unsubscribe address in an old one must go on working.
    """
    while True:
        with context.database.unit_of_work() as session:
            old = select(Alert.id).where(Alert.noticed_at < context.now - _KEPT).limit(_SWEPT_AT_ONCE)
            gone = session.execute(delete(Alert).where(Alert.id.in_(old)).returning(Alert.id)).all()
        if len(gone) < _SWEPT_AT_ONCE:
            break
    with context.database.unit_of_work() as session:
        session.execute(delete(MailHandover).where(MailHandover.handed_at < context.now - _KEPT))
        dead = session.scalars(
            select(Subscription.id).where(Subscription.deleted_at < context.now - UNDO).limit(_SWEPT_AT_ONCE)
        ).all()
        session.execute(delete(Alert).where(Alert.subscription_id.in_(dead)))
        session.execute(delete(Subscription).where(Subscription.id.in_(dead)))
