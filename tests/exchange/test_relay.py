"""What was taken from a partner and is passed on: unaltered, only where its origin allows it, gone when it goes."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from fastapi.testclient import TestClient
from lxml import etree

from app.database import Database
from app.exchange.envelope import verify
from app.exchange.taking.incoming import Raw
from app.exchange.taking.understanding import understood
from app.exchange.taking.writing import take_batch, terms_of
from app.features.partners.commands import register_partner, set_keys
from app.identity import SYSTEM
from app.models.partners import Partner
from app.settings import Settings
from tests.exchange.taking.given import Elsewhere, source
from tests.factories import NOW
from tests.features.partners.given import agreement

Give = Callable[[], None]
Take = Callable[[Sequence[Raw]], None]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"exchange_relays": True})


@pytest.fixture
def elsewhere() -> Elsewhere:
    return Elsewhere()


@pytest.fixture
def take(database: Database, elsewhere: Elsewhere, give: Give) -> Take:
    """Take records of the other exchange and let the worker see them."""
    with database.unit_of_work() as session:
        data = agreement(authority=elsewhere.authority)
        made = register_partner(session, actor=SYSTEM, data=data, own_authority="techmart.test", now=NOW)
        set_keys(session, actor=SYSTEM, public_id=made.public_id, keys=[elsewhere.key.public], now=NOW)

    def work(raws: Sequence[Raw]) -> None:
        with database.unit_of_work() as session:
            partner = session.get_one(Partner, made.id)
            terms = terms_of(partner, own="techmart.test")
            known = source(elsewhere, relays=True)
            take_batch(session, partner=partner, source=known, raws=raws, terms=terms, run_id=None, now=NOW)
        give()

    return work


def read(client: TestClient, cursor: str = "") -> tuple[list[dict[str, Any]], str]:
    said = client.get("/exchange/v1/changes", params={"cursor": cursor}).json()
    return said["items"], said["next_cursor"]


def test_it_is_passed_on_as_its_origin_signed_it(client: TestClient, elsewhere: Elsewhere, take: Take) -> None:
    sent = elsewhere.sealed("m1")
    take([elsewhere.as_raw(sent)])
    ((got,), cursor) = read(client)
    assert got["via"] == [{"authority": "techmart.test", "received": "2026-11-23T03:00:00Z"}]
    assert {name: value for name, value in got.items() if name != "via"} == sent
    verify(got, elsewhere.keys)
    take([elsewhere.as_raw(sent)])
    assert read(client, cursor)[0] == []
    # Whoever takes from us knows it for what it is.
    third = source(Elsewhere(authority="techmart.test"), elsewhere, relays=True)
    seen = understood(Raw("envelope", "oai:san.danang.test:m1", NOW, body=got), third)
    assert (seen.authority, [one["authority"] for one in seen.via]) == ("san.danang.test", ["techmart.test"])


def test_by_oai_it_is_in_the_set_of_its_origin_with_its_provenance(
    client: TestClient, elsewhere: Elsewhere, take: Take
) -> None:
    take([elsewhere.raw("m1")])

    def names(set_name: str) -> list[str]:
        asked = f"/oai?verb=ListIdentifiers&metadataPrefix=oai_dc&set={set_name}"
        found = etree.fromstring(client.get(asked).content)
        return [str(one.text) for one in found.iter("{http://www.openarchives.org/OAI/2.0/}identifier")]

    assert names("origin:all") == names("origin:san.danang.test") == ["oai:san.danang.test:m1"]
    assert names("origin:own") == []
    address = "/oai?verb=GetRecord&metadataPrefix=techmart&identifier=oai:san.danang.test:m1"
    said = client.get(address).text
    assert "<baseURL>https://san.danang.test/oai</baseURL>" in said
    assert 'altered="false"' in said
    assert "origin:san.danang.test" in client.get("/oai?verb=ListSets").text


def test_only_what_may_be_passed_on_is(client: TestClient, elsewhere: Elsewhere, take: Take) -> None:
    take(
        [
            elsewhere.raw("khong", republish="none"),
            elsewhere.raw("link", republish="link-only"),
            elsewhere.raw("doi-tac", republish="partners"),
            elsewhere.raw("xa", via=("ab.test", "bc.test", "cd.test", "de.test")),
            elsewhere.raw("gan", via=("ab.test", "bc.test")),
        ]
    )
    assert [one["key"]["local_id"] for one in read(client)[0]] == ["gan"]


def test_it_goes_when_its_origin_says_so_with_the_origins_tombstone(
    client: TestClient, elsewhere: Elsewhere, take: Take
) -> None:
    take([elsewhere.raw("m1")])
    _items, cursor = read(client)
    take([elsewhere.raw("m1", version=2, deleted="sold")])
    ((gone,), cursor) = read(client, cursor)
    assert (gone["origin"]["deleted"], gone["origin"]["reason"], gone["origin"]["version"]) == (True, "sold", 2)
    verify(gone, elsewhere.keys)
    take([elsewhere.raw("m1", version=3, title="Trở lại")])
    ((back,), _cursor) = read(client, cursor)
    assert back["content"]["title"] == "Trở lại"


def test_what_may_no_longer_be_passed_on_is_told_as_gone(client: TestClient, elsewhere: Elsewhere, take: Take) -> None:
    take([elsewhere.raw("m1")])
    _items, cursor = read(client)
    take([elsewhere.raw("m1", version=2, republish="link-only", title="Riêng tư")])
    ((gone,), _cursor) = read(client, cursor)
    assert gone["origin"]["deleted"] is True
    assert gone["key"] == {"authority": "san.danang.test", "local_id": "m1"}
    assert "jws" not in gone
    assert "Riêng tư" not in str(gone)
    assert "deleted" in client.get("/oai?verb=ListIdentifiers&metadataPrefix=oai_dc").text


def test_nothing_of_others_is_given_on_unless_the_exchange_relays(
    client: TestClient, database: Database, settings: Settings, elsewhere: Elsewhere, take: Take
) -> None:
    from app.exchange.keys import signing_key
    from app.exchange.outbox import house_of, share_again
    from app.models.listings import Listing

    take([elsewhere.raw("m1")])
    quiet = settings.model_copy(update={"exchange_relays": False})
    with database.unit_of_work() as session:
        ids = [one.id for one in session.query(Listing).all()]
        share_again(session, listing_ids=ids, house=house_of(quiet), key=signing_key(quiet), now=NOW)
    ((told,), _cursor) = read(client)
    assert told["origin"]["deleted"] is True
