"""Browsers for the pages of accounts and organisations, at a fixed moment."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.database import Database
from app.features.accounts.tokens import digest
from app.features.organisations import work as _work  # noqa: F401 - registers its letters
from app.identity import uuid7
from app.models import Person, SignIn
from tests.factories import NOW

OpenBrowser = Callable[[Person | None], TestClient]


@pytest.fixture(autouse=True)
def _fixed_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.clock.now", lambda: NOW)


@pytest.fixture
def browser(application: FastAPI, database: Database) -> Iterator[OpenBrowser]:
    """browser(person) is a browser where they are signed in; browser(None) one where nobody is."""
    with ExitStack() as stack:

        def open_for(who: Person | None) -> TestClient:
            client = stack.enter_context(TestClient(application, follow_redirects=False))
            if who is not None:
                token = uuid7().hex
                with database.unit_of_work() as session:
                    session.add(
                        SignIn(
                            person_id=who.id,
                            token_sha256=digest(token),
                            user_agent="Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0",
                            created_at=NOW,
                            expires_at=NOW.replace(year=NOW.year + 1),
                        )
                    )
                client.cookies.set("techmart_session", token)
            return client

        yield open_for
