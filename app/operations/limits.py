"""How many requests one client may send in a minute, by what the request costs us. Beyond it the answer is 429.

A client is an address; of IPv6 the first 64 bits, which is what one household or server is given. Counts are kept in
each serving process, so each is allowed its share. This protects the machine; limits that protect an account (failed
sign-ins) are kept in the database by the feature that owns them. TECHMART_RATE_LIMITS=off turns these off.
"""

import ipaddress
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import RateLimited
from app.operations import metrics
from app.operations.gate import Refuse

_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_UNLIMITED = ("/static/", "/healthz", "/readyz", "/metrics")


@dataclass(frozen=True, slots=True)
class Rule:
    """`per_minute` requests for one client; applies to the paths that contain one of `parts` (none: to all)."""

    name: str
    per_minute: int
    changing: bool = False
    parts: tuple[str, ...] = ()

    def applies(self, method: str, path: str) -> bool:
        """Whether a request with this method and path counts under this rule."""
        if self.changing and method not in _CHANGING:
            return False
        return not self.parts or any(part in path for part in self.parts)


# The first that applies counts. Generous: a whole office or class may come from one address.
RULES: tuple[Rule, ...] = (
    # Before sign-in: “…/listings/…/confirm” is a program keeping its listings, not somebody trying links.
    Rule("change", 120, changing=True, parts=("/api/",)),
    Rule("sign-in", 20, changing=True, parts=("/sign-in", "/register", "/reset", "/confirm", "/exchange/v1/token")),
    Rule("change", 120, changing=True),
    Rule("exchange", 600, parts=("/oai", "/exchange/")),
    Rule("suggest", 600, parts=("/suggest",)),
    Rule("api", 600, parts=("/api/",)),
    Rule("search", 300, parts=("/search",)),
    Rule("read", 1200),
)


def client_of(scope: Scope) -> str:
    """Who is asking, as a key to count by. Behind a proxy this is right only when TECHMART_TRUSTED_PROXIES names it."""
    host = scope["client"][0] if scope.get("client") else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return host


class RequestLimits:
    """ASGI middleware; belongs outside the admission gate, so that a flood does not fill its queue.

    Args:
        processes: serving processes that share the work; each allows its part of a rule's count.
        refuse: makes the answer to a refused request.
    """

    def __init__(self, app: ASGIApp, *, refuse: Refuse, processes: int = 1, rules: Sequence[Rule] = RULES) -> None:
        self.app = app
        self.refuse = refuse
        self._rules = [(rule, RateLimitItemPerMinute(math.ceil(rule.per_minute / processes))) for rule in rules]
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(_UNLIMITED):
            wait = self._seconds_to_wait(scope)
            if wait is not None:
                response = self.refuse(Request(scope, receive), RateLimited(wait))
                await response(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _seconds_to_wait(self, scope: Scope) -> int | None:
        """None when the request may go on, having counted it; else after how many seconds to try again."""
        for rule, item in self._rules:
            if not rule.applies(scope["method"], scope["path"]):
                continue
            client = client_of(scope)
            if self._limiter.hit(item, rule.name, client):
                return None
            metrics.limited.labels(rule.name).inc()
            reset = self._limiter.get_window_stats(item, rule.name, client).reset_time
            return max(1, math.ceil(reset - time.time()))
        return None
