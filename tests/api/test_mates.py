"""GET /listings shows a subject once and says where else it is offered; each of its listings is answered by itself."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.database import Database
from app.models import Listing
from tests import factories
from tests.api.scene import index
from tests.mates import partner, taken, together

LISTINGS = "/api/v1/listings"


@pytest.fixture
def hall(application: FastAPI, database: Database) -> dict[str, Listing]:
    with database.unit_of_work() as session:
        institute = factories.organisation(session, name="Viện Hoá", name_en="Institute of Chemistry")
        firm = factories.organisation(session, name="Công ty Lọc")
        made = {
            "theirs": factories.listing(session, of=firm, kind="patent", title="Than hấp phụ", trl=None),
            "mine": factories.listing(session, of=institute, kind="patent", title="Vật liệu", external_id="A1"),
            "again": factories.listing(session, of=institute, title="Cột lọc", external_id="A2"),
            "other": factories.listing(session, of=firm, title="Máy nén khí"),
        }
        taken(session, made["theirs"], of=partner(session))
        together(session, made["theirs"], made["mine"], made["again"])
    index(application, database)
    return made


def ask(client: TestClient, **params: Any) -> Any:
    response = client.get(LISTINGS, params=params)
    assert response.status_code == 200, response.text
    return response.json()


def test_a_subject_is_one_item_that_names_the_others(client: TestClient, hall: dict[str, Listing]) -> None:
    page = ask(client, sort="newest")
    assert page["total"] == len(page["items"]) == 2
    items = {item["id"]: item for item in page["items"]}
    assert set(items) == {hall["mine"].public_id, hall["other"].public_id}
    assert items[hall["other"].public_id]["also_at"] == []
    assert items[hall["mine"].public_id]["also_at"] == [
        {
            "id": hall["again"].public_id,
            "title": "Cột lọc",
            "organisation": "Viện Hoá",
            "authority": "techmart.test",
            "url": f"http://testserver/vi/listings/{hall['again'].slug}-{hall['again'].public_id}",
        },
        {
            "id": hall["theirs"].public_id,
            "title": "Than hấp phụ",
            "organisation": "Công ty Lọc",
            "authority": "san.danang.test",
            "url": f"http://testserver/vi/listings/{hall['theirs'].slug}-{hall['theirs'].public_id}",
        },
    ]
    for facet in page["facets"]["kind"]:
        assert ask(client, kind=facet["value"])["total"] == facet["count"]
    assert [item["id"] for item in ask(client, q="than hấp phụ")["items"]] == [hall["theirs"].public_id]


def test_following_the_cursor_meets_each_subject_once(client: TestClient, hall: dict[str, Listing]) -> None:
    first = ask(client, sort="newest", kind="technology", limit=1)
    second = ask(client, sort="newest", kind="technology", limit=1, cursor=first["next_cursor"])
    assert second["next_cursor"] is None
    assert {one["id"] for page in (first, second) for one in page["items"]} == {
        hall["again"].public_id,
        hall["other"].public_id,
    }


def test_each_is_answered_by_its_own_id_and_by_its_owners_name(client: TestClient, hall: dict[str, Listing]) -> None:
    mine, again, theirs = (hall[name].public_id for name in ("mine", "again", "theirs"))
    record = client.get(f"{LISTINGS}/{theirs}").json()
    assert [one["id"] for one in record["also_at"]] == [mine, again]
    assert [one["id"] for one in ask(client, external_id="A2")["items"]] == [again]
    # With other filters the index answers, where another stands for it.
    assert [one["id"] for one in ask(client, external_id="A2", kind="technology")["items"]] == [again]
    assert [one["id"] for one in ask(client, external_id="A1", kind="patent")["items"]] == [mine]
    similar = client.get(f"{LISTINGS}/{again}/similar").json()["items"]
    assert not {mine, again, theirs} & {one["listing"]["id"] for one in similar}
