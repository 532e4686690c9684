"""Who is let in: tokens, scopes, and no cookies."""

from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import update

from app import clock
from app.database import Database
from app.features.accounts.tokens import digest, new_token
from app.models import AccessToken, Person, SignIn
from tests.api.scene import Scene, bearer

MINE = "/api/v1/me/listings"
LISTINGS = "/api/v1/listings"


def test_without_a_token_ones_own_are_out_of_reach(client: TestClient, scene: Scene) -> None:
    response = client.get(MINE, headers={"Accept-Language": "en"})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="techmart"'
    assert response.json() == {
        "type": "urn:techmart:problem:token-required",
        "title": "A personal access token is needed",
        "status": 401,
        "instance": MINE,
    }
    assert client.post(LISTINGS, json={"kind": "service"}).status_code == 401


@pytest.mark.parametrize(
    "header", ["Bearer tmpat_wrong", "Bearer x", "Bearer ", "Bearer", "Basic dXNlcjpwYXNz", "", "x"]
)
@pytest.mark.parametrize("path", [MINE, LISTINGS, "/api/v1/suggest", "/api/v1/reference"])
def test_a_token_that_opens_nothing_is_refused_everywhere(
    client: TestClient, scene: Scene, header: str, path: str
) -> None:
    response = client.get(path, headers={"Authorization": header})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="techmart", error="invalid_token"'
    assert response.json()["type"] == "urn:techmart:problem:invalid-token"


def test_the_scheme_is_read_in_any_case(client: TestClient, scene: Scene) -> None:
    assert client.get(MINE, headers={"Authorization": f"bearer  {scene.token} "}).status_code == 200


@pytest.mark.parametrize("change", ["expired", "revoked", "disabled"])
def test_a_token_ends_at_once(client: TestClient, database: Database, scene: Scene, change: str) -> None:
    assert client.get(MINE, headers=bearer(scene.token)).status_code == 200
    past = clock.now() - timedelta(seconds=1)
    with database.unit_of_work() as session:
        if change == "disabled":
            session.execute(update(Person).where(Person.id == scene.person.id).values(disabled_at=past))
        else:
            column = {"expired": "expires_at", "revoked": "revoked_at"}[change]
            session.execute(
                update(AccessToken).where(AccessToken.token_sha256 == digest(scene.token)).values({column: past})
            )
    assert client.get(MINE, headers=bearer(scene.token)).status_code == 401


def test_a_token_does_what_its_scopes_say(client: TestClient, scene: Scene) -> None:
    assert client.get(MINE, headers=bearer(scene.reader)).status_code == 200
    refused = client.post(LISTINGS, json={"kind": "service"}, headers=bearer(scene.reader) | {"Accept-Language": "en"})
    assert refused.status_code == 403
    assert refused.headers["www-authenticate"] == (
        'Bearer realm="techmart", error="insufficient_scope", scope="listings:write"'
    )
    assert refused.json()["detail"] == "Make an access token with the scope listings:write"
    assert client.get(MINE, headers=bearer(scene.writer)).status_code == 403
    assert client.post(LISTINGS, json={"kind": "service"}, headers=bearer(scene.writer)).status_code == 201


def test_a_browsers_cookie_is_nobody_here(client: TestClient, database: Database, scene: Scene) -> None:
    token = new_token()
    with database.unit_of_work() as session:
        now = clock.now()
        session.add(
            SignIn(
                person_id=scene.person.id,
                token_sha256=digest(token),
                created_at=now,
                expires_at=now + timedelta(days=1),
            )
        )
    client.cookies.set("techmart_session", token)
    assert client.get(MINE).status_code == 401
    assert client.post(LISTINGS, json={"kind": "service"}).status_code == 401
    assert client.get(f"{LISTINGS}/{scene.draft.public_id}").status_code == 404


def test_that_a_token_was_used_is_noted_once_in_a_while(
    application: FastAPI, client: TestClient, database: Database, scene: Scene
) -> None:
    def used() -> object:
        with database.read_only() as session:
            row = session.query(AccessToken).filter_by(token_sha256=digest(scene.reader)).one()
            return row.last_used_at

    assert used() is None
    client.get(MINE, headers=bearer(scene.reader))
    first = used()
    assert first is not None
    client.get(MINE, headers=bearer(scene.reader))
    assert used() == first
