"""Refuse changing requests that another site started, by what the browser itself says (Fetch Metadata, Origin).

No tokens: every browser in use sends Sec-Fetch-Site or at least Origin with a POST. A request with neither comes from a
program, which carries no person's cookie by accident.
"""

from collections.abc import Callable, Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import CrossSiteRequest, TechmartError

_SAFE = {"GET", "HEAD", "OPTIONS"}


def is_cross_site(headers: Headers, own_origins: Collection[str]) -> bool:
    """Whether a changing request with these headers was started elsewhere.

    “none” means the person did it in the browser itself. A sibling domain (“same-site”) is elsewhere. Without
    Sec-Fetch-Site, Origin must be one of `own_origins` or name the very host that is asked.
    """
    site = headers.get("sec-fetch-site")
    origin = headers.get("origin")
    if site is not None:
        return site not in {"same-origin", "none"} and origin not in own_origins
    if origin is None or origin in own_origins:
        return False
    return not origin.startswith("http") or urlsplit(origin).netloc != headers.get("host", "")


class CrossSiteGuard:
    """ASGI middleware: refuses changing requests from other sites.

    `refuse` makes the answer from the request and the error; `own_origins` are this site's addresses.
    """

    def __init__(
        self, app: ASGIApp, refuse: Callable[[Request, TechmartError], Response], own_origins: Collection[str] = ()
    ) -> None:
        self.app = app
        self.refuse = refuse
        self.own_origins = frozenset(origin.rstrip("/") for origin in own_origins if origin)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] != "http"
            or scope["method"] in _SAFE
            or not is_cross_site(Headers(scope=scope), self.own_origins)
        ):
            await self.app(scope, receive, send)
            return
        response = self.refuse(Request(scope, receive), CrossSiteRequest())
        await response(scope, receive, send)
