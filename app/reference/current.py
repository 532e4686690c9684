"""The tables as this process knows them: read from the database once, read again when a new version was loaded.

Asking for a table or a label never touches the database, so templates, search documents and forms may do it freely.
What keeps the tables up to date is `refresh`, called where a session is at hand anyway.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.reference import store
from app.reference.shipped import shipped_tables
from app.reference.store import Edition, read_version
from app.reference.synonyms import Pairs, as_pairs, read_pairs
from app.reference.tables import ReferenceTable, Term

# How long a load by another process may go unnoticed where no mark of the database is at hand, in seconds.
MAX_AGE = 15.0


@dataclass(frozen=True, slots=True)
class _Held:
    """One consistent set of tables, replaced as a whole, so that readers need no lock."""

    tables: Mapping[str, ReferenceTable]
    by_version: Mapping[tuple[str, str], ReferenceTable]
    editions: tuple[Edition, ...]
    pairs: Pairs | None
    revision: int
    mark: str | None
    checked_at: float


_held: _Held | None = None
_refreshing = threading.Lock()


def current_tables() -> Mapping[str, ReferenceTable]:
    """The current tables by scheme. Before the first `refresh` they are the shipped ones."""
    return _held.tables if _held is not None else shipped_tables()


def current_pairs() -> Pairs:
    """The pairs of terms in two languages that are in use; the same object until they change."""
    held = _held
    return held.pairs if held is not None and held.pairs is not None else _shipped_pairs()


@cache
def _shipped_pairs() -> Pairs:
    return as_pairs()


def current_table(scheme: str) -> ReferenceTable:
    """The current table of a scheme. Raises KeyError for a scheme that is neither shipped nor loaded."""
    return current_tables()[scheme]


def label(scheme: str, code: str, locale: str, *, version: str | None = None) -> str:
    """The label of a classification as pages show it; a code or scheme that nobody knows is shown as it is.

    `version` is the one the listing was classified by ("" or None: the current one); its own label is shown, also
    when another version is current by now.
    """
    held = _held
    if version and held is not None and (known := held.by_version.get((scheme, version))) is not None:
        return known.label(code, locale)
    table = current_tables().get(scheme)
    return code if table is None else table.label(code, locale, version=version)


def current_term(scheme: str, code: str, *, version: str | None = None) -> Term | None:
    """The present term for a code of any version, so that listings of different years meet in one facet.

    History decides; a code that an earlier version had under the same name and that is still there stays itself.
    None when the scheme or the code is unknown, or when the code was split.
    """
    held = _held
    table = current_tables().get(scheme)
    if table is None:
        return None
    found = table.find(code, version=version)
    if found is not None or not version or held is None or table.successors(code, version=version):
        return found
    earlier = held.by_version.get((scheme, version))
    term = earlier.get(code) if earlier is not None else None
    same = table.get(code)
    return same if term is not None and same is not None and same.label_vi == term.label_vi else None


def version_mark() -> str:
    """A short text, equal in all processes that know the same, that changes whenever a table does; "" at first."""
    return (_held.mark or "") if _held is not None else ""


def refresh(session: Session, *, mark: str | None = None, max_age: float = MAX_AGE, at: float | None = None) -> bool:
    """Look whether anything was loaded and read it if so; returns whether anything was new.

    With the database's present `mark` at hand (a subquery of app.reference.store, made part of a query that is sent
    anyway) nothing is asked while it stays the same. Without, one small query is made at most every `max_age` seconds.
    Tables are read only when a version is new or was corrected, and those that ship with the product not even then.

    Args:
        at: the moment in seconds of a monotonic clock, for tests.
    """
    moment = time.monotonic() if at is None else at
    held = _held
    if held is not None:
        if mark is not None and mark == held.mark:
            return False
        if mark is None and held.mark is not None and moment - held.checked_at < max_age:
            return False
    with _refreshing:
        return _look(session, mark=mark, moment=moment)


def _look(session: Session, *, mark: str | None, moment: float) -> bool:
    global _held
    before = _held
    if mark is None:
        mark = session.scalar(select(store.mark())) or ""
    if before is not None and before.mark == mark:
        _held = replace(before, checked_at=moment)
        return False
    revision = store.pairs_revision(mark)
    if before is not None and before.revision == revision:
        pairs = before.pairs
    else:
        pairs = read_pairs(session) if revision else None
    present = store.editions(session)
    known = {} if before is None else {(one.scheme, one.version): one for one in before.editions}
    by_version: dict[tuple[str, str], ReferenceTable] = {}
    for one in present:
        key = (one.scheme, one.version)
        if before is not None and key in before.by_version and _unchanged(known[key], one):
            by_version[key] = before.by_version[key]
        elif (table := _shipped(one) or read_version(session, scheme=one.scheme, version=one.version)) is not None:
            by_version[key] = table
    tables = dict(shipped_tables())
    tables |= {one.scheme: by_version[one.scheme, one.version] for one in present if one.is_current}
    _held = _Held(MappingProxyType(tables), MappingProxyType(by_version), present, pairs, revision, mark, moment)
    return before is None or before.editions != present or before.pairs is not pairs


def _unchanged(last: Edition, now: Edition) -> bool:
    return (last.loaded_at, last.content_sha256) == (now.loaded_at, now.content_sha256)


def _shipped(edition: Edition) -> ReferenceTable | None:
    """The table of this checkout, where that is what the database holds."""
    table = shipped_tables().get(edition.scheme)
    if table is None or edition.origin != "shipped" or table.version != edition.version:
        return None
    return table if table.content_sha256() == edition.content_sha256 else None


def refresh_after_commit(session: Session) -> None:
    """Make this process look again once the session has committed. Other processes notice by the mark."""
    event.listen(session, "after_commit", _look_again, once=True)


def _look_again(_session: Session) -> None:
    global _held
    if _held is not None:
        _held = replace(_held, mark=None, revision=-1)


def forget() -> None:
    """Drop what this process holds; the next question is answered from the shipped tables until a `refresh`."""
    global _held
    _held = None
