"""A small HTTP server of the suite's own, that answers as a test says: for servers that are away, slow, or broken."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request that arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


# Status and JSON answer to a request; None cuts the connection without an answer.
Answering = Callable[[Asked], tuple[int, Any] | None]


@dataclass
class LocalServer:
    """The running server.

    Attributes:
        answering: replace it at any time.
        asked: what arrived, in order.
        silent: while set, requests get no answer until it is cleared by the end of the test.
    """

    url: str
    answering: Answering
    asked: list[Asked] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    silent: bool = False

    def paths(self) -> list[str]:
        """Method and path of what arrived."""
        return [f"{one.method} {one.path}" for one in self.asked]


@contextmanager
def running(answering: Answering) -> Iterator[LocalServer]:
    """A server on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            raw = self.rfile.read(length)
            asked = Asked(self.command, self.path, dict(self.headers), json.loads(raw) if raw else None)
            server.asked.append(asked)
            if server.silent:
                server.released.wait()
                self.close_connection = True
                return
            told = server.answering(asked)
            if told is None:
                self.close_connection = True
                return
            status, body = told
            sent = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 - the names http.server looks for

        def log_message(self, *_args: Any) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    server = LocalServer(f"http://127.0.0.1:{listening.server_port}", answering)
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        listening.shutdown()
        thread.join()
        listening.server_close()
