"""Keeping the index in step with the journal, and building it anew.

The index is complete to the journal position it carries, but for the listings of an organisation that changed: these
follow piece by piece (app/journal/waiting.py). What is left so is written down first, then a batch is committed to the
index, then the cursor moved; so a crash in between loses nothing, and repeats what changes nothing.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from app import clock
from app.database import Database
from app.identity import uuid7
from app.journal import (
    consume,
    cursor_position,
    hand_over,
    head_position,
    leave_for_later,
    look_after,
    sequence_all,
    take_up,
)
from app.journal.consume import is_alone, move_cursor
from app.models.journal import JournalEntry
from app.models.listings import PUBLIC_STATES, Listing
from app.search.documents import BATCH, all_documents, indexed_documents
from app.search.match_store import CONSUMER as MATCHES
from app.search.mates import with_mates
from app.search.port import Changes, SearchDocument, SearchEngine, SearchUnavailable

log = logging.getLogger(__name__)

CONSUMER: Final = "search"
# What is left while an index is built anew waits under a name that begins so until that one is in use.
_REBUILDING: Final = "search: building anew "
# No building lasts so long. And of an index restored from a copy: organisations that changed so long before it was made
# may have had listings waiting.
_A_DAY: Final = timedelta(days=1)
# An index further behind the cursor than this many entries is built anew instead of being walked forward.
_REBUILD_BEYOND: Final = 2_000
_CATCH_UP_BATCH: Final = 2_000

# Told how many documents are in the new index and how many there will be, roughly.
Progress = Callable[[int, int], None]


def search_consumer(engine: SearchEngine) -> Callable[[Database], int]:
    """The worker's journal consumer for an engine: takes the next batch, returns how many entries it dealt with."""
    aligned_at: int | None = None

    def take_next(database: Database) -> int:
        nonlocal aligned_at
        # Another worker may index too, and a folder may be lost or restored from a backup at any time.
        position = None if aligned_at is None else engine.position()
        begins = aligned_at is None or (position is not None and position < aligned_at)
        # After a fault below nothing is taken for granted.
        known, aligned_at = aligned_at, None
        if (begins or position != known) and not align(database, engine, begins=begins):
            aligned_at = known
            return 0
        handled = index_next(database, engine)
        if handled and engine.outgrown():
            learn_anew(database, engine)
        # What the cursor says, not the engine: another index may have come in its place meanwhile.
        with database.read_only() as session:
            aligned_at = cursor_position(session, CONSUMER)
        return handled

    return take_next


def index_next(database: Database, engine: SearchEngine, *, batch: int = BATCH) -> int:
    """Bring the next journal entries into the index, and the next of what earlier ones left; returns how many.

    Call until it returns 0.

    Raises:
        SearchUnavailable: the engine could not take them; the cursor stays where it was.
    """

    def handler(session: Session, entries: Sequence[JournalEntry]) -> None:
        _leave_those_of_organisations(database, entries, consumer=CONSUMER)
        for changes in _changes(session, entries):
            engine.apply(changes)

    def waiting(session: Session, listing_ids: Sequence[UUID]) -> None:
        for changes in _changes_of_all(session, with_mates(session, listing_ids)):
            engine.apply(changes)
        # What was judged meanwhile was judged by what the index held before.
        found = select(Listing.id).where(Listing.id.in_(listing_ids))
        leave_for_later(session, consumer=MATCHES, entity="listing", found=found, read_to=head_position(session))

    handled = consume(database, consumer=CONSUMER, handler=handler, batch=batch)
    return handled + take_up(database, consumer=CONSUMER, handler=waiting, most=batch)


def align(database: Database, engine: SearchEngine, *, begins: bool = True) -> bool:
    """Make the cursor and the index agree about how far the index has come.

    An index that is lost, or ahead of a database restored from a backup, is built anew; one that is behind the cursor
    (restored itself) has the entries read again; one that is ahead of the cursor spares reading them.

    Args:
        begins: a worker begins, or finds the index behind where it was: it looks after what may have been left when the
            index was copied or a building ended.

    Returns:
        False when another worker was at work, so that nothing could be said.
    """
    with database.unit_of_work() as session:
        # Alone, so that index and cursor are not read before and after what another does.
        if not is_alone(session, CONSUMER):
            return False
        position = engine.position()
        cursor = cursor_position(session, CONSUMER)
        head = head_position(session)
        if position is not None and position <= head and cursor - position <= _REBUILD_BEYOND:
            if begins:
                forget_before = clock.now() - _A_DAY
                look_after(session, prefix=_REBUILDING, taker=CONSUMER, forget_before=forget_before)
                if position < cursor:
                    _leave_what_may_have_waited(session, position)
            if position != cursor:
                move_cursor(session, consumer=CONSUMER, position=position)
            return True
    log.warning("search index at %s, journal cursor at %s of %s: building it anew", position, cursor, head)
    rebuild_index(database, engine)
    return True


def learn_anew(database: Database, engine: SearchEngine) -> None:
    """Build the index anew because the exchange has outgrown what it was learnt from. Another time where that is not
    possible now: the index in use is complete."""
    try:
        rebuild_index(database, engine)
    except SearchUnavailable as fault:
        log.warning("the search index could not be built anew: %s", fault.__cause__ or fault)


def rebuild_index(database: Database, engine: SearchEngine, *, progress: Progress | None = None) -> int:
    """Build the whole index anew beside the one in use and put it in its place; searching goes on meanwhile.

    Returns:
        How many documents were read.

    Raises:
        SearchUnavailable: another process is rebuilding, or the engine cannot.
    """
    sequence_all(database)
    with database.read_only() as session:
        start = head_position(session)
        expected = session.scalar(select(func.count()).where(Listing.state.in_(PUBLIC_STATES))) or 0
    read = 0

    def batches() -> Iterator[Sequence[SearchDocument]]:
        nonlocal read
        for documents in all_documents(database):
            yield documents
            read += len(documents)
            if progress is not None:
                progress(read, max(read, expected))

    mine = f"{_REBUILDING}{uuid7().hex}"

    def catch_up(after: int) -> Changes | None:
        return _changes_after(database, after, consumer=mine)

    try:
        complete_to = engine.rebuild(batches(), position=start, catch_up=catch_up)
    finally:
        # Whichever index is in use now: looking at them once more does no harm.
        with database.unit_of_work() as session:
            hand_over(session, giver=mine, taker=CONSUMER)
    with database.unit_of_work() as session:
        if cursor_position(session, CONSUMER) < complete_to:
            move_cursor(session, consumer=CONSUMER, position=complete_to)
    return read


def _changes_after(database: Database, position: int, *, consumer: str) -> Changes | None:
    """What the journal holds after a position, as one batch; None when there is nothing.

    Of organisations that changed meanwhile some documents may have been read before: they wait, under this name, until
    the new index is in use.
    """
    sequence_all(database)
    with database.read_only() as session:
        entries = session.scalars(
            select(JournalEntry)
            .where(JournalEntry.position > position)
            .order_by(JournalEntry.position)
            .limit(_CATCH_UP_BATCH)
        ).all()
        if not entries:
            return None
        _leave_those_of_organisations(database, entries, consumer=consumer)
        parts = list(_changes(session, entries))
    return Changes(
        upserts=[document for part in parts for document in part.upserts],
        deletes=[identifier for part in parts for identifier in part.deletes],
        position=parts[-1].position,
    )


def _leave_those_of_organisations(database: Database, entries: Sequence[JournalEntry], *, consumer: str) -> None:
    """An organisation's name and verification stand in all its listings. Committed before any index says that it has
    read the entries."""
    changed = {entry.entity_id for entry in entries if entry.entity == "organisation"}
    if changed:
        with database.unit_of_work() as session:
            found = _public_of(Listing.organisation_id.in_(changed))
            read_to = (entries[0].position or 0) - 1
            leave_for_later(session, consumer=consumer, entity="listing", found=found, read_to=read_to)


def _leave_what_may_have_waited(session: Session, position: int) -> None:
    """An index that comes from a copy says how far it had come, not what still waited when the copy was made."""
    made = select(JournalEntry.at).where(JournalEntry.position == position).scalar_subquery()
    changed = select(JournalEntry.entity_id).where(
        JournalEntry.entity == "organisation",
        JournalEntry.position <= position,
        JournalEntry.at >= made - _A_DAY,
    )
    found = _public_of(Listing.organisation_id.in_(changed))
    leave_for_later(session, consumer=CONSUMER, entity="listing", found=found, read_to=position)


def _public_of(organisations: ColumnElement[bool]) -> Select[UUID]:
    """Listings that have a document."""
    return select(Listing.id).where(organisations, Listing.state.in_(PUBLIC_STATES))


def _changes(session: Session, entries: Sequence[JournalEntry]) -> Iterator[Changes]:
    """The listings that the entries touch, as they are now. The last part carries the position of the last entry."""
    listings = {entry.entity_id for entry in entries if entry.entity == "listing"}
    yield from _changes_of_all(session, with_mates(session, listings, entries))
    yield Changes(position=entries[-1].position)


def _changes_of_all(session: Session, listing_ids: Collection[UUID]) -> Iterator[Changes]:
    ordered = sorted(listing_ids)
    for start in range(0, len(ordered), BATCH):
        yield _changes_of(session, ordered[start : start + BATCH])


def _changes_of(session: Session, listing_ids: Sequence[UUID]) -> Changes:
    # In one order, so that the same change is the same request to an engine.
    documents = sorted(indexed_documents(session, listing_ids=listing_ids), key=lambda one: one.id)
    public = {document.id for document in documents}
    known = session.scalars(select(Listing.public_id).where(Listing.id.in_(listing_ids)))
    return Changes(upserts=documents, deletes=sorted(identifier for identifier in known if identifier not in public))
