"""A backup is one tar file: a manifest, the database as pg_dump writes it, the stored files, and the signing key.

The database is dumped first, from one snapshot; files are only ever added before the row that names them is committed,
so every file a restored row names is there. The search index is not kept: it is rebuilt from the database.
"""

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import text
from sqlalchemy.engine import make_url

from app import __version__
from app.database import Database
from app.operations.embedded_postgres import program
from app.operations.faults import OperationFault
from app.operations.installation import schema_revisions

FORMAT = 1
_KEY = "exchange-key.pem"
_CHUNK = 1 << 20
# libpq's variables for what a connection address can name; in the environment a password is not in the process list.
_VARIABLES = {
    "host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD",
    "dbname": "PGDATABASE", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT",
}  # fmt: skip
# Written by pg_dump of 17 and later, unknown to older servers, and without meaning for a restore.
_NOT_EVERYWHERE = re.compile(rb"^SET transaction_timeout = ")

Progress = Callable[[str, int], None]
"""Told what is being worked on and how many more bytes of it are done."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. `database_sha256` is over the compressed dump."""

    format: int
    program: str
    taken_at: str
    revision: str
    authority: str
    database_sha256: str
    files: int


def write_backup(
    target: Path,
    *,
    database: Database,
    database_url: str,
    files_folder: Path,
    authority: str,
    now: datetime,
    key_file: Path | None = None,
    progress: Progress = lambda _what, _count: None,
) -> Manifest:
    """Write a backup to `target`, which appears there only once it is whole.

    Args:
        key_file: where the signing key is, if in a file; whoever reads the backup can sign as this exchange.

    Raises:
        OperationFault: pg_dump failed, or the target cannot be written.
    """
    revision, _newest = schema_revisions(database)
    unfinished = target.with_name(target.name + ".unfinished")
    try:
        with tempfile.TemporaryFile(dir=target.parent) as dump:
            digest = _dump(database_url, dump, progress)
            paths = sorted(path for path in files_folder.rglob("*") if path.is_file()) if files_folder.exists() else []
            manifest = Manifest(
                FORMAT, __version__, now.isoformat(timespec="seconds"), revision or "", authority, digest, len(paths)
            )
            with tarfile.open(unfinished, "w") as archive:
                _add(archive, "manifest.json", io.BytesIO(json.dumps(asdict(manifest), indent=1).encode()))
                _add(archive, "database.sql.gz", dump)
                if key_file is not None and key_file.exists():
                    _add(archive, _KEY, io.BytesIO(key_file.read_bytes()))
                for path in paths:
                    archive.add(path, f"files/{path.relative_to(files_folder)}", recursive=False)
                    progress("files", path.stat().st_size)
        unfinished.chmod(0o600)
        unfinished.replace(target)
    except OSError as fault:
        raise OperationFault(
            f"The backup {target} could not be written: {fault.strerror or fault}.",
            "Choose a folder you may write to, with room for the database and the files.",
        ) from fault
    finally:
        unfinished.unlink(missing_ok=True)
    return manifest


def read_manifest(source: Path) -> Manifest:
    """What the backup says of itself. Raises OperationFault when the file is no backup of a form we know."""
    try:
        with tarfile.open(source) as archive:
            first = archive.next()
            if first is None or first.name != "manifest.json":
                raise KeyError("manifest.json")
            manifest = Manifest(**json.loads(_opened(archive, first).read()))
    except (OSError, tarfile.TarError, KeyError, TypeError, ValueError) as fault:
        raise OperationFault(
            f"{source} is not a backup made by `techmart backup`: {fault}.", "Name the .tar file that it wrote."
        ) from fault
    if manifest.format != FORMAT:
        raise OperationFault(
            f"{source} has form {manifest.format}; this program reads form {FORMAT}.",
            f"Restore it with Techmart {manifest.program}.",
        )
    return manifest


def is_empty(database: Database) -> bool:
    """Whether the database holds no table of anybody's."""
    query = text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    with database.engine.connect() as connection:
        return not connection.execute(query).scalar_one()


def restore_backup(
    source: Path,
    *,
    database: Database,
    database_url: str,
    files_folder: Path,
    authority: str = "",
    key_file: Path | None = None,
    progress: Progress = lambda _what, _count: None,
) -> Manifest:
    """Replace the database's tables and the stored files by those of a backup.

    The tables are replaced in one transaction. The files of before are kept beside the new ones, in a folder whose name
    ends in “.before-restore”; so is another signing key.

    Args:
        authority: the exchange that is restored. Another one's signing key is left in the backup.
        key_file: where the signing key belongs; None where the environment gives it.

    Raises:
        OperationFault: the file is no whole backup, or the database refused it; tables and files are as they were.
    """
    manifest = read_manifest(source)
    unpacked = files_folder.with_name(files_folder.name + ".unpacking")
    shutil.rmtree(unpacked, ignore_errors=True)
    unpacked.mkdir(parents=True)
    key = b""
    try:
        with tarfile.open(source) as archive, tempfile.TemporaryFile() as dump:
            for member in archive:
                if member.name == "database.sql.gz":
                    _copy(_opened(archive, member), dump)
                elif member.name == _KEY:
                    key = _opened(archive, member).read(_CHUNK)
                elif member.name.startswith("files/"):
                    _unpack(archive, member, unpacked)
                    progress("files", member.size)
            if _sha256(dump) != manifest.database_sha256 or _count(unpacked) != manifest.files:
                raise OperationFault(f"{source} is damaged: its parts are not those it names.", "Use another backup.")
            _load(database_url, dump, progress)
        before = files_folder.with_name(files_folder.name + ".before-restore")
        if files_folder.exists():
            shutil.rmtree(before, ignore_errors=True)
            files_folder.rename(before)
        (unpacked / "files").rename(files_folder) if manifest.files else files_folder.mkdir()
        if key and key_file is not None and manifest.authority == authority:
            _put_key(key, key_file)
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
    # Connections made before the tables were replaced remember the old ones.
    database.engine.dispose()
    return manifest


def _put_key(key: bytes, path: Path) -> None:
    """Put the signing key in its place, readable by its owner alone. Another one that is there is kept beside it."""
    if path.exists() and path.read_bytes() != key:
        path.replace(path.with_name(path.name + ".before-restore"))
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(key)


def _dump(database_url: str, target: BinaryIO, progress: Progress) -> str:
    """Write the compressed dump; returns its SHA-256."""
    arguments = ["--format=plain", "--no-owner", "--no-privileges", "--encoding=UTF8"]
    with (
        _client("pg_dump", *arguments, database_url=database_url, feed=False) as process,
        gzip.GzipFile(fileobj=target, mode="wb", compresslevel=6, mtime=0) as packed,
    ):
        assert process.stdout is not None  # noqa: S101 - opened as a pipe
        while chunk := process.stdout.read(_CHUNK):
            packed.write(chunk)
            progress("database", len(chunk))
    return _sha256(target)


def _load(database_url: str, dump: BinaryIO, progress: Progress) -> None:
    """Replace all tables by those of the dump, in one transaction."""
    dump.seek(0)
    arguments = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--file=-"]
    with (
        _client("psql", *arguments, database_url=database_url, feed=True) as process,
        gzip.GzipFile(fileobj=dump, mode="rb") as plain,
    ):
        assert process.stdin is not None  # noqa: S101 - opened as a pipe
        try:
            process.stdin.write(
                b"SET client_min_messages = warning; DROP SCHEMA public CASCADE; CREATE SCHEMA public;\n"
            )
            for line in plain:
                if not _NOT_EVERYWHERE.match(line):
                    process.stdin.write(line)
                    progress("database", len(line))
        except BrokenPipeError:
            # psql gave up; what it said is told when it is waited for.
            pass


@contextmanager
def _client(name: str, *arguments: str, database_url: str, feed: bool) -> Iterator[subprocess.Popen[bytes]]:
    """A PostgreSQL program connected to the database, its input (`feed`) or its output piped.

    Raises:
        OperationFault: it ended with a fault; its own words are in the message.
    """
    address = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    given = conninfo_to_dict(address)
    environment = os.environ | {_VARIABLES[key]: str(value) for key, value in given.items() if key in _VARIABLES}
    with tempfile.TemporaryFile() as words:
        process = subprocess.Popen(
            [program(name), *arguments],
            stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if feed else subprocess.PIPE,
            stderr=words,
            env=environment,
        )
        try:
            yield process
            if process.stdin is not None:
                with suppress(BrokenPipeError):
                    process.stdin.close()
            code = process.wait()
        finally:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()
        if code != 0:
            words.seek(0)
            said = words.read(2000).decode(errors="replace").strip()
            raise OperationFault(
                f"{name} ended with a fault: {said}",
                "Nothing was changed. Check that the server is not newer than 18 and that its account owns the tables.",
            )


def _add(archive: tarfile.TarFile, name: str, content: BinaryIO) -> None:
    member = tarfile.TarInfo(name)
    member.size = content.seek(0, os.SEEK_END)
    member.mode = 0o600
    content.seek(0)
    archive.addfile(member, content)


def _opened(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    content = archive.extractfile(member)
    if content is None:
        raise KeyError(member.name)
    return content


def _unpack(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Write a plain file below `folder`; anything else a tar file can hold (links, devices, “..”) is a fault."""
    name = PurePosixPath(member.name)
    if not member.isfile() or name.is_absolute() or ".." in name.parts:
        raise OperationFault(f"The backup holds {member.name}, which no backup holds.", "Use another backup.")
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as target:
        _copy(_opened(archive, member), target)


def _copy(source: IO[bytes], target: BinaryIO) -> None:
    shutil.copyfileobj(source, target, _CHUNK)


def _sha256(content: BinaryIO) -> str:
    content.seek(0)
    digest = hashlib.sha256()
    while chunk := content.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def _count(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))
