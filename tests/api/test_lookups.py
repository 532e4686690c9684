"""Suggestions, reference tables, organisations."""

from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.database import Database
from tests import factories
from tests.api.scene import Scene, index

ENGLISH = {"Accept-Language": "en"}


def test_suggestions_go_on_from_what_was_typed(
    application: FastAPI, client: TestClient, database: Database, scene: Scene
) -> None:
    with database.unit_of_work() as session:
        factories.listing(session, of=scene.institute, title="Lò sấy lạnh")
        factories.listing(session, of=scene.firm, title="Lò sấy lạnh")
    index(application, database)
    items = client.get("/api/v1/suggest", params={"q": "lo s"}).json()["items"]
    assert items == [{"text": "lò sấy lạnh", "count": 2}]
    items = client.get("/api/v1/suggest", params={"q": "may"}).json()["items"]
    assert {one["text"] for one in items} >= {"máy sấy bơm nhiệt cho trái cây", "máy quang phổ dùng chung"}
    assert client.get("/api/v1/suggest", params={"q": "may", "limit": 1}).json()["items"] == items[:1]
    assert client.get("/api/v1/suggest").json() == {"items": []}
    assert client.get("/api/v1/suggest", params={"q": "\x00 \x01"}).json() == {"items": []}
    assert client.get("/api/v1/suggest", params={"limit": 21}).status_code == 400


def test_reference_tables_have_codes_and_labels(client: TestClient) -> None:
    schemes = client.get("/api/v1/reference").json()["items"]
    assert [one["scheme"] for one in schemes] == [
        "ipc",
        "priority-field",
        "region",
        "research-field",
        "sector",
        "trl",
        "vsic",
    ]
    assert schemes[2] == {"scheme": "region", "version": "2025", "title": "Tỉnh, thành phố", "codes": 34}
    table = client.get("/api/v1/reference/region", headers=ENGLISH).json()
    assert (table["version"], len(table["items"]), table["next_cursor"]) == ("2025", 34, None)
    assert table["items"][0] == {
        "code": "01",
        "parent": None,
        "level": 1,
        "label": "Hanoi",
        "label_vi": "Hà Nội",
        "label_en": "Hanoi",
        "note": "Centrally governed city",
    }
    below = client.get("/api/v1/reference/ipc", params={"parent": "F"}).json()["items"]
    assert {one["parent"] for one in below} == {"F"}
    assert client.get("/api/v1/reference/ipc", params={"cursor": "139"}).json()["items"][0]["code"] == "H99"
    assert client.get("/api/v1/reference/ipc", params={"cursor": "999999"}).json()["items"] == []
    assert client.get("/api/v1/reference/colours").status_code == 404


def test_an_organisation_shows_its_public_profile(client: TestClient, scene: Scene) -> None:
    profile = client.get(f"/api/v1/organisations/{scene.institute.public_id}", headers=ENGLISH).json()
    assert profile == {
        "id": scene.institute.public_id,
        "name": "Viện Cơ điện Cửu Long",
        "name_en": "Cuu Long Institute",
        "type": "research_institute",
        "type_label": "Research institute",
        "region": "79",
        "region_label": "Ho Chi Minh City",
        "website": None,
        "description": None,
        "description_en": None,
        "sectors": [],
        "verified_at": "2026-11-23T03:00:00Z",
        "offers": 4,
        "needs": 0,
        "url": f"http://testserver/en/organisations/{scene.institute.slug}-{scene.institute.public_id}",
    }
    # The hidden need is not counted.
    assert client.get(f"/api/v1/organisations/{scene.firm.public_id}").json()["needs"] == 1


def test_an_organisation_known_by_a_hidden_need_alone_has_no_profile(client: TestClient, database: Database) -> None:
    with database.unit_of_work() as session:
        hidden = factories.organisation(session)
        factories.listing(session, of=hidden, kind="need", visibility="anonymous")
    assert client.get(f"/api/v1/organisations/{hidden.public_id}").status_code == 404
    assert client.get("/api/v1/organisations/x").status_code == 404
