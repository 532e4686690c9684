"""The request of the moment, and its language taken from the address: /vi/… or /en/….

Set in middleware, before any thread is entered: a thread copies the context it is started from, so what a
dependency sets in its own thread would be lost.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.i18n import DEFAULT_LOCALE, LOCALES, negotiate, use_locale

_request: ContextVar[Request | None] = ContextVar("techmart_request", default=None)


def current_request() -> Request:
    """The request being answered.

    Raises:
        LookupError: no request is being answered here (a job or the terminal).
    """
    request = _request.get()
    if request is None:
        raise LookupError("no request is being answered here; addresses of pages need one")
    return request


def locale_of(path: str) -> str | None:
    """The language an address names in its first part, or None."""
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    return first if first in LOCALES else None


def language_for(request: Request) -> str:
    """The language to answer in: the address decides; the API, which has no language in it, asks the header."""
    named = locale_of(request.url.path)
    if named is not None:
        return named
    if request.url.path.startswith("/api/"):
        return negotiate(request.headers.get("accept-language", ""))
    return DEFAULT_LOCALE


@contextmanager
def answering(request: Request) -> Iterator[None]:
    """Make `request` and its language those of the moment, inside the block."""
    token = _request.set(request)
    try:
        with use_locale(language_for(request)):
            yield
    finally:
        _request.reset(token)


class RequestContext:
    """ASGI middleware: every request below it is answered inside `answering`."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        with answering(Request(scope)):
            await self.app(scope, receive, send)
