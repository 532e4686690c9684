"""One listing: the record, its matches, its history."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from app import clock
from app.api.caller import PublicCall, ReaderCall
from app.api.conditional import PRIVATE, answer
from app.api.parameters import ListingId, Parameters
from app.api.records import ListingItem, ListingRecord, OrganisationRef, State, listing_item, listing_record
from app.api.responses import reading
from app.api.wire import Answer
from app.errors import Gone, NotFound
from app.features.listings import queries
from app.features.listings.views import Detail
from app.i18n import current_locale
from app.i18n.formats import local_date
from app.identity import Actor
from app.models.listings import Listing
from app.reference.current import refresh
from app.search.documents import documents_of
from app.search.holders import holders
from app.search.match_store import measures_by_public_id
from app.search.matches import find_matches, find_similar
from app.search.matching import Match
from app.search.reasons import reason_text
from app.search.records import records_of

router = APIRouter(tags=["Listings"])


class MatchesQuery(Parameters):
    """What GET /listings/{listing_id}/matches takes."""

    limit: Annotated[int, Field(ge=1, le=100)] = Field(default=10, description="Matches at most")


class MatchReason(Answer):
    """One reason, those that weigh most first."""

    code: str = Field(description="Names the reason, for programs", examples=["trl_reached"])
    side: Literal["for", "against"]
    text: str = Field(description="In words, in the language of the answer")


class ListingMatch(Answer):
    """A listing of the other side."""

    listing: ListingItem
    score: int = Field(ge=0, le=100)
    reasons: list[MatchReason]


class Matches(Answer):
    """The best matches, best first."""

    items: list[ListingMatch]


class FittingOrganisation(Answer):
    """An organisation with those of its offers that fit, the best first."""

    organisation: OrganisationRef
    score: int = Field(ge=0, le=100)
    matches: list[ListingMatch]


class FittingOrganisations(Answer):
    """The organisations, best first."""

    items: list[FittingOrganisation]


class Move(Answer):
    """One move of a listing through its states."""

    sequence: int
    move: str
    from_state: State | None
    to_state: State
    at: datetime
    actor: str | None = Field(description="Who did it; null for the exchange itself")
    note: str
    reasons: dict[str, str] = Field(description="What to mend, by field, when the operator returned it")


class History(Answer):
    """Every move, oldest first."""

    items: list[Move]


def record_for(session: Session, *, actor: Actor, public_id: str) -> Detail:
    """The listing in full, as this caller may see it.

    Raises:
        Gone: it was public once and has left.
        NotFound: there is none that the caller may know of.
    """
    try:
        return queries.detail(session, actor=actor, public_id=public_id)
    except NotFound:
        if queries.was_public(session, public_id=public_id):
            raise Gone from None
        raise


def find(session: Session, *, actor: Actor, public_id: str) -> Listing:
    """The row of the listing. Raises as `record_for`."""
    try:
        return queries.find(session, actor=actor, public_id=public_id)
    except NotFound:
        if queries.was_public(session, public_id=public_id):
            raise Gone from None
        raise


@router.get(
    "/listings/{listing_id}",
    operation_id="getListing",
    summary="Read a listing",
    response_model=ListingRecord,
    responses=reading(404, 410),
)
def get_listing(call: PublicCall, listing_id: ListingId) -> Response:
    """Everything the listing says, in both languages as given. With a token also the drafts of one's organisations.

    The confidential part is never answered. The ETag is what If-Match of a change takes.
    """
    refresh(call.session)
    row = record_for(call.session, actor=call.actor, public_id=listing_id)
    return answer(call.request, listing_record(row, base_url=call.base_url), version=row.version)


@router.get(
    "/listings/{listing_id}/matches",
    operation_id="getListingMatches",
    summary="Match a listing",
    response_model=Matches,
    responses=reading(400, 404, 410),
)
def get_matches(call: PublicCall, listing_id: ListingId, asked: Annotated[MatchesQuery, Query()]) -> Response:
    """For a need the offers that answer it, for an offer the needs that wait for it, each with its reasons."""
    listing = find(call.session, actor=call.actor, public_id=listing_id)
    (document,) = documents_of(call.session, listing_ids=[listing.id], only_public=False)
    now = clock.now()
    found = find_matches(
        call.search,
        document,
        today=local_date(now),
        language=current_locale(),
        limit=asked.limit,
        weights=call.settings.matching,
        records=records_of(call.session, weights=call.settings.matching, now=now),
        measures=lambda needs: measures_by_public_id(call.session, needs),
    )
    return answer(call.request, Matches(items=_items(call, found)))


@router.get(
    "/listings/{listing_id}/similar",
    operation_id="getSimilarListings",
    summary="Listings like a listing",
    response_model=Matches,
    responses=reading(400, 404, 410),
)
def get_similar(call: PublicCall, listing_id: ListingId, asked: Annotated[MatchesQuery, Query()]) -> Response:
    """Offers like an offer, needs like a need, each with what they have in common."""
    listing = find(call.session, actor=call.actor, public_id=listing_id)
    (document,) = documents_of(call.session, listing_ids=[listing.id], only_public=False)
    found = find_similar(
        call.search,
        document,
        today=local_date(clock.now()),
        language=current_locale(),
        limit=asked.limit,
        weights=call.settings.matching,
    )
    return answer(call.request, Matches(items=_items(call, found)))


@router.get(
    "/listings/{listing_id}/organisations",
    operation_id="getFittingOrganisations",
    summary="Organisations that fit a need",
    response_model=FittingOrganisations,
    responses=reading(400, 404, 410),
)
def get_organisations(call: PublicCall, listing_id: ListingId, asked: Annotated[MatchesQuery, Query()]) -> Response:
    """The organisations behind the offers that answer a need, by what these promise together. Empty for an offer."""
    listing = find(call.session, actor=call.actor, public_id=listing_id)
    (document,) = documents_of(call.session, listing_ids=[listing.id], only_public=False)
    weights = call.settings.matching
    now = clock.now()
    items: list[ListingMatch] = []
    if listing.kind == "need":
        found = find_matches(
            call.search,
            document,
            today=local_date(now),
            language=current_locale(),
            limit=weights.keep,
            least_score=weights.least_score,
            weights=weights,
            records=records_of(call.session, weights=weights, now=now),
        )
        items = _items(call, found)
    behind = [(one.listing.organisation.id if one.listing.organisation else None, one.score) for one in items]
    fitting = []
    for one in holders(behind)[: asked.limit]:
        offers = [items[place] for place in one.places]
        organisation = offers[0].listing.organisation
        if organisation is not None:
            fitting.append(FittingOrganisation(organisation=organisation, score=one.score, matches=offers))
    return answer(call.request, FittingOrganisations(items=fitting))


def _items(call: PublicCall, found: Sequence[Match]) -> list[ListingMatch]:
    """Matches as they are answered, looked up through visibility again."""
    seen = {card.public_id: card for card in queries.cards(call.session, [one.document.id for one in found])}
    return [
        ListingMatch(
            listing=listing_item(seen[one.document.id], base_url=call.base_url),
            score=one.score,
            reasons=[
                MatchReason(code=reason.code, side="for" if reason.favourable else "against", text=reason_text(reason))
                for reason in one.reasons
            ],
        )
        for one in found
        if one.document.id in seen
    ]


@router.get(
    "/listings/{listing_id}/history",
    operation_id="getListingHistory",
    summary="History of one's own listing",
    response_model=History,
    responses=reading(403, 404, 410),
)
def get_history(call: ReaderCall, listing_id: ListingId) -> Response:
    """Every move of a listing of one's own organisation: by whom, when, and what the operator wrote on returning it."""
    listing = find(call.session, actor=call.actor, public_id=listing_id)
    lines = queries.history(call.session, actor=call.actor, listing=listing)
    items = [
        Move(
            sequence=one.sequence,
            move=one.move,
            from_state=one.from_state,  # type: ignore[arg-type]
            to_state=one.to_state,  # type: ignore[arg-type]
            at=one.at,
            actor=one.actor_name,
            note=one.note,
            reasons=dict(one.reasons),
        )
        for one in lines
    ]
    return answer(call.request, History(items=items), cache=PRIVATE)
