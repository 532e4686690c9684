"""A pytest plugin: the suite talks to this machine only. Any other address raises, by name or by number.

It replaces the connecting calls of Python's socket class, which every Python client goes through. libpq opens its own
sockets in C and is not covered; its address comes from the settings, which the suite itself makes.
"""

import ipaddress
import socket
from typing import Any

import pytest

_LOOPBACK_NAMES = frozenset({"localhost", "localhost.localdomain", "testserver", ""})


class NetworkRefused(RuntimeError):
    """A test tried to leave this machine."""


def is_loopback(host: object) -> bool:
    """Whether `host` (a name or a number, as given to a socket call; None means this machine) is this machine."""
    if host is None:
        return True
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name.lower() in _LOOPBACK_NAMES:
        return True
    try:
        address = ipaddress.ip_address(name.split("%", maxsplit=1)[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_loopback or address.is_unspecified


def _refuse_unless_loopback(family: int, address: Any) -> None:
    if family not in {socket.AF_INET, socket.AF_INET6} or not isinstance(address, tuple):
        return
    if not is_loopback(address[0]):
        raise NetworkRefused(f"a test tried to reach {address[0]}:{address[1]}; tests may use loopback only")


class _GuardedSocket(socket.socket):
    """Stands in for socket.socket while tests run."""

    __slots__ = ()

    def connect(self, address: Any, /) -> None:
        _refuse_unless_loopback(self.family, address)
        return super().connect(address)

    def connect_ex(self, address: Any, /) -> int:
        _refuse_unless_loopback(self.family, address)
        return super().connect_ex(address)

    def sendto(self, *args: Any) -> int:
        _refuse_unless_loopback(self.family, args[-1])
        return super().sendto(*args)


_plain_socket = socket.socket
_plain_getaddrinfo = socket.getaddrinfo


def _guarded_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
    if not is_loopback(host):
        raise NetworkRefused(f"a test tried to look up {host!r}; tests may use loopback only")
    return _plain_getaddrinfo(host, *args, **kwargs)


def pytest_configure(config: pytest.Config) -> None:
    socket.socket = _GuardedSocket  # type: ignore[misc]
    socket.getaddrinfo = _guarded_getaddrinfo


def pytest_unconfigure(config: pytest.Config) -> None:
    socket.socket = _plain_socket  # type: ignore[misc]
    socket.getaddrinfo = _plain_getaddrinfo
