"""Which addresses are connected to."""

import ipaddress
import socket
import threading
import time
from typing import Any

import pytest

from app.integrations.outgoing import Bounds, NotReached, Refused, ask
from app.integrations.outgoing.addresses import is_public, looked_up, require_port
from app.settings import Settings
from tests.odd_server import Reply, odd_server


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "2002:c0a8:101::",
    ],
)
def test_what_is_inside_a_network_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "203.162.4.191", "2606:4700::1111", "64:ff9b::101:101"])
def test_what_is_on_the_open_internet_is(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_this_machine_only_by_the_setting_for_tests() -> None:
    assert is_public(ipaddress.ip_address("127.0.0.1"), loopback=True)
    assert is_public(ipaddress.ip_address("::ffff:127.0.0.1"), loopback=True)
    assert not is_public(ipaddress.ip_address("10.0.0.1"), loopback=True)
    with pytest.raises(ValueError, match="is for tests"):
        Settings(outgoing="loopback", environment="production")


@pytest.mark.parametrize("port", [22, 25, 110, 445])
def test_ports_of_other_services_are_not_asked(port: int) -> None:
    with pytest.raises(Refused):
        require_port(port)


def names(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Have names looked up give these addresses, one answer after the other; returns the names asked for."""
    waiting, asked = list(answers), []

    def look_up(host: str, port: int, *_args: Any, **_kwargs: Any) -> list[Any]:
        try:
            ipaddress.ip_address(host)
        except ValueError:
            asked.append(host)
            found = waiting.pop(0)
        else:
            found = [host]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, ["1.1.1.1", "10.0.0.1"])
    with pytest.raises(Refused, match=r"10\.0\.0\.1"):
        looked_up("doitac.test", 443, loopback=False)


def test_the_connection_goes_to_the_address_that_was_looked_at(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """A name that would answer with another address the second time is not asked a second time."""
    with odd_server(lambda _asked: Reply(b"xin")) as server:
        port = server.url.rpartition(":")[2]
        asked = names(monkeypatch, ["127.0.0.1"], ["10.0.0.1"])
        ours = settings.model_copy(update={"outgoing": "loopback"})
        assert ask(f"http://doitac.test:{port}/", settings=ours).body == b"xin"
        assert asked == ["doitac.test"]
        assert server.asked[0].headers["host"] == f"doitac.test:{port}"
        # The next request looks again, and is refused.
        with pytest.raises(Refused):
            ask(f"http://doitac.test:{port}/", settings=ours)
        assert len(server.asked) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/",
        "http://[::1]:9/",
        "http://localhost:8080/",
        "file:///etc/passwd",
        "gopher://doitac.test/",
        "http://user:secret@doitac.test/",
        "http:///oai",
        "http://doitac.test:99999/",
        "http://doitac.test/a b",
    ],
)
def test_such_addresses_are_refused(url: str, settings: Settings) -> None:
    with pytest.raises(Refused):
        ask(url, settings=settings)


def test_a_name_that_nobody_has_is_told_so(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    def unknown(*_args: Any, **_kwargs: Any) -> list[Any]:
        raise socket.gaierror("not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(NotReached, match=r"khong\.test is not known"):
        ask("http://khong.test/", settings=settings)


def test_a_name_that_nobody_tells_is_waited_for_within_bounds(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A resolver may be silent for longer than any job may last."""
    silent = threading.Event()

    def look_up(*_args: Any, **_named: Any) -> list[Any]:
        silent.wait(60)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    begun = time.monotonic()
    try:
        with pytest.raises(NotReached, match="was not told within"):
            ask("http://doitac.test/", settings=settings, bounds=Bounds(connect_s=0.2))
        # Those that hang are few: after so many nobody else is looked up until one of them is told.
        told = set()
        for _ in range(40):
            with pytest.raises(TimeoutError) as fault:
                looked_up("doitac.test", 443, loopback=False, seconds=0.0)
            told.add(str(fault.value))
        assert any("too many" in one for one in told)
        assert time.monotonic() - begun < 30
    finally:
        silent.set()
    monkeypatch.undo()
    while True:
        try:
            assert looked_up("localhost", 443, loopback=True)
        except TimeoutError:
            time.sleep(0.01)
        else:
            break
