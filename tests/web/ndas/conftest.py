"""People in browsers: the cast of the agreements, signed in, at a fixed moment."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.database import Database
from app.features.accounts.tokens import digest
from app.models import Person, SignIn
from app.settings import Settings
from tests.factories import NOW
from tests.features.ndas.scene import Scene, set_scene
from tests.web.enquiries.conftest import Browser

OpenBrowser = Callable[[Person | None], Browser]


@pytest.fixture
def scene(database: Database, settings: Settings) -> Scene:
    return set_scene(database, settings)


@pytest.fixture(autouse=True)
def _fixed_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.clock.now", lambda: NOW)


@pytest.fixture
def browser(application: FastAPI, database: Database) -> Iterator[OpenBrowser]:
    """browser(person) opens a browser where they are signed in; browser(None) one where nobody is."""
    with ExitStack() as stack:

        def open_for(who: Person | None) -> Browser:
            client = stack.enter_context(TestClient(application, follow_redirects=False))
            if who is not None:
                with database.unit_of_work() as session:
                    session.add(
                        SignIn(
                            person_id=who.id,
                            token_sha256=digest(f"token-of-{who.id}"),
                            created_at=NOW,
                            expires_at=NOW.replace(year=NOW.year + 1),
                        )
                    )
                client.cookies.set("techmart_session", f"token-of-{who.id}")
            return Browser(client)

        yield open_for
