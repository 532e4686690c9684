"""Which routers make up the pages. One line each: a newcomer finds every page from here."""

from fastapi import APIRouter

from app.web import root
from app.web.storefront import browse, feeds, fragments, home, listing_page, ranking, results, texts

# Addresses without a language: /, /id/…, files, sitemap.
ROOT: tuple[APIRouter, ...] = (root.router, feeds.root_router)

# Pages, included once under each language.
PAGES: tuple[APIRouter, ...] = (
    home.router,
    results.router,
    listing_page.router,
    browse.router,
    feeds.router,
    fragments.router,
    ranking.router,
    texts.router,
)
