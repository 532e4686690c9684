"""Two programs that stand in for Stripe on this machine, started for a test session and stopped after it.

stripe-mock is Stripe's own: it checks the shape of every call against Stripe's OpenAPI document, and keeps nothing. It
is built from the Go module proxy into a cache. localstripe keeps what it was told, charges cards, and signs webhooks.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

STRIPE_MOCK = "v0.203.0"
NO_GO = "the shape of calls is checked by stripe-mock, which needs Go to be built: install Go (https://go.dev/dl)"
_LOCALSTRIPE = (
    "import sys; from aiohttp import web; from localstripe.server import app; "
    "web.run_app(app, host='127.0.0.1', port=int(sys.argv[1]), print=None, access_log=None)"
)


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path(tempfile.gettempdir())
    return Path(base) / "techmart-tests"


def built_stripe_mock() -> Path:
    """The program, built now unless it was built before. Skips where there is no Go; in CI that is a failure."""
    program = _cache() / f"stripe-mock-{STRIPE_MOCK}" / "stripe-mock"
    if program.exists():
        return program
    go = shutil.which("go", path=f"{os.environ.get('PATH', '')}{os.pathsep}/usr/local/go/bin")
    if go is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(NO_GO)
    program.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=program.parent) as folder:
        made = subprocess.run(
            [go, "install", f"github.com/stripe/stripe-mock@{STRIPE_MOCK}"],
            env={**os.environ, "GOBIN": folder},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        if made.returncode:
            pytest.fail(f"stripe-mock could not be built:\n{made.stderr[-2000:]}")
        # In one step: two test processes may build at once.
        (Path(folder) / "stripe-mock").replace(program)
    return program


def free_port() -> int:
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        port: int = place.getsockname()[1]
        return port


@contextmanager
def _running(command: list[str], address: str) -> Iterator[str]:
    """Run a program until the block ends; gives its address once it answers."""
    with tempfile.TemporaryFile() as said, subprocess.Popen(command, stdout=said, stderr=said) as process:
        try:
            deadline = time.monotonic() + 30
            while not _answers(address):
                if process.poll() is not None or time.monotonic() > deadline:
                    said.seek(0)
                    pytest.fail(f"{command[0]} did not start: {said.read().decode(errors='replace')[-2000:]}")
                time.sleep(0.05)
            yield address
        finally:
            process.terminate()
            process.wait(10)


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=2)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@contextmanager
def stripe_mock() -> Iterator[str]:
    """Stripe's own mock server; gives its address."""
    port = free_port()
    program = built_stripe_mock()
    # It would also listen for HTTPS on a port of its own choice, for everybody.
    places = ["-http-addr", f"127.0.0.1:{port}", "-https-addr", f"127.0.0.1:{free_port()}"]
    with _running([str(program), *places], f"http://127.0.0.1:{port}") as address:
        yield address


@contextmanager
def localstripe() -> Iterator[str]:
    """localstripe with nothing in it; gives its address."""
    port = free_port()
    with _running([sys.executable, "-c", _LOCALSTRIPE, str(port)], f"http://127.0.0.1:{port}") as address:
        yield address
