"""Listings to measure on: the demo content (or a file of one's own) repeated under new ids."""

import gzip
import json
from collections.abc import Iterator
from itertools import cycle, islice
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
    for number, line in enumerate(islice(cycle(base), count)):
        title = f"{line['title']} {number}"
        yield {**line, "external_id": f"bench-{number:07d}", "title": title[:300]}


def write(path: Path, count: int, *, file: Path | None = None) -> int:
    """Write a .jsonl file of `count` lines; returns its size in bytes."""
    with path.open("w", encoding="utf-8") as stream:
        for line in lines(count, file=file):
            stream.write(json.dumps(line, ensure_ascii=False) + "\n")
    return path.stat().st_size
