"""Beginning with a partner's snapshot: whether its exchange offers one, and what its manifest tells of the files.

Only another Techmart has one (docs/exchange.md); it is found by its discovery document. Everything is fetched from the
place where the agreement says the partner is asked: a manifest that leads elsewhere is not followed.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from app.exchange.taking.asking import SourceFault, get, place_of
from app.exchange.taking.holdable import read_json, unholdable
from app.models.partners import Partner
from app.models.taking import TakingProgress, TakingRun
from app.settings import Settings

log = logging.getLogger(__name__)

DISCOVERY: Final = "/.well-known/techmart-exchange"
TECHMARTS: Final = ("techmart", "changes")
MOST_PARTS: Final = 2_000
MOST_OF_A_PART: Final = 100_000
MOST_BYTES: Final = 256 * 1024 * 1024
# So many faults in a row without a record gained, and the partner is read page by page instead.
MOST_FAULTS: Final = 2
_LONGEST: Final = 2_000
_SUM: Final = re.compile(r"[0-9a-f]{64}")


class SnapshotFault(SourceFault):
    """A file of the snapshot is not what its manifest says."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file: packed JSON lines."""

    url: str
    records: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a manifest says. `changes` is the address of the feed that goes on from `cursor`."""

    name: str
    taken: str
    cursor: str
    changes: str
    parts: tuple[Part, ...]
    faults: int = 0

    @property
    def records(self) -> int:
        return sum(one.records for one in self.parts)

    def left(self, part: int, line: int) -> int:
        """How many records are not read yet."""
        return max(0, sum(one.records for one in self.parts[part:]) - line)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"parts": [asdict(one) for one in self.parts]}

    @classmethod
    def of_json(cls, said: Mapping[str, Any]) -> "Snapshot":
        return cls(**{**said, "parts": tuple(Part(**one) for one in said["parts"])})


def given_up(why: str) -> dict[str, Any]:
    """What stands in `taking_progress.snapshot` when the snapshot was no good, until taking has come through."""
    return {"given_up": why[:500]}


def snapshot_of(progress: TakingProgress) -> Snapshot | None:
    """The snapshot that taking is still in, or behind whose cursor it reads on."""
    said = progress.snapshot
    return None if said is None or "given_up" in said else Snapshot.of_json(said)


def is_beginning(run: TakingRun, partner: Partner, progress: TakingProgress) -> bool:
    """Whether nothing was taken from the partner yet, and it may have a snapshot of all that is asked for."""
    return (
        run.kind == "harvest"
        and partner.protocol in TECHMARTS
        and not partner.set_spec
        and progress.snapshot is None
        and progress.next_from is None
        and not progress.cursor
    )


def find_snapshot(partner: Partner, *, settings: Settings, now: datetime) -> Snapshot | None:
    """The partner's newest snapshot; None where there is none (for us), or none that can be used.

    Raises:
        AskLater.
    """
    parts = urlsplit(partner.address)
    try:
        told = _told(f"{parts.scheme}://{parts.netloc}{DISCOVERY}", partner, settings, now)
        endpoints = told["endpoints"]
        changes = partner.address if partner.protocol == "changes" else endpoints["changes"]
        manifest = _told(_near(endpoints["snapshot"], partner), partner, settings, now)
        return _read(manifest, _near(changes, partner), partner)
    except (SourceFault, ValueError, KeyError, TypeError, RecursionError) as fault:
        log.info("partner %s: no snapshot to begin with: %s", partner.authority, fault)
        return None


def _told(url: str, partner: Partner, settings: Settings, now: datetime) -> Mapping[str, Any]:
    said = read_json(get(url, partner=partner, settings=settings, now=now, headers={"Accept": "application/json"}).body)
    if not isinstance(said, dict) or unholdable(said):
        raise ValueError("no JSON object that can be kept")
    return said


def _near(url: Any, partner: Partner) -> str:
    """An address told, if it is of the place where the partner is asked."""
    if not isinstance(url, str) or len(url) > _LONGEST or place_of(url) != place_of(partner.address):
        raise ValueError("it leads elsewhere than to where the partner is asked")
    return url


def _read(said: Mapping[str, Any], changes: str, partner: Partner) -> Snapshot:
    name, taken, cursor, parts = (said[one] for one in ("name", "taken", "cursor", "parts"))
    if not all(isinstance(one, str) and 0 < len(one) <= 200 and "\x00" not in one for one in (name, taken, cursor)):
        raise ValueError("a manifest without name, time or cursor")
    if not isinstance(parts, list) or not 1 <= len(parts) <= MOST_PARTS:
        raise ValueError("a manifest without parts, or with too many")
    return Snapshot(name, taken, cursor, changes, tuple(_part(one, partner) for one in parts))


def _part(said: Mapping[str, Any], partner: Partner) -> Part:
    summed = said["sha256"]
    if not isinstance(summed, str) or not _SUM.fullmatch(summed):
        raise ValueError("a part without a sum")
    return Part(
        _near(said["url"], partner),
        _number(said["records"], MOST_OF_A_PART),
        _number(said["bytes"], MOST_BYTES),
        summed,
    )


def _number(said: Any, most: int) -> int:
    if not isinstance(said, int) or isinstance(said, bool) or not 1 <= said <= most:
        raise ValueError(f"a part of {said!r}")
    return said
