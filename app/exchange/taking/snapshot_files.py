"""The files of a partner's snapshot: fetched to disk, summed, unpacked line by line, never whole in memory."""

import hashlib
import tempfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import BinaryIO, Final

from app.exchange.taking.asking import AskAnew, get_file
from app.exchange.taking.holdable import read_json
from app.exchange.taking.incoming import KEPT_OF_UNREADABLE, Raw
from app.exchange.taking.oai_page import Page
from app.exchange.taking.protocols import envelope_raw
from app.exchange.taking.snapshot import Part, Snapshot, SnapshotFault
from app.integrations.outgoing import AskFault, inflated
from app.models.partners import Partner
from app.settings import Settings

# Records in one transaction.
BATCH: Final = 500
MOST_UNPACKED: Final = 1024 * 1024 * 1024
LONGEST_LINE: Final = 2 * 1024 * 1024
_PIECE: Final = 65_536
_GZIP: Final = 16 + zlib.MAX_WBITS


class SnapshotFiles:
    """One file at a time, kept open from one page of its records to the next."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._at: tuple[str, int, int] | None = None
        self._file: BinaryIO | None = None
        self._lines: Iterator[bytes] = iter(())

    def page(self, snapshot: Snapshot, part: int, line: int, *, partner: Partner, now: datetime) -> Page:
        """The next records behind `line` lines of this part.

        Raises:
            AskAnew: the partner has that file no more. SnapshotFault: it is not what was told.
            SourceFault, AskLater: it cannot be had.
        """
        try:
            return self._page(snapshot, part, line, partner=partner, now=now)
        except SnapshotFault:
            self.close()
            raise

    def _page(self, snapshot: Snapshot, part: int, line: int, *, partner: Partner, now: datetime) -> Page:
        told = snapshot.parts[part]
        if self._at != (snapshot.name, part, line):
            self._open(told, line, partner=partner, now=now)
        lines = list(islice(self._lines, BATCH))
        reached = line + len(lines)
        if len(lines) < BATCH or reached == told.records:
            if next(self._lines, None) is not None or reached != told.records:
                raise SnapshotFault(f"{told.url}: another number of records than the {told.records} that were told")
            part, reached = part + 1, 0
            self.close()
        self._at = (snapshot.name, part, reached) if reached else None
        raws = [_raw(one) for one in lines]
        kept = [one for one in raws if partner.relays or _authority(one) in {None, partner.authority}]
        return Page(tuple(kept), None, None, at=(part, reached), left_out=len(raws) - len(kept))

    def close(self) -> None:
        """Let go of the file."""
        self._lines, self._at = iter(()), None
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self, part: Part, line: int, *, partner: Partner, now: datetime) -> None:
        self.close()
        self._settings.data.mkdir(parents=True, exist_ok=True)
        # Without a name: gone with the process, whatever ends it.
        self._file = tempfile.TemporaryFile(dir=self._settings.data)  # noqa: SIM115 - closed by `close`
        answer = get_file(part.url, self._file, most=part.bytes, partner=partner, settings=self._settings, now=now)
        if answer.status != 200:
            raise AskAnew
        self._file.seek(0)
        made = hashlib.file_digest(self._file, "sha256").hexdigest()
        if self._file.tell() != part.bytes or made != part.sha256:
            raise SnapshotFault(f"{part.url}: the file is not the one that was told, by its size or sum")
        self._file.seek(0)
        self._lines = _lines(self._file, part)
        for _ in islice(self._lines, line):
            pass


def _lines(file: BinaryIO, part: Part) -> Iterator[bytes]:
    """Line by line; never more in memory than a piece and a line."""
    rest, count = b"", 0
    try:
        for piece in inflated(iter(lambda: file.read(_PIECE), b""), wbits=_GZIP, most=MOST_UNPACKED):
            *whole, rest = (rest + piece).split(b"\n")
            if len(rest) > LONGEST_LINE:
                raise SnapshotFault(f"{part.url}: a line of more than {LONGEST_LINE} bytes")
            for one in whole:
                count += 1
                if count > part.records:
                    raise SnapshotFault(f"{part.url}: more records than the {part.records} that were told")
                yield one
    except (AskFault, zlib.error) as fault:
        raise SnapshotFault(f"{part.url}: {fault}") from fault
    if rest:
        yield rest


def _raw(line: bytes) -> Raw:
    try:
        return envelope_raw(read_json(line))
    except (ValueError, RecursionError) as fault:
        name = f"?{hashlib.sha256(line).hexdigest()[:24]}"
        text = line[:KEPT_OF_UNREADABLE].decode(errors="replace")
        return Raw("envelope", name, body={"text": text}, fault=f"no JSON: {type(fault).__name__}")


def _authority(raw: Raw) -> str | None:
    """Whose record it says it is; None where that cannot be read."""
    return None if raw.fault else str(raw.body["key"]["authority"])
