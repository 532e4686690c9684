"""The admission gate: at most so many requests are worked on at once, taken before any thread or connection.

Without it a sync application collapses under load: requests hold a connection while they wait for a thread, others hold
a thread while they wait for a connection (docs/adr/0002). With it everybody waits here, where waiting costs nothing, in
the order of arrival, and only so long: then the answer is 503 with Retry-After, which browsers and programs understand.

A place is given back when the answer starts, not when its last byte left: sessions end before the response does, so a
slow reader keeps nobody else out.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import TechmartError, Unavailable
from app.operations import metrics
from app.settings import Settings

Refuse = Callable[[Request, TechmartError], Response]

# Files and health need no database place, and must answer when everything else is full.
_UNGATED = ("/static/", "/healthz", "/readyz", "/metrics")
# Connections of the pool that the gate leaves to /readyz and to work that goes on after an answer has started.
_SPARE = 2
_RETRY_AFTER_S = 5


def places_for(settings: Settings) -> int:
    """How many requests one process works on at once: the pool of connections less a few spare ones."""
    return max(1, settings.database_pool - _SPARE)


class AdmissionGate:
    """ASGI middleware; belongs outside everything that takes a thread or a connection.

    Args:
        places: requests inside at once; no more than the pool has connections.
        queue: requests that may wait; one more is refused at once.
        wait_s: seconds a request waits before it is refused.
        refuse: makes the answer to a refused request.
    """

    def __init__(self, app: ASGIApp, *, places: int, queue: int, wait_s: float, refuse: Refuse) -> None:
        self.app = app
        self.queue = queue
        self.wait_s = wait_s
        self.refuse = refuse
        self._free = places
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_UNGATED):
            await self.app(scope, receive, send)
            return
        if self._free:
            self._free -= 1
        else:
            if len(self._waiting) >= self.queue:
                await self._refuse("full", scope, receive, send)
                return
            replay = _Replay(receive)
            receive = replay
            refusal = await self._wait(replay, watch=not _has_body(scope))
            if refusal == "left":
                metrics.gate_refused.labels("left").inc()
                return
            if refusal is not None:
                await self._refuse(refusal, scope, receive, send)
                return
        await self._inside(scope, receive, send)

    async def _inside(self, scope: Scope, receive: Receive, send: Send) -> None:
        metrics.gate_inside.inc()
        held = True

        def give_back() -> None:
            nonlocal held
            if held:
                held = False
                self._give_back()
                metrics.gate_inside.dec()

        async def send_and_give_back(message: Message) -> None:
            if message["type"] == "http.response.start":
                give_back()
            await send(message)

        try:
            await self.app(scope, receive, send_and_give_back)
        finally:
            give_back()

    async def _wait(self, receive: "_Replay", *, watch: bool) -> str | None:
        """Wait for a place. Returns None with the place taken, else why not: “late”, or “left” (the client went away).

        `watch` looks for the client's going away, which only a request without a body shows before it is read.
        """
        began = time.monotonic()
        place = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        metrics.gate_waiting.inc()
        left = asyncio.ensure_future(receive.until_disconnect()) if watch else None
        try:
            await asyncio.wait({place, left} if left else {place}, timeout=self.wait_s, return_when="FIRST_COMPLETED")
            if place.done():
                return None
            self._waiting.remove(place)
            return "left" if left and left.done() else "late"
        except asyncio.CancelledError:
            # The server is stopping. A place handed over in this very moment must not be lost with us.
            if place.done():
                self._give_back()
            else:
                self._waiting.remove(place)
            raise
        finally:
            if left:
                left.cancel()
            metrics.gate_waiting.dec()
            metrics.gate_wait_seconds.observe(time.monotonic() - began)

    def _give_back(self) -> None:
        """Hand a place to whoever waited longest, or keep it free."""
        if self._waiting:
            self._waiting.popleft().set_result(None)
        else:
            self._free += 1

    async def _refuse(self, reason: str, scope: Scope, receive: Receive, send: Send) -> None:
        metrics.gate_refused.labels(reason).inc()
        response = self.refuse(Request(scope, receive), Unavailable(retry_after=_RETRY_AFTER_S))
        await response(scope, receive, send)


def _has_body(scope: Scope) -> bool:
    return any(name in {b"content-length", b"transfer-encoding"} for name, _value in scope["headers"])


class _Replay:
    """A `receive` that can look ahead for the client's going away and still hands on every message."""

    def __init__(self, receive: Callable[[], Awaitable[Message]]) -> None:
        self._receive = receive
        self._seen: list[Message] = []

    async def __call__(self) -> Message:
        if self._seen:
            return self._seen.pop(0)
        return await self._receive()

    async def until_disconnect(self) -> bool:
        """Returns once the client is gone; messages read meanwhile are kept for the application."""
        while True:
            message = await self._receive()
            self._seen.append(message)
            if message["type"] == "http.disconnect":
                return True
