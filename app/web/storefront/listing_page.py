"""The page of one listing: what it does, the facts its kind calls for, whom it fits, and the way to ask."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import clock
from app.dependencies import AppSettings, ReadSession
from app.errors import Gone, NotFound
from app.features.listings import queries
from app.features.listings.views import Detail
from app.i18n import N_, _, current_locale
from app.i18n.formats import format_date, format_days_left, format_money, format_money_range, minor_units
from app.i18n.terms import term
from app.reference.current import label
from app.search.service import engine_of
from app.settings import Settings
from app.web.listing_cards import badges, listing_href, picture_view, price_text, region_name
from app.web.pagecache import PublicPage, not_the_whole_page
from app.web.shell import Link
from app.web.storefront.matches import matched
from app.web.storefront.origin import AlsoAt, OriginPanel, also_panel, origin_panel
from app.web.templating import Page, render
from app.web.urls import has_route, url
from app.web.views.basics import Badge, Picture
from app.web.views.cards import HolderRow, MatchRow
from app.web.views.records import Definition, FileItem

router = APIRouter()

_KIND_ROUTES = {
    "technology": "technologies",
    "equipment": "equipment",
    "patent": "patents",
    "service": "services",
    "need": "needs",
}
_SCHEME_LABELS = {
    "research-field": N_("Lĩnh vực nghiên cứu"),
    "priority-field": N_("Lĩnh vực ưu tiên"),
    "sector": N_("Ngành chuyển đổi số"),
    "vsic": N_("Ngành kinh tế (VSIC)"),
    "ipc": N_("Phân loại sáng chế (IPC)"),
}

# Long texts of each kind, in the order people ask: (key in details, heading).
SECTIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "technology": (
        ("problem", N_("Giải quyết vấn đề gì")),
        ("advantage", N_("Hơn giải pháp đang dùng ở đâu")),
        ("economics", N_("Bài toán kinh tế")),
        ("evidence", N_("Bằng chứng")),
        ("method_plan", N_("Phương pháp và kế hoạch")),
        ("prototype_data", N_("Mẫu thử và số liệu thử nghiệm")),
        ("capacity", N_("Công suất")),
        ("cost", N_("Chi phí")),
        ("customers", N_("Nơi đã áp dụng")),
    ),
    "equipment": (("spare_parts", N_("Phụ tùng và bảo trì")),),
    "service": (
        ("scope", N_("Phạm vi")),
        ("deliverables", N_("Kết quả bàn giao")),
        ("accreditation", N_("Công nhận, chứng chỉ")),
    ),
    "need": (
        ("baseline", N_("Hiện tại")),
        ("target", N_("Mục tiêu")),
        ("acceptance", N_("Nghiệm thu")),
        ("constraints", N_("Ràng buộc")),
    ),
    "patent": (),
}


@dataclass(frozen=True, kw_only=True)
class TextSection:
    """A heading and what the owner wrote under it."""

    title: str
    text: str


@dataclass(frozen=True, kw_only=True)
class OrganisationPanel:
    """Who answers for the listing."""

    name: str
    href: str
    type: str
    place: str
    verified_on: str


@dataclass(frozen=True, kw_only=True)
class ListingPage(Page):
    """One listing, as everybody sees it; in a preview, `back` leads to where it is written."""

    template: ClassVar[str] = "storefront/listing.html"

    public_id: str
    kind: str
    is_need: bool
    language: str
    benefit: str
    summary: str
    body: str
    sections: Sequence[TextSection]
    facts: Sequence[Definition]
    classified: Sequence[Definition]
    badges: Sequence[Badge]
    pictures: Sequence[Picture]
    documents: Sequence[FileItem]
    keywords: Sequence[Link]
    price: str
    organisation: OrganisationPanel | None
    anonymous: bool
    days_left: str
    stale: bool
    confirmed_on: str
    licence: str
    source: str
    origin: OriginPanel | None
    also: Sequence[AlsoAt]
    ask: str
    keep: str
    owner_fragment: str
    ask_nda: str
    nda_fragment: str
    matches: Sequence[MatchRow]
    matches_known: bool
    holders: Sequence[HolderRow]
    similar: str
    similar_fragment: str
    back: str = ""


def _join(values: Sequence[Any]) -> str:
    return ", ".join(str(value) for value in values if value)


def definitions(row: Detail) -> list[Definition]:
    """The short facts of a listing; those without a value are left out by the template."""
    d = row.details
    made: list[Definition] = []

    def add(name: str, value: object, *, language: str = "") -> None:
        if value not in (None, "", [], ()):
            made.append(Definition.of(name, str(value), language=language))

    def yes_no(name: str, key: str) -> None:
        if d.get(key) is not None:
            add(name, term("yes_no", d[key]))

    if row.trl:
        add(
            _("Mức sẵn sàng tối thiểu") if row.kind == "need" else _("Mức sẵn sàng"),
            f"TRL {row.trl} – {label('trl', str(row.trl), current_locale())}",
        )
    if row.kind == "equipment":
        add(_("Model"), d.get("model"))
        add(_("Hãng sản xuất"), d.get("maker"))
        add(_("Nước sản xuất"), d.get("origin_country"))
        add(_("Năm sản xuất"), d.get("year"))
        add(_("Tình trạng"), term("condition", d["condition"]) if d.get("condition") else "")
        add(_("Hình thức"), _join([term("offered_for", one) for one in d.get("offered_for") or ()]))
        add(_("Công suất"), d.get("capacity"), language=row.language)
        add(_("Điện, nước, khí"), d.get("power"), language=row.language)
        add(_("Diện tích lắp đặt"), d.get("footprint"), language=row.language)
        add(_("Nơi giao"), d.get("delivery_place"), language=row.language)
        add(_("Thời gian giao"), _("%(days)s ngày", days=d["lead_time_days"]) if d.get("lead_time_days") else "")
        add(_("Bảo hành"), _("%(months)s tháng", months=d["warranty_months"]) if d.get("warranty_months") else "")
        yes_no(_("Lắp đặt"), "installation")
        yes_no(_("Đào tạo"), "training")
        yes_no(_("Kèm chuyển giao công nghệ"), "technology_transfer")
    if row.kind == "patent":
        add(_("Loại"), term("ip_kind", d["ip_kind"]) if d.get("ip_kind") else "")
        add(_("Số đơn"), d.get("application_number"))
        add(_("Số công bố"), d.get("publication_number"))
        add(_("Số bằng"), d.get("grant_number"))
        for name, key in (
            (N_("Ngày nộp đơn"), "filing_date"),
            (N_("Ngày ưu tiên"), "priority_date"),
            (N_("Ngày cấp"), "grant_date"),
            (N_("Hiệu lực đến"), "expiry_date"),
        ):
            add(_(name), _day(d.get(key)))
        add(_("Chủ đơn hoặc chủ bằng"), _join(d.get("applicants") or ()))
        add(_("Tác giả"), _join(d.get("inventors") or ()))
        status = term("legal_status", d["legal_status"]) if d.get("legal_status") else ""
        if status and d.get("status_checked_on"):
            status = _("%(status)s (tra cứu ngày %(day)s)", status=status, day=_day(d["status_checked_on"]))
        add(_("Tình trạng pháp lý"), status)
        if d.get("pct"):
            add(_("Đơn PCT"), _("Có; đơn quốc tế chưa phải là bằng được cấp"))
    if row.kind == "service":
        add(_("Loại dịch vụ"), term("service_type", d["service_type"]) if d.get("service_type") else "")
        add(_("Thời gian thực hiện"), d.get("duration"), language=row.language)
        add(_("Chuyên gia"), d.get("expert_name"))
    if row.kind == "need":
        add(_("Số lượng, quy mô"), d.get("quantity"), language=row.language)
    add(
        _("Hình thức hợp tác mong muốn") if row.kind == "need" else _("Hình thức chuyển giao"),
        _join([term("transfer_form", one) for one in row.transfer_forms]),
    )
    add(_("Hình thức thanh toán"), _join([term("payment_form", one) for one in row.payment_forms]))
    add(_("Phạm vi lãnh thổ"), row.territory, language=row.language)
    add(_("Sở hữu trí tuệ"), term("ip_status", row.ip_status) if row.ip_status else "")
    add(_("Tiêu chuẩn"), _join(d.get("standards") or ()))
    add(_("Địa phương"), region_name(row.region))
    add(
        _("Chủ sở hữu"),
        _join([f"{one['name']} ({one['percent']} %)" if one.get("percent") else one["name"] for one in row.owners]),
    )
    if row.deadline:
        add(_("Hạn nhận lời giải"), format_date(row.deadline))
    return made


def _day(value: object) -> str:
    return format_date(datetime.fromisoformat(str(value)).date()) if value else ""


def classified(row: Detail) -> list[Definition]:
    """Where a listing is classified, by scheme."""
    by_scheme: dict[str, list[str]] = {}
    for one in row.classifications:
        known = label(one.scheme, one.code, current_locale(), version=one.version or None)
        text = one.label or known
        by_scheme.setdefault(one.scheme, []).append(f"{one.code} {text}" if one.scheme == "ipc" else text)
    return [
        Definition(_(_SCHEME_LABELS[scheme]) if scheme in _SCHEME_LABELS else scheme, values)
        for scheme, values in by_scheme.items()
    ]


def price_of(row: Detail) -> str:
    """The price, or the budget of a need, in full; "" when nothing is told."""
    if row.kind == "need":
        if row.price_from is None and row.price_to is None:
            return ""
        return format_money_range(row.price_from, row.price_to, row.price_currency or "VND")
    if row.price_kind == "indicative" and row.price_from is not None and row.price_to is not None:
        currency = row.price_currency or "VND"
        unit = f"/{row.price_unit}" if row.price_unit else ""
        return f"{format_money(row.price_from, currency)} – {format_money(row.price_to, currency)}{unit}"
    return price_text(row)


def _json_ld(row: Detail, settings: Settings, title: str, description: str) -> tuple[dict[str, Any], ...]:
    address = settings.base_url + listing_href(row)
    document: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": {"equipment": "Product", "service": "Service", "need": "Demand"}.get(row.kind, "Product"),
        "name": title,
        "description": description,
        "url": address,
        "identifier": f"{row.authority}/{row.local_id}",
        "inLanguage": row.language,
    }
    if row.kind in {"technology", "patent"}:
        document["category"] = term("kind", row.kind)
    if row.kind == "need":
        if row.deadline:
            document["availabilityEnds"] = row.deadline.isoformat()
    elif row.price_from is not None:
        currency = row.price_currency or "VND"
        units = minor_units(currency)
        document["offers"] = {
            "@type": "Offer",
            # schema.org wants whole units, we keep minor ones.
            "price": row.price_from if units == 1 else row.price_from / units,
            "priceCurrency": currency,
            "url": address,
        }
    picture = picture_view(row.picture)
    if picture is not None:
        document["image"] = settings.base_url + picture.src
    if row.organisation is not None:
        key = "seller" if row.kind == "need" else "provider" if row.kind == "service" else "manufacturer"
        document[key] = {"@type": "Organization", "name": row.organisation.name}
    crumbs = {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": 1,
                "name": term("kinds", row.kind),
                "item": settings.base_url + url(_KIND_ROUTES[row.kind]),
            },
            {"@type": "ListItem", "position": 2, "name": title, "item": address},
        ],
    }
    return (document, crumbs)


@router.get("/listings/{slug}-{public_id}", name="listing", dependencies=[PublicPage])
def listing(request: Request, slug: str, public_id: str, session: ReadSession, settings: AppSettings) -> Response:
    """The id decides; an old or cut slug leads on to the present address."""
    try:
        row = queries.detail(session, public_id=public_id)
    except NotFound:
        if queries.was_public(session, public_id=public_id):
            raise Gone from None
        raise
    if slug != (row.slug or "tin"):
        return RedirectResponse(listing_href(row), status_code=301)
    return render(request, page_of(request, session, row, settings, now=clock.now()))


def page_of(request: Request, session: ReadSession, row: Detail, settings: Settings, *, now: datetime) -> ListingPage:
    """The page of a listing as everybody sees it; also what its owner is shown beforehand."""
    locale = current_locale()
    title, language = row.text("title", locale)
    benefit, _language = row.text("benefit", locale)
    summary, _language = row.text("summary", locale)
    body, _language = row.text("description", locale)
    found = matched(engine_of(request.app), session, row, now=now, weights=settings.matching)
    if found is None:
        not_the_whole_page(request)
    kind_name = term("kinds", row.kind)
    d = row.details
    origin = origin_panel(session, row, settings)
    return ListingPage(
        title=title,
        description=benefit or summary,
        image=picture.src if (picture := picture_view(row.picture)) else "",
        breadcrumbs=(Link(_("Trang chủ"), url("home")), Link(kind_name, url(_KIND_ROUTES[row.kind]))),
        json_ld=_json_ld(row, settings, title, benefit or summary),
        public_id=row.public_id,
        kind=row.kind,
        is_need=row.kind == "need",
        language=language,
        benefit=benefit,
        summary=summary,
        body=body,
        sections=[TextSection(title=_(heading), text=str(d[key])) for key, heading in SECTIONS[row.kind] if d.get(key)],
        facts=definitions(row),
        classified=classified(row),
        badges=badges(row, now=now),
        pictures=[view for one in row.pictures if (view := picture_view(one)) is not None],
        documents=[FileItem(name=one.caption or one.filename, href=one.path(), size=one.size) for one in row.documents],
        keywords=[Link(word, url("search", q=word)) for word in row.keywords],
        price=price_of(row),
        organisation=_organisation(row),
        anonymous=row.organisation is None,
        days_left=format_days_left(row.deadline, now) if row.deadline else "",
        stale=row.state in {"due", "stale"},
        # What came from elsewhere was brought in on that day; its owner confirmed nothing here.
        confirmed_on=format_date(row.confirmed_at) if row.confirmed_at and not row.source else "",
        licence=row.licence or "",
        source=row.source or "" if origin is None else "",
        origin=origin,
        also=also_panel(row, settings),
        # What another exchange owns is asked about there.
        ask=url("ask", slug=row.slug or "tin", public_id=row.public_id)
        if row.kind != "need" and (origin is None or origin.carries) and has_route("ask")
        else "",
        keep=url("keep") if row.kind != "need" and origin is None and has_route("keep") else "",
        owner_fragment=url("listing_owner_fragment", public_id=row.public_id)
        if has_route("listing_owner_fragment")
        else "",
        ask_nda=url("ask_nda", slug=row.slug or "tin", public_id=row.public_id)
        if origin is None and has_route("ask_nda")
        else "",
        nda_fragment=url("nda_fragment", public_id=row.public_id)
        if origin is None and has_route("nda_fragment")
        else "",
        matches=found.rows if found else (),
        matches_known=found is not None,
        holders=found.holders if found else (),
        similar=url("similar_listings", public_id=row.public_id),
        similar_fragment=url("similar_fragment", public_id=row.public_id),
    )


def _organisation(row: Detail) -> OrganisationPanel | None:
    one = row.organisation
    if one is None:
        return None
    return OrganisationPanel(
        name=one.title(current_locale()),
        href=url("organisation", slug=one.slug, public_id=one.public_id) if has_route("organisation") else "",
        type=term("organisation_type", one.type),
        place=region_name(one.region),
        verified_on=format_date(one.verified_at) if one.verified_at else "",
    )
