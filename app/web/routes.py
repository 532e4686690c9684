"""Which routers make up the pages. One line each: a newcomer finds every page from here."""

from fastapi import APIRouter

from app.web import root
from app.web.storefront import texts

# Addresses without a language: /, /id/…, files, sitemap.
ROOT: tuple[APIRouter, ...] = (root.router,)

# Pages, included once under each language.
PAGES: tuple[APIRouter, ...] = (texts.router,)
