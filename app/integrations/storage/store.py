"""Where bytes are kept. Public, confidential files, those of enquiries, deals and partners never share a folder."""

import os
import re
import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final, Literal, Protocol

from app.settings import Settings

Area = Literal["public", "confidential", "enquiries", "deals", "partners"]

_KEY: Final = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{32}\.[a-z0-9]{2,5}")
_ENDING: Final = re.compile(r"[a-z0-9]{2,5}")


class FileStore(Protocol):
    """Keeps bytes under keys it makes itself: random, telling nothing of content, name or owner."""

    def put(self, area: Area, data: bytes, *, ending: str) -> str:
        """Keep `data`; returns its key. The file is there whole or not at all, also after a power cut."""

    def open(self, area: Area, key: str) -> BinaryIO:
        """The bytes of a key. Raises FileNotFoundError."""

    def path(self, area: Area, key: str) -> Path:
        """The bytes as a file of this machine, for handing out. Raises FileNotFoundError."""

    def delete(self, area: Area, key: str) -> None:
        """Forget a key; one that is not there is no fault."""

    def keys(self, area: Area, *, before: datetime, since: datetime | None = None) -> Iterator[str]:
        """Keys put before an instant, and not before `since` where that is given."""


class FolderStore:
    """A folder of this machine: <root>/<area>/ab/cd/<32 hex digits>.<ending>."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, area: Area, data: bytes, *, ending: str) -> str:
        if not _ENDING.fullmatch(ending):
            raise ValueError(f"no file ending: {ending!r}")
        name = secrets.token_hex(16)
        key = f"{name[:2]}/{name[2:4]}/{name}.{ending}"
        target = self.root / area / key
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = target.with_suffix(".part")
        # Confidential or not, only the account that runs the exchange reads the folder.
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            unfinished.replace(target)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
        return key

    def open(self, area: Area, key: str) -> BinaryIO:
        return self._place(area, key).open("rb")

    def path(self, area: Area, key: str) -> Path:
        place = self._place(area, key)
        if not place.is_file():
            raise FileNotFoundError(key)
        return place

    def delete(self, area: Area, key: str) -> None:
        self._place(area, key).unlink(missing_ok=True)

    def keys(self, area: Area, *, before: datetime, since: datetime | None = None) -> Iterator[str]:
        folder = self.root / area
        earliest = since.timestamp() if since is not None else 0.0
        for path in sorted(folder.glob("*/*/*")):
            key = path.relative_to(folder).as_posix()
            if _KEY.fullmatch(key) and earliest <= path.stat().st_mtime < before.timestamp():
                yield key

    def _place(self, area: Area, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise FileNotFoundError(key)
        return self.root / area / key


def store_from(settings: Settings) -> FileStore:
    """The store of this installation."""
    return FolderStore(settings.files_folder)
