"""People in browsers: the cast of the enquiry tests, signed in, at a fixed moment."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import select

from app.database import Database
from app.features.accounts.tokens import digest
from app.features.enquiries.commands import post_message
from app.features.enquiries.schemas import MessageInput
from app.models import Person, QuoteRequest, SignIn
from tests.factories import NOW
from tests.features.enquiries.scene import Scene, quoted, set_scene

_INPUT = re.compile(r"<input[^>]*>")
_ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')


@pytest.fixture
def scene(database: Database) -> Scene:
    return set_scene(database)


@pytest.fixture(autouse=True)
def _fixed_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.clock.now", lambda: NOW)


class Browser:
    """One person's browser. `page` must answer 200, `submit` sends a form with its hidden fields."""

    def __init__(self, client: TestClient) -> None:
        self.client = client

    def get(self, path: str) -> Response:
        return self.client.get(path)

    def page(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.headers.get("location"))
        return answer.text

    def submit(self, form_at: str, to: str = "", files: Any = None, **typed: Any) -> Response:
        """Open the page at `form_at`, fill in, send to `to` (the same address unless given)."""
        fields = {
            **hidden_fields(self.page(form_at)),
            **{name.replace("__", "."): text for name, text in typed.items()},
        }
        return self.post(to or form_at, fields, files)

    def post(self, path: str, fields: Mapping[str, Any], files: Any = None) -> Response:
        return self.client.post(path, data=dict(fields), files=files)


def hidden_fields(html: str) -> dict[str, str]:
    """Every hidden field of the page's forms in main, by name."""
    found = {}
    for tag in _INPUT.findall(html[html.index("<main") :].replace("<template>", "<!--").split("</main>")[0]):
        attributes = dict(_ATTRIBUTE.findall(tag))
        if attributes.get("type") == "hidden" and "__row__" not in attributes["name"]:
            found[attributes["name"]] = attributes["value"]
    return found


@pytest.fixture
def browser(application: FastAPI, database: Database) -> Iterator[Callable[[Person | None], Browser]]:
    """browser(person) opens a browser where they are signed in; browser(None) one where nobody is."""
    with ExitStack() as stack:

        def open_for(who: Person | None) -> Browser:
            client = stack.enter_context(TestClient(application, follow_redirects=False))
            if who is not None:
                token = f"token-of-{who.id}"
                with database.unit_of_work() as session:
                    if session.query(SignIn).filter_by(token_sha256=digest(token)).first() is None:
                        session.add(
                            SignIn(
                                person_id=who.id,
                                token_sha256=digest(token),
                                created_at=NOW,
                                expires_at=NOW.replace(year=NOW.year + 1),
                            )
                        )
                client.cookies.set("techmart_session", token)
            return Browser(client)

        yield open_for


@pytest.fixture
def buyer(browser: Callable[[Person | None], Browser], scene: Scene) -> Browser:
    return browser(scene.buyer_person)


@pytest.fixture
def holder(browser: Callable[[Person | None], Browser], scene: Scene) -> Browser:
    return browser(scene.holder_person)


@pytest.fixture
def stranger(browser: Callable[[Person | None], Browser], scene: Scene) -> Browser:
    return browser(scene.stranger_person)


@pytest.fixture
def talked(database: Database, scene: Scene) -> str:
    """A request with a quote and a message in it."""
    number = quoted(database, scene)
    with database.unit_of_work() as session:
        post_message(
            session,
            actor=scene.buyer,
            number=number,
            side="buyer",
            data=MessageInput(body="Chuyện riêng của hai bên"),
            form_key="m",
            now=NOW,
        )
    return number


def state_of(database: Database, number: str = "2026-000001") -> str:
    with database.read_only() as session:
        return session.scalars(select(QuoteRequest.state).where(QuoteRequest.number == number)).one()
