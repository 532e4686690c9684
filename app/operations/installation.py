"""What every verb begins with: settings, a data folder that can be written, a database at its newest schema."""

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.database import Database
from app.migrate import alembic_config
from app.operations.embedded_postgres import database_address
from app.operations.faults import OperationFault
from app.settings import Settings, get_settings


@dataclass(frozen=True, slots=True)
class Installation:
    """An opened installation: its settings, its database and the address of that."""

    settings: Settings
    database: Database
    database_url: str


@contextmanager
def opened(*, check_schema: bool = True, statement_timeout_ms: int = 0, least_pool: int = 0) -> Iterator[Installation]:
    """The installation that the environment's settings describe, its database started when it is the embedded one.

    Args:
        check_schema: refuse to go on when the tables are not at their newest form.
        statement_timeout_ms: how long one statement may take; 0 for as long as it likes.
        least_pool: how many connections may be open whatever the settings say.

    Raises:
        SettingsFault: a setting cannot be used.
        OperationFault: the data folder cannot be written, or the database is not there or not at its schema.
    """
    settings = get_settings()
    prepare_data_folder(settings.data)
    with database_address(settings) as url:
        pool = max(settings.database_pool, least_pool)
        database = Database(url, pool_size=pool, statement_timeout_ms=statement_timeout_ms)
        try:
            if check_schema:
                require_newest_schema(database)
            yield Installation(settings, database, url)
        finally:
            database.dispose()


def prepare_data_folder(folder: Path) -> None:
    """Make the data folder if need be. Raises OperationFault when nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as fault:
        raise OperationFault(
            f"The data folder {folder.absolute()} cannot be written: {fault.strerror}.",
            "Give this account the right to write there (chown, chmod), free disk space if it is full, "
            "or set TECHMART_DATA to another folder.",
        ) from fault


def schema_revisions(database: Database) -> tuple[str | None, str | None]:
    """The revision the tables are at (None: no tables), and the newest there is."""
    with database.engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current, ScriptDirectory.from_config(alembic_config()).get_current_head()


def require_newest_schema(database: Database) -> None:
    """Raises OperationFault when the tables are not those this version of the program was written for."""
    current, newest = schema_revisions(database)
    if current == newest:
        return
    state = "has no tables yet" if current is None else f"is at revision {current}, this program needs {newest}"
    raise OperationFault(
        f"The database {state}.",
        "Run `techmart migrate` (take a backup first). If the database is newer than the program, update the program.",
    )


@contextmanager
def alone_in(folder: Path) -> Iterator[Callable[[str], None]]:
    """Hold the data folder for one server; gives a function to leave word for others, such as the server's address.

    Raises:
        OperationFault: another server holds the folder; says which.
    """
    path = folder / "serve.lock"
    with path.open("a+") as file:

        def leave(word: str) -> None:
            file.truncate(0)
            file.write(word)
            file.flush()

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "another process"
            raise OperationFault(
                f"Techmart already runs with the data folder {folder.absolute()}: {holder}.",
                "Use that one, or stop it first (Ctrl-C in its terminal). For a second one beside it set TECHMART_DATA "
                "and TECHMART_PORT.",
            ) from None
        leave(f"process {os.getpid()}")
        yield lambda word: leave(f"process {os.getpid()}, {word}")
