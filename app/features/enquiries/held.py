"""What somebody typed while not signed in (or no longer), kept for the hour that signing in may take."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.models import HeldForm

KEPT_FOR = timedelta(hours=1)
# In characters over all fields; more than any form asks for.
LARGEST = 100_000


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def hold(session: Session, *, path: str, fields: Mapping[str, Sequence[str]], now: datetime) -> str | None:
    """Keep the fields of the form at `path`; returns the token that opens them, None when they are too much to keep."""
    size = sum(len(name) + sum(map(len, values)) for name, values in fields.items())
    if size > LARGEST:
        return None
    token = secrets.token_urlsafe(32)
    clean = {name: [value.replace("\0", "") for value in values] for name, values in fields.items() if "\0" not in name}
    session.add(
        HeldForm(token_sha256=_digest(token), path=path, fields=clean, created_at=now, expires_at=now + KEPT_FOR)
    )
    return token


def held(session: Session, *, token: str, path: str, now: datetime) -> Mapping[str, Sequence[str]] | None:
    """The fields kept for the form at `path`, or None. One query."""
    found = session.get(HeldForm, _digest(token))
    if found is None or found.path != path or found.expires_at <= now:
        return None
    return found.fields


def let_go(session: Session, *, token: str) -> None:
    """Forget the fields: the form was sent."""
    session.execute(delete(HeldForm).where(HeldForm.token_sha256 == _digest(token)))


def sweep(session: Session, *, now: datetime) -> None:
    """Forget what nobody came back for."""
    session.execute(delete(HeldForm).where(HeldForm.expires_at <= now))
