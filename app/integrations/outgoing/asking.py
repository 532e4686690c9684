"""One request to somebody else's server, with its answer read to the end within bounds."""

import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Final
from urllib.parse import urljoin, urlsplit

import httpcore2

from app import __version__
from app.integrations.outgoing.addresses import GuardedNetwork
from app.integrations.outgoing.faults import AnswerTooLarge, NotReached, Refused, RefusedRedirect
from app.settings import Settings

_REDIRECTS: Final = frozenset({301, 302, 307, 308})
_MOST_REDIRECTS: Final = 3
_PIECE: Final = 65_536
_PACKED: Final = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is waited for and taken: seconds and bytes. `unpacked` counts what comes out of compression."""

    connect_s: float = 10.0
    silence_s: float = 30.0
    whole_s: float = 180.0
    sent: int = 32 * 1024 * 1024
    unpacked: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, read whole. Header names are in small letters; of one sent twice the last counts."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


@dataclass(slots=True)
class _Clock:
    until: float = field(default=0.0)

    def left(self, most: float) -> float:
        left = self.until - time.monotonic()
        if left <= 0:
            raise NotReached("it took longer than allowed")
        return min(most, left)


def ask(
    url: str,
    *,
    settings: Settings,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    bounds: Bounds = Bounds(),
) -> Answer:
    """Send a request and read the answer, whatever its status.

    A redirect of a GET is followed where it stays with the host (from http to https too), three times at most.

    Raises:
        Refused: an address inside a network, or none for the web at all.
        RefusedRedirect: it sends us to another host.
        AnswerTooLarge: beyond `bounds`, also once unpacked.
        NotReached: no connection, cut short, or too slow.
    """
    sent = {
        "User-Agent": f"Techmart/{__version__} (+{settings.base_url})",
        "Accept-Encoding": "gzip",
        **(headers or {}),
    }
    pieces: list[bytes] = []
    answer = _asked(
        url,
        settings=settings,
        method=method,
        sent=sent,
        body=body,
        bounds=bounds,
        keeping=lambda _status: pieces.append,
    )
    return replace(answer, body=b"".join(pieces))


def load(
    url: str,
    into: BinaryIO,
    *,
    settings: Settings,
    headers: Mapping[str, str] | None = None,
    bounds: Bounds = Bounds(),
) -> Answer:
    """GET a file into `into`, piece by piece; of an answer with another status than 200 nothing is kept.

    Raises:
        As `ask`.
    """
    sent = {
        "User-Agent": f"Techmart/{__version__} (+{settings.base_url})",
        "Accept-Encoding": "identity",
        **(headers or {}),
    }
    return _asked(
        url,
        settings=settings,
        method="GET",
        sent=sent,
        body=None,
        bounds=bounds,
        keeping=lambda status: into.write if status == 200 else len,
    )


def _asked(
    url: str,
    *,
    settings: Settings,
    method: str,
    sent: Mapping[str, str],
    body: bytes | None,
    bounds: Bounds,
    keeping: Callable[[int], Callable[[bytes], object]],
) -> Answer:
    """The answer without its body, which goes piece by piece to what `keeping` gives for its status."""
    clock = _Clock(time.monotonic() + bounds.whole_s)
    backend = GuardedNetwork(loopback=settings.outgoing == "loopback", until=clock.until)
    with httpcore2.ConnectionPool(network_backend=backend, max_connections=1, retries=0) as pool:
        for _hop in range(_MOST_REDIRECTS + 1):
            _require_web(url)
            with (
                _told(),
                _answer(pool, method=method, url=url, headers=sent, body=body, bounds=bounds, clock=clock) as response,
            ):
                named = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
                if response.status in _REDIRECTS and method in {"GET", "HEAD"} and "location" in named:
                    url = _next(url, named["location"])
                    continue
                keep = keeping(response.status)
                for piece in _unpacked(response, named, bounds, clock):
                    keep(piece)
            return Answer(response.status, named, b"", url)
    raise RefusedRedirect(f"more than {_MOST_REDIRECTS} redirects")


@contextmanager
def _answer(
    pool: httpcore2.ConnectionPool,
    *,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    bounds: Bounds,
    clock: _Clock,
) -> Iterator[httpcore2.Response]:
    timeout = {
        "connect": clock.left(bounds.connect_s),
        "read": clock.left(bounds.silence_s),
        "write": clock.left(bounds.silence_s),
        "pool": 1.0,
    }
    named = [("Host", urlsplit(url).netloc), *headers.items()]
    if body is not None:
        named.append(("Content-Length", str(len(body))))
    with pool.stream(method, url, headers=named, content=body, extensions={"timeout": timeout}) as response:
        yield response


@contextmanager
def _told() -> Iterator[None]:
    """The library's faults as ours."""
    try:
        yield
    except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError, zlib.error) as fault:
        raise NotReached(f"{type(fault).__name__}: {fault}".rstrip(": ")) from fault
    except OSError as fault:
        # A certificate that does not hold, above all.
        raise NotReached(f"{type(fault).__name__}: {fault}") from fault


def _require_web(url: str) -> None:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused("not an address") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None or port == 0:
        raise Refused("only plain addresses with http or https are asked")
    if not url.isascii() or any(sign <= " " for sign in url):
        raise Refused("an address holds neither spaces nor letters beyond ASCII")


def _next(url: str, location: str) -> str:
    target = urljoin(url, location)
    before, after = urlsplit(url), urlsplit(target)
    upgrade = before.scheme == "http" and after.scheme == "https"
    if after.hostname != before.hostname or not (after.scheme == before.scheme or upgrade):
        raise RefusedRedirect(f"it sends us on to {after.scheme}://{after.hostname}")
    if not upgrade and after.port != before.port:
        raise RefusedRedirect(f"it sends us on to port {after.port}")
    return target


def _unpacked(
    response: httpcore2.Response, headers: Mapping[str, str], bounds: Bounds, clock: _Clock
) -> Iterator[bytes]:
    coding = headers.get("content-encoding", "identity").strip().lower()
    pieces = _counted(response, bounds, clock)
    if coding in {"identity", ""}:
        yield from pieces
        return
    if coding not in _PACKED:
        raise NotReached(f"packed as {coding}, which was not asked for")
    yield from inflated(pieces, wbits=_PACKED[coding], most=bounds.unpacked)


def _counted(response: httpcore2.Response, bounds: Bounds, clock: _Clock) -> Iterator[bytes]:
    came = 0
    for piece in response.iter_stream():
        clock.left(bounds.whole_s)
        came += len(piece)
        if came > bounds.sent:
            raise AnswerTooLarge(f"more than {bounds.sent} bytes")
        yield piece


def inflated(pieces: Iterable[bytes], *, wbits: int, most: int) -> Iterator[bytes]:
    """Unpack piece by piece, never holding more than a piece beyond what was asked for.

    Raises:
        AnswerTooLarge: more than `most` bytes come out.
        NotReached: the stream ends early.
    """
    inflater = zlib.decompressobj(wbits)
    made = 0
    for piece in pieces:
        rest = piece
        while rest and not inflater.eof:
            out = inflater.decompress(rest, _PIECE)
            made += len(out)
            if made > most:
                raise AnswerTooLarge(f"more than {most} bytes once unpacked")
            if out:
                yield out
            rest = inflater.unconsumed_tail
    # What was taken in may still hold more than came out.
    while not inflater.eof and (out := inflater.decompress(b"", _PIECE)):
        made += len(out)
        if made > most:
            raise AnswerTooLarge(f"more than {most} bytes once unpacked")
        yield out
    if not inflater.eof:
        raise NotReached("the packed answer was cut short")
