"""When partners are told: soon after a change, but once for a burst of them."""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app import jobs
from app.models.subscriptions import PartnerSubscription

PING: Final = "exchange.ping"
_SLOT_S: Final = 10
# Waits between the attempts at one ping, as Standard Webhooks advises.
WAITS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
)


def ping_soon(session: Session, *, now: datetime) -> None:
    """Have the subscriptions looked at within ten seconds; once, however often it is asked for in that time."""
    if not session.scalar(select(exists().where(PartnerSubscription.disabled_for.is_(None)))):
        return
    slot = int(now.timestamp() // _SLOT_S) + 1
    due = datetime.fromtimestamp(slot * _SLOT_S, UTC)
    jobs.enqueue(session, kind=PING, payload={}, due_at=due, key=f"{PING}:{slot}", now=now)
