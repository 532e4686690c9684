"""Where the embedded index lives: directories, the pointer to the one in use, and the locks around writing.

    <folder>/current-1            the name of the directory in use by schema version 1 (replaced atomically)
    <folder>/v1-20261123-…/       one index, with its journal position and its subjects in files beside tantivy's own
    <folder>/write.lock           held while a batch is written or the pointer moves, by one process of all
    <folder>/rebuild.lock         held while a new index is built

Locks are the operating system's and end with the process that held them. A directory counts only once the pointer names
it, and tantivy's commit is atomic, so being killed at any moment leaves the last committed state.
"""

import contextlib
import functools
import os
import secrets
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import tantivy

from app.search.embedded_schema import SCHEMA_VERSION, build_schema, register_tokenizers
from app.search.port import SearchUnavailable
from app.search.subjects import NO_SUBJECTS, Subjects, read_subjects

_POSITION: Final = "position"
_SUBJECTS: Final = "subjects.npz"
_LOCK_STEP_S: Final = 0.02
# Indexes of earlier versions may still answer in processes of an earlier release for a while.
_FORGET_OLDER_AFTER_S: Final = 86_400

Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class Snapshot:
    """One state of the index: searching it twice gives the same answer. `position` is at most what it holds."""

    directory: Path
    schema: tantivy.Schema
    index: tantivy.Index
    searcher: tantivy.Searcher
    position: int
    subjects: Subjects
    stamp: tuple[Stamp, ...]


class IndexStore:
    """The index directories of one folder, for any number of threads and processes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._pointer = folder / f"current-{SCHEMA_VERSION}"
        self._guard = threading.Lock()
        self._snapshot: Snapshot | None = None

    # Reading

    def snapshot(self) -> Snapshot:
        """The newest committed state. Costs three stat calls when nothing was committed since the last time.

        Raises:
            SearchUnavailable: there is no index of this schema version, or it cannot be opened.
        """
        known = self._snapshot
        if known is not None and self._stamp(known.directory) == known.stamp:
            return known
        with self._guard:
            # A rebuild may remove the directory between reading its name and opening it: look again.
            for attempt in range(3):
                try:
                    return self._refresh()
                except (OSError, ValueError) as fault:
                    if attempt == 2:
                        raise SearchUnavailable from fault
                    time.sleep(_LOCK_STEP_S)
        raise SearchUnavailable

    def _refresh(self) -> Snapshot:
        known = self._snapshot
        directory = self.current()
        if directory is None:
            raise SearchUnavailable
        stamp = self._stamp(directory)
        if stamp is None:
            raise FileNotFoundError(directory)
        if known is not None and known.stamp == stamp and known.directory == directory:
            return known
        position = read_position(directory)
        index = known.index if known is not None and known.directory == directory else open_index(directory)
        index.reload()
        fresh = Snapshot(
            directory=directory,
            schema=build_schema(),
            index=index,
            searcher=index.searcher(),
            position=position,
            subjects=subjects_of(directory),
            stamp=stamp,
        )
        self._snapshot = fresh
        return fresh

    def _stamp(self, directory: Path) -> tuple[Stamp, ...] | None:
        """What changes whenever another process commits, notes a position or moves the pointer."""
        try:
            return tuple(map(_file_stamp, (self._pointer, directory / "meta.json", directory / _POSITION)))
        except FileNotFoundError:
            return None

    def current(self) -> Path | None:
        """The directory the pointer names; None when there is none."""
        try:
            name = self._pointer.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return None
        return self.folder / name if name else None

    def close(self) -> None:
        with self._guard:
            self._snapshot = None

    # Writing

    @contextlib.contextmanager
    def writing(self, *, wait_s: float = 60.0) -> Iterator[None]:
        """Hold the write lock of all processes. Raises SearchUnavailable when it cannot be had in time."""
        with self._locked("write.lock", wait_s=wait_s):
            yield

    @contextlib.contextmanager
    def rebuilding(self) -> Iterator[None]:
        """Hold the rebuild lock. Raises SearchUnavailable at once when another process is rebuilding."""
        with self._locked("rebuild.lock", wait_s=0.0):
            yield

    @contextlib.contextmanager
    def _locked(self, name: str, *, wait_s: float) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        give_up = time.monotonic() + wait_s
        with (self.folder / name).open("a+b") as handle:
            while not _try_lock(handle):
                if time.monotonic() >= give_up:
                    raise SearchUnavailable
                time.sleep(_LOCK_STEP_S)
            try:
                yield
            finally:
                _unlock(handle)

    def create(self) -> Path:
        """A new empty index in a directory of its own, not in use until `point_to`."""
        name = f"v{SCHEMA_VERSION}-{time.strftime('%Y%m%d%H%M%S', time.gmtime())}-{secrets.token_hex(4)}"
        directory = self.folder / name
        directory.mkdir(parents=True)
        tantivy.Index(build_schema(), path=str(directory))
        return directory

    @contextlib.contextmanager
    def discarded_unless_used(self, directory: Path) -> Iterator[None]:
        """Remove a new directory when the block raises before it is in use: who builds in vain tries again soon."""
        try:
            yield
        except BaseException:
            if self.current() != directory:
                shutil.rmtree(directory, ignore_errors=True)
            raise

    def point_to(self, directory: Path) -> None:
        """Make a directory the one in use, at once for all processes. Hold the write lock."""
        _replace(self._pointer, directory.name)

    def ensure(self) -> Path:
        """The directory in use, an empty one at journal position 0 made first where there is none. Hold the lock."""
        directory = self.current()
        if directory is None or not (directory / "meta.json").exists():
            directory = self.create()
            write_position(directory, 0)
            self.point_to(directory)
        return directory

    def has_other_versions(self) -> bool:
        """Whether the folder holds an index of another schema version, so that an empty one would hide listings."""
        mine = self._pointer.name
        return any(path.name != mine for path in self.folder.glob("current-*"))

    def clean(self) -> None:
        """Remove directories nobody points to: left by a killed rebuild, replaced, or of long past versions.

        Hold both locks. Processes that still search a removed one keep its open files until they look again.
        """
        pointed = {path.read_text(encoding="ascii").strip() for path in self.folder.glob("current-*")}
        mine = f"v{SCHEMA_VERSION}-"
        for path in self.folder.glob("v*-*"):
            if path.name not in pointed and path.name.startswith(mine):
                shutil.rmtree(path, ignore_errors=True)
        for pointer in self.folder.glob("current-*"):
            version = pointer.name.removeprefix("current-")
            old = time.time() - pointer.stat().st_mtime > _FORGET_OLDER_AFTER_S
            if version.isdigit() and int(version) < SCHEMA_VERSION and old:
                pointer.unlink(missing_ok=True)
                for path in self.folder.glob(f"v{version}-*"):
                    shutil.rmtree(path, ignore_errors=True)


def open_index(directory: Path) -> tantivy.Index:
    """Open an existing index with our tokenizers, reloaded only when asked.

    Raises:
        OSError, ValueError: it is missing, damaged, or in a format this tantivy cannot read.
    """
    if not tantivy.Index.is_compatible(str(directory)):
        raise ValueError(f"{directory.name} was written by another release of the engine")
    index = tantivy.Index.open(str(directory))
    register_tokenizers(index)
    index.config_reader("manual")
    return index


@functools.lru_cache(maxsize=2)
def subjects_of(directory: Path) -> Subjects:
    """The subjects a directory's documents are placed among; none where none were learnt. They never change."""
    try:
        return read_subjects((directory / _SUBJECTS).read_bytes())
    except FileNotFoundError:
        return NO_SUBJECTS


def write_subjects(directory: Path, subjects: Subjects) -> None:
    """Keep the subjects of a new index. Before it holds any document, and before anybody asks for them."""
    (directory / _SUBJECTS).write_bytes(subjects.written())


def read_position(directory: Path) -> int:
    """The journal position written behind the last commit."""
    return int((directory / _POSITION).read_text(encoding="ascii"))


def write_position(directory: Path, position: int) -> None:
    """Note the journal position. After the commit it speaks of, so that it never promises too much."""
    _replace(directory / _POSITION, str(position))


def _file_stamp(path: Path) -> Stamp:
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, status.st_size


def _replace(path: Path, text: str) -> None:
    """Write a small file so that readers see the old text or the new one, also after a power cut."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(3)}.new")
    with draft.open("w", encoding="ascii") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(path)
    if sys.platform != "win32":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: IO[bytes]) -> bool:
        handle.seek(0)
        try:
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(handle: IO[bytes]) -> None:
        handle.seek(0)
        msvcrt.locking(handle.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(handle: IO[bytes]) -> bool:
        try:
            fcntl.flock(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(handle: IO[bytes]) -> None:
        fcntl.flock(handle.fileno(), fcntl.LOCK_UN)
