"""Fixtures: a database of the test process's own, emptied after each test; the application; a client."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.database import Database
from app.journal import guard
from app.models import metadata
from app.settings import Settings
from tests.database_server import drop_database, fresh_database

pytest_plugins = ["tests.network_guard", "tests.integrations.payments.fixtures"]

guard.install()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--record",
        action="store_true",
        help="keep the exchanges with the server of TECHMART_MEILISEARCH_URL (tests/search/exchanges.py)",
    )
    parser.addoption(
        "--only-database",
        action="store_true",
        help="leave out the tests that ask nothing of a database: for a run on another PostgreSQL",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--only-database"):
        return
    asking = {id(one) for one in items if "database_url" in getattr(one, "fixturenames", ())}
    config.hook.pytest_deselected(items=[one for one in items if id(one) not in asking])
    items[:] = [one for one in items if id(one) in asking]


@pytest.fixture(scope="session")
def database_url(worker_id: str) -> Iterator[str]:
    name = f"techmart_test_{worker_id}_{os.getpid()}"
    yield fresh_database(name)
    drop_database(name)


@pytest.fixture(scope="session")
def _pool(database_url: str) -> Iterator[Database]:
    database = Database(database_url, pool_size=12)
    # Loading the reference tables was journalled: the first test begins like all others.
    empty(database)
    yield database
    database.dispose()


@pytest.fixture
def database(_pool: Database) -> Iterator[Database]:
    """A database with real commits; every table but the reference tables is emptied afterwards."""
    yield _pool
    empty(_pool)


def empty(database: Database) -> None:
    """Remove every row that a test may have made, and count identities from 1 again.

    Only tables that hold something are touched: TRUNCATE makes new files for all of them and their indexes, every time.
    """
    with database.engine.begin() as connection:
        held = connection.scalars(text(_HELD)).all()
        # Without foreign keys and triggers, some of which let nothing be deleted.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for name in held:
            connection.execute(text(f'DELETE FROM "{name}"'))
        connection.execute(text(_FROM_THE_START))
    if held:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            # Space given back, so that what the next test writes stands in the order it is written in.
            connection.execute(text("VACUUM " + ", ".join(f'"{name}"' for name in held)))


_TABLES = [table.name for table in metadata.sorted_tables if not table.name.startswith("reference_")]
_HELD = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in _TABLES)
_FROM_THE_START = (
    "SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence "
    "WHERE seqrelid::regclass::text NOT LIKE 'reference%'"
)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """One unit of work, committed at the end of the test."""
    with database.unit_of_work() as session:
        yield session


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings(
        data=tmp_path / "data",
        database_url=SecretStr(database_url),
        authority="techmart.test",
        public_url="http://testserver",
        rate_limits="off",
        demo=False,
    )


@pytest.fixture
def application(database: Database, settings: Settings) -> FastAPI:
    """The application as served, on the test's database, without its start-up of servers."""
    from app.main import build

    return build(settings, database=database)


@pytest.fixture
def client(application: FastAPI) -> Iterator[TestClient]:
    with TestClient(application, follow_redirects=False) as client:
        yield client
