"""Feeds as feed readers see them, the catalogue as SHACL sees it, JSON-LD of pages as extruct does."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import extruct
import feedparser
import pytest
from fastapi.testclient import TestClient
from pyshacl import validate
from rdflib import Graph, Namespace
from rdflib.compare import isomorphic

from app import journal
from app.database import Database
from app.exchange.snapshots import make_snapshot
from app.models.listings import Listing
from app.settings import Settings
from tests import factories
from tests.exchange.foreign.tools import node
from tests.factories import NOW
from tests.query_budget import count_queries

Give = Callable[[], None]
SHAPES = Path(__file__).parent / "schemas" / "dcat-ap.ttl"
DCAT = Namespace("http://www.w3.org/ns/dcat#")


@pytest.fixture
def sixty(database: Database, give: Give) -> list[Listing]:
    """60 listings for all, the oldest of them withdrawn since, and one for partners."""
    with database.unit_of_work() as session:
        owner = factories.organisation(session, name="Viện <Sấy> & Ép")
        made = [
            factories.listing(session, of=owner, title=f"Máy số {number} <&>", keywords=["sấy"]) for number in range(60)
        ]
        factories.listing(session, of=owner, title="Chỉ đối tác", share="partners")
    give()
    with database.unit_of_work() as session:
        session.get_one(Listing, made[0].id).state = "withdrawn"
        journal.append(session, entity="listing", entity_id=made[0].id, action="updated", at=NOW)
    give()
    return made


def test_atom_is_read_page_by_page_by_feedparser(client: TestClient, database: Database, sixty: list[Listing]) -> None:
    address = "/exchange/v1/feed.atom"
    titles: list[str] = []
    for _page in range(2):
        with count_queries(database) as sent:
            answer = client.get(address)
        assert len(sent) == 1, sent
        assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
        found = feedparser.parse(answer.content)
        assert not found.bozo, found.get("bozo_exception")
        titles += [one.title for one in found.entries]
        following = [one.href for one in found.feed.links if one.rel == "next"]
        address = following[0].removeprefix("http://testserver") if following else ""
    assert address == ""
    assert titles == [f"Máy số {number} <&>" for number in range(59, 0, -1)]
    entry = feedparser.parse(client.get("/exchange/v1/feed.atom").content).entries[0]
    assert entry.link == f"http://testserver/id/{sixty[59].public_id}"
    assert entry.author == "Viện <Sấy> & Ép"
    assert entry.id == f"tag:techmart.test,2026:{sixty[59].public_id}"
    first = client.get("/exchange/v1/feed.atom").text
    assert f'<at:deleted-entry ref="tag:techmart.test,2026:{sixty[0].public_id}"' in first
    assert "Chỉ đối tác" not in first


@pytest.mark.xdist_group("foreign")
def test_both_feeds_are_read_by_npms_feedsmith(client: TestClient, sixty: list[Listing]) -> None:
    feeds = {name: client.get(f"/exchange/v1/feed.{name}").text for name in ("atom", "json")}
    (said,) = node("feeds.mjs", say=json.dumps(feeds))
    assert said["atom"]["titles"] == said["json"]["titles"] == [f"Máy số {number} <&>" for number in range(59, 10, -1)]
    assert said["json"]["version"] == "https://jsonfeed.org/version/1.1"
    assert said["json"]["next"].startswith("http://testserver/exchange/v1/feed.json?before=c")
    assert said["json"]["ids"] == said["atom"]["ids"]


def test_the_json_feed_has_what_version_1_1_asks_for(client: TestClient, sixty: list[Listing]) -> None:
    answer = client.get("/exchange/v1/feed.json")
    assert answer.headers["content-type"] == "application/feed+json; charset=utf-8"
    said = answer.json()
    assert {"version", "title", "items"} <= said.keys()
    for one in said["items"]:
        assert isinstance(one["id"], str)
        assert one["content_text"]
    assert [one["id"] for one in said["_deleted"]] == [f"tag:techmart.test,2026:{sixty[0].public_id}"]
    assert client.get("/exchange/v1/feed.json", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    assert client.get("/exchange/v1/feed.json?before=x").status_code == 400


def test_an_empty_exchange_has_empty_feeds(client: TestClient, database: Database) -> None:
    assert feedparser.parse(client.get("/exchange/v1/feed.atom").content).entries == []
    assert client.get("/exchange/v1/feed.json").json()["items"] == []


# rdflib's own reader of JSON-LD uses what rdflib deprecates.
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")
def test_the_catalogue_holds_to_the_shapes_in_both_forms(
    client: TestClient, database: Database, settings: Settings, sixty: list[Listing]
) -> None:
    make_snapshot(database, settings, now=NOW)
    turtle = client.get("/exchange/v1/catalogue.ttl")
    assert turtle.headers["content-type"] == "text/turtle; charset=utf-8"
    as_json = client.get("/exchange/v1/catalogue.jsonld")
    assert as_json.headers["content-type"] == "application/ld+json; charset=utf-8"
    graph = Graph().parse(data=turtle.text, format="turtle")
    assert isomorphic(graph, Graph().parse(data=as_json.text, format="json-ld"))
    shapes = Graph().parse(SHAPES)
    holds, _report, told = validate(graph, shacl_graph=shapes)
    assert holds, told
    assert {str(one).rpartition("#")[2] for one in graph.objects(None, DCAT.dataset)} == {"technology", "snapshot"}
    assert "59 tin đang có hiệu lực." in turtle.text
    graph.remove((None, DCAT.accessURL, None))
    holds, _report, _told = validate(graph, shacl_graph=shapes)
    assert not holds
    assert (
        client.get("/exchange/v1/catalogue.ttl", headers={"If-None-Match": turtle.headers["etag"]}).status_code == 304
    )


def test_json_ld_of_a_listing_is_read_by_extruct(client: TestClient, database: Database) -> None:
    with database.unit_of_work() as session:
        made = factories.listing(
            session,
            of=factories.organisation(session, name="Viện Sấy"),
            title="Máy </script> sấy",
            price_kind="fixed",
            price_from=1_250_050,
            price_to=1_250_050,
            price_currency="USD",
        )
    page = client.get(f"/vi/listings/{made.slug}-{made.public_id}")
    found: dict[str, Any] = extruct.extract(page.text, syntaxes=["json-ld"], errors="strict")
    product = next(one for one in found["json-ld"] if one["@type"] == "Product")
    assert product["name"] == "Máy </script> sấy"
    assert product["manufacturer"] == {"@type": "Organization", "name": "Viện Sấy"}
    assert (product["offers"]["price"], product["offers"]["priceCurrency"]) == (12_500.5, "USD")
    assert product["identifier"] == f"techmart.test/{made.local_id}"
    assert any(one["@type"] == "BreadcrumbList" for one in found["json-ld"])
