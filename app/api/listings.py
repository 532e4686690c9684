"""GET /listings: search with filters, facets and cursors; or exactly by external_id, from the database."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from app import clock
from app.api.caller import Call, PublicCall
from app.api.cursors import SearchCursor, after_newest
from app.api.known import known_or
from app.api.parameters import ListingsQuery, is_unfiltered
from app.api.records import ListingItem, facet_label, listing_item
from app.api.responses import reading
from app.api.wire import Answer
from app.features.listings.lookup import found_by, public_ids_by_external_id
from app.features.listings.queries import cards
from app.i18n import current_locale
from app.search.bands import FRESHNESS, Freshness
from app.search.port import DEEPEST, FacetCount, In, Range, SearchAnswer

router = APIRouter(tags=["Listings"])

# A facet's name here, which is also the parameter that filters by it → its name in the index.
FACETS: Final = {
    "kind": "kind",
    "trl": "trl",
    "field": "field",
    "priority": "priority_field",
    "region": "region",
    "industry": "industry",
    "transfer": "transfer_form",
    "organisation_type": "organisation_type",
    "price": "price_band",
    "verified": "verified",
    "language": "language",
    "source": "source",
    "confirmed": FRESHNESS,
}


class FacetValue(Answer):
    """A value, its name in the language of the answer, and how many of the listings found have it."""

    value: str
    label: str
    count: int


class ListingPage(Answer):
    """One page of what was found."""

    items: list[ListingItem]
    total: int = Field(description="How many listings match, on all pages")
    facets: dict[str, list[FacetValue]] = Field(
        description="By parameter name (TRL by level). Counts of a group leave out that group's own filter"
    )
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last")
    relaxed: bool = Field(description="Whether listings without all of the words are among them, for want of others")
    read_as: str | None = Field(description="What was looked for instead, where `q` was raw Telex or a legacy font")
    did_you_mean: str | None = Field(
        description="A spelling the index knows better than `q`, where that was hardly found so; on the first page"
    )


@router.get(
    "/listings",
    operation_id="listListings",
    summary="Search listings",
    response_model=ListingPage,
    responses=reading(400),
)
def list_listings(call: PublicCall, asked: Annotated[ListingsQuery, Query()]) -> Response:
    """Listings anybody may see, found by words and filters. Alternatives of one parameter, all parameters together.

    With `external_id` alone the database answers, exactly and at once; everything else asks the search index, which is
    some seconds behind, and is answered 503 while the index is not to be had.

    Newest first, following `next_cursor` meets every listing once, however many are published meanwhile. In other
    orders what is published after the first page stays out, and the first 10,000 can be reached.
    """
    cursor = SearchCursor.read(asked.cursor) if asked.cursor else None
    return known_or(call, lambda: _page(call, asked, cursor))


def _page(call: Call, asked: ListingsQuery, cursor: SearchCursor | None) -> ListingPage:
    named = public_ids_by_external_id(call.session, asked.external_id) if asked.external_id else None
    if named is not None and is_unfiltered(asked.criteria(_freshness(call))):
        return _named(call, named, asked, cursor)
    return _search(call, asked, cursor, among=named)


def _named(call: Call, found: Sequence[str], asked: ListingsQuery, cursor: SearchCursor | None) -> ListingPage:
    """A page of the listings with the external ids asked for."""
    start = cursor.skip if cursor else 0
    here = found[start : start + asked.limit]
    end = start + len(here)
    following = SearchCursor(clock.now(), end) if here and end < min(len(found), DEEPEST) else None
    return ListingPage(
        items=[listing_item(card, base_url=call.base_url) for card in cards(call.session, here)],
        total=len(found),
        facets={},
        next_cursor=following.token if following else None,
        relaxed=False,
        read_as=None,
        did_you_mean=None,
    )


def _search(
    call: Call, asked: ListingsQuery, cursor: SearchCursor | None, *, among: Sequence[str] | None
) -> ListingPage:
    """A page of what the engine finds, looked up through visibility again.

    Args:
        among: only these public ids.
    """
    place = cursor or SearchCursor(clock.now(), 0)
    question = asked.criteria(_freshness(call)).query(
        facets=tuple(name for name in FACETS.values() if name != FRESHNESS),
        limit=place.reach(asked.limit),
        language=current_locale(),
    )
    known = found_by(call.session, among) if among is not None else {}
    if among is not None:
        question = replace(question, filters=(*question.filters, In("id", tuple(dict.fromkeys(known.values())))))
    if cursor is None:
        found = whole = call.search.search(question)
    else:
        # What counts is the whole search, what is listed the rest of it.
        whole = call.search.search(replace(question, limit=0))
        rest = (*question.filters, Range("published_at", None, cursor.until))
        found = call.search.search(replace(question, filters=rest, facets=(), ranges=(), offset=cursor.skip))
    # Who was asked for by name is answered, whoever stands for it in the index.
    named = {subject: name for name, subject in known.items()}
    ids = [named.get(hit.subject, hit.id) for hit in found.hits]
    shown = {card.public_id: card for card in cards(call.session, ids)}
    following: SearchCursor | None = None
    if place.skip + len(found.hits) < min(found.total, DEEPEST) and found.hits:
        if question.sort == "newest":
            following = after_newest(place, [hit.published_at for hit in found.hits])
        else:
            following = SearchCursor(place.until, place.skip + len(found.hits))
    return ListingPage(
        items=[
            listing_item(shown[one], base_url=call.base_url, hit=hit)
            for one, hit in zip(ids, found.hits, strict=True)
            if one in shown
        ],
        total=whole.total,
        facets=_facets(whole, _freshness(call)),
        next_cursor=following.token if following else None,
        relaxed=whole.relaxed,
        read_as=whole.read_as,
        did_you_mean=whole.did_you_mean,
    )


def _freshness(call: Call) -> Freshness:
    return Freshness(clock.now(), call.settings.confirm_after_days)


def _facets(found: SearchAnswer, freshness: Freshness) -> dict[str, list[FacetValue]]:
    def values(name: str, counts: Sequence[FacetCount]) -> list[FacetValue]:
        return [FacetValue(value=one.value, label=facet_label(name, one.value), count=one.count) for one in counts]

    counted = {**found.facets, FRESHNESS: freshness.counts(found.facets.get(FRESHNESS, ()))}
    return {name: values(name, counted.get(field, ())) for name, field in FACETS.items()}
