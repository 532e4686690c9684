"""The confidential part is in no answer, and an anonymous need names nobody: markers are planted and looked for."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app import journal
from app.database import Database
from app.models.listings import ListingConfidential, ListingConfidentialFile
from tests import factories
from tests.api.scene import MARKER, Scene, bearer, index

SECRET = "TUYETMAT-91c2"


@pytest.fixture
def planted(application: FastAPI, database: Database, scene: Scene) -> Scene:
    """Every listing has a confidential part."""
    with database.unit_of_work() as session:
        for listing in (scene.dryer, scene.hidden_need, scene.draft, scene.paint):
            session.add(ListingConfidential(listing_id=listing.id, text=SECRET, updated_at=factories.NOW))
            session.add(
                ListingConfidentialFile(
                    listing_id=listing.id,
                    filename=f"{SECRET}.pdf",
                    media_type="application/pdf",
                    size=1,
                    sha256=SECRET,
                    storage_key=SECRET,
                    created_at=factories.NOW,
                )
            )
            journal.append(session, entity="listing", entity_id=listing.id, action="updated")
    index(application, database)
    return scene


def answers(client: TestClient, scene: Scene, token: str | None) -> Iterator[tuple[str, str]]:
    """Everything the API answers to a reader."""
    headers = bearer(token) if token else {}
    ids = [*sorted(scene.public_ids), scene.draft.public_id, scene.withdrawn.public_id]
    paths = [f"/api/v1/listings?limit=100&q={word}" for word in ("", "bụi sơn", "gỗ", SECRET, MARKER, "Hoa Ban")]
    paths += [f"/api/v1/listings?sort={sort}" for sort in ("relevance", "newest", "price", "deadline", "trl")]
    paths += [
        f"/api/v1/listings?organisation={scene.firm.public_id}",
        f"/api/v1/listings?external_id=NC-{MARKER}",
        f"/api/v1/listings?external_id=NC-{MARKER}&kind=need",
        f"/api/v1/listings?source=src-{MARKER}",
        "/api/v1/suggest?q=can+loc",
        "/api/v1/me/listings",
        "/api/v1/openapi.json",
    ]
    paths += [f"/api/v1/listings/{one}{part}" for one in ids for part in ("", "/matches", "/history")]
    paths += [f"/api/v1/organisations/{one.public_id}" for one in (scene.firm, scene.institute)]
    for path in paths:
        for language in ("vi", "en"):
            response = client.get(path, headers=headers | {"Accept-Language": language})
            assert response.status_code in {200, 401, 403, 404, 410}, path
            yield path, response.text + str(response.headers)


@pytest.mark.parametrize("who", [None, "token", "stranger"])
def test_the_confidential_part_is_in_no_answer(client: TestClient, planted: Scene, who: str | None) -> None:
    for path, text in answers(client, planted, getattr(planted, who) if who else None):
        told = text.replace(path, "")
        assert SECRET not in told, path


@pytest.mark.parametrize("who", [None, "token"])
def test_a_hidden_need_names_nobody_to_others(client: TestClient, planted: Scene, who: str | None) -> None:
    hidden = planted.hidden_need.public_id
    for path, text in answers(client, planted, getattr(planted, who) if who else None):
        assert MARKER not in text.replace(path, ""), path
    record = client.get(f"/api/v1/listings/{hidden}")
    for name in (planted.firm.name, planted.firm.public_id, planted.firm.slug, str(planted.firm.id)):
        assert name not in record.text
    body = record.json()
    assert (body["organisation"], body["external_id"], body["owners"], body["source"]) == (None, None, [], None)
    for params in ({"organisation": planted.firm.public_id}, {"external_id": f"NC-{MARKER}"}):
        items = client.get("/api/v1/listings", params=params).json()["items"]
        assert hidden not in [item["id"] for item in items]


def test_an_expert_who_did_not_agree_has_no_name(client: TestClient, planted: Scene) -> None:
    for path, text in answers(client, planted, None):
        assert "Trần Kín Tiếng" not in text, path
