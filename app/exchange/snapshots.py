"""Everything there is, as files: so that who begins need not read the whole feed page by page.

A snapshot is taken in one view of the database, so it says exactly what the feed said up to its cursor; who loads it
and goes on from there has missed nothing. It lies in the data folder as parts of JSON lines, packed, beside a manifest:
<data>/snapshots/<name>/<audience>/. What partners get more than everybody is a second audience, made only while
something is shared with partners alone.
"""

import contextlib
import gzip
import hashlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal, cast

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.database import Database
from app.exchange.cursors import cursor_of
from app.exchange.envelope import stamp
from app.exchange.reader import Reader, any_partner, everybody
from app.models.exchange import ExchangeProgress, ExchangeRecord
from app.settings import Settings

Audience = Literal["all", "partners"]
KEPT: Final = 3
PART: Final = 10_000
_PAGE: Final = 500
_MANIFEST: Final = "manifest.json"
_NAME: Final = re.compile(r"\d{8}T\d{6}Z-c[0-9a-f]{1,15}")
_FILE: Final = re.compile(r"part-\d{4}\.jsonl\.gz")


def make_snapshot(database: Database, settings: Settings, *, now: datetime, part: int = PART) -> str | None:
    """Write a snapshot and forget all but the newest KEPT; returns its name, None when there is nothing to write.

    Memory is bounded by a page of records, whatever their number.
    """
    root = settings.data / "snapshots"
    with database.read_only() as session:
        # One view of the database for the cursor and all pages.
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        position = session.scalar(select(ExchangeProgress.position)) or 0
        name = f"{now:%Y%m%dT%H%M%SZ}-{cursor_of(position)}"
        if position == 0 or (root / name).exists():
            return None
        unfinished = root / f"{name}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        readers: dict[Audience, Reader] = {"all": everybody(settings)}
        if session.scalar(select(exists().where(ExchangeRecord.share == "partners"))):
            readers["partners"] = any_partner(settings)
        for audience, reader in readers.items():
            folder = unfinished / audience
            folder.mkdir(parents=True)
            parts, gone = _write_parts(session, reader, folder, part)
            said = {
                "name": name,
                "taken": stamp(now),
                "cursor": cursor_of(position),
                "records": sum(one["records"] for one in parts) - gone,
                "tombstones": gone,
                "parts": parts,
            }
            (folder / _MANIFEST).write_text(json.dumps(said, separators=(",", ":")), "utf-8")
    unfinished.rename(root / name)
    for old in sorted(_whole(root), reverse=True)[KEPT:]:
        shutil.rmtree(root / old)
    return name


def latest(settings: Settings, *, audience: Audience) -> dict[str, Any] | None:
    """The manifest of the newest snapshot for this audience; None while there is none."""
    root = settings.data / "snapshots"
    for name in sorted(_whole(root), reverse=True):
        for one in (audience, "all"):
            # Swept away in this very moment, or nothing was for partners alone.
            with contextlib.suppress(FileNotFoundError):
                return cast(dict[str, Any], json.loads((root / name / one / _MANIFEST).read_text("utf-8")))
    return None


def part_path(settings: Settings, *, name: str, file: str, audience: Audience) -> Path | None:
    """A part of a snapshot as a file of this machine; None for one that there is not."""
    if not (_NAME.fullmatch(name) and _FILE.fullmatch(file)):
        return None
    folder = settings.data / "snapshots" / name
    chosen = audience if (folder / audience).is_dir() else "all"
    path = folder / chosen / file
    return path if path.is_file() else None


def taken(settings: Settings) -> tuple[datetime, str] | None:
    """When the newest snapshot was taken, and its cursor; None while there is none."""
    found = latest(settings, audience="all")
    return (datetime.fromisoformat(found["taken"]), found["cursor"]) if found else None


def _whole(root: Path) -> list[str]:
    return [one.name for one in root.iterdir() if _NAME.fullmatch(one.name)] if root.is_dir() else []


def _write_parts(session: Session, reader: Reader, folder: Path, size: int) -> tuple[list[dict[str, Any]], int]:
    """The parts as the manifest tells them, and how many of all lines are tombstones."""
    parts: list[dict[str, Any]] = []
    gone = 0
    lines = _lines(session, reader)
    line = next(lines, None)
    while line is not None:
        path = folder / f"part-{len(parts) + 1:04}.jsonl.gz"
        count = 0
        with path.open("wb") as raw:
            summed = _Summed(raw)
            with gzip.GzipFile(filename="", mode="wb", fileobj=summed, compresslevel=6, mtime=0) as packed:
                while line is not None and count < size:
                    packed.write(line.text)
                    count += 1
                    gone += line.deleted
                    line = next(lines, None)
        parts.append({"file": path.name, "records": count, "bytes": summed.size, "sha256": summed.sum.hexdigest()})
    return parts, gone


@dataclass(frozen=True, slots=True)
class _Line:
    text: bytes
    deleted: bool


def _lines(session: Session, reader: Reader) -> Iterator[_Line]:
    """Every record as a JSON line, in the order of the feed."""
    after = 0
    while True:
        found = session.scalars(
            select(ExchangeRecord)
            .where(reader.sees(), ExchangeRecord.position > after)
            .order_by(ExchangeRecord.position)
            .limit(_PAGE)
        ).all()
        if not found:
            return
        for one in found:
            said: Mapping[str, Any] = reader.envelope(one)
            text = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
            yield _Line(text, said["origin"]["deleted"])
        after = found[-1].position
        session.expunge_all()


class _Summed:
    """A file being written, with the size and SHA-256 of what went into it."""

    def __init__(self, raw: BinaryIO) -> None:
        self.raw = raw
        self.sum = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        self.sum.update(data)
        self.size += len(data)
        return self.raw.write(data)

    def flush(self) -> None:
        self.raw.flush()
