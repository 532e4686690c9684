"""Results: every filter in the address, facets with counts, pages; and the pages of each kind, which are the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import parse_qsl

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession
from app.features.insight.queries import newest_ids
from app.features.listings.queries import cards
from app.i18n import N_, _, current_locale, pgettext
from app.i18n.formats import format_money
from app.i18n.terms import term
from app.models.listings import KINDS
from app.reference.current import label
from app.search.port import FacetCount, SearchAnswer, SearchUnavailable
from app.search.service import engine_of
from app.web.listing_cards import any_card
from app.web.pagecache import PublicPage
from app.web.shell import Link
from app.web.storefront.search_params import MOST_PAGES, PAGE_SIZE, TRL_BANDS, SearchParams, read_search_params
from app.web.templating import Page, render
from app.web.urls import has_route, url
from app.web.views.cards import ListingCard, NeedCard
from app.web.views.finding import Chip, Facet, FacetOption, Pagination, paginate

router = APIRouter()

_MOST_OPTIONS = 40

# The facet's name in the address → its name in the index.
FACET_FIELDS: Mapping[str, str] = {
    "kind": "kind",
    "trl": "trl",
    "field": "field",
    "priority": "priority_field",
    "region": "region",
    "transfer": "transfer_form",
    "industry": "industry",
    "source": "source",
}
_FACET_LABELS = {
    "kind": N_("Loại"),
    "trl": N_("Mức sẵn sàng (TRL)"),
    "field": N_("Lĩnh vực nghiên cứu"),
    "priority": N_("Lĩnh vực ưu tiên"),
    "region": N_("Địa phương"),
    "transfer": N_("Hình thức chuyển giao"),
    "industry": N_("Ngành kinh tế"),
    "source": N_("Nguồn"),
}
_BAND_LABELS = {
    "7-9": N_("7–9 sẵn sàng áp dụng"),
    "4-6": N_("4–6 thử nghiệm"),
    "1-3": N_("1–3 nghiên cứu"),
}
_SCHEMES = {"field": "research-field", "priority": "priority-field", "region": "region", "industry": "vsic"}
_SORT_LABELS = {
    "relevance": N_("Phù hợp nhất"),
    "newest": N_("Mới nhất"),
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


@dataclass(frozen=True, kw_only=True)
class ResultsPage(Page):
    """Found listings with facets. `answered` is False while search is down and newest listings stand in."""

    template: ClassVar[str] = "storefront/results.html"

    heading: str
    lead: str
    params: SearchParams
    action: str
    cards: Sequence[ListingCard | NeedCard]
    total: int
    facets: Sequence[Facet]
    chips: Sequence[Chip]
    clear: str
    sorts: Sequence[tuple[str, str]]
    pagination: Pagination
    relaxed: bool
    read_as: str
    answered: bool
    only_needs: bool
    hidden: Mapping[str, str]
    kept: Sequence[tuple[str, str]]
    ways_on: Sequence[Link]
    post_need: str


def _label(name: str, value: str) -> str:
    if name == "trl":
        return _(_BAND_LABELS[value])
    if name == "kind":
        return term("kind", value)
    if name == "transfer":
        return term("transfer_form", value)
    return label(_SCHEMES[name], value, current_locale()) if name in _SCHEMES else value


def _band_counts(counts: Sequence[FacetCount]) -> list[FacetCount]:
    levels = {int(one.value): one.count for one in counts if one.value.isdigit()}
    return [
        FacetCount(band, sum(count for level, count in levels.items() if low <= level <= high))
        for band, (low, high) in TRL_BANDS.items()
    ]


def _facets(answer: SearchAnswer | None, params: SearchParams, *, kinds: tuple[str, ...]) -> list[Facet]:
    made = []
    for name, field in FACET_FIELDS.items():
        if name == "kind" and len(kinds) == 1:
            continue
        chosen: tuple[str, ...] = getattr(params, name)
        if name == "kind" and chosen == kinds:
            chosen = ()
        counts = list(answer.facets.get(field, ())) if answer else []
        if name == "trl":
            counts = _band_counts(counts)
        if name == "kind" and kinds:
            counts = [one for one in counts if one.value in kinds]
        if name == "field":
            # The six fields; their sectors are on the page of fields and stay choosable by address.
            counts = [one for one in counts if len(one.value) == 1 or one.value in chosen]
        known = {one.value: one.count for one in counts}
        values = [one.value for one in counts if one.count > 0 or one.value in chosen][:_MOST_OPTIONS]
        values += [value for value in chosen if value not in values]
        if values:
            options = [FacetOption(one, _label(name, one), known.get(one, 0), one in chosen) for one in values]
            made.append(
                Facet(
                    name=name,
                    label=_(_FACET_LABELS[name]),
                    options=options,
                    open=name in {"kind", "trl", "field", "priority", "region"} or bool(chosen),
                )
            )
    return made


def _chips(params: SearchParams, *, kinds: tuple[str, ...]) -> list[Chip]:
    chips = []
    for name in FACET_FIELDS:
        chosen = getattr(params, name)
        if name == "kind" and chosen == kinds:
            continue
        for value in chosen:
            href = params.without(name, value)
            chips.append(Chip(_label(name, value), href or "?"))
    if params.price_max is not None:
        text = _("Giá đến %(amount)s", amount=format_money(params.price_max))
        chips.append(Chip(text, params.without("price_max") or "?"))
    if params.verified:
        chips.append(Chip(_("Đơn vị đã xác minh"), params.without("verified") or "?"))
    if params.organisation:
        chips.append(Chip(_("Một tổ chức"), params.without("organisation") or "?"))
    return chips


def _kept(params: SearchParams, *left_out: str) -> list[tuple[str, str]]:
    """The filters as pairs of a form that changes something else, such as the order."""
    return [(name, value) for name, value in parse_qsl(params.query()[1:]) if name not in left_out]


def _results(request: Request, session: ReadSession, *, name: str, kinds: tuple[str, ...] = ()) -> Response:
    params = read_search_params(request.query_params, kinds=kinds)
    now = clock.now()
    answer: SearchAnswer | None = None
    try:
        question = params.criteria().query(
            facets=tuple(dict.fromkeys(FACET_FIELDS.values())),
            offset=(params.page - 1) * PAGE_SIZE,
            limit=PAGE_SIZE,
            language=current_locale(),
        )
        answer = engine_of(request.app).search(question)
        ids = [hit.id for hit in answer.hits]
    except SearchUnavailable:
        # The rest of the page still serves: the newest from the database, without words, facets or totals.
        ids = newest_ids(session, kinds=params.kind or KINDS, limit=PAGE_SIZE)
    found = {row.public_id: row for row in cards(session, ids)}
    marked = {hit.id: hit for hit in answer.hits} if answer else {}
    shown = [
        any_card(found[one], now=now, title=marked[one].title, excerpt=marked[one].summary)
        if one in marked and params.q
        else any_card(found[one], now=now)
        for one in ids
        if one in found
    ]
    total = answer.total if answer else len(shown)
    heading = _(_HEADINGS[name])
    title = pgettext("page", "%(query)s – kết quả tìm", query=params.q) if params.q else heading
    path = url(name)
    page = ResultsPage(
        title=title,
        description=_(_LEADS[name]),
        heading=heading,
        lead=_(_LEADS[name]),
        # Filtered and paged variants are one page to a search engine.
        canonical=path,
        indexed=not params.q and not params.is_filtered and params.page == 1,
        feed=url("feed") if name != "search" else "",
        params=params,
        action=path,
        cards=shown,
        total=total,
        facets=_facets(answer, params, kinds=kinds),
        chips=_chips(params, kinds=kinds),
        clear=path + SearchParams(q=params.q, sort=params.sort).query(),
        sorts=[(value, _(text)) for value, text in _SORT_LABELS.items() if value != "deadline" or "need" in kinds],
        pagination=paginate(
            page=params.page,
            per_page=PAGE_SIZE,
            total=total,
            href=lambda number: path + params.query(page=number),
            last=MOST_PAGES,
        ),
        relaxed=answer.relaxed if answer else False,
        read_as=(answer.read_as or "") if answer else "",
        answered=answer is not None,
        only_needs=kinds == ("need",),
        hidden={"organisation": params.organisation} if params.organisation else {},
        kept=_kept(params, "sort"),
        ways_on=_ways_on(params, path),
        post_need=url("post_need") if has_route("post_need") else "",
    )
    return render(request, page)


def _ways_on(params: SearchParams, path: str) -> list[Link]:
    """What an empty page offers: fewer filters, then the whole exchange."""
    ways = []
    if params.is_filtered:
        ways.append(Link(_("Bỏ mọi bộ lọc"), path + SearchParams(q=params.q, sort=params.sort).query()))
    if params.q:
        ways.append(Link(_("Xem tất cả"), path))
    return ways


@router.get("/search", name="search", dependencies=[PublicPage])
def search(request: Request, session: ReadSession) -> Response:
    return _results(request, session, name="search")


@router.get("/technologies", name="technologies", dependencies=[PublicPage])
def technologies(request: Request, session: ReadSession) -> Response:
    return _results(request, session, name="technologies", kinds=("technology",))


@router.get("/equipment", name="equipment", dependencies=[PublicPage])
def equipment(request: Request, session: ReadSession) -> Response:
    return _results(request, session, name="equipment", kinds=("equipment",))


@router.get("/patents", name="patents", dependencies=[PublicPage])
def patents(request: Request, session: ReadSession) -> Response:
    return _results(request, session, name="patents", kinds=("patent",))


@router.get("/services", name="services", dependencies=[PublicPage])
def services(request: Request, session: ReadSession) -> Response:
    return _results(request, session, name="services", kinds=("service",))


@router.get("/needs", name="needs", dependencies=[PublicPage])
def needs(request: Request, session: ReadSession) -> Response:
    return _results(request, session, name="needs", kinds=("need",))
