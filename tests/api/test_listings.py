"""GET /listings: words, filters, facets, languages, and search that is down."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.database import Database
from tests import factories
from tests.api.scene import Scene, index

LISTINGS = "/api/v1/listings"
ENGLISH = {"Accept-Language": "en-GB,en;q=0.9"}


def found(client: TestClient, **params: Any) -> list[str]:
    """Ids of what a search finds, in its order."""
    response = client.get(LISTINGS, params=params)
    assert response.status_code == 200, response.text
    return [item["id"] for item in response.json()["items"]]


def test_everything_public_is_listed_and_nothing_else(client: TestClient, scene: Scene) -> None:
    page = client.get(LISTINGS).json()
    assert {item["id"] for item in page["items"]} == scene.public_ids
    assert page["total"] == 6
    assert page["next_cursor"] is None
    assert page["relaxed"] is False
    assert page["read_as"] is None
    assert page["did_you_mean"] is None


def test_a_better_spelling_is_told_and_raw_keys_may_be_meant(client: TestClient, scene: Scene) -> None:
    page = client.get(LISTINGS, params={"q": "bơm nhiêt"}).json()
    assert page["did_you_mean"] == "bơm nhiệt"
    keys = client.get(LISTINGS, params={"q": "bowm nhieejt"}).json()
    assert (keys["read_as"], keys["total"]) == ("bơm nhiệt", 2)
    typed = client.get(LISTINGS, params={"q": "bowm nhieejt", "as_typed": True}).json()
    assert typed["read_as"] is None


def test_an_item_says_exactly_this(client: TestClient, scene: Scene) -> None:
    (item,) = client.get(LISTINGS, params={"q": "bơm nhiệt trái cây", "kind": "technology"}).json()["items"]
    assert item == {
        "id": scene.dryer.public_id,
        "external_id": "SAY-01",
        "kind": "technology",
        "state": "published",
        "language": "vi",
        "title": "Máy sấy bơm nhiệt cho trái cây",
        "benefit": "Giảm 40 % điện so với sấy điện trở",
        "summary": "Sấy nông sản ở nhiệt độ thấp.",
        "title_en": "Heat-pump dryer for fruit",
        "benefit_en": "Uses 40 % less electricity than resistance drying",
        "summary_en": None,
        "organisation": {
            "id": scene.institute.public_id,
            "name": "Viện Cơ điện Cửu Long",
            "name_en": "Cuu Long Institute",
            "type": "research_institute",
            "verified": True,
        },
        "region": "79",
        "region_label": "TP. Hồ Chí Minh",
        "country": None,
        "classifications": [
            {"scheme": "research-field", "code": "203", "version": "2025", "label": "Kỹ thuật cơ khí"},
            {"scheme": "ipc", "code": "F26", "version": "2023.01", "label": "Sấy khô"},
        ],
        "trl": 8,
        "transfer_forms": ["non_exclusive_licence"],
        "ip_status": None,
        "price": {"kind": "indicative", "from": 850_000_000, "to": 1_200_000_000, "currency": "VND", "unit": None},
        "deadline": None,
        "visibility": "public",
        "picture": None,
        "source": None,
        "licence": None,
        "published_at": "2026-11-23T03:00:00Z",
        "confirmed_at": "2026-11-23T03:00:00Z",
        "updated_at": "2026-11-23T03:00:00Z",
        "url": f"http://testserver/vi/listings/may-say-bom-nhiet-{scene.dryer.public_id}",
        "also_at": [],
        "highlight": {
            "title": "Máy sấy <mark>bơm nhiệt</mark> cho <mark>trái cây</mark>",
            "summary": item["highlight"]["summary"],
        },
    }


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"q": "may say", "field": "203"}, ["dryer", "paint"]),
        ({"q": "dryer", "kind": "technology"}, ["dryer"]),
        ({"kind": ["patent", "service"]}, ["patent", "testing"]),
        ({"trl_min": 8}, ["dryer"]),
        ({"trl_max": 7, "q": "say"}, ["paint"]),
        ({"trl_min": 9, "trl_max": 8}, []),
        ({"region": "01"}, ["paint", "hidden_need"]),
        ({"region": ["01", "79"], "kind": "need"}, ["paint", "hidden_need"]),
        ({"field": "2"}, ["dryer", "paint"]),
        ({"field": "203", "kind": "need"}, ["paint"]),
        ({"ipc": "F26"}, ["dryer"]),
        ({"transfer": "non_exclusive_licence", "kind": "technology"}, ["dryer"]),
        ({"price_max": 900_000_000}, ["dryer"]),
        ({"verified": "true"}, ["dryer", "spectrometer", "patent", "testing"]),
        ({"verified": "false", "kind": "patent"}, ["patent"]),
        ({"region": "no such place"}, []),
        ({"external_id": "QP-02"}, ["spectrometer"]),
        ({"external_id": ["QP-02", "SAY-01"]}, ["dryer", "spectrometer"]),
        ({"external_id": ["QP-02", "SAY-01"], "kind": "technology"}, ["dryer"]),
        ({"external_id": "QP-02", "q": "bơm nhiệt"}, []),
        ({"external_id": "NHAP-03"}, []),
    ],
)
def test_filters_let_through_what_they_say(
    client: TestClient, scene: Scene, params: dict[str, Any], names: list[str]
) -> None:
    assert set(found(client, **params)) == {getattr(scene, name).public_id for name in names}


def test_one_organisation_and_its_hidden_need(client: TestClient, scene: Scene) -> None:
    assert found(client, organisation=scene.firm.public_id) == [scene.paint.public_id]


def test_empty_and_unknown_parameters_change_nothing(client: TestClient, scene: Scene) -> None:
    plain = client.get(LISTINGS).json()
    decorated = (
        "?q=&kind=&external_id=&trl_min=&trl_max=&region=&price_max=&verified=&sort=&limit=&cursor=&utm_source=x"
    )
    assert client.get(LISTINGS + decorated).json() == plain


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"kind": "boat"}, "kind"),
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"trl_min": "viii"}, "trl_min"),
        ({"price_max": -1}, "price_max"),
        ({"sort": "colour"}, "sort"),
        ({"cursor": "?"}, "cursor"),
        ({"cursor": "ffffffff-99999"}, "cursor"),
        ({"organisation": "x"}, "organisation"),
        ({"q": "x" * 1_001}, "q"),
        ({"organisation_type": "club"}, "organisation_type"),
        ({"price": "cheap"}, "price"),
        ({"price_min": "x"}, "price_min"),
        ({"language": "fr"}, "language"),
        ({"confirmed": ["30", "31"]}, "confirmed"),
        ({"transfer": ["sub_licence", "gift"]}, "transfer"),
    ],
)
def test_a_wrong_value_is_told_at_its_parameter(client: TestClient, params: dict[str, Any], field: str) -> None:
    response = client.get(LISTINGS, params=params)
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["type"] == "urn:techmart:problem:bad-request"
    assert [one["field"] for one in problem["errors"]] == [field]


def test_facets_have_values_labels_and_counts_in_the_language_asked_for(client: TestClient, scene: Scene) -> None:
    facets = client.get(LISTINGS, headers=ENGLISH).json()["facets"]
    assert list(facets) == [
        *("kind", "trl", "field", "priority", "region", "industry", "transfer"),
        *("organisation_type", "price", "verified", "language", "source", "confirmed"),
    ]
    # Whole days count, overdue after 90 of them.
    assert [one["value"] for one in facets["confirmed"]] == ["30", "90", "180", "overdue"]
    assert facets["confirmed"][3]["label"] == "Confirmation overdue"
    assert facets["kind"] == [
        {"value": "need", "label": "Technology need", "count": 2},
        {"value": "equipment", "label": "Equipment", "count": 1},
        {"value": "patent", "label": "Patent", "count": 1},
        {"value": "service", "label": "Service", "count": 1},
        {"value": "technology", "label": "Technology", "count": 1},
    ]
    assert facets["region"] == [
        {"value": "79", "label": "Ho Chi Minh City", "count": 4},
        {"value": "01", "label": "Hanoi", "count": 2},
    ]
    assert facets["transfer"] == [{"value": "non_exclusive_licence", "label": "Non-exclusive licence", "count": 2}]
    vietnamese = client.get(LISTINGS).json()["facets"]
    assert vietnamese["kind"][0] == {"value": "need", "label": "Nhu cầu công nghệ", "count": 2}
    assert vietnamese["region"][1]["label"] == "Hà Nội"
    assert [one["value"] for one in vietnamese["trl"]] == ["7", "8"]


def test_a_group_is_counted_without_its_own_filter(client: TestClient, scene: Scene) -> None:
    facets = client.get(LISTINGS, params={"kind": "need"}).json()["facets"]
    assert {one["value"]: one["count"] for one in facets["kind"]} == {
        "need": 2,
        "equipment": 1,
        "patent": 1,
        "service": 1,
        "technology": 1,
    }
    assert {one["value"]: one["count"] for one in facets["region"]} == {"01": 2}


def test_highlights_are_safe_markup(application: FastAPI, client: TestClient, database: Database, scene: Scene) -> None:
    with database.unit_of_work() as session:
        factories.listing(session, of=scene.firm, title="Lọc <script>alert(1)</script> nước & khí")
    index(application, database)
    (item,) = client.get(LISTINGS, params={"q": "lọc nước khí", "kind": "technology"}).json()["items"]
    assert item["title"] == "Lọc <script>alert(1)</script> nước & khí"
    assert "<script" not in item["highlight"]["title"]
    assert item["highlight"]["title"].startswith("<mark>Lọc</mark> &lt;script&gt;")


@pytest.mark.parametrize(
    ("sort", "first"), [("trl", "dryer"), ("price", "dryer"), ("deadline", "paint"), ("newest", None)]
)
def test_orders(client: TestClient, scene: Scene, sort: str, first: str | None) -> None:
    ids = found(client, sort=sort)
    assert set(ids) == scene.public_ids
    if first is not None:
        assert ids[0] == getattr(scene, first).public_id


def test_a_listing_withdrawn_since_the_index_was_written_is_not_shown(
    client: TestClient, database: Database, scene: Scene
) -> None:
    from app import clock
    from app.features.listings.commands import withdraw

    with database.unit_of_work() as session:
        withdraw(
            session,
            actor=factories.actor(scene.person, scene.institute),
            public_id=scene.dryer.public_id,
            reason="sold",
            now=clock.now(),
        )
    assert scene.dryer.public_id not in found(client, q="máy sấy")
    assert found(client, external_id="SAY-01") == []


def test_while_search_is_down_what_needs_it_is_refused_and_the_rest_goes_on(
    application: FastAPI, client: TestClient, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.search.port import SearchUnavailable

    def down(*_args: object, **_more: object) -> None:
        raise SearchUnavailable

    for name in ("search", "suggest", "candidates"):
        monkeypatch.setattr(application.state.search, name, down)
    dryer = scene.dryer.public_id
    for path in (LISTINGS, f"{LISTINGS}?q=say", "/api/v1/suggest?q=ma", f"{LISTINGS}/{dryer}/matches"):
        response = client.get(path, headers=ENGLISH)
        assert response.status_code == 503, path
        assert response.headers["retry-after"] == "5"
        assert response.json()["type"] == "urn:techmart:problem:search-unavailable"
        assert response.headers["content-language"] == "en"
    assert found(client, external_id="SAY-01") == [dryer]
    page = client.get(LISTINGS, params={"external_id": "SAY-01"}).json()
    assert (page["total"], page["facets"], page["items"][0]["highlight"]) == (1, {}, None)
    assert client.get(f"{LISTINGS}/{dryer}").status_code == 200
