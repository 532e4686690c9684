"""What HTTP asks of every address under /api/v1: HEAD, OPTIONS, a true Allow, and reading by pages of other sites.

Reading is open to any site (CORS), without credentials: public data only. Browsers are not let through with a token,
nor for changes.
"""

import re
from collections.abc import Iterable
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREFIX: Final = "/api/v1/"
_PREFLIGHT: Final = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, HEAD"),
    (b"access-control-allow-headers", b"Accept-Language, If-None-Match"),
    (b"access-control-max-age", b"86400"),
    (b"cache-control", b"public, max-age=86400"),
)
_EXPOSED: Final = "ETag, Content-Language, Retry-After"

Addresses = list[tuple[re.Pattern[str], frozenset[str]]]


def addresses(paths: Iterable[tuple[str, Iterable[str]]]) -> Addresses:
    """Path templates ("/api/v1/listings/{id}") with their methods, as patterns of whole paths."""
    found: dict[str, set[str]] = {}
    for path, methods in paths:
        pattern = re.sub(r"\\\{[^/]+?\\\}", "[^/]+", re.escape(path))
        found.setdefault(pattern, set()).update(methods)
    return [(re.compile(pattern), _with_implied(methods)) for pattern, methods in found.items()]


def _with_implied(methods: set[str]) -> frozenset[str]:
    return frozenset(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set()))


class ApiTransport:
    """ASGI middleware, inside everything else; leaves other paths alone.

    Args:
        known: what `addresses` gives of every route of the API.
    """

    def __init__(self, app: ASGIApp, *, known: Addresses) -> None:
        self.app = app
        self.known = known

    def _methods(self, path: str) -> frozenset[str]:
        # Fixed addresses stand before those with a name in them where both fit.
        return next((methods for pattern, methods in self.known if pattern.fullmatch(path)), frozenset())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self.app(scope, receive, send)
            return
        method = scope["method"]
        allowed = self._methods(scope["path"])
        allow = ", ".join(sorted(allowed))
        if method == "OPTIONS" and allowed:
            headers = [(b"allow", allow.encode()), *(_PREFLIGHT if "GET" in allowed else ())]
            await send({"type": "http.response.start", "status": 204, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        reading = method in {"GET", "HEAD"}
        bodiless = method == "HEAD" and "HEAD" in allowed
        if bodiless:
            scope = {**scope, "method": "GET"}

        async def send_fitted(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if reading:
                    headers["Access-Control-Allow-Origin"] = "*"
                    headers["Access-Control-Expose-Headers"] = _EXPOSED
                if message["status"] == 405:
                    headers["Allow"] = allow
            elif message["type"] == "http.response.body" and bodiless:
                message = {**message, "body": b""}
            await send(message)

        await self.app(scope, receive, send_fitted)
