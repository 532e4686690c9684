"""What one change costs where many offers and needs wait: the matches of the changed listing, worked out and kept."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from app import journal
from app.bench import corpus
from app.bench.exchange import Exchange, made_exchange
from app.bench.measure import Timing, timing
from app.features.insight.queries import newest_ids
from app.models.listings import OFFER_KINDS, Listing
from app.search.indexer import index_next
from app.search.match_keeper import keep_up, read_next, refresh

_CHANGES: Final = 40


@dataclass(frozen=True, slots=True)
class MatchFigures:
    """One size. Times of a change are those of working its matches out, wall and processor of the working process.

    `lists_s` is what making the lists of all needs took before, which happens once.
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
        say(f"{needs:,} needs: making their lists")
        while read_next(exchange.database, exchange.engine):
            pass
        begun = time.perf_counter()
        made = refresh(exchange.database, exchange.engine)
        took = time.perf_counter() - begun
        say("changing offers and needs")
        offer_wall, offer_processor = _changed(exchange, OFFER_KINDS)
        need_wall, need_processor = _changed(exchange, ("need",))
    return MatchFigures(offers, needs, took, made, offer_wall, offer_processor, need_wall, need_processor)


def _changed(exchange: Exchange, kinds: tuple[str, ...]) -> tuple[Timing, Timing]:
    with exchange.database.read_only() as session:
        ids = newest_ids(session, kinds=kinds, limit=_CHANGES)
    wall, processor = [], []
    for number, public_id in enumerate(ids):
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
