"""The first page: search first, then needs waiting, what is paid to be shown (it says so), what is new, and figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession
from app.features.insight.queries import figures, newest_ids
from app.features.listings.queries import cards
from app.features.payments.benefits import promoted_ids
from app.i18n import N_, _, current_locale
from app.i18n.formats import format_number, local_date
from app.models.listings import OFFER_KINDS
from app.reference.current import current_table
from app.web.listing_cards import any_card, need_card, offer_card
from app.web.pagecache import PublicPage
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import has_route, url
from app.web.views.cards import ListingCard, NeedCard
from app.web.views.records import Figure

router = APIRouter()

_NEEDS = 6
_OFFERS = 9
_PROMOTED = 3
_EXAMPLES = (
    N_("sấy nông sản"),
    N_("xử lý nước thải"),
    N_("thị giác máy"),
    N_("chế phẩm vi sinh"),
    N_("tiết kiệm điện"),
)


@dataclass(frozen=True, kw_only=True)
class KindTile:
    """A kind of listing, how many there are, and where they are."""

    kind: str
    count: str
    href: str


@dataclass(frozen=True, kw_only=True)
class HomePage(Page):
    """Home."""

    template: ClassVar[str] = "storefront/home.html"

    examples: Sequence[Link]
    kinds: Sequence[KindTile]
    needs: Sequence[NeedCard]
    needs_more: Link
    promoted: Sequence[ListingCard | NeedCard]
    promotion_told: Link
    offers: Sequence[ListingCard]
    offers_more: Link
    fields: Sequence[Link]
    figures: Sequence[Figure]
    post_need: str
    post_offer: str


_KIND_ROUTES = {
    "technology": "technologies",
    "equipment": "equipment",
    "patent": "patents",
    "service": "services",
    "need": "needs",
}


@router.get("/", name="home", dependencies=[PublicPage])
def home(request: Request, session: ReadSession, settings: AppSettings) -> Response:
    now = clock.now()
    today = local_date(now)
    counted = figures(session, today=today)
    need_ids = newest_ids(session, kinds=("need",), limit=_NEEDS, today=today)
    offer_ids = newest_ids(session, kinds=OFFER_KINDS, limit=_OFFERS)
    promoted = promoted_ids(session, settings=settings, today=today, limit=_PROMOTED)
    # One listing may stand in two sections; its row is read once.
    found = {row.public_id: row for row in cards(session, list(dict.fromkeys([*need_ids, *offer_ids, *promoted])))}
    locale = current_locale()
    priorities = current_table("priority-field")
    page = HomePage(
        title=_("Sàn giao dịch công nghệ và thiết bị"),
        description=_(
            "Tìm công nghệ, thiết bị, sáng chế từ viện, trường, doanh nghiệp; nêu bài toán và nhận báo giá có số liệu."
        ),
        feed=url("feed"),
        json_ld=(
            {
                "@context": "https://schema.org",
                "@type": "WebSite",
                "name": settings.site_name,
                "url": settings.base_url + url("home"),
                "inLanguage": locale,
                "potentialAction": {
                    "@type": "SearchAction",
                    "target": {
                        "@type": "EntryPoint",
                        "urlTemplate": settings.base_url + url("search") + "?q={search_term_string}",
                    },
                    "query-input": "required name=search_term_string",
                },
            },
        ),
        examples=[Link(_(text), url("search", q=_(text))) for text in _EXAMPLES],
        kinds=[
            KindTile(kind=kind, count=format_number(counted.by_kind[kind]), href=url(route))
            for kind, route in _KIND_ROUTES.items()
        ],
        needs=[need_card(found[one], now=now) for one in need_ids if one in found],
        needs_more=Link(_("Tất cả %(count)s nhu cầu", count=format_number(counted.by_kind["need"])), url("needs")),
        promoted=[any_card(found[one], now=now) for one in promoted if one in found],
        promotion_told=Link(_("Quảng bá là gì"), url("ranking") + "#promotion"),
        offers=[offer_card(found[one], now=now) for one in offer_ids if one in found],
        offers_more=Link(_("Tất cả %(count)s mục", count=format_number(counted.offers)), url("search", sort="newest")),
        fields=[
            Link(priorities.label(term.code, locale), url("search", priority=term.code)) for term in priorities.terms
        ],
        figures=[
            Figure(format_number(counted.offers), _("mục chào chuyển giao"), url("search")),
            Figure(format_number(counted.open_needs), _("nhu cầu đang chờ"), url("needs")),
            Figure(format_number(counted.organisations), _("tổ chức tham gia"), url("organisations"))
            if has_route("organisations")
            else Figure(format_number(counted.organisations), _("tổ chức tham gia")),
            Figure(format_number(counted.verified_organisations), _("tổ chức đã xác minh")),
            Figure(format_number(counted.requests), _("yêu cầu báo giá đã gửi")),
        ],
        post_need=url("post_need") if has_route("post_need") else "",
        post_offer=url("new_listing") if has_route("new_listing") else "",
    )
    return render(request, page)
