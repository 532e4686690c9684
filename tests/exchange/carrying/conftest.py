"""Two exchanges in this process, each with a database and a server of its own."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from app.database import Database
from app.main import build
from app.settings import Settings
from tests.browser.driving import served
from tests.conftest import empty
from tests.database_server import drop_database, fresh_database
from tests.exchange.carrying.two import Two, set_two
from tests.exchange.three.nodes import free_port


@dataclass
class Served:
    """An exchange served by a thread."""

    authority: str
    database: Database
    settings: Settings
    app: FastAPI
    port: int
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.stack.enter_context(served(self.app, port=self.port))

    def kill(self) -> None:
        self.stack.close()


@pytest.fixture(scope="session")
def other_database(worker_id: str) -> Iterator[Database]:
    name = f"techmart_other_{worker_id}_{os.getpid()}"
    database = Database(fresh_database(name), pool_size=8)
    yield database
    database.dispose()
    drop_database(name)


@pytest.fixture
def two(database: Database, other_database: Database, database_url: str, tmp_path: Path) -> Iterator[Two]:
    houses = []
    for name, one in (("hoi", database), ("goc", other_database)):
        port = free_port()
        settings = Settings(
            data=tmp_path / name,
            database_url=SecretStr(database_url),
            authority=f"san-{name}.test",
            public_url=f"http://127.0.0.1:{port}",
            rate_limits="off",
            outgoing="loopback",
            demo=False,
        )
        houses.append(Served(settings.authority, one, settings, build(settings, database=one), port))
    try:
        for house in houses:
            house.start()
        yield set_two(*houses)
    finally:
        for house in houses:
            house.kill()
        empty(other_database)
