"""What anybody sees: the list of organisations and the page of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import clock
from app.dependencies import AppSettings, ReadSession
from app.features.listings.queries import of_organisation
from app.features.organisations.queries import find_public, list_public, listing_counts
from app.features.payments.benefits import is_member
from app.i18n import _
from app.i18n.terms import options
from app.models.organisations import ORGANISATION_TYPES
from app.reference.current import current_table
from app.search.replies import reply_records
from app.text import one_line
from app.web.listing_cards import any_card
from app.web.markdown import plain
from app.web.organisations.showing import (
    definitions,
    description_of,
    href_of,
    name_of,
    organisation_card,
    place_of,
    region_choices,
    reply_time,
    slug_of,
    verified_badge,
)
from app.web.pagecache import PublicPage
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import has_route, query_string, url
from app.web.views.basics import Badge
from app.web.views.cards import ListingCard, NeedCard, OrganisationCard
from app.web.views.records import Definition

router = APIRouter(dependencies=[PublicPage])

_LONGEST_QUERY = 100
_PER_PAGE = 20


@dataclass(frozen=True)
class Filters:
    """What the reader asked for; unknown values in the address mean nothing was asked."""

    q: str
    type: str
    region: str
    verified: bool

    @property
    def any(self) -> bool:
        return bool(self.q or self.type or self.region or self.verified)

    def href(self, **more: str) -> str:
        """The list with these filters, and from where to go on."""
        query = {"q": self.q, "type": self.type, "region": self.region, "verified": self.verified, **more}
        return url("organisations") + query_string(query)


@dataclass(frozen=True, kw_only=True)
class OrganisationsPage(Page):
    """The list in the order of names."""

    template: ClassVar[str] = "organisations/list.html"

    filters: Filters
    types: Sequence[tuple[str, str]]
    regions: Sequence[tuple[str, str]]
    cards: Sequence[OrganisationCard]
    total: int
    previous: str
    next: str
    clear: str


@dataclass(frozen=True, kw_only=True)
class OrganisationPage(Page):
    """One organisation: who it is, what it offers and seeks in public. Its anonymous needs are not here."""

    template: ClassVar[str] = "organisations/profile.html"

    public_id: str
    name: str
    other_name: str
    other_language: str
    type: str
    place: str
    badge: Badge | None
    member: Badge | None
    text: str
    language: str
    facts: Sequence[Definition]
    cards: Sequence[ListingCard | NeedCard]
    first: str
    next: str
    search: str


@router.get("/organisations", name="organisations")
def show_organisations(
    request: Request,
    *,
    session: ReadSession,
    q: str = "",
    type: str = "",  # noqa: A002 - the parameter's name in the address
    region: str = "",
    verified: str = "",
    after: str = "",
    before: str = "",
) -> Response:
    filters = Filters(
        q=one_line(q)[:_LONGEST_QUERY],
        type=type if type in ORGANISATION_TYPES else "",
        region=region if region in current_table("region") else "",
        verified=verified == "1",
    )
    found = list_public(
        session,
        query=filters.q,
        type_=filters.type,
        region=filters.region,
        verified=filters.verified,
        after=after,
        before=before,
    )
    counts = listing_counts(session, [one.id for one in found.items])
    page = OrganisationsPage(
        title=_("Tổ chức trên sàn"),
        description=_("Viện, trường, doanh nghiệp và tổ chức trung gian chào công nghệ và tìm công nghệ trên sàn."),
        canonical=url("organisations"),
        # Filtered and later pages are ways through the list, not pages of their own.
        indexed=not (filters.any or after or before),
        filters=filters,
        types=options("organisation_type"),
        regions=region_choices(),
        cards=[organisation_card(one, counts) for one in found.items],
        total=found.total,
        previous=filters.href(before=found.before) if found.before else "",
        next=filters.href(after=found.after) if found.after else "",
        clear=url("organisations") if filters.any or after or before else "",
    )
    return render(request, page)


@router.get("/organisations/{slug}-{public_id}", name="organisation")
def show_organisation(
    request: Request, *, session: ReadSession, settings: AppSettings, slug: str, public_id: str, after: str = ""
) -> Response:
    one = find_public(session, public_id=public_id)
    here = href_of(one)
    if slug != slug_of(one):
        # An earlier name or another spelling: the address of today, for good.
        return RedirectResponse(here, status_code=301)
    listings = of_organisation(session, organisation_id=one.id, after=after, limit=_PER_PAGE)
    now = clock.now()
    text, language = description_of(one)
    name = name_of(one)
    other = one.name if name != one.name else one.name_en or ""
    page = OrganisationPage(
        title=name,
        description=plain(text)[:200],
        canonical=here,
        indexed=not after,
        breadcrumbs=(Link(_("Tổ chức"), url("organisations")), Link(name, here)),
        json_ld=(_json_ld(one, name, here),),
        public_id=one.public_id,
        name=name,
        other_name=other,
        other_language="en" if other == one.name_en else "vi",
        type=one.type,
        place=place_of(one),
        badge=verified_badge(one),
        member=Badge(_("Thành viên của sàn"), "plain", "user")
        if is_member(session, settings=settings, organisation_id=one.id)
        else None,
        text=text,
        language=language,
        facts=[*definitions(one), reply_time(reply_records(session, now=now)({one.public_id}).get(one.public_id))],
        cards=[any_card(row, now=now) for row in listings.items],
        first=here if after else "",
        next=here + query_string({"after": listings.next}) if listings.next else "",
        search=url("search", organisation=one.public_id) if has_route("search") and listings.items else "",
    )
    return render(request, page)


def _json_ld(one: Any, name: str, here: str) -> Mapping[str, Any]:
    """schema.org: what search engines know an organisation by."""
    kinds = {"university": "CollegeOrUniversity", "research_institute": "ResearchOrganization"}
    known: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": kinds.get(one.type, "GovernmentOrganization" if one.type == "public_agency" else "Organization"),
        "name": name,
        "url": one.website or here,
    }
    if one.tax_code:
        known["taxID"] = one.tax_code
    if one.address:
        known["address"] = one.address
    return known
