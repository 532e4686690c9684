"""Pages in a real browser: an application served on a free port, Chromium, and axe-core's verdict."""

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Page

from app.settings import REPOSITORY

AXE = REPOSITORY / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def find_chromium(downloaded: str = "") -> str | None:
    """The Chromium to drive: TECHMART_CHROMIUM, one that is installed on this machine, or the one at `downloaded`."""
    named = os.environ.get("TECHMART_CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    installed = next((found for name in names if (found := shutil.which(name))), None)
    return installed or (downloaded if downloaded and Path(downloaded).exists() else None)


@contextmanager
def listening(port: int = 0) -> Iterator[socket.socket]:
    """A socket on a free loopback port, for who must know the port before the application is made; or on this one."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as place:
        if port:
            place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        place.bind(("127.0.0.1", port))
        yield place


@contextmanager
def served(app: FastAPI, at: socket.socket | None = None, *, port: int = 0) -> Iterator[str]:
    """Serve `app` on a free loopback port (or this one), or at the given socket; gives its address."""
    with nullcontext(at) if at is not None else listening(port) as place:
        port = place.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [place]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 15
        while not server.started:
            assert thread.is_alive(), "the server did not start"
            assert time.monotonic() < deadline, "the server did not start within 15 seconds"
            thread.join(0.02)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(15)


def axe_violations(page: Page, *, but: Sequence[str] = ()) -> list[str]:
    """What axe-core finds wrong on the page as it is now: one line per rule, with the first places.

    Args:
        but: selectors of parts that are left out.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    result = page.evaluate(
        "([but, rules]) => axe.run({exclude: but}, {runOnly: rules, resultTypes: ['violations']})",
        [[[one] for one in but], RULES],
    )
    return [
        f"{found['id']} ({found['impact']}): {found['help']} at {[node['target'] for node in found['nodes'][:5]]}"
        for found in result["violations"]
    ]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window; 0 when it fits."""
    width: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return width
