"""A saved search is the query of the results page: here it is read, tidied, and asked of listings that just changed."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from functools import lru_cache
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.datastructures import QueryParams

from app import clock
from app.features.listings.policies import publicly_visible
from app.i18n.formats import HERE, local_date
from app.models.listings import Listing
from app.search.bands import Freshness
from app.search.documents import documents_of
from app.search.percolation import Percolator, Question, question_of
from app.search.port import LARGEST_PAGE, SearchAnswer, SearchEngine
from app.web.storefront.search_params import SearchParams, read_search_params


@lru_cache(maxsize=20_000)
def read_criteria(query: str) -> SearchParams:
    """The filters of a saved query; what is unknown or no filter (page, order) is dropped."""
    return replace(read_search_params(QueryParams(query)), page=1, sort="relevance")


def tidy_criteria(query: str) -> str:
    """The query as it is kept, so that the same search is the same text; "" when it asks for nothing in particular."""
    return read_criteria(query).query().removeprefix("?")


_ANY_DAY = Freshness(datetime(2026, 1, 1, tzinfo=HERE))


@lru_cache(maxsize=20_000)
def _asked(query: str, freshness: Freshness) -> Question:
    return question_of(read_criteria(query).criteria(freshness))


def _question(query: str, freshness: Freshness) -> Question:
    # Only few ask how lately a listing was confirmed; what was made of all the others serves for ever.
    return _asked(query, freshness if read_criteria(query).confirmed else _ANY_DAY)


def _today(overdue_days: int) -> Freshness:
    """Freshness seen from today, the same all day, so that what was made of a query serves until tomorrow."""
    return Freshness(datetime.combine(local_date(clock.now()), time(), HERE), overdue_days)


@dataclass(frozen=True, slots=True)
class ChangedListings:
    """Listings that just changed, as anybody sees them (app.features.alerts.noticing.PublicListings)."""

    percolator: Percolator
    freshness: Freshness

    @property
    def named(self) -> Collection[UUID]:
        return [key for key, one in self.percolator.documents.items() if one.organisation_id is not None]

    def __contains__(self, listing_id: object) -> bool:
        return listing_id in self.percolator.documents

    def __len__(self) -> int:
        return len(self.percolator.documents)

    def answering(self, criteria: str) -> Collection[UUID]:
        return self.percolator.answering(_question(criteria, self.freshness))


def listing_reader(*, overdue_days: int) -> Callable[[Session, Sequence[UUID]], ChangedListings]:
    """Reads the public ones of some listings, in three queries.

    Args:
        overdue_days: after how many days an owner's confirmation has run out (the setting `confirm_after_days`).
    """

    def read(session: Session, listing_ids: Sequence[UUID]) -> ChangedListings:
        documents = {one.id: one for one in documents_of(session, listing_ids=listing_ids)}
        known = session.execute(select(Listing.public_id, Listing.id).where(Listing.public_id.in_(documents))).all()
        return ChangedListings(Percolator({row.id: documents[row.public_id] for row in known}), _today(overdue_days))

    return read


@dataclass(frozen=True, slots=True)
class Answered:
    """What answers a saved search now: public ids, the newest first, and how many there are in all.

    `understood` is the search as it was read: what was typed in raw Telex is there in letters.
    """

    public_ids: Sequence[str]
    total: int
    understood: SearchParams


def ask(
    session: Session,
    engine: SearchEngine,
    params: SearchParams,
    *,
    limit: int,
    overdue_days: int,
    language: str = "vi",
) -> Answered:
    """What a saved search finds, by the rule by which new listings are told of: every word, every filter.

    An engine reads a search that finds little more freely. Then its best hits are looked through, of which those that
    hold every word are the first.

    Raises:
        SearchUnavailable: the engine cannot be asked.
    """
    freshness = _today(overdue_days)

    def found_by(asked: SearchParams, most: int) -> SearchAnswer:
        query = asked.criteria(freshness).query(facets=(), limit=most, language=language, highlight=False)
        return engine.search(query)

    newest = found_by(replace(params, sort="newest"), limit)
    understood = replace(params, q=newest.read_as or params.q)
    if not newest.relaxed:
        return Answered([hit.id for hit in newest.hits], newest.total, understood)
    best = found_by(params, LARGEST_PAGE)
    rows = session.execute(
        publicly_visible()
        .where(Listing.public_id.in_([hit.id for hit in best.hits]))
        .with_only_columns(Listing.id, Listing.public_id)
        .order_by(Listing.published_at.desc(), Listing.id.desc())
    ).all()
    read = listing_reader(overdue_days=overdue_days)
    strict = read(session, [row.id for row in rows]).answering(understood.query().removeprefix("?"))
    found = [row.public_id for row in rows if row.id in strict]
    return Answered(found[:limit], len(found), understood)
