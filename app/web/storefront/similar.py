"""Listings like a listing: some on its page, asked for by themselves, and all of them on a page of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession
from app.features.listings.queries import cards, find
from app.i18n import _, current_locale
from app.i18n.formats import local_date
from app.identity import ANONYMOUS
from app.models.listings import Listing
from app.search.documents import documents_of
from app.search.matches import find_similar
from app.search.port import SearchUnavailable
from app.search.service import engine_of
from app.web.listing_cards import any_card
from app.web.pagecache import PublicPage, not_the_whole_page
from app.web.shell import Link
from app.web.templating import Fragment, Page, render
from app.web.urls import url
from app.web.views.cards import ListingCard, NeedCard

router = APIRouter()

_BESIDE: Final = 4
_ALL: Final = 24


@dataclass(frozen=True, kw_only=True)
class SimilarFragment(Fragment):
    """The nearest few, as cards; the place stays empty where nothing is near."""

    template: ClassVar[str] = "storefront/similar_cards.html"

    is_need: bool
    cards: Sequence[ListingCard | NeedCard]
    all: str


@dataclass(frozen=True, kw_only=True)
class SimilarPage(Page):
    """All that is near; `known` is False while search is down."""

    template: ClassVar[str] = "storefront/similar.html"

    is_need: bool
    cards: Sequence[ListingCard | NeedCard]
    known: bool
    of: Link


@router.get("/fragments/listings/{public_id}/similar", name="similar_fragment", dependencies=[PublicPage])
def fragment(request: Request, public_id: str, session: ReadSession) -> Response:
    listing = find(session, actor=ANONYMOUS, public_id=public_id)
    found = _similar(request, session, listing, limit=_BESIDE)
    page = SimilarFragment(
        is_need=listing.kind == "need", cards=found or (), all=url("similar_listings", public_id=public_id)
    )
    return render(request, page)


@router.get("/listings/{public_id}/similar", name="similar_listings", dependencies=[PublicPage])
def similar(request: Request, public_id: str, session: ReadSession) -> Response:
    """404 for a listing that not everybody may see."""
    listing = find(session, actor=ANONYMOUS, public_id=public_id)
    found = _similar(request, session, listing, limit=_ALL)
    name = listing.title_en if current_locale() == "en" and listing.title_en else listing.title
    of = Link(name, url("listing", slug=listing.slug or "tin", public_id=public_id))
    title = _("Tương tự “%(title)s”", title=name)
    page = SimilarPage(
        title=title,
        indexed=False,
        breadcrumbs=(Link(_("Trang chủ"), url("home")), of, Link(title, url("similar_listings", public_id=public_id))),
        is_need=listing.kind == "need",
        cards=found or (),
        known=found is not None,
        of=of,
    )
    return render(request, page)


def _similar(
    request: Request, session: Session, listing: Listing, *, limit: int
) -> list[ListingCard | NeedCard] | None:
    """Cards of what is near, the nearest first, looked up through visibility again; None while search is down."""
    now = clock.now()
    weights = request.app.state.settings.matching
    try:
        found = find_similar(
            engine_of(request.app),
            documents_of(session, listing_ids=[listing.id])[0],
            today=local_date(now),
            language=current_locale(),
            limit=limit,
            least_score=weights.least_score,
            weights=weights,
        )
    except SearchUnavailable:
        not_the_whole_page(request)
        return None
    return [any_card(card, now=now) for card in cards(session, [one.document.id for one in found])]
