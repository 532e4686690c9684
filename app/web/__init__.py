"""HTML pages: thin. Every page stands under /vi and /en; `/` leads to the reader's language."""

import functools

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.errors import SignInRequired, TechmartError
from app.i18n import LOCALES
from app.web.routes import PAGES, ROOT


def include(app: FastAPI) -> None:
    """Add every page to the application, once per language."""
    app.router.routes.extend(_pages().routes)


@functools.cache
def _pages() -> APIRouter:
    """All pages, put together once: what FastAPI works out of a route at its first use then serves every application
    of the process, where there are several, as in tests.
    """
    pages = APIRouter()
    for router in ROOT:
        pages.include_router(router, include_in_schema=False)
    for locale in LOCALES:
        for router in PAGES:
            pages.include_router(router, prefix=f"/{locale}", include_in_schema=False)
    return pages


def sign_in_redirect(request: Request, error: TechmartError) -> Response | None:
    """For somebody who opened a page of their own without being signed in: the way to sign in and back."""
    if not isinstance(error, SignInRequired) or request.method not in {"GET", "HEAD"}:
        return None
    from app.web.context import answering
    from app.web.urls import has_route, url

    with answering(request):
        if not has_route("sign_in") or request.headers.get("hx-request"):
            return None
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(url("sign_in", next=back), status_code=303)
