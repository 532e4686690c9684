"""The JSON side: the feed of changes, single records, discovery and keys."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import OKPKey
from lxml import etree

from app import journal
from app.database import Database
from app.exchange.envelope import verify
from app.models.listings import Listing
from tests import factories
from tests.factories import NOW
from tests.query_budget import count_queries

Give = Callable[[], None]


@pytest.fixture
def five(database: Database, give: Give) -> list[Listing]:
    with database.unit_of_work() as session:
        owner = factories.organisation(session)
        made = [factories.listing(session, of=owner) for _ in range(5)]
    give()
    return made


def change(database: Database, listing: Listing, **values: object) -> None:
    with database.unit_of_work() as session:
        found = session.get_one(Listing, listing.id)
        for name, value in values.items():
            setattr(found, name, value)
        journal.append(session, entity="listing", entity_id=listing.id, action="updated", at=NOW)


def read_all(client: TestClient, cursor: str = "", limit: int = 2) -> tuple[list[dict[str, Any]], str]:
    items: list[dict[str, Any]] = []
    while True:
        answer = client.get("/exchange/v1/changes", params={"cursor": cursor, "limit": limit})
        assert answer.status_code == 200
        said = answer.json()
        items += said["items"]
        cursor = said["next_cursor"]
        if not said["more"]:
            return items, cursor


def test_who_reads_to_the_end_knows_all_and_goes_on_from_there(
    client: TestClient, database: Database, five: list[Listing], give: Give
) -> None:
    items, cursor = read_all(client)
    assert [one["key"]["local_id"] for one in items] == [one.public_id for one in five]
    assert read_all(client, cursor) == ([], cursor)
    change(database, five[3], title="Máy khác")
    change(database, five[1], state="withdrawn")
    give()
    items, _end = read_all(client, cursor)
    # One pass of the worker puts what it saw together in the order of ids.
    assert [(one["key"]["local_id"], one["origin"]["deleted"]) for one in items] == [
        (five[1].public_id, True),
        (five[3].public_id, False),
    ]
    whole, _end = read_all(client)
    assert len(whole) == 5


def test_every_record_is_signed_by_the_key_that_discovery_leads_to(client: TestClient, five: list[Listing]) -> None:
    found = client.get("/.well-known/techmart-exchange").json()
    assert found["authority"] == "techmart.test"
    path = found["keys"].removeprefix("http://testserver")
    keys = {one["kid"]: OKPKey.import_key(one) for one in client.get(path).json()["keys"]}
    assert all("d" not in one for one in client.get(path).json()["keys"])
    for one in read_all(client)[0]:
        verify(one, keys)
    schema = client.get(found["endpoints"]["schema"].removeprefix("http://testserver"))
    etree.XMLSchema(etree.fromstring(schema.content))


def test_one_record_its_tombstone_and_none(
    client: TestClient, database: Database, five: list[Listing], give: Give
) -> None:
    address = f"/exchange/v1/records/techmart.test/{five[0].public_id}"
    answer = client.get(address)
    assert (answer.status_code, answer.json()["content"]["title"]) == (200, five[0].title)
    assert client.get(address, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    change(database, five[0], state="suspended")
    give()
    gone = client.get(address)
    assert (gone.status_code, gone.json()["origin"]["reason"]) == (410, "takedown")
    assert "content" not in gone.json()
    missing = client.get("/exchange/v1/records/techmart.test/none")
    assert missing.status_code == 404
    assert missing.headers["content-type"] == "application/problem+json"


def test_what_goes_to_partners_only_leaves_everybody_a_tombstone(
    client: TestClient, database: Database, five: list[Listing], give: Give
) -> None:
    keys = {one["kid"]: OKPKey.import_key(one) for one in client.get("/.well-known/jwks.json").json()["keys"]}
    _items, cursor = read_all(client)
    change(database, five[0], share="partners")
    give()
    ((told,), _end) = read_all(client, cursor)
    assert (told["origin"]["deleted"], told["origin"]["version"]) == (True, 2)
    assert five[0].title not in str(told)
    verify(told, keys)


@pytest.mark.parametrize("query", ["cursor=x", "cursor=c", "cursor=cg", "limit=0", "limit=101", "limit=x"])
def test_a_wrong_question_is_told(client: TestClient, query: str) -> None:
    answer = client.get(f"/exchange/v1/changes?{query}")
    assert answer.status_code in {400, 422}
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_feed_takes_one_query(client: TestClient, database: Database, five: list[Listing]) -> None:
    with count_queries(database) as sent:
        client.get("/exchange/v1/changes")
    assert len(sent) == 1, sent
