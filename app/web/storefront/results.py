"""Results: every filter in the address, facets with counts, pages; and the pages of each kind, which are the same."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar
from urllib.parse import parse_qsl

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.database import Database
from app.dependencies import AppSettings, ReadSession
from app.features.insight.queries import newest_ids
from app.features.listings.queries import cards
from app.features.listings.views import Card
from app.i18n import N_, _, current_locale, pgettext
from app.models.listings import KINDS
from app.search.bands import Freshness
from app.search.matching import Match
from app.search.port import SearchAnswer, SearchUnavailable
from app.search.service import engine_of
from app.settings import Settings
from app.web.listing_cards import any_card, offer_card
from app.web.pagecache import PublicPage, not_the_whole_page
from app.web.shell import Link
from app.web.storefront.asking import Nearest, NeedPanel, nearest_to, need_in, need_panel, offers_for
from app.web.storefront.facets import COUNTED, chips_of, facets_of, value_label
from app.web.storefront.places import named_place
from app.web.storefront.search_params import MOST_PAGES, PAGE_SIZE, SearchParams, read_compared, read_search_params
from app.web.templating import Page, render
from app.web.urls import has_route, url
from app.web.views.cards import ListingCard, NeedCard
from app.web.views.finding import Chip, Facet, Pagination, paginate

router = APIRouter()

# Stands in an address for the public id to come; no query holds it.
_SOME_ID = "~public-id~"
_SORT_LABELS = {
    "relevance": N_("Phù hợp nhất"),
    "newest": N_("Mới nhất"),
    "confirmed": N_("Mới xác nhận nhất"),
    "price": N_("Giá tăng dần"),
    "deadline": N_("Sắp hết hạn"),
    "trl": N_("TRL cao nhất"),
}
_HEADINGS = {
    "search": N_("Tìm trên sàn"),
    "technologies": N_("Công nghệ chào chuyển giao"),
    "equipment": N_("Thiết bị bán, cho thuê, dùng chung"),
    "patents": N_("Sáng chế và tài sản trí tuệ"),
    "services": N_("Dịch vụ khoa học và công nghệ"),
    "needs": N_("Nhu cầu công nghệ đang chờ lời giải"),
}
_LEADS = {
    "search": N_("Công nghệ, thiết bị, sáng chế, dịch vụ và nhu cầu, tìm bằng lời của chính bạn."),
    "technologies": N_("Giải pháp đã có số liệu, kèm mức sẵn sàng, hình thức chuyển giao và người chịu trách nhiệm."),
    "equipment": N_(
        "Máy móc của viện, trường và doanh nghiệp: mua, thuê theo giờ hoặc dùng chung tại phòng thí nghiệm."
    ),
    "patents": N_("Bằng sáng chế, giải pháp hữu ích, giống cây, phần mềm có thể chuyển nhượng hoặc cấp phép."),
    "services": N_("Thử nghiệm, hiệu chuẩn, định giá, pháp lý, đào tạo và tư vấn chuyển giao."),
    "needs": N_("Bài toán thật của doanh nghiệp: hiện trạng, mục tiêu, ngân sách và hạn chót."),
}


@dataclass(frozen=True)
class PlaceTyped:
    """A province typed by name: what it is called today, and the former name it was typed by. Neither: not known."""

    typed: str
    name: str = ""
    former: str = ""


@dataclass(frozen=True)
class Result:
    """One found listing, and the link that adds it to the comparison or (`current`) takes it out."""

    card: ListingCard | NeedCard
    is_need: bool
    pick: Link
    pick_id: str


@dataclass(frozen=True)
class Comparison:
    """What is chosen to be compared. `full`: one more was asked for than may stand side by side."""

    chosen: Sequence[Link]
    href: str
    clear: str
    full: bool


@dataclass(frozen=True, kw_only=True)
class ResultsPage(Page):
    """Found listings with facets. `answered` is False while search is down and newest listings stand in."""

    template: ClassVar[str] = "storefront/results.html"

    heading: str
    lead: str
    params: SearchParams
    action: str
    hits: Sequence[Result]
    compared: Comparison | None
    total: int
    facets: Sequence[Facet]
    chips: Sequence[Chip]
    clear: str
    sorts: Sequence[tuple[str, str]]
    pagination: Pagination
    place: "PlaceTyped | None"
    relaxed: bool
    read_as: str
    typed_href: str
    did_you_mean: str
    meant_href: str
    answered: bool
    only_needs: bool
    hidden: Mapping[str, str]
    kept: Sequence[tuple[str, str]]
    need: NeedPanel | None
    nearest: Sequence[ListingCard | NeedCard]
    ways_on: Sequence[Link]
    post_need: str
    post_words: str


def _with_place(params: SearchParams, typed: str) -> tuple[SearchParams, PlaceTyped | None]:
    """The filters with the province that was typed by name, without a script to find it in the list."""
    typed = " ".join(typed.split())[:100]
    if not typed:
        return params, None
    found = named_place(typed)
    if found is None:
        return params, PlaceTyped(typed)
    code, former = found
    chosen = tuple(dict.fromkeys((*params.region, code)))
    return replace(params, region=chosen), PlaceTyped(typed, value_label("region", code), former)


def _kept(params: SearchParams, *left_out: str) -> list[tuple[str, str]]:
    """The filters as pairs of a form that changes something else, such as the order."""
    return [(name, value) for name, value in parse_qsl(params.query()[1:]) if name not in left_out]


def _results(
    request: Request, session: ReadSession, settings: Settings, *, name: str, kinds: tuple[str, ...] = ()
) -> Response:
    params = read_search_params(request.query_params, kinds=kinds)
    params, place = _with_place(params, request.query_params.get("place", ""))
    now = clock.now()
    freshness = Freshness(now, settings.confirm_after_days)
    answer: SearchAnswer | None = None
    need, matches, nearest = None, [], Nearest((), ())
    path = url(name)
    engine = engine_of(request.app)
    try:
        question = params.criteria(freshness).query(
            facets=COUNTED,
            offset=(params.page - 1) * PAGE_SIZE,
            limit=PAGE_SIZE,
            language=current_locale(),
        )
        answer = engine.search(question)
        ids = [hit.id for hit in answer.hits]
        need = None if kinds == ("need",) else need_in(params)
        matches = offers_for(engine, need, now=now, weights=settings.matching) if need else []
        if not answer.total:
            nearest = nearest_to(engine, params, kinds=kinds, freshness=freshness, path=path)
    except SearchUnavailable:
        # The rest of the page still serves: the newest from the database, without words, facets or totals.
        answer, need = None, None
        not_the_whole_page(request)
        ids = newest_ids(session, kinds=params.kind or KINDS, limit=PAGE_SIZE)
    besides = [*params.compare, *(one.document.id for one in matches), *nearest.ids]
    found = {row.public_id: row for row in cards(session, list(dict.fromkeys((*ids, *besides))))}
    Database.let_go(session)
    marked = {hit.id: hit for hit in answer.hits} if answer else {}
    pick = _picks(params)
    shown = [
        Result(
            any_card(found[one], now=now, title=marked[one].title, excerpt=marked[one].summary)
            if one in marked and params.q
            else any_card(found[one], now=now),
            found[one].kind == "need",
            pick(one),
            one,
        )
        for one in ids
        if one in found
    ]
    total = answer.total if answer else len(shown)
    heading = _(_HEADINGS[name])
    title = pgettext("page", "%(query)s – kết quả tìm", query=params.q) if params.q else heading
    better = (answer.did_you_mean or "") if answer else ""
    chips = chips_of(params, kinds=kinds)
    offered = _offers(found, matches, now)
    page = ResultsPage(
        title=title,
        description=_(_LEADS[name]),
        heading=heading,
        lead=_(_LEADS[name]),
        # Filtered and paged variants are one page to a search engine.
        canonical=path,
        indexed=not params.q and not chips and not params.compare and params.page == 1,
        feed=url("feed") if name != "search" else "",
        params=params,
        action=path,
        hits=shown,
        compared=_comparison(params, found, path, asked=read_compared(request.query_params.getlist("compare"))),
        total=total,
        facets=facets_of(answer, params, kinds=kinds, freshness=freshness),
        chips=chips,
        clear=path + SearchParams(q=params.q, sort=params.sort, compare=params.compare).query(),
        sorts=[(value, _(text)) for value, text in _SORT_LABELS.items() if value != "deadline" or "need" in kinds],
        pagination=paginate(
            page=params.page,
            per_page=PAGE_SIZE,
            total=total,
            href=lambda number: path + params.query(page=number),
            last=MOST_PAGES,
        ),
        place=place,
        relaxed=answer.relaxed if answer else False,
        read_as=(answer.read_as or "") if answer else "",
        typed_href=path + params.query(as_typed=True),
        did_you_mean=better,
        meant_href=path + params.query(q=better, as_typed=False),
        answered=answer is not None,
        only_needs=kinds == ("need",),
        hidden={name: value for name, value in _carried(params).items() if value},
        kept=_kept(params, "sort"),
        need=need_panel(need, matches, offered, params=params, path=path) if need else None,
        nearest=[any_card(found[one], now=now) for one in nearest.ids if one in found and one not in offered],
        ways_on=nearest.ways,
        post_need=url("post_need") if has_route("post_need") else "",
        post_words=url("post_need_words") if has_route("post_need_words") else "",
    )
    return render(request, page)


def _carried(params: SearchParams) -> dict[str, str]:
    """What another search keeps of this one."""
    return {"organisation": params.organisation, "compare": ",".join(params.compare)}


def _picks(params: SearchParams) -> Callable[[str], Link]:
    """What makes a result's way into the comparison, or out of it; the address is written once for all results."""
    added = params.query(page=params.page, compare=(*params.compare, _SOME_ID))

    def pick(public_id: str) -> Link:
        if public_id not in params.compare:
            return Link(_("So sánh"), added.replace(_SOME_ID, public_id))
        rest = tuple(one for one in params.compare if one != public_id)
        return Link(_("Đang so sánh"), params.query(page=params.page, compare=rest) or "?", current=True)

    return pick


def _comparison(
    params: SearchParams, found: Mapping[str, Card], path: str, *, asked: Sequence[str]
) -> Comparison | None:
    if not params.compare:
        return None
    pick = _picks(params)
    chosen = [
        Link(found[one].text("title", current_locale())[0], path + pick(one).href.removesuffix("?"))
        for one in params.compare
        if one in found
    ]
    return Comparison(
        chosen=chosen,
        href=url("compare", ids=",".join(params.compare)),
        clear=path + params.query(page=params.page, compare=()),
        full=len(asked) > len(params.compare),
    )


def _offers(found: Mapping[str, Card], matches: Sequence[Match], now: datetime) -> dict[str, ListingCard]:
    ids = (one.document.id for one in matches)
    return {one: offer_card(found[one], now=now) for one in ids if one in found}


@router.get("/search", name="search", dependencies=[PublicPage])
def search(request: Request, session: ReadSession, settings: AppSettings) -> Response:
    return _results(request, session, settings, name="search")


@router.get("/technologies", name="technologies", dependencies=[PublicPage])
def technologies(request: Request, session: ReadSession, settings: AppSettings) -> Response:
    return _results(request, session, settings, name="technologies", kinds=("technology",))


@router.get("/equipment", name="equipment", dependencies=[PublicPage])
def equipment(request: Request, session: ReadSession, settings: AppSettings) -> Response:
    return _results(request, session, settings, name="equipment", kinds=("equipment",))


@router.get("/patents", name="patents", dependencies=[PublicPage])
def patents(request: Request, session: ReadSession, settings: AppSettings) -> Response:
    return _results(request, session, settings, name="patents", kinds=("patent",))


@router.get("/services", name="services", dependencies=[PublicPage])
def services(request: Request, session: ReadSession, settings: AppSettings) -> Response:
    return _results(request, session, settings, name="services", kinds=("service",))


@router.get("/needs", name="needs", dependencies=[PublicPage])
def needs(request: Request, session: ReadSession, settings: AppSettings) -> Response:
    return _results(request, session, settings, name="needs", kinds=("need",))
