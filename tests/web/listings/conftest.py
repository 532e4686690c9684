"""Browsers for the pages of listings, at a fixed moment: an owner, somebody of another organisation, an operator."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.database import Database
from app.features.accounts.tokens import digest
from app.identity import Actor, uuid7
from app.models import Organisation, Person, SignIn
from tests import factories
from tests.factories import NOW

OpenBrowser = Callable[[Person | None], TestClient]


@dataclass(frozen=True)
class Cast:
    """Who plays: an owner with their organisation, a stranger with theirs, an operator."""

    owner: Person
    organisation: Organisation
    stranger: Person
    other: Organisation
    operator: Person

    @property
    def owner_actor(self) -> Actor:
        return factories.actor(self.owner, self.organisation)

    @property
    def operator_actor(self) -> Actor:
        return factories.actor(self.operator, operator=True)


@pytest.fixture
def cast(database: Database) -> Cast:
    with database.unit_of_work() as session:
        owner, stranger = factories.person(session), factories.person(session)
        return Cast(
            owner=owner,
            organisation=factories.organisation(
                session,
                owner=owner,
                name="Công ty TNHH Cơ điện Minh Long",
                type="firm",
                tax_code="0312345678",
                website="https://www.minhlong-codien.vn",
            ),
            stranger=stranger,
            other=factories.organisation(session, owner=stranger),
            operator=factories.person(session, is_operator=True),
        )


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
                            created_at=NOW,
                            expires_at=NOW.replace(year=NOW.year + 1),
                        )
                    )
                client.cookies.set("techmart_session", token)
            return client

        yield open_for
