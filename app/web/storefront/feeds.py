"""For readers that are programs: Atom feed of the newest, sitemap, robots, canonical addresses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from app import clock
from app.dependencies import AppSettings, ReadSession
from app.errors import NotFound
from app.features.insight.queries import newest_ids, sitemap_chunks, sitemap_entries
from app.features.listings.policies import publicly_visible
from app.features.listings.queries import cards
from app.features.listings.views import Card
from app.i18n import DEFAULT_LOCALE, LOCALES, _, current_locale
from app.models.listings import KINDS, Listing
from app.settings import Settings
from app.web.listing_cards import organisation_name
from app.web.pagecache import PublicPage
from app.web.templating import Fragment, render_text
from app.web.urls import url

router = APIRouter()
root_router = APIRouter()

_FEED_LENGTH = 50
_STATIC_PAGES = ("home", "technologies", "equipment", "patents", "services", "needs", "fields", "regions", "about")


@dataclass(frozen=True, kw_only=True)
class FeedEntry:
    """One listing in the feed. `id` never changes, whatever happens to title and address."""

    id: str
    href: str
    title: str
    summary: str
    language: str
    author: str
    category: str
    published: datetime
    updated: datetime


@dataclass(frozen=True, kw_only=True)
class FeedDocument(Fragment):
    """An Atom feed (RFC 4287)."""

    template: ClassVar[str] = "storefront/feed.xml"

    id: str
    title: str
    href: str
    self_href: str
    updated: datetime
    author: str
    entries: Sequence[FeedEntry]


@dataclass(frozen=True, kw_only=True)
class SitemapIndex(Fragment):
    """Where the parts of the sitemap are."""

    template: ClassVar[str] = "storefront/sitemap_index.xml"

    parts: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class SitemapAddress:
    """A page in both languages."""

    addresses: dict[str, str]
    modified: str = ""


@dataclass(frozen=True, kw_only=True)
class Sitemap(Fragment):
    """Addresses of one part of the sitemap."""

    template: ClassVar[str] = "storefront/sitemap.xml"

    pages: Sequence[SitemapAddress]


def feed_entry(row: Card, settings: Settings) -> FeedEntry:
    """A listing as feeds show it, in the language of the moment."""
    title, language = row.text("title", current_locale())
    benefit, _language = row.text("benefit", current_locale())
    summary, _language = row.text("summary", current_locale())
    return FeedEntry(
        id=f"tag:{row.authority},2026:{row.local_id}",
        href=settings.base_url + url("listing", slug=row.slug or "tin", public_id=row.public_id),
        title=title,
        summary=benefit or summary,
        language=language,
        author=organisation_name(row) or settings.site_name,
        category=row.kind,
        published=row.published_at or row.created_at,
        updated=row.updated_at,
    )


@router.get("/feed.atom", name="feed", dependencies=[PublicPage])
def feed(request: Request, session: ReadSession, settings: AppSettings, kind: str = "") -> Response:
    kinds = (kind,) if kind in KINDS else KINDS
    rows = cards(session, newest_ids(session, kinds=kinds, limit=_FEED_LENGTH))
    document = FeedDocument(
        id=f"tag:{settings.authority},2026:feed:{kind if kind in KINDS else 'all'}",
        title=_("Mới trên %(site)s", site=settings.site_name),
        href=settings.base_url + url("home"),
        self_href=settings.base_url + url("feed", kind=kind if kind in KINDS else ""),
        updated=max((row.updated_at for row in rows), default=clock.now()),
        author=settings.site_name,
        entries=[feed_entry(row, settings) for row in rows],
    )
    return Response(
        render_text(document),
        media_type="application/atom+xml",
        headers={"ETag": request.state.page_etag, "Cache-Control": "public, no-cache"},
    )


def _xml(text: str) -> Response:
    return Response(text, media_type="application/xml", headers={"Cache-Control": "public, max-age=3600"})


@root_router.get("/sitemap.xml", name="sitemap")
def sitemap(session: ReadSession, settings: AppSettings) -> Response:
    parts = [f"{settings.base_url}/sitemaps/pages.xml"]
    parts += [f"{settings.base_url}/sitemaps/{start}.xml" for start in sitemap_chunks(session)]
    return _xml(render_text(SitemapIndex(parts=parts)))


@root_router.get("/sitemaps/{part}.xml", name="sitemap_part")
def sitemap_part(part: str, session: ReadSession, settings: AppSettings) -> Response:
    base = settings.base_url
    if part == "pages":
        paths = [url(name).removeprefix(f"/{DEFAULT_LOCALE}") for name in _STATIC_PAGES]
        pages = [SitemapAddress(addresses={one: f"{base}/{one}{path}" for one in LOCALES}) for path in paths]
        return _xml(render_text(Sitemap(pages=pages)))
    entries = sitemap_entries(session, start=part)
    if not entries or entries[0].public_id != part:
        raise NotFound
    pages = [
        SitemapAddress(
            addresses={one: f"{base}/{one}/listings/{entry.slug or 'tin'}-{entry.public_id}" for one in LOCALES},
            modified=entry.modified,
        )
        for entry in entries
    ]
    return _xml(render_text(Sitemap(pages=pages)))


@root_router.get("/robots.txt", name="robots")
def robots(settings: AppSettings) -> Response:
    lines = [
        "User-agent: *",
        "Disallow: /vi/desk",
        "Disallow: /en/desk",
        "Disallow: /vi/fragments",
        "Disallow: /en/fragments",
    ]
    return PlainTextResponse("\n".join([*lines, f"Sitemap: {settings.base_url}/sitemap.xml", ""]))


@root_router.get("/id/{local_id}", name="canonical")
def canonical(local_id: str, session: ReadSession, settings: AppSettings) -> Response:
    """The lasting address of a record of this exchange leads to its page."""
    found = session.scalars(
        publicly_visible().where(Listing.authority == settings.authority, Listing.local_id == local_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    return RedirectResponse(url("listing", slug=found.slug or "tin", public_id=found.public_id), status_code=303)
