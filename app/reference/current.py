"""The current tables of this process: read from the database once, read again when a new version was loaded.

Asking for a table or a label never touches the database, so templates, search documents and forms may do it freely.
What keeps the tables current is `refresh`, called where a session is at hand anyway.
"""

import hashlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sqlalchemy import event
from sqlalchemy.orm import Session

from app.reference.shipped import shipped_tables
from app.reference.store import current_signature, read_current
from app.reference.tables import ReferenceTable

# How long a load by another process may go unnoticed where no journal position is at hand, in seconds.
MAX_AGE = 15.0


@dataclass(frozen=True, slots=True)
class _Held:
    """One consistent set of tables, replaced as a whole, so that readers need no lock."""

    tables: Mapping[str, ReferenceTable]
    signature: Mapping[str, str] = field(default_factory=dict)
    position: int | None = None
    checked_at: float | None = None


_held: _Held | None = None
_refreshing = threading.Lock()


def current_tables() -> Mapping[str, ReferenceTable]:
    """The current tables by scheme. Before the first `refresh` they are the shipped ones."""
    return _held.tables if _held is not None else shipped_tables()


def current_table(scheme: str) -> ReferenceTable:
    """The current table of a scheme. Raises KeyError for a scheme that is neither shipped nor loaded."""
    return current_tables()[scheme]


def label(scheme: str, code: str, locale: str, *, version: str | None = None) -> str:
    """The label of a classification as pages show it; a code or scheme that nobody knows is shown as it is.

    `version` is the one the listing was classified by ("" or None: the current one).
    """
    table = current_tables().get(scheme)
    return code if table is None else table.label(code, locale, version=version)


def version_mark() -> str:
    """A short text that changes whenever a current table does: part of the ETag of pages that show labels."""
    if _held is None or not _held.signature:
        return "shipped"
    return hashlib.sha256(repr(sorted(_held.signature.items())).encode()).hexdigest()[:12]


def refresh(
    session: Session, *, position: int | None = None, max_age: float = MAX_AGE, at: float | None = None
) -> bool:
    """Look whether a new version was loaded and read it if so; returns whether anything was read.

    With the journal `position` at hand, one small query is made when it differs from the last one seen. Without, one
    at most every `max_age` seconds. The tables themselves are read only when a version changed.

    Args:
        position: the journal's head position as this request knows it.
        at: the moment in seconds of a monotonic clock, for tests.
    """
    moment = time.monotonic() if at is None else at
    held = _held
    if held is not None:
        if position is not None and position == held.position:
            return False
        if position is None and held.checked_at is not None and moment - held.checked_at < max_age:
            return False
    with _refreshing:
        return _read(session, position=position, moment=moment)


def _read(session: Session, *, position: int | None, moment: float) -> bool:
    global _held
    before = _held
    signature = current_signature(session)
    known = before.signature if before is not None else {}
    tables = dict(before.tables if before is not None else shipped_tables())
    changed = [scheme for scheme in signature if signature[scheme] != known.get(scheme)]
    for scheme in changed:
        table = read_current(session, scheme=scheme)
        if table is not None:
            tables[scheme] = table
    for scheme in known.keys() - signature.keys():
        # Another database (tests): what it never loaded falls back to what the product ships.
        tables.pop(scheme)
        if scheme in shipped_tables():
            tables[scheme] = shipped_tables()[scheme]
    if position is None and before is not None:
        position = before.position
    _held = _Held(MappingProxyType(tables), signature, position, moment)
    return bool(changed)


def refresh_after_commit(session: Session) -> None:
    """Make this process look again once the session has committed. Other processes notice by themselves."""
    event.listen(session, "after_commit", _look_again, once=True)


def _look_again(_session: Session) -> None:
    global _held
    held = _held
    if held is not None:
        _held = _Held(held.tables, held.signature, None, None)


def forget() -> None:
    """Drop what this process holds; the next question is answered from the shipped tables until a `refresh`."""
    global _held
    _held = None
