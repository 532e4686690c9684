"""Another Techmart as a source for tests: discovery, snapshot, feed of changes and OAI-PMH, each to be spoiled."""

import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.exchange.taking.given import Elsewhere
from tests.exchange.taking.oai_source import Item, OaiSource, techmart
from tests.odd_server import Asked, Reply

DISCOVERY = "/.well-known/techmart-exchange"


def packed(lines: list[bytes]) -> bytes:
    return gzip.compress(b"".join(one + b"\n" for one in lines), mtime=0)


@dataclass
class TechmartSource:
    """Records in the order of the feed; the first `begun` of them are in the snapshot, in files of `size`.

    `spoil` gets the path and the answer that would be given.
    """

    elsewhere: Elsewhere
    feed: list[dict[str, Any]] = field(default_factory=list)
    files: list[bytes] = field(default_factory=list)
    manifest: dict[str, Any] | None = None
    spoil: Callable[[str, Reply], Reply] | None = None
    base: str = ""
    oai: OaiSource = field(default_factory=lambda: OaiSource(page=100))

    def take_snapshot(self, *, size: int = 3, name: str = "s1") -> None:
        """A snapshot of what the feed says now."""
        lines = [json.dumps(one).encode() for one in self.feed]
        self.put(name, [lines[start : start + size] for start in range(0, len(lines), size)])

    def put(self, name: str, parts: list[list[bytes]]) -> None:
        """A snapshot of these lines."""
        self.files = [packed(lines) for lines in parts]
        told = [
            {
                "url": f"/snapshots/{name}/{number}",
                "records": len(lines),
                "bytes": len(body),
                "sha256": hashlib.sha256(body).hexdigest(),
            }
            for number, (lines, body) in enumerate(zip(parts, self.files, strict=True))
        ]
        taken = "2026-11-23T02:00:00Z"
        self.manifest = {"name": name, "taken": taken, "cursor": f"c{len(self.feed):x}", "parts": told}

    def as_oai(self) -> None:
        """Have OAI-PMH say what the feed says."""
        for one in self.feed:
            key = f"oai:{one['key']['authority']}:{one['key']['local_id']}"
            self.oai.items[key] = Item(techmart(one))

    def __call__(self, asked: Asked) -> Reply:
        self.base = f"http://{asked.headers['host']}"
        reply = self._reply(asked)
        return reply if self.spoil is None else self.spoil(asked.path, reply)

    def _reply(self, asked: Asked) -> Reply:
        path, _mark, query = asked.path.partition("?")
        if path == DISCOVERY:
            said: Any = {"endpoints": {"snapshot": f"{self.base}/snapshots/latest", "changes": f"{self.base}/changes"}}
        elif path == "/snapshots/latest":
            if self.manifest is None:
                return Reply(b"{}", 404)
            parts = [one | {"url": self.base + one["url"]} for one in self.manifest["parts"]]
            said = self.manifest | {"parts": parts}
        elif self.manifest is not None and path.startswith(f"/snapshots/{self.manifest['name']}/"):
            return Reply(self.files[int(path.rpartition("/")[2])])
        elif path == "/changes":
            first = int(query.removeprefix("cursor=c") or "0", 16)
            shown = self.feed[first : first + 4]
            last = first + len(shown)
            said = {"items": shown, "next_cursor": f"c{last:x}", "more": last < len(self.feed)}
        elif path == "/oai":
            return self.oai(asked)
        else:
            return Reply(b"", 404)
        return Reply(json.dumps(said).encode())
