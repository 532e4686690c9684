"""What is taken of an answer, and where a redirect may lead."""

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from app.integrations.outgoing import AnswerTooLarge, Bounds, NotReached, Refused, RefusedRedirect, ask
from app.integrations.outgoing.asking import inflated
from app.settings import Settings
from tests.odd_server import Asked, Reply, odd_server


@pytest.fixture
def ours(settings: Settings) -> Settings:
    return settings.model_copy(update={"outgoing": "loopback"})


def test_an_answer_comes_unpacked_with_its_headers_and_status(ours: Settings) -> None:
    with odd_server(lambda _asked: Reply.packed(b"xin " * 10_000, ETag="abc")) as server:
        answer = ask(f"{server.url}/a?b=c", settings=ours, headers={"If-None-Match": "x"})
    assert (answer.status, answer.body, answer.headers["etag"]) == (200, b"xin " * 10_000, "abc")
    assert (server.asked[0].path, server.asked[0].headers["if-none-match"]) == ("/a?b=c", "x")
    assert server.asked[0].headers["user-agent"].startswith("Techmart/")


def test_a_body_is_sent(ours: Settings) -> None:
    with odd_server(lambda asked: Reply(asked.body.upper(), status=202)) as server:
        answer = ask(server.url, settings=ours, method="POST", body=b"abc")
    assert (answer.status, answer.body) == (202, b"ABC")


def test_what_grows_when_unpacked_is_stopped_early(ours: Settings) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) < 100_000
    with odd_server(lambda _asked: Reply(bomb, headers={"Content-Encoding": "gzip"})) as server:
        with pytest.raises(AnswerTooLarge, match="unpacked"):
            ask(server.url, settings=ours, bounds=Bounds(unpacked=1_000_000))
        assert len(ask(server.url, settings=ours, bounds=Bounds(unpacked=50_000_000)).body) == 50_000_000


def test_no_more_than_a_piece_is_unpacked_beyond_the_bound() -> None:
    made = 0
    with pytest.raises(AnswerTooLarge):
        for piece in inflated([zlib.compress(b"\0" * 10_000_000)], wbits=15, most=100_000):
            made += len(piece)
    assert made <= 100_000


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 400_000])
@pytest.mark.parametrize("step", [1, 7, 1_000])
def test_every_length_comes_out_whole(size: int, step: int) -> None:
    whole = bytes(range(256)) * (size // 256 + 1)
    packed = zlib.compress(whole[:size])
    pieces = (packed[at : at + step] for at in range(0, len(packed), step))
    assert b"".join(inflated(pieces, wbits=15, most=size)) == whole[:size]


def test_too_many_bytes_are_not_taken(ours: Settings) -> None:
    with odd_server(lambda _asked: Reply(b"x" * 200_000)) as server, pytest.raises(AnswerTooLarge):
        ask(server.url, settings=ours, bounds=Bounds(sent=100_000))


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_cut_short_is_none(ours: Settings, packed: bool) -> None:
    whole = gzip.compress(bytes(range(256)) * 400) if packed else b"x" * 5_000
    headers = {"Content-Encoding": "gzip"} if packed else {}
    with odd_server(lambda _asked: Reply(whole, headers=headers, cut=100)) as server, pytest.raises(NotReached):
        ask(server.url, settings=ours)


def test_a_packed_answer_without_its_end_is_none(ours: Settings) -> None:
    short = gzip.compress(b"xin" * 1_000)[:-12]
    with (
        odd_server(lambda _asked: Reply(short, headers={"Content-Encoding": "gzip"})) as server,
        pytest.raises(NotReached, match="cut short"),
    ):
        ask(server.url, settings=ours)


def test_silence_is_not_waited_for_for_ever(ours: Settings) -> None:
    hold = threading.Event()
    with odd_server(lambda _asked: Reply(b"x", hold=hold)) as server:
        with pytest.raises(NotReached, match="ReadTimeout"):
            ask(server.url, settings=ours, bounds=Bounds(silence_s=0.2))
        hold.set()


def test_a_redirect_within_the_host_is_followed(ours: Settings) -> None:
    def answering(asked: Asked) -> Reply:
        return Reply(b"here") if asked.path == "/new" else Reply(status=301, headers={"Location": "/new"})

    with odd_server(answering) as server:
        answer = ask(f"{server.url}/old", settings=ours)
    assert (answer.body, answer.url) == (b"here", f"{server.url}/new")


@pytest.mark.parametrize(
    "location",
    ["http://169.254.169.254/latest/", "http://localhost:1/", "file:///etc/passwd", "http://127.0.0.1:1/", "//x.test/"],
)
def test_a_redirect_elsewhere_is_not(ours: Settings, location: str) -> None:
    with (
        odd_server(lambda _asked: Reply(status=302, headers={"Location": location})) as server,
        pytest.raises((RefusedRedirect, Refused)),
    ):
        ask(server.url, settings=ours)
    assert len(server.asked) == 1


def test_going_round_in_circles_ends(ours: Settings) -> None:
    with (
        odd_server(lambda _asked: Reply(status=302, headers={"Location": "/again"})) as server,
        pytest.raises(RefusedRedirect),
    ):
        ask(server.url, settings=ours)
    assert len(server.asked) == 4


def test_a_post_is_never_sent_on(ours: Settings) -> None:
    with odd_server(lambda _asked: Reply(status=307, headers={"Location": "/other"})) as server:
        assert ask(server.url, settings=ours, method="POST", body=b"x").status == 307
    assert len(server.asked) == 1


@contextmanager
def dripping(first: bytes, drop: bytes, *, hears: bool = True) -> Iterator[str]:
    """A server that sends the beginning at once, then a little every tenth of a second, for as long as it is let."""
    over = threading.Event()

    def serve(listening: socket.socket) -> None:
        with listening, suppress(OSError):
            connection, _address = listening.accept()
            with connection:
                if hears:
                    connection.recv(65_536)
                connection.sendall(first)
                while not over.wait(0.1):
                    connection.sendall(drop)

    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve, args=(listening,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"x: y\r\n"),
        (b"", b"H"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"x"),
    ],
)
def test_who_answers_a_little_at_a_time_is_not_listened_to_for_longer_than_allowed(
    ours: Settings, first: bytes, drop: bytes
) -> None:
    with dripping(first, drop) as url:
        began = time.monotonic()
        with pytest.raises(NotReached):
            ask(url, settings=ours, bounds=Bounds(silence_s=5, whole_s=1))
        assert time.monotonic() - began < 3


def test_nor_while_a_secure_connection_is_made(ours: Settings) -> None:
    # The head of a TLS record that promises 16 kB.
    with dripping(b"\x16\x03\x03\x40\x00\x02", b"\x00", hears=False) as url:
        began = time.monotonic()
        with pytest.raises(NotReached):
            ask(url.replace("http:", "https:"), settings=ours, bounds=Bounds(silence_s=5, whole_s=1))
        assert time.monotonic() - began < 3
