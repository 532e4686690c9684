"""How many requests one client may send in a minute, by what the request costs us. Beyond it the answer is 429.

Harvesters know only 503 with Retry-After (OAI-PMH 2.0, section 3.1.2.2), so at /oai it is that. Programs that come
again and again are told before they reach the limit, by the header fields RateLimit-Policy and RateLimit
(draft-ietf-httpapi-ratelimit-headers).

A client is an address; of IPv6 the first 64 bits, which is what one household or server is given. Counts are kept in
each serving process, so each is allowed its share. This protects the machine; limits that protect an account (failed
sign-ins) are kept in the database by the feature that owns them. TECHMART_RATE_LIMITS=off turns these off.
"""

import ipaddress
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import RateLimited, Unavailable
from app.operations import metrics
from app.operations.gate import Refuse

_CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_EXCHANGE = ("/oai", "/exchange/v1/", "/exchange/schemas/", "/.well-known/techmart-exchange", "/.well-known/jwks")
# How the keys and tokens of partners begin (app/exchange/caller.py).
_KEYS = (b"bearer tmpx_", b"bearer tmpt_")
_UNLIMITED = ("/static/", "/healthz", "/readyz", "/metrics")


# Under this name of `request.state` an endpoint leaves a nearer limit than the address's, to be told in its place.
TOLD = "limit_told"


@dataclass(frozen=True, slots=True)
class Told:
    """A limit and what is left of it."""

    name: str
    amount: int
    left: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Rule:
    """`per_minute` requests for one client; applies to the paths that contain one of `parts` (none: to all).

    Attributes:
        begins: how a path must begin, where its middle would not do.
        told: whether every answer says how much of it is left.
        waits: whether a refused request is told to wait (503) rather than that it was too much (429).
        known: only for requests that bring a partner's key; its agreement has a limit of its own.
    """

    name: str
    per_minute: int
    changing: bool = False
    parts: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    told: bool = False
    waits: bool = False
    known: bool = False

    def applies(self, method: str, path: str, *, known: bool = False) -> bool:
        """Whether a request with this method and path counts under this rule."""
        if self.known and not known:
            return False
        if self.changing and method not in _CHANGING:
            return False
        if self.begins and not path.startswith(self.begins):
            return False
        return not self.parts or any(part in path for part in self.parts)


# The first that applies counts. Generous: a whole office or class may come from one address.
RULES: tuple[Rule, ...] = (
    # Before "partners": at the first secrets are tried, at the second signatures checked, whatever key is shown.
    Rule("sign-in", 20, changing=True, begins=("/exchange/v1/token",)),
    Rule("change", 120, changing=True, begins=("/exchange/v1/inbox",)),
    # Whether the key is a good one is not known here, so there is an end to trying.
    Rule("partners", 6_000, begins=_EXCHANGE, told=True, known=True),
    # Its POST only reads.
    Rule("oai", 600, begins=("/oai",), told=True, waits=True),
    # Before sign-in: “…/listings/…/confirm” is a program keeping its listings, not somebody trying links.
    Rule("change", 120, changing=True, parts=("/api/",)),
    Rule("sign-in", 20, changing=True, parts=("/sign-in", "/register", "/reset", "/confirm")),
    # One provider tells of everybody's payments from a few addresses; what is not signed never reaches the database.
    Rule("webhook", 1200, changing=True, parts=("/payments/stripe/webhook",)),
    Rule("change", 120, changing=True),
    Rule("exchange", 600, begins=_EXCHANGE, told=True),
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
            known = any(
                name == b"authorization" and value.lower().startswith(_KEYS) for name, value in scope["headers"]
            )
            method, path = scope["method"], scope["path"]
            found = next((one for one in self._rules if one[0].applies(method, path, known=known)), None)
            if found is not None:
                await self._counted(*found, scope, receive, send)
                return
        await self.app(scope, receive, send)

    async def _counted(self, rule: Rule, item: RateLimitItem, scope: Scope, receive: Receive, send: Send) -> None:
        client = client_of(scope)
        allowed = self._limiter.hit(item, rule.name, client)
        if allowed and not rule.told:
            await self.app(scope, receive, send)
            return
        stats = self._limiter.get_window_stats(item, rule.name, client)
        wait = max(1, math.ceil(stats.reset_time - time.time()))
        if rule.told:
            send = _telling(send, scope, Told(rule.name, item.amount, stats.remaining, wait))
        if allowed:
            await self.app(scope, receive, send)
            return
        metrics.limited.labels(rule.name).inc()
        error = Unavailable(retry_after=wait) if rule.waits else RateLimited(wait)
        await self.refuse(Request(scope, receive), error)(scope, receive, send)


def _telling(send: Send, scope: Scope, own: Told) -> Send:
    """`send`, putting the limit and what is left of it into the answer's head."""

    async def telling(message: Message) -> None:
        if message["type"] == "http.response.start":
            told: Told = scope.get("state", {}).get(TOLD, own)
            headers = MutableHeaders(scope=message)
            headers["RateLimit-Policy"] = f'"{told.name}";q={told.amount};w=60'
            headers["RateLimit"] = f'"{told.name}";r={told.left};t={told.seconds}'
        await send(message)

    return telling
