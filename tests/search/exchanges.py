"""HTTP exchanges with a Meilisearch server, recorded once and played back where there is no server.

    TECHMART_MEILISEARCH_URL=http://127.0.0.1:7700 TECHMART_MEILISEARCH_KEY=… pytest -n 0 --record tests/search

runs the suite against that server and writes recordings/<module>.json.gz; with the address but without --record it
only runs against it; without an address the recordings answer. An exchange is found by method, path and body; the same
request several times is answered in the order of recording. What differs from run to run and means nothing (numbers of
tasks, times) is made the same before it is written.
"""

import contextlib
import gzip
import hashlib
import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import requests
from requests.adapters import BaseAdapter, HTTPAdapter

FOLDER = Path(__file__).parent / "recordings"
_MOMENT = "2026-01-01T00:00:00.000000Z"
_MOMENTS = frozenset({"enqueuedAt", "startedAt", "finishedAt", "createdAt", "updatedAt"})
_NOTHING = frozenset({"processingTimeMs", "batchUid", "duration", "details", "_rankingScore"})
_TASK_PATH = re.compile(r"^/tasks/(\d+)$")

Exchange = list[Any]


class UnknownRequest(AssertionError):
    """A test asked what was not asked when the recording was made: record again."""


class Tape:
    """The exchanges of one test.

    Attributes:
        exchanges: [method, path, digest of the body, the body's beginning, status, answer] each.
    """

    def __init__(self, exchanges: list[Exchange] | None = None) -> None:
        self.exchanges: list[Exchange] = [] if exchanges is None else exchanges
        self._left: dict[tuple[str, str, str], list[Exchange]] = defaultdict(list)
        for one in self.exchanges:
            self._left[one[0], one[1], one[2]].append(one)
        self._tasks: dict[int, int] = {}

    def keep(self, method: str, path: str, body: bytes, status: int, answer: Any) -> None:
        """Add what was just asked and answered. Of looks at one task only the last counts."""
        path = _TASK_PATH.sub(lambda found: f"/tasks/{self._number(int(found[1]))}", path)
        told = self._plain(answer)
        if _TASK_PATH.match(path):
            self.exchanges = [one for one in self.exchanges if one[1] != path]
        self.exchanges.append([method, path, digest(body), body[:80].decode("utf-8", "replace"), status, told])

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """What the server said to this. Raises UnknownRequest."""
        left = self._left[method, path, digest(body)]
        if not left:
            raise UnknownRequest(f"{method} {path} {body[:400].decode('utf-8', 'replace')} is not in the recording")
        one = left[0] if _TASK_PATH.match(path) else left.pop(0)
        return one[4], one[5]

    def _number(self, task: int) -> int:
        return self._tasks.setdefault(task, len(self._tasks) + 1)

    def _plain(self, told: Any) -> Any:
        if isinstance(told, list):
            return [self._plain(one) for one in told]
        if not isinstance(told, dict):
            return told
        plain: dict[str, Any] = {}
        for name, value in told.items():
            if name in _MOMENTS and isinstance(value, str):
                plain[name] = _MOMENT
            elif name == "taskUid" or (name == "uid" and isinstance(value, int)):
                plain[name] = self._number(value)
            elif name not in _NOTHING:
                plain[name] = self._plain(value)
        return plain


def digest(body: bytes) -> str:
    """A body in short; JSON counts by what it says."""
    if not body:
        return ""
    with contextlib.suppress(ValueError):
        told = json.loads(body)
        if isinstance(told, list) and told and all(isinstance(one, dict) and "record" in one for one in told):
            # Documents count by which they are: a field more in all of them makes no recording useless.
            told = [[one["key"], one["record"]] for one in told]
        body = json.dumps(told, sort_keys=True).encode()
    return hashlib.blake2b(body, digest_size=10).hexdigest()


class Recorder(HTTPAdapter):
    """Passes everything on to the server and keeps it on a tape."""

    def __init__(self, tape: Tape) -> None:
        super().__init__()
        self._tape = tape

    def send(self, request: requests.PreparedRequest, *args: Any, **given: Any) -> requests.Response:
        answered = super().send(request, *args, **given)
        told = answered.json() if answered.content else None
        self._tape.keep(request.method or "", request.path_url, _bytes(request.body), answered.status_code, told)
        return answered


class Player(BaseAdapter):
    """Answers from a tape."""

    def __init__(self, tape: Tape) -> None:
        super().__init__()
        self._tape = tape

    def send(self, request: requests.PreparedRequest, *args: Any, **given: Any) -> requests.Response:
        status, told = self._tape.answer(request.method or "", request.path_url, _bytes(request.body))
        made = requests.Response()
        made.status_code = status
        made.url = request.url or ""
        made.request = request
        made._content = b"" if told is None else json.dumps(told).encode()
        return made

    def close(self) -> None:
        pass


def _bytes(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else body or b""


class Recording:
    """The tapes of one test module, in one file."""

    def __init__(self, module: str) -> None:
        self.path = FOLDER / f"{module}.json.gz"

    def read(self) -> dict[str, list[Exchange]]:
        """Test name → exchanges; nothing where there is no file."""
        if not self.path.exists():
            return {}
        with gzip.open(self.path, "rt", encoding="utf-8") as lines:
            kept: dict[str, list[Exchange]] = json.load(lines)["tests"]
            return kept

    def write(self, tests: dict[str, list[Exchange]], *, server: str) -> None:
        """Write the file, the same bytes for the same exchanges."""
        self.path.parent.mkdir(exist_ok=True)
        written = json.dumps({"server": server, "tests": dict(sorted(tests.items()))}, ensure_ascii=False, indent=None)
        # Neither a name nor a time in the header.
        with self.path.open("wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed:
            packed.write(written.encode())
