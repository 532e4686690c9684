"""The PostgreSQL that tests run on: TECHMART_DATABASE_URL when given, else an embedded server of the suite's own.

A template database is migrated once and every test process works in a fresh copy of it.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.pool import NullPool

from app import clock
from app.database import Database
from app.migrate import migrate
from app.operations import embedded_postgres
from app.reference.load import load_shipped
from app.settings import REPOSITORY

_SETUP_LOCK = 7_414_099
_held: list[embedded_postgres.EmbeddedServer] = []


def server_url() -> URL:
    """The address of a server where databases may be made."""
    if _held:
        return make_url(_held[0].url("postgres"))
    given = os.environ.get("TECHMART_DATABASE_URL")
    if given:
        return make_url(given).set(drivername="postgresql+psycopg")
    key = hashlib.sha256(str(REPOSITORY).encode()).hexdigest()[:8]
    # Shared by the suite's processes; the last one to end stops it. Nothing of a test is worth surviving a power cut.
    server = embedded_postgres.start(Path(tempfile.gettempdir()) / f"techmart-tests-{key}", durable=False)
    _held.append(server)
    return make_url(server.url("postgres"))


@contextmanager
def _administration(url: URL) -> Iterator[Connection]:
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted([*(REPOSITORY / "migrations").rglob("*.py"), *(REPOSITORY / "app/reference").rglob("*")]):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def fresh_database(name: str) -> str:
    """Make (again) the database `name` from the migrated template; returns its URL."""
    url = server_url()
    template = f"techmart_template_{_fingerprint()}"
    with _administration(url) as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _SETUP_LOCK})
        present = connection.execute(
            text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": template}
        ).first()
        if not present:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{template}_new" WITH (FORCE)'))
            connection.execute(text(f"CREATE DATABASE \"{template}_new\" ENCODING 'UTF8' TEMPLATE template0"))
            database = Database(url.set(database=f"{template}_new"))
            migrate(database)
            with database.unit_of_work() as session:
                load_shipped(session, now=clock.now())
            database.dispose()
            connection.execute(text(f'ALTER DATABASE "{template}_new" RENAME TO "{template}"'))
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _SETUP_LOCK})
    return url.set(database=name).render_as_string(hide_password=False)


def drop_database(name: str) -> None:
    """Remove a database made by `fresh_database`."""
    with _administration(server_url()) as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
