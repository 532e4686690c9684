"""What one change costs where many offers and needs wait: the matches of the changed listing, worked out and kept."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from app import clock, journal
from app.bench import corpus
from app.bench.exchange import Exchange, made_exchange
from app.bench.measure import Timing, timing
from app.features.insight.queries import newest_ids
from app.i18n.formats import local_date
from app.models.listings import OFFER_KINDS, Listing
from app.search import match_store
from app.search.documents import documents_of
from app.search.indexer import index_next
from app.search.match_keeper import keep_up, work_off
from app.search.matches import near_needs

_CHANGES: Final = 20


@dataclass(frozen=True, slots=True)
class MatchFigures:
    """One size. Times of a change are those of working its matches out, wall and processor of the working process.

    `lists_s` is what making `lists` lists of needs took before.
    """

    offers: int
    needs: int
    lists_s: float
    lists: int
    offer_wall: Timing
    offer_processor: Timing
    need_wall: Timing
    need_processor: Timing


def measure_changes(offers: int, needs: int, *, engine: str, say: Callable[[str], object]) -> MatchFigures:
    """Measure at so many offers and open needs, in a folder and with a database of its own."""
    with made_exchange(corpus.offers_and_needs(offers, needs), engine=engine, say=say) as exchange:
        say("making the lists of needs that are near the offers to be changed")
        with exchange.database.read_only() as session:
            changing = newest_ids(session, kinds=OFFER_KINDS, limit=_CHANGES)
            asking = newest_ids(session, kinds=("need",), limit=_CHANGES)
        begun = time.perf_counter()
        made = _make_lists(exchange, changing)
        took = time.perf_counter() - begun
        say("changing offers and needs")
        offer_wall, offer_processor = _changed(exchange, changing)
        need_wall, need_processor = _changed(exchange, asking)
    return MatchFigures(offers, needs, took, made, offer_wall, offer_processor, need_wall, need_processor)


def _make_lists(exchange: Exchange, public_ids: Sequence[str]) -> int:
    """Make the lists that changes of these offers will be compared with; no others are asked for."""
    today = local_date(clock.now())
    with exchange.database.unit_of_work() as session:
        ids = session.scalars(select(Listing.id).where(Listing.public_id.in_(public_ids))).all()
        offers = documents_of(session, listing_ids=ids)
        near = {need.id for offer in offers for need in near_needs(exchange.engine, offer, today=today)}
        needs = session.scalars(select(Listing.id).where(Listing.public_id.in_(near))).all()
        match_store.mark(session, [(one, True) for one in needs], now=clock.now())
    while work_off(exchange.database, exchange.engine):
        pass
    return len(needs)


def _changed(exchange: Exchange, public_ids: Sequence[str]) -> tuple[Timing, Timing]:
    wall, processor = [], []
    for number, public_id in enumerate(public_ids):
        with exchange.database.unit_of_work() as session:
            one = session.query(Listing).filter(Listing.public_id == public_id).one()
            one.title = f"{one.title[:280]} {number}"
            journal.append(session, entity="listing", entity_id=one.id, action="updated")
        while index_next(exchange.database, exchange.engine):
            pass
        begun, used = time.perf_counter(), time.process_time()
        keep_up(exchange.database, exchange.engine)
        wall.append(time.perf_counter() - begun)
        processor.append(time.process_time() - used)
    return timing(wall), timing(processor)
