"""Which addresses may be connected to, and connecting to exactly the one that was looked at.

A name is looked up once; every address it has must be public, and the connection goes to one of those looked at. So a
name that answers differently the second time (DNS rebinding) gains nothing.
"""

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any, Final

import httpcore2

from app.integrations.outgoing.faults import Refused

# Networks that lead on into others: what they hold inside is looked at instead.
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_LOWEST_FREE_PORT: Final = 1024
_USUAL_LOOK_UP_S: Final = 10.0
_LOOK_UPS: Final = threading.BoundedSemaphore(32)
_WRITTEN_AT_ONCE: Final = 16_384
_WEB_PORTS: Final = frozenset({80, 443})

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def require_port(port: int) -> None:
    """Raises Refused for ports where something else than a web server is at home (mail, SSH …)."""
    if port not in _WEB_PORTS and port < _LOWEST_FREE_PORT:
        raise Refused(f"port {port} is not one of web servers")


def is_public(address: Address, *, loopback: bool = False) -> bool:
    """Whether an address is on the open Internet; with `loopback` also one of this very machine."""
    inner = _inner(address)
    if inner is not None:
        return is_public(inner, loopback=loopback)
    if address.is_loopback:
        return loopback
    return address.is_global and not address.is_multicast and not address.is_reserved and not address.is_unspecified


def _inner(address: Address) -> Address | None:
    """The IPv4 address that an IPv6 one stands for."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo is not None else None)


def looked_up(host: str, port: int, *, loopback: bool, seconds: float = _USUAL_LOOK_UP_S) -> list[Address]:
    """Every address of a host, all of them public.

    Raises:
        Refused: one of them is not, whatever the others are.
        OSError: the name has none, or nobody tells within `seconds` (TimeoutError).
    """
    found = _told_by_names(host, port, seconds)
    addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    for address in addresses:
        if not is_public(address, loopback=loopback):
            raise Refused(f"{host} is {address}, which is not on the open Internet")
    return list(dict.fromkeys(addresses))


def _told_by_names(host: str, port: int, seconds: float) -> list[Any]:
    """What the system's resolver says, asked in a thread of its own: it knows no time limit that we could set.

    A thread that is given up ends when the resolver does; only so many may hang at once.
    """
    if not _LOOK_UPS.acquire(blocking=False):
        raise TimeoutError("too many names are being looked up that nobody tells")
    told: queue.SimpleQueue[list[Any] | Exception] = queue.SimpleQueue()

    def look() -> None:
        try:
            told.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except Exception as fault:  # noqa: BLE001 - raised where it was asked
            told.put(fault)
        finally:
            _LOOK_UPS.release()

    threading.Thread(target=look, name="look-up", daemon=True).start()
    try:
        found = told.get(timeout=max(0.0, seconds))
    except queue.Empty:
        raise TimeoutError(f"{host} was not told within {seconds:.0f} s") from None
    if isinstance(found, Exception):
        raise found
    return found


def left_of(timeout: float | None, until: float, fault: type[httpcore2.TimeoutException]) -> float:
    """How many seconds one step may take, when all of them have to be over at `until`.

    Raises:
        fault: it is past that.
    """
    left = until - time.monotonic()
    if left <= 0:
        raise fault("it took longer than allowed")
    return left if timeout is None else min(timeout, left)


class TimedStream(httpcore2.NetworkStream):
    """A connection on which nothing goes on past a moment, however slowly bytes come: also heads and frames of chunks.

    A timeout of the library's is for one read: who sends a byte a second never meets it.
    """

    def __init__(self, stream: httpcore2.NetworkStream, until: float) -> None:
        self._stream = stream
        self._until = until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, left_of(timeout, self._until, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _WRITTEN_AT_ONCE):
            left = left_of(timeout, self._until, httpcore2.WriteTimeout)
            self._stream.write(buffer[start : start + _WRITTEN_AT_ONCE], left)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = left_of(timeout, self._until, httpcore2.ConnectTimeout)
        return TimedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class GuardedNetwork(httpcore2.NetworkBackend):
    """Connects to public addresses only.

    Args:
        loopback: this machine too: for tests.
        until: when, by time.monotonic(), everything sent and read has to be over.
    """

    def __init__(self, *, loopback: bool, until: float) -> None:
        self._loopback = loopback
        self._until = until
        self._plain = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        require_port(port)
        try:
            seconds = left_of(timeout, self._until, httpcore2.ConnectTimeout)
            addresses = looked_up(host, port, loopback=self._loopback, seconds=seconds)
        except TimeoutError as fault:
            raise httpcore2.ConnectTimeout(str(fault)) from fault
        except (OSError, UnicodeError) as fault:
            raise httpcore2.ConnectError(f"{host} is not known") from fault
        last: httpcore2.ConnectError | httpcore2.ConnectTimeout = httpcore2.ConnectError(f"{host} has no address")
        for address in addresses[:4]:
            try:
                left = left_of(timeout, self._until, httpcore2.ConnectTimeout)
                stream = self._plain.connect_tcp(str(address), port, left, local_address, socket_options)
                return TimedStream(stream, self._until)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as failed:
                last = failed
        raise last

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        raise Refused("sockets of this machine are not asked")
