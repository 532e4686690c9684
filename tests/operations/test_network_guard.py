import socket
import threading

import httpx2
import pytest

from tests.network_guard import NetworkRefused, is_loopback


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", b"localhost", None])
def test_this_machine_is_allowed(host: object) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["192.0.2.1", "10.0.0.1", "::ffff:192.0.2.1", "2001:db8::1", "example.org"])
def test_other_machines_are_not(host: object) -> None:
    assert not is_loopback(host)


def test_a_connection_to_another_machine_raises_before_a_packet_leaves() -> None:
    with socket.socket() as outgoing, pytest.raises(NetworkRefused, match=r"192\.0\.2\.1:80"):
        outgoing.connect(("192.0.2.1", 80))


def test_a_datagram_to_another_machine_raises() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as outgoing, pytest.raises(NetworkRefused):
        outgoing.sendto(b"x", ("192.0.2.1", 53))


def test_a_client_library_cannot_look_up_a_name() -> None:
    with pytest.raises(NetworkRefused, match=r"example\.org"):
        httpx2.get("http://example.org/")


def test_loopback_still_works() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept_and_close() -> None:
            listening.accept()[0].close()

        threading.Thread(target=accept_and_close, daemon=True).start()
        with socket.create_connection(listening.getsockname(), timeout=5) as connection:
            assert connection.recv(1) == b""
