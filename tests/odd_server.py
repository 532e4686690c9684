"""A small HTTP server that answers as a test says, also wrongly: cut short, slow, too large, elsewhere."""

import gzip
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    """What is answered. `cut` ends the connection after so many bytes of the body while promising all of them.

    `drip`: the body comes byte by byte, with so many seconds between them.
    """

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    hold: threading.Event | None = None
    drip: float = 0.0

    @classmethod
    def packed(cls, body: bytes, **headers: str) -> "Reply":
        return cls(gzip.compress(body), headers={"Content-Encoding": "gzip", **headers})


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class OddServer:
    """`url` of a running server; `asked` has every request so far, in order."""

    url: str
    asked: list[Asked] = field(default_factory=list)


Answering = Callable[[Asked], Reply]


@contextmanager
def odd_server(answering: Answering) -> Iterator[OddServer]:
    """Serve on a free port of this machine until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, self.rfile.read(length))
            made.asked.append(asked)
            reply = answering(asked)
            if reply.hold is not None:
                reply.hold.wait(20)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            try:
                for number in range(len(reply.body) if reply.drip else 0):
                    self.wfile.write(reply.body[number : number + 1])
                    self.wfile.flush()
                    if ended.wait(reply.drip):
                        return
                self.wfile.write(b"" if reply.drip else reply.body[: reply.cut])
                self.wfile.flush()
            except OSError:
                # Whoever asked has heard enough.
                self.close_connection = True
            if reply.cut is not None:
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the library's
            pass

    ended = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made = OddServer(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
