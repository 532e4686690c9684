"""Listings to measure on: the demo content (or a file of one's own) repeated under new ids."""

import gzip
import json
from collections.abc import Iterable, Iterator
from itertools import chain, cycle, islice
from pathlib import Path
from typing import Any

from app.demo import content


def _demo_lines() -> list[dict[str, Any]]:
    """The published demo listings as import lines, without what only an organisation's own record may say."""
    dropped = {"external_id", "state", "picture", "confidential"}
    return [
        {name: value for name, value in one.fields.items() if name not in dropped}
        | {"organisation": one.organisation, "details": _without_days(one.fields.get("details", {}))}
        for one in (*content.offers(), *content.needs())
        if one.fields.get("visibility", "public") == "public"
    ]


def _without_days(details: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in details.items() if not name.endswith("_days_ago")}


def _file_lines(path: Path) -> list[dict[str, Any]]:
    content_bytes = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in content_bytes.splitlines() if line.strip()]


def lines(count: int, *, file: Path | None = None) -> Iterator[dict[str, Any]]:
    """`count` import lines with ids of their own; titles carry a number, so that no two are the same text."""
    base = _file_lines(file) if file is not None else _demo_lines()
    yield from _numbered(islice(cycle(base), count))


def offers_and_needs(offers: int, needs: int) -> Iterator[dict[str, Any]]:
    """So many import lines of offers, then of needs, from the demo content."""
    base = _demo_lines()
    supply, demand = ([one for one in base if (one["kind"] == "need") is wanted] for wanted in (False, True))
    yield from _numbered(chain(islice(cycle(supply), offers), islice(cycle(demand), needs)))


def _numbered(repeated: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(repeated):
        title = f"{line['title']} {number}"
        yield {**line, "external_id": f"bench-{number:07d}", "title": title[:300]}


def write(path: Path, made: Iterable[dict[str, Any]]) -> int:
    """Write lines as a .jsonl file; returns how many."""
    count = 0
    with path.open("w", encoding="utf-8") as stream:
        for line in made:
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")
            count += 1
    return count
