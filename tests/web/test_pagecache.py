"""Public pages: one ETag for the state of the exchange, 304 without further queries, never for a person's own page."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar
from uuid import uuid4

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app import journal
from app.database import Database
from app.dependencies import ReadSession
from app.errors import NotFound
from app.operations.public_state import PublicState, public_state
from app.settings import Settings
from app.web.flash import COOKIE
from app.web.pagecache import (
    AlreadyMade,
    NotModified,
    PublicPage,
    already_made,
    not_modified,
    not_the_whole_page,
)
from app.web.templating import Fragment, render
from tests.web.small_app import small_app


@dataclass(frozen=True, kw_only=True)
class Icons(Fragment):
    template: ClassVar[str] = "parts/icons.html"


@pytest.fixture
def rendered() -> list[str]:
    return []


@pytest.fixture
def client(database: Database, rendered: list[str]) -> TestClient:
    router = APIRouter()

    @router.get("/public", dependencies=[PublicPage])
    def public(request: Request, session: ReadSession) -> Response:
        session.execute(text("SELECT 1"))
        rendered.append("public")
        return render(request, Icons())

    @router.get("/partial", dependencies=[PublicPage])
    def partial(request: Request) -> Response:
        not_the_whole_page(request)
        rendered.append("partial")
        return render(request, Icons())

    @router.get("/own")
    def own(request: Request) -> Response:
        return render(request, Icons())

    app: FastAPI = small_app(router)
    app.state.database = database
    app.add_exception_handler(NotModified, not_modified)
    app.add_exception_handler(AlreadyMade, already_made)
    return TestClient(app)


def commit(database: Database) -> None:
    with database.unit_of_work() as session:
        journal.append(session, entity="listing", entity_id=uuid4(), action="publish", actor_id=None, data={})


def write(database: Database) -> None:
    commit(database)
    with database.unit_of_work() as session:
        journal.sequence(session)


def test_a_reader_who_has_it_gets_304(client: TestClient, rendered: list[str]) -> None:
    first = client.get("/vi/public")
    assert first.status_code == 200
    assert first.headers["cache-control"] == "public, no-cache"
    assert first.headers["vary"] == "Accept-Encoding, HX-Request"
    again = client.get("/vi/public", headers={"if-none-match": f'"old", {first.headers["etag"]}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert rendered == ["public"]


def test_a_page_is_made_once_for_all_who_ask_for_the_same(client: TestClient, rendered: list[str]) -> None:
    first = client.get("/vi/public?q=a")
    again = client.get("/vi/public?q=a")
    assert (again.status_code, again.content) == (200, first.content)
    assert dict(again.headers) == dict(first.headers)
    assert rendered == ["public"]
    client.get("/vi/public?q=b")
    client.get("/en/public?q=a")
    client.get("/vi/public?q=a", headers={"accept-encoding": "identity"})
    client.get("/vi/public?q=a", headers={"hx-request": "true"})
    assert rendered == ["public"] * 5


def test_a_page_is_made_anew_after_a_commit_also_before_anybody_reads_the_journal(
    client: TestClient, database: Database, rendered: list[str]
) -> None:
    client.get("/vi/public")
    commit(database)
    client.get("/vi/public")
    assert rendered == ["public"] * 2


def test_a_page_with_a_line_for_the_person_or_a_part_missing_is_not_kept(
    client: TestClient, rendered: list[str]
) -> None:
    client.cookies.set(COOKIE, "anything")
    client.get("/vi/public")
    client.cookies.clear()
    client.get("/vi/public")
    client.get("/vi/partial")
    partial = client.get("/vi/partial")
    assert rendered == ["public", "public", "partial", "partial"]
    assert partial.headers["cache-control"] == "private, no-store"
    assert "etag" not in partial.headers


def test_every_change_makes_a_new_state(client: TestClient, database: Database) -> None:
    before = client.get("/vi/public").headers["etag"]
    write(database)
    after = client.get("/vi/public", headers={"if-none-match": before})
    assert after.status_code == 200
    assert after.headers["etag"] != before


def test_a_reader_that_falls_behind_makes_a_new_state_when_it_catches_up(
    client: TestClient, database: Database
) -> None:
    write(database)
    before = client.get("/vi/public").headers["etag"]
    journal.consume(database, consumer="search", handler=lambda session, entries: None)
    assert client.get("/vi/public").headers["etag"] != before


def test_languages_and_fragments_have_states_of_their_own(client: TestClient) -> None:
    tags = {
        client.get("/vi/public").headers["etag"],
        client.get("/en/public").headers["etag"],
        client.get("/vi/public", headers={"hx-request": "true"}).headers["etag"],
    }
    assert len(tags) == 3


def test_a_line_waiting_for_the_person_is_not_missed(client: TestClient) -> None:
    etag = client.get("/vi/public").headers["etag"]
    client.cookies.set(COOKIE, "anything")
    assert client.get("/vi/public", headers={"if-none-match": etag}).status_code == 200


def test_a_persons_own_page_is_kept_by_nobody(client: TestClient) -> None:
    own = client.get("/vi/own")
    assert own.headers["cache-control"] == "private, no-store"
    assert "etag" not in own.headers


def test_how_fresh_the_data_is_stands_on_the_page(database: Database) -> None:
    from app.web.errors import ErrorPage

    router = APIRouter()

    @router.get("/public", dependencies=[PublicPage])
    def public(request: Request) -> Response:
        return render(request, ErrorPage(title="Trang", status=404, explanation="…"))

    app = small_app(router)
    app.state.database = database
    client = TestClient(app)
    assert "Dữ liệu thay đổi lần cuối" not in client.get("/vi/public").text
    write(database)
    assert 'Dữ liệu thay đổi lần cuối lúc <time datetime="20' in client.get("/vi/public").text


def test_a_switched_setting_shows_at_once(database: Database, client: TestClient) -> None:
    commit(database)
    before = client.get("/vi/public")
    app = client.app
    assert isinstance(app, FastAPI)
    app.state.settings = Settings(public_url="https://techmart.test", site_name="Sàn Thử")
    after = client.get("/vi/public", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert after.headers["ETag"] != before.headers["ETag"]


def test_nothing_is_kept_while_two_states_may_look_alike(
    client: TestClient, rendered: list[str], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsettled(session: Session) -> PublicState:
        known = public_state(session)
        return replace(known, journal=replace(known.journal, settled=False))

    monkeypatch.setattr("app.web.pagecache.public_state", unsettled)
    etag = client.get("/vi/public").headers["etag"]
    assert client.get("/vi/public", headers={"If-None-Match": etag}).status_code == 200
    assert rendered == ["public", "public"]


@pytest.fixture
def one_connection(database: Database) -> Iterator[Database]:
    """The same database, by one connection of its own."""
    own = Database(database.url, pool_size=1)
    yield own
    own.dispose()


def prepared_statements(database: Database) -> int:
    """How many the connection holds of the one that asks for the state. What was given five times is prepared."""
    held = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%taken_up%reference_scheme%'")
    with database.read_only() as session:
        return session.scalar(held) or 0


def test_what_a_connection_has_prepared_outlives_a_page_that_was_not_modified(
    client: TestClient, one_connection: Database
) -> None:
    client.app.state.database = one_connection  # type: ignore[attr-defined]
    etag = client.get("/vi/public").headers["etag"]
    for _ in range(10):
        assert client.get("/vi/public", headers={"If-None-Match": etag}).status_code == 304
    assert prepared_statements(one_connection) == 1


def test_what_a_connection_has_prepared_outlives_a_page_that_is_not_found(one_connection: Database) -> None:
    for _ in range(10):
        with pytest.raises(NotFound), one_connection.read_only() as session:
            public_state(session)
            raise NotFound
    assert prepared_statements(one_connection) == 1
