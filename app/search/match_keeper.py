"""Keeping matches current behind the journal, without ever working through everything (docs/adr/0013).

The reader of the journal only marks what changed, never beyond what the search index holds. What is marked is worked
off piece by piece: a changed need has its list made anew; a changed offer is asked which needs it is near, and judged
for each of those as their lists were. Engines are asked outside of transactions, and a result is written only if its
listing was not marked again meanwhile. So a crash, an engine that is away or a second worker costs time, never truth.
"""

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app import clock
from app.database import Database
from app.i18n import LOCALES
from app.i18n.formats import local_date
from app.journal import consume, take_up
from app.matching_weights import WEIGHTS, Weights
from app.models.journal import JournalEntry
from app.models.listings import PUBLIC_STATES, Listing
from app.models.matching import MatchDue, MatchList
from app.models.organisations import Organisation
from app.search import match_store
from app.search.documents import documents_of, indexed_documents
from app.search.leans import leans
from app.search.match_rejudging import rejudge_holders, rejudge_offers
from app.search.match_store import Due, Pair
from app.search.matches import Judged, JudgedList, Usual, judge_pairs, known_of, near_needs, offers_for, tell
from app.search.matching import ReplyRecord
from app.search.mates import with_mates
from app.search.port import SearchDocument, SearchEngine, SearchUnavailable
from app.search.reasons import to_store
from app.search.records import Records
from app.search.replies import reply_records

log = logging.getLogger(__name__)

_BATCH: Final = 1_000
# Making one need's list anew costs about as much as letting so many offers meet the needs.
_OFFERS_PER_LIST: Final = 4
_FEW_OFFERS: Final = 40
# One call of the consumer works for about so long before the worker's other duties have their turn.
_TURN_S: Final = 1.0
_MOST_HIDDEN: Final = 100

# Told how many needs are done and how many there were.
Progress = Callable[[int, int], None]


def match_consumer(engine: SearchEngine, *, weights: Weights = WEIGHTS) -> Callable[[Database], int]:
    """The worker's reader of the journal that keeps matches; returns how many entries and listings it dealt with."""

    def take_next(database: Database) -> int:
        handled = read_next(database, engine, weights=weights)
        ends = time.monotonic() + _TURN_S
        while (worked := work_off(database, engine, weights=weights)) and time.monotonic() < ends:
            handled += worked
        return handled + worked

    return take_next


def keep_up(database: Database, engine: SearchEngine, *, weights: Weights = WEIGHTS) -> int:
    """Read and work off everything the index knows of; returns how many listings had their matches worked out."""
    while read_next(database, engine, weights=weights):
        pass
    done = 0
    while worked := work_off(database, engine, weights=weights):
        done += worked
    return done


def read_next(database: Database, engine: SearchEngine, *, weights: Weights = WEIGHTS) -> int:
    """Mark what the next journal entries changed, no further than the index has come, and judge again the offers that
    the index has caught up with since; returns how many of both."""
    position = engine.position()
    if position is None:
        return 0

    def handler(session: Session, entries: Sequence[JournalEntry]) -> None:
        _mark_changed(session, entries)
        rejudge_holders(session, entries, now=clock.now(), weights=weights)

    def caught_up(session: Session, listing_ids: Sequence[UUID]) -> None:
        rejudge_offers(session, listing_ids, now=clock.now(), weights=weights)

    handled = consume(database, consumer=match_store.CONSUMER, handler=handler, batch=_BATCH, until=position)
    return handled + take_up(database, consumer=match_store.CONSUMER, handler=caught_up)


def work_off(database: Database, engine: SearchEngine, *, weights: Weights = WEIGHTS) -> int:
    """Work out the matches of the next marked offer, or need; returns how many listings that were, 0 when none waits.

    So many offers at once that making all lists anew is less work are left to that. While the engine is away nothing
    happens, and everything stays marked.
    """
    now = clock.now()
    _gather(database, now=now)
    for is_need, work in ((False, meet_needs), (True, make_list)):
        with database.read_only() as session:
            waiting = match_store.next_due(session, is_need=is_need, limit=1)
        for due in waiting:
            try:
                work(database, engine, due, now=now, weights=weights)
            except SearchUnavailable as fault:
                log.info("matches wait for the search engine: %s", fault)
                return 0
            return 1
    return 0


def refresh(
    database: Database, engine: SearchEngine, *, weights: Weights = WEIGHTS, progress: Progress | None = None
) -> int:
    """Make the lists of all open needs anew, beside a running worker or without one; returns how many.

    Raises:
        SearchUnavailable: the engine cannot be asked; what was not done stays marked.
    """
    now = clock.now()
    with database.unit_of_work() as session:
        match_store.mark_all_needs(session, today=local_date(now), now=now)
        session.execute(delete(MatchDue).where(MatchDue.is_need.is_(False)))
        waiting = session.scalar(select(func.count()).select_from(MatchDue)) or 0
    done = 0
    while True:
        with database.read_only() as session:
            # From the other end than the worker, so that the two do not do the same work.
            due = match_store.next_due(session, is_need=True, limit=1, from_the_end=True)
        if not due:
            return done
        make_list(database, engine, due[0], now=clock.now(), weights=weights)
        done += 1
        if progress is not None:
            progress(done, max(done, waiting))


def make_list(database: Database, engine: SearchEngine, due: Due, *, now: datetime, weights: Weights) -> None:
    """Make the list of one need anew. One question to the engine, whatever the number of offers."""
    today = local_date(now)
    with database.read_only() as session:
        organisation = session.scalar(
            match_store.open_needs(today)
            .where(Listing.id == due.listing_id)
            .join(Organisation, Organisation.id == Listing.organisation_id)
            .with_only_columns(Organisation.public_id)
        )
        documents = documents_of(session, listing_ids=[due.listing_id], only_public=False) if organisation else []
    found = None
    if documents and not documents[0].head:
        found = offers_for(
            engine,
            documents[0],
            today=today,
            weights=weights,
            records=_records(database, weights, now),
            not_of=organisation,
        )
    best = found.at_least(weights.least_score, limit=weights.keep) if found else []
    told = [(one, _kept_reasons(found, one, today=today, weights=weights)) for one in best] if found else []
    with database.unit_of_work() as session:
        if not match_store.still_due(session, [due]):
            return
        if found is None:
            match_store.forget(session, due.listing_id, now=now)
            return
        ids = _ids(session, [one.document.id for one in best])
        pairs = [
            Pair(due.listing_id, ids[one.document.id], one.score, one.text_ratio, reasons)
            for one, reasons in told
            if one.document.id in ids
        ]
        gone = match_store.leave(session, now=now, need_id=due.listing_id, but=[one.offer_id for one in pairs])
        new = match_store.keep(session, pairs, now=now)
        match_store.note_list(
            session,
            need_id=due.listing_id,
            usual=found.usual,
            lowest=pairs[-1].score if len(pairs) == weights.keep else 0,
            now=now,
        )
        if new or gone:
            match_store.note_changed(session, [due.listing_id], now=now)


def meet_needs(database: Database, engine: SearchEngine, due: Due, *, now: datetime, weights: Weights) -> None:
    """Let one offer meet the needs it is near. Some dozens of questions about one document, however many needs wait.

    A need whose list was never made is left out: it is marked itself.
    """
    today = local_date(now)
    with database.read_only() as session:
        # A cluster is met by the listing that stands for it; the others leave all lists.
        documents = indexed_documents(session, listing_ids=[due.listing_id])
    known: dict[UUID, tuple[Usual, int]] = {}
    ids: dict[str, UUID] = {}
    pairs: list[Pair] = []
    if documents:
        offer = documents[0]
        near = near_needs(engine, offer, today=today)
        with database.read_only() as session:
            near += _by_invitation(session, today)
            ids = _ids(session, [need.id for need in near], not_of=due.listing_id)
            known = match_store.measures(session, ids.values())
        records = known_of(offer, _records(database, weights, now))
        for need in near:
            need_id = ids.get(need.id)
            if need_id is None or need_id not in known:
                continue
            usual, lowest = known[need_id]
            found = judge_pairs(engine, need, [offer.id], usual=usual, today=today, weights=weights, records=records)
            for one in found.at_least(max(weights.least_score, lowest), limit=1):
                reasons = _kept_reasons(found, one, today=today, weights=weights)
                pairs.append(Pair(need_id, due.listing_id, one.score, one.text_ratio, reasons))
    with database.unit_of_work() as session:
        if not match_store.still_due(session, [due]):
            return
        needs = [one.need_id for one in pairs]
        left = match_store.leave_offer(session, now=now, offer_id=due.listing_id, but=needs)
        match_store.keep(session, pairs, now=now)
        match_store.trim(session, needs, keep=weights.keep, now=now)
        match_store.refill(session, left, now=now)
        if pairs or left:
            match_store.note_changed(session, [due.listing_id, *needs, *left], now=now)


def sweep(session: Session, *, now: datetime) -> None:
    """Let go of the lists of needs that are open no more, and forget what left long ago. Once a day."""
    still = match_store.open_needs(local_date(now)).with_only_columns(Listing.id)
    for need_id in session.scalars(select(MatchList.need_id).where(MatchList.need_id.not_in(still))).all():
        match_store.forget(session, need_id, now=now)
    match_store.sweep(session, now=now)


def _gather(database: Database, *, now: datetime) -> None:
    """Where many offers wait, let all lists be made anew instead."""
    with database.read_only() as session:
        offers = session.scalar(select(func.count()).where(MatchDue.is_need.is_(False))) or 0
        if offers <= _FEW_OFFERS:
            return
        needs = session.scalar(select(func.count()).select_from(match_store.open_needs(local_date(now)).subquery()))
    if offers * _OFFERS_PER_LIST < (needs or 0):
        return
    with database.unit_of_work() as session:
        # Whatever is marked is in the index already, so the lists will know of it.
        session.execute(delete(MatchDue).where(MatchDue.is_need.is_(False)))
        match_store.mark_all_needs(session, today=local_date(now), now=now)


def _mark_changed(session: Session, entries: Sequence[JournalEntry]) -> None:
    now = clock.now()
    changed = with_mates(session, {entry.entity_id for entry in entries if entry.entity == "listing"}, entries)
    listings = session.execute(
        select(Listing.id, Listing.kind, Listing.state, Listing.deadline).where(Listing.id.in_(changed))
    ).all()
    needs = [row.id for row in listings if row.kind == "need"]
    offers = [row.id for row in listings if row.kind != "need"]
    if parted := match_store.change_sides(session, needs=needs, offers=offers, now=now):
        match_store.note_changed(session, parted, now=now)
    today = local_date(now)
    due: list[tuple[UUID, bool]] = []
    for row in listings:
        is_need = row.kind == "need"
        if row.state in PUBLIC_STATES and not (is_need and row.deadline is not None and row.deadline < today):
            due.append((row.id, is_need))
        elif is_need:
            match_store.forget(session, row.id, now=now)
        else:
            left = match_store.leave_offer(session, now=now, offer_id=row.id)
            match_store.refill(session, left, now=now)
            match_store.note_changed(session, left, now=now)
    match_store.mark(session, due, now=now)


def _ids(session: Session, public_ids: Collection[str], *, not_of: UUID | None = None) -> dict[str, UUID]:
    """Primary keys by public id; without listings of the organisation that listing `not_of` is of."""
    asked = select(Listing.public_id, Listing.id).where(Listing.public_id.in_(public_ids))
    if not_of is not None:
        own = select(Listing.organisation_id).where(Listing.id == not_of).scalar_subquery()
        asked = asked.where(Listing.organisation_id != own)
    return dict(session.execute(asked).all())


def _by_invitation(session: Session, today: date) -> list[SearchDocument]:
    """Open needs that no index holds, because not everybody may see them. Their own organisations see what fits."""
    hidden = (
        match_store.open_needs(today)
        .where(Listing.visibility == "invitation")
        .order_by(Listing.updated_at.desc())
        .with_only_columns(Listing.id)
        .limit(_MOST_HIDDEN)
    )
    return documents_of(session, listing_ids=session.scalars(hidden).all(), only_public=False)


def _kept_reasons(found: JudgedList, one: Judged, *, today: date, weights: Weights) -> list[dict[str, Any]]:
    return to_store(
        {language: tell(found, one, today=today, language=language, weights=weights).reasons for language in LOCALES}
    )


def _records(database: Database, weights: Weights, now: datetime) -> Records:
    """Readers with a short transaction of their own each: an engine is asked between them."""

    def replies(organisations: Collection[str], /) -> Mapping[str, ReplyRecord]:
        with database.read_only() as session:
            return reply_records(session, now=now)(organisations)

    def judged(offers: Collection[str], /) -> Mapping[str, float]:
        with database.read_only() as session:
            return leans(session, weights=weights)(offers)

    return Records(replies, judged)
