"""What a partner is given within its agreement, beside what everybody gets, and how it is told of its limit."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from joserfc.jwk import OKPKey
from lxml import etree

from app import journal
from app.database import Database
from app.exchange.envelope import verify
from app.main import build
from app.models.listings import Listing, ListingClassification
from app.models.partners import Partner
from app.settings import Settings
from tests import factories
from tests.exchange.conftest import KeyOf
from tests.factories import NOW
from tests.query_budget import count_queries

Give = Callable[[], None]


def changes(client: TestClient, key: dict[str, str], cursor: str = "") -> tuple[dict[str, Any], str]:
    """Title → envelope of what the feed holds, tombstones under their local id; and where to go on."""
    answer = client.get("/exchange/v1/changes", params={"cursor": cursor}, headers=key)
    assert answer.status_code == 200, answer.text
    said = answer.json()
    found = {one.get("content", {}).get("title", one["key"]["local_id"]): one for one in said["items"]}
    return found, said["next_cursor"]


@pytest.fixture
def three(database: Database, give: Give) -> list[Listing]:
    """One for all, one for partners, one that is equipment."""
    with database.unit_of_work() as session:
        owner = factories.organisation(session, name="Viện Sấy")
        made = [
            factories.listing(
                session, of=owner, title="Chung", price_kind="fixed", price_from=5, price_to=5, price_currency="VND"
            ),
            factories.listing(session, of=owner, title="Riêng", share="partners"),
            factories.listing(session, of=owner, title="Máy", kind="equipment"),
        ]
    give()
    return made


def test_what_goes_to_partners_is_theirs_by_every_way_and_nobody_elses(
    client: TestClient, three: list[Listing], key_of: KeyOf
) -> None:
    key = key_of()
    for head, titles in ((key, {"Chung", "Riêng", "Máy"}), ({}, {"Chung", "Máy"})):
        assert changes(client, head)[0].keys() == titles
        root = etree.fromstring(client.get("/oai?verb=ListRecords&metadataPrefix=oai_dc", headers=head).content)
        assert {one.text for one in root.iter("{http://purl.org/dc/elements/1.1/}title")} == titles
        address = f"/exchange/v1/records/techmart.test/{three[1].public_id}"
        assert client.get(address, headers=head).status_code == (200 if head else 404)
        one = f"/oai?verb=GetRecord&metadataPrefix=techmart&identifier=oai:techmart.test:{three[1].public_id}"
        assert ("idDoesNotExist" in client.get(one, headers=head).text) == (not head)


def test_no_cache_keeps_for_others_what_a_partner_got(client: TestClient, three: list[Listing], key_of: KeyOf) -> None:
    for address in ("/oai?verb=Identify", "/exchange/v1/changes"):
        answer = client.get(address, headers=key_of(authority=f"s{len(address)}a.test"))
        assert answer.headers["cache-control"] == "private, no-cache"
        assert "Authorization" in answer.headers["vary"]
        assert client.get(address).headers["cache-control"] == "public, no-cache"


def test_only_the_kinds_agreed(client: TestClient, three: list[Listing], key_of: KeyOf) -> None:
    assert changes(client, key_of(kinds=["equipment"]))[0].keys() == {"Máy"}


def test_a_record_that_leaves_the_agreed_field_is_told_as_gone(
    client: TestClient, database: Database, three: list[Listing], give: Give, key_of: KeyOf
) -> None:
    def put(code: str) -> None:
        with database.unit_of_work() as session:
            for one in session.query(ListingClassification).all():
                session.delete(one)
            session.flush()
            session.add(ListingClassification(listing_id=three[1].id, scheme="research-field", code=code, position=0))
            journal.append(session, entity="listing", entity_id=three[1].id, action="updated", at=NOW)
        give()

    key = key_of(research_fields=["205"])
    assert changes(client, key)[0] == {}
    put("205")
    found, cursor = changes(client, key)
    assert found.keys() == {"Riêng"}
    put("1")
    found, cursor = changes(client, key, cursor)
    assert [one["origin"]["deleted"] for one in found.values()] == [True]
    put("205")
    assert changes(client, key, cursor)[0].keys() == {"Riêng"}


def test_withheld_parts_do_not_leave_and_the_rest_is_signed_anew(
    client: TestClient, three: list[Listing], key_of: KeyOf
) -> None:
    keys = {one["kid"]: OKPKey.import_key(one) for one in client.get("/.well-known/jwks.json").json()["keys"]}
    found, _cursor = changes(client, key_of(withheld=["price", "organisation", "description"]))
    for one in found.values():
        verify(one, keys)
        assert one["content"].keys().isdisjoint({"price", "organisation", "description"})
        assert "Viện Sấy" not in str(one)
    whole = changes(client, {})[0]["Chung"]
    assert whole["content"]["price"]["from"] == 5
    assert whole["origin"]["version"] == found["Chung"]["origin"]["version"]


def test_a_paused_partner_is_refused_rather_than_given_less(
    client: TestClient, database: Database, three: list[Listing], key_of: KeyOf
) -> None:
    key = key_of()
    with database.unit_of_work() as session:
        partner = session.query(Partner).one()
        partner.state = "paused"
        journal.append(session, entity="partner", entity_id=partner.id, action="pause", at=NOW)
    for address in ("/oai?verb=Identify", "/exchange/v1/changes"):
        answer = client.get(address, headers=key)
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:techmart:problem:invalid-token")


def test_a_key_costs_one_query(client: TestClient, database: Database, three: list[Listing], key_of: KeyOf) -> None:
    key = key_of()
    with count_queries(database) as sent:
        client.get("/exchange/v1/changes", headers=key)
    assert len(sent) == 2, sent


def test_a_partner_has_the_limit_of_its_agreement_and_is_told_of_it(
    database: Database, settings: Settings, key_of: KeyOf
) -> None:
    key = key_of(rate_per_minute=2)
    app = build(settings.model_copy(update={"rate_limits": "on"}), database=database)
    with TestClient(app) as client:
        answers = [client.get("/exchange/v1/changes", headers=key) for _ in range(3)]
        assert [one.status_code for one in answers] == [200, 200, 429]
        assert answers[0].headers["ratelimit-policy"] == '"partner";q=2;w=60'
        assert answers[0].headers["ratelimit"].startswith('"partner";r=1;t=')
        assert answers[2].headers["ratelimit"].startswith('"partner";r=0;t=')
        waiting = client.get("/oai?verb=Identify", headers=key)
        assert (waiting.status_code, waiting.headers["retry-after"].isdigit()) == (503, True)
        others = client.get("/exchange/v1/changes")
        assert (others.status_code, others.headers["ratelimit-policy"]) == (200, '"exchange";q=600;w=60')
