"""Counting attempts in windows of time, in the database, so that all processes count together."""

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.models import AttemptWindow


@dataclass(frozen=True, slots=True)
class Refused:
    """Not done. `wait` is in seconds, for too_many. Unconfirmed and disabled are said only to who knows the password.

    Returned, not raised: the count of attempts must be committed also when the answer is no.
    """

    reason: Literal["wrong", "too_many", "unconfirmed", "disabled"]
    wait: int = 0


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` attempts of a kind in each window of `window`."""

    kind: str
    most: int
    window: timedelta


SIGN_IN_EMAIL = Limit("sign-in:email", 10, timedelta(minutes=15))
SIGN_IN_ADDRESS = Limit("sign-in:address", 60, timedelta(minutes=15))
PASSWORD_CHECK = Limit("password:person", 10, timedelta(minutes=15))
REGISTER_EMAIL = Limit("register:email", 5, timedelta(hours=1))
REGISTER_ADDRESS = Limit("register:address", 30, timedelta(hours=1))
RESET_EMAIL = Limit("reset:email", 5, timedelta(hours=1))
RESET_ADDRESS = Limit("reset:address", 30, timedelta(hours=1))
INVITE_ORGANISATION = Limit("invite:organisation", 30, timedelta(days=1))


def address_subject(address: str | None) -> str:
    """Who an address stands for: the address itself, or the /64 that one subscriber has of IPv6."""
    try:
        given = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(given, ipaddress.IPv6Address):
        if given.ipv4_mapped is not None:
            return str(given.ipv4_mapped)
        return str(ipaddress.ip_network((given, 64), strict=False))
    return str(given)


def _key(limit: Limit, subject: str) -> str:
    # Hashed: the table of attempts is no list of who has an account or was here.
    return f"{limit.kind}:{hashlib.sha256(subject.encode()).hexdigest()[:32]}"


def _window(limit: Limit, now: datetime) -> datetime:
    seconds = limit.window.total_seconds()
    return datetime.fromtimestamp(now.timestamp() // seconds * seconds, UTC)


def count_attempt(session: Session, limit: Limit, *, subject: str, now: datetime) -> int:
    """Count one attempt; returns 0 when it is within the limit, else the seconds until the window ends.

    The row stays locked until the transaction ends: attempts on one subject go one after the other.
    """
    starts = _window(limit, now)
    count = session.execute(
        insert(AttemptWindow)
        .values(key=_key(limit, subject), starts_at=starts, count=1)
        .on_conflict_do_update(
            index_elements=[AttemptWindow.key, AttemptWindow.starts_at], set_={"count": AttemptWindow.count + 1}
        )
        .returning(AttemptWindow.count)
    ).scalar_one()
    if count <= limit.most:
        return 0
    return max(1, int((starts + limit.window - now).total_seconds()))


def forgive(session: Session, limit: Limit, *, subject: str, now: datetime, all_of_them: bool = False) -> None:
    """Take back the attempt just counted, since it was right; or all of the window."""
    session.execute(
        update(AttemptWindow)
        .where(AttemptWindow.key == _key(limit, subject), AttemptWindow.starts_at == _window(limit, now))
        .values(count=0 if all_of_them else func.greatest(AttemptWindow.count - 1, 0))
    )


def sweep_windows(session: Session, *, now: datetime) -> None:
    """Forget windows that ended long ago."""
    session.execute(delete(AttemptWindow).where(AttemptWindow.starts_at < now - timedelta(days=2)))
