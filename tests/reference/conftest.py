"""A database of these tests' own: other tests keep the reference tables of theirs."""

import os
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from app.database import Database
from app.reference import current
from tests.database_server import drop_database, fresh_database

TABLES = "reference_former_code, reference_term, reference_scheme, journal"


@pytest.fixture(scope="module")
def _reference_pool(worker_id: str) -> Iterator[Database]:
    name = f"techmart_reference_{worker_id}_{os.getpid()}"
    database = Database(fresh_database(name), pool_size=8)
    yield database
    database.dispose()
    drop_database(name)


@pytest.fixture
def tables_database(_reference_pool: Database) -> Iterator[Database]:
    """A database without any reference table in it, and a process that holds none."""
    with _reference_pool.engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {TABLES} RESTART IDENTITY CASCADE"))
    current.forget()
    yield _reference_pool
    current.forget()
