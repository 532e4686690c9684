import io
import json
import re
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text

from app.database import Database
from app.jobs import enqueue
from app.models.jobs import Job
from app.models.reference import ReferenceTerm
from app.operations import backup
from app.operations.faults import OperationFault
from tests.database_server import drop_database, fresh_database

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "files"
    (folder / "ab").mkdir(parents=True)
    (folder / "ab" / "ảnh máy sấy.webp").write_bytes(b"picture")
    return folder


@pytest.fixture
def target(database: Database, database_url: str, files: Path, tmp_path: Path) -> Path:
    """A backup of a database with one job and one file."""
    with database.unit_of_work() as session:
        enqueue(session, kind="test.kept", payload={"tiếng": "Việt\n\\.\n"}, now=NOW)
    path = tmp_path / "kept.tar"
    key = tmp_path / "data" / "exchange-key.pem"
    key.write_bytes(b"the key")
    backup.write_backup(
        path,
        database=database,
        database_url=database_url,
        files_folder=files,
        authority="techmart.test",
        now=NOW,
        key_file=key,
    )
    return path


def test_a_backup_brings_back_rows_and_files(target: Path, tmp_path: Path) -> None:
    url = fresh_database("techmart_test_restored")
    other = Database(url, pool_size=2)
    try:
        with other.unit_of_work() as session:
            enqueue(session, kind="test.replaced", payload={}, now=NOW)
        folder = tmp_path / "elsewhere" / "files"
        folder.mkdir(parents=True)
        (folder / "old.txt").write_text("old")
        manifest = backup.restore_backup(target, database=other, database_url=url, files_folder=folder)
        with other.read_only() as session:
            jobs = session.execute(select(Job.kind, Job.payload)).all()
            assert (session.scalar(select(func.count()).select_from(ReferenceTerm)) or 0) > 100
        assert [tuple(job) for job in jobs] == [("test.kept", {"tiếng": "Việt\n\\.\n"})]
        assert [(path.name, path.read_bytes()) for path in folder.rglob("*.*")] == [("ảnh máy sấy.webp", b"picture")]
        assert (folder.parent / "files.before-restore" / "old.txt").read_text() == "old"
        assert (manifest.authority, manifest.files, manifest.taken_at) == (
            "techmart.test",
            1,
            "2026-11-23T09:00:00+00:00",
        )
    finally:
        other.dispose()
        drop_database("techmart_test_restored")


@pytest.mark.parametrize(
    ("authority", "there", "found", "beside"),
    [
        ("techmart.test", None, b"the key", None),
        ("techmart.test", b"the key", b"the key", None),
        ("techmart.test", b"another", b"the key", b"another"),
        ("copy.test", b"another", b"another", None),
    ],
)
def test_the_signing_key_comes_back_to_the_exchange_it_belongs_to(
    target: Path, tmp_path: Path, authority: str, there: bytes | None, found: bytes, beside: bytes | None
) -> None:
    # Cases run side by side.
    name = f"techmart_test_key_{uuid4().hex[:12]}"
    url = fresh_database(name)
    other = Database(url, pool_size=2)
    key = tmp_path / "elsewhere" / "exchange-key.pem"
    key.parent.mkdir()
    if there is not None:
        key.write_bytes(there)
    try:
        backup.restore_backup(
            target,
            database=other,
            database_url=url,
            files_folder=key.parent / "files",
            authority=authority,
            key_file=key,
        )
    finally:
        other.dispose()
        drop_database(name)
    assert key.read_bytes() == found
    if there != found:
        assert key.stat().st_mode & 0o077 == 0
    kept = key.with_name("exchange-key.pem.before-restore")
    assert (kept.read_bytes() if kept.exists() else None) == beside


def test_a_backup_is_for_its_owner_alone_and_leaves_nothing_half_written(target: Path) -> None:
    assert target.stat().st_mode & 0o077 == 0
    assert list(target.parent.glob("*.unfinished")) == []


def test_a_dump_that_the_server_refuses_changes_nothing(
    target: Path, database: Database, database_url: str, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "_NOT_EVERYWHERE", re.compile(b"^CREATE TABLE public.job "))
    with pytest.raises(OperationFault, match="psql ended with a fault"):
        backup.restore_backup(target, database=database, database_url=database_url, files_folder=files)
    with database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 1
    assert [path.name for path in files.rglob("*.*")] == ["ảnh máy sấy.webp"]


def test_a_damaged_backup_changes_nothing(target: Path, database: Database, database_url: str, files: Path) -> None:
    content = bytearray(target.read_bytes())
    content[len(content) // 2] ^= 0xFF
    target.write_bytes(bytes(content))
    with pytest.raises(OperationFault, match="is damaged"):
        backup.restore_backup(target, database=database, database_url=database_url, files_folder=files)
    with database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 1


@pytest.mark.parametrize("name", ["files/../../outside", "files/link"])
def test_a_backup_cannot_write_outside_its_folder(
    name: str, target: Path, database: Database, database_url: str, files: Path
) -> None:
    with tarfile.open(target, "a") as archive:
        member = tarfile.TarInfo(name)
        member.type = tarfile.SYMTYPE if name.endswith("link") else tarfile.REGTYPE
        member.linkname = "/etc"
        archive.addfile(member, io.BytesIO())
    with pytest.raises(OperationFault, match="which no backup holds"):
        backup.restore_backup(target, database=database, database_url=database_url, files_folder=files)
    assert not (files.parent.parent / "outside").exists()


def test_a_file_that_is_no_backup_is_told(tmp_path: Path) -> None:
    path = tmp_path / "photo.tar"
    path.write_bytes(b"not a tar file")
    with pytest.raises(OperationFault, match="is not a backup"):
        backup.read_manifest(path)


def test_a_backup_of_a_later_form_names_the_program_that_reads_it(tmp_path: Path, target: Path) -> None:
    manifest = dict.fromkeys(backup.Manifest.__slots__, "") | {"format": 2, "program": "9.1.0"}
    path = tmp_path / "later.tar"
    content = json.dumps(manifest).encode()
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo("manifest.json")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    with pytest.raises(OperationFault) as told:
        backup.read_manifest(path)
    assert told.value.remedy == "Restore it with Techmart 9.1.0."


def test_an_empty_database_is_known(database: Database, database_url: str) -> None:
    assert not backup.is_empty(database)
    url = fresh_database("techmart_test_empty")
    other = Database(url, pool_size=2)
    try:
        with other.engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
        assert backup.is_empty(other)
    finally:
        other.dispose()
        drop_database("techmart_test_empty")
