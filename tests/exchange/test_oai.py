"""The OAI-PMH provider, verb by verb: what it gives, in which order, and what it refuses."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from lxml import etree

from app import journal
from app.database import Database
from app.exchange.envelope import verify
from app.exchange.keys import signing_key
from app.exchange.xml import from_xml, schema
from app.models.listings import Listing
from app.settings import Settings
from tests import factories
from tests.factories import NOW
from tests.query_budget import count_queries

Give = Callable[[], None]
NS = {
    "o": "http://www.openarchives.org/OAI/2.0/",
    "t": "urn:techmart:exchange:1",
    "dc": "http://purl.org/dc/elements/1.1/",
}


def ask(client: TestClient, **arguments: str) -> etree._Element:
    answer = client.get("/oai", params={name.rstrip("_"): value for name, value in arguments.items()})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    return etree.fromstring(answer.content)


def texts(root: etree._Element, path: str) -> list[str]:
    found: Any = root.xpath(path, namespaces=NS)
    return [str(one) for one in found]


def code(root: etree._Element) -> str:
    (found,) = texts(root, "o:error/@code")
    return found


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    def set_to(moment: datetime) -> None:
        monkeypatch.setattr("app.clock.now", lambda: moment)

    set_to(NOW)
    return set_to


@pytest.fixture
def many(database: Database, give: Give, clock: Any) -> list[Listing]:
    """250 listings, changed in three seconds that follow one another."""
    made: list[Listing] = []
    for second, number in enumerate((90, 90, 70)):
        clock(NOW + timedelta(seconds=second))
        with database.unit_of_work() as session:
            owner = factories.organisation(session)
            made += [factories.listing(session, of=owner) for _ in range(number)]
        give()
    clock(NOW + timedelta(minutes=5))
    return made


@pytest.fixture
def one(database: Database, give: Give, clock: Any) -> Listing:
    """A single listing that is given."""
    with database.unit_of_work() as session:
        made = factories.listing(session, of=factories.organisation(session))
    give()
    clock(NOW + timedelta(minutes=5))
    return made


def test_it_says_who_it_is(client: TestClient, one: Listing) -> None:
    said = ask(client, verb="Identify")
    assert texts(said, "o:Identify/o:baseURL/text()") == ["http://testserver/oai"]
    assert texts(said, "o:Identify/o:deletedRecord/text()") == ["persistent"]
    assert texts(said, "o:Identify/o:earliestDatestamp/text()") == ["2026-11-23T03:00:00Z"]
    assert texts(said, "o:request/@verb") == ["Identify"]
    assert "techmart.test" in etree.tostring(said).decode()


def test_a_whole_harvest_gives_every_record_once_in_order_by_get_and_by_post(
    client: TestClient, many: list[Listing]
) -> None:
    for method in ("GET", "POST"):
        seen: list[str] = []
        stamps: list[str] = []
        arguments: dict[str, str] = {"verb": "ListRecords", "metadataPrefix": "techmart"}
        sizes = []
        while True:
            answer = client.get("/oai", params=arguments) if method == "GET" else client.post("/oai", data=arguments)
            root = etree.fromstring(answer.content)
            sizes += texts(root, "o:ListRecords/o:resumptionToken/@completeListSize")
            seen += texts(root, "o:ListRecords/o:record/o:header/o:identifier/text()")
            stamps += texts(root, "o:ListRecords/o:record/o:header/o:datestamp/text()")
            token = texts(root, "o:ListRecords/o:resumptionToken/text()")
            if not token:
                break
            again = client.get("/oai", params={"verb": "ListRecords", "resumptionToken": token[0]})
            twice = client.get("/oai", params={"verb": "ListRecords", "resumptionToken": token[0]})
            assert again.content == twice.content
            assert again.headers["etag"] == twice.headers["etag"]
            arguments = {"verb": "ListRecords", "resumptionToken": token[0]}
        assert sorted(seen) == sorted(f"oai:techmart.test:{one.public_id}" for one in many)
        assert stamps == sorted(stamps)
        assert sizes == ["250", "250", "250"]


def test_records_are_whole_signed_and_hold_to_the_schema(client: TestClient, one: Listing, settings: Settings) -> None:
    root = ask(client, verb="GetRecord", metadataPrefix="techmart", identifier=f"oai:techmart.test:{one.public_id}")
    found: Any = root.xpath("o:GetRecord/o:record/o:metadata/t:record", namespaces=NS)
    (record,) = found
    etree.XMLSchema(etree.fromstring(schema())).assertValid(record)
    key = signing_key(settings)
    envelope = from_xml(record)
    verify(envelope, {key.kid: key.key})
    assert envelope["content"]["title"] == one.title
    assert texts(root, "o:GetRecord/o:record/o:about/*/*/@ref") == ["https://creativecommons.org/licenses/by/4.0/"]


def test_dublin_core_says_it_in_both_languages(client: TestClient, database: Database, give: Give, clock: Any) -> None:
    with database.unit_of_work() as session:
        made = factories.listing(session, of=factories.organisation(session, name="Viện Sấy"), title_en="Dryer")
    give()
    root = ask(client, verb="GetRecord", metadataPrefix="oai_dc", identifier=f"oai:techmart.test:{made.public_id}")
    assert texts(root, "//dc:title/text()") == [made.title, "Dryer"]
    assert texts(root, "//dc:title/@xml:lang") == ["vi", "en"]
    assert texts(root, "//dc:creator/text()") == ["Viện Sấy"]
    assert texts(root, "//dc:identifier/text()") == [f"http://testserver/id/{made.public_id}"]
    assert texts(root, "//dc:coverage/text()") == ["TP. Hồ Chí Minh"]


def test_an_incremental_harvest_gives_what_changed_and_what_is_gone(
    client: TestClient, database: Database, many: list[Listing], give: Give, clock: Any
) -> None:
    done = texts(ask(client, verb="Identify"), "o:responseDate/text()")[0]
    assert done == "2026-11-23T03:05:00Z"
    assert code(ask(client, verb="ListRecords", metadataPrefix="oai_dc", from_=done)) == "noRecordsMatch"
    clock(NOW + timedelta(minutes=6))
    with database.unit_of_work() as session:
        for one, state in ((many[0], "withdrawn"), (many[1], "published")):
            found = session.get_one(Listing, one.id)
            found.state, found.title = state, "Đã sửa"
            journal.append(session, entity="listing", entity_id=one.id, action="updated", at=NOW)
    give()
    clock(NOW + timedelta(minutes=7))
    root = ask(client, verb="ListRecords", metadataPrefix="techmart", from_=done)
    assert texts(root, "//o:header/o:identifier/text()") == [f"oai:techmart.test:{one.public_id}" for one in many[:2]]
    assert texts(root, "//o:header/@status") == ["deleted"]
    assert texts(root, "//t:content/t:title/text()") == ["Đã sửa"]
    gone = f"oai:techmart.test:{many[0].public_id}"
    assert code(ask(client, verb="ListMetadataFormats", identifier=gone)) == "noMetadataFormats"
    assert texts(ask(client, verb="GetRecord", metadataPrefix="oai_dc", identifier=gone), "//o:header/@status") == [
        "deleted"
    ]


def test_sets_are_by_kind_field_region_and_origin(client: TestClient, many: list[Listing]) -> None:
    names = texts(ask(client, verb="ListSets"), "//o:setSpec/text()")
    assert names == ["kind", "kind:technology", "origin", "origin:all", "origin:own", "region", "region:79"]
    assert texts(ask(client, verb="ListSets"), "//o:set[o:setSpec='region:79']/o:setName/text()") == [
        "TP. Hồ Chí Minh / Ho Chi Minh City"
    ]
    for name in names:
        root = ask(client, verb="ListIdentifiers", metadataPrefix="oai_dc", set=name)
        assert len(texts(root, "//o:identifier/text()")) == 250, name
    assert code(ask(client, verb="ListIdentifiers", metadataPrefix="oai_dc", set="kind:need")) == "noRecordsMatch"


def test_what_goes_to_partners_only_is_gone_for_everybody(
    client: TestClient, database: Database, many: list[Listing], give: Give, clock: Any
) -> None:
    clock(NOW + timedelta(minutes=6))
    with database.unit_of_work() as session:
        session.get_one(Listing, many[0].id).share = "partners"
        journal.append(session, entity="listing", entity_id=many[0].id, action="updated", at=NOW)
        hidden = factories.listing(session, of=factories.organisation(session), share="partners")
    give()
    clock(NOW + timedelta(minutes=7))
    root = ask(client, verb="ListRecords", metadataPrefix="techmart", from_="2026-11-23T03:06:00Z")
    assert texts(root, "//o:header[@status='deleted']/o:identifier/text()") == [
        f"oai:techmart.test:{many[0].public_id}"
    ]
    assert len(texts(root, "//o:record/o:header/o:identifier/text()")) == 1
    asked = f"oai:techmart.test:{hidden.public_id}"
    assert code(ask(client, verb="GetRecord", metadataPrefix="oai_dc", identifier=asked)) == "idDoesNotExist"


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", "badVerb"),
        ("verb=Nonsense", "badVerb"),
        ("verb=Identify&verb=Identify", "badVerb"),
        ("verb=Identify&set=kind", "badArgument"),
        ("verb=ListRecords", "badArgument"),
        ("verb=ListRecords&metadataPrefix=", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&metadataPrefix=oai_dc", "badArgument"),
        ("verb=ListRecords&metadataPrefix=marc", "cannotDisseminateFormat"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2026-13-01", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=yesterday", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2026-11-01&until=2026-11-02T00:00:00Z", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2026-11-03&until=2026-11-02", "badArgument"),
        ("verb=ListRecords&metadataPrefix=oai_dc&until=1999-01-01", "noRecordsMatch"),
        ("verb=ListRecords&metadataPrefix=oai_dc&from=2999-01-01", "noRecordsMatch"),
        ("verb=ListRecords&metadataPrefix=oai_dc&set=%26", "badArgument"),
        ("verb=ListRecords&resumptionToken=x", "badResumptionToken"),
        ("verb=ListRecords&resumptionToken=x&metadataPrefix=oai_dc", "badArgument"),
        ("verb=ListRecords&resumptionToken=%C4%91.%C4%91", "badResumptionToken"),
        ("verb=ListSets&resumptionToken=x", "badResumptionToken"),
        ("verb=GetRecord&metadataPrefix=oai_dc&identifier=oai:techmart.test:none", "idDoesNotExist"),
        ("verb=GetRecord&metadataPrefix=oai_dc&identifier=none", "idDoesNotExist"),
        ("verb=GetRecord&identifier=none", "badArgument"),
    ],
)
def test_what_it_refuses(client: TestClient, one: Listing, query: str, wanted: str) -> None:
    answer = client.get(f"/oai?{query}")
    root = etree.fromstring(answer.content)
    assert (answer.status_code, code(root)) == (200, wanted)
    # Of a request that could not be read no arguments are repeated.
    assert bool(root.find("o:request", NS).attrib) == (wanted not in {"badVerb", "badArgument"})  # type: ignore[union-attr]


def test_a_token_altered_or_of_another_verb_is_refused(client: TestClient, many: list[Listing]) -> None:
    root = ask(client, verb="ListRecords", metadataPrefix="oai_dc")
    token = texts(root, "//o:resumptionToken/text()")[0]
    assert code(ask(client, verb="ListIdentifiers", resumptionToken=token)) == "badResumptionToken"
    other = ("A" if token[0] != "A" else "B") + token[1:]
    assert code(ask(client, verb="ListRecords", resumptionToken=other)) == "badResumptionToken"


def test_it_is_packed_and_known_again(client: TestClient, many: list[Listing]) -> None:
    address = "/oai?verb=ListRecords&metadataPrefix=oai_dc"
    answer = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    again = client.get(address, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_page_takes_few_queries_however_long_the_list(
    client: TestClient, database: Database, many: list[Listing]
) -> None:
    with count_queries(database) as counted:
        root = ask(client, verb="ListRecords", metadataPrefix="techmart")
    assert len(counted) <= 5, counted
    token = texts(root, "//o:resumptionToken/text()")[0]
    with count_queries(database) as counted:
        ask(client, verb="ListRecords", resumptionToken=token)
    assert len(counted) <= 4, counted


def test_datestamps_are_whole_seconds_of_utc(client: TestClient, database: Database, give: Give, clock: Any) -> None:
    clock(datetime(2026, 11, 29, 8, 0, 0, 900_000, UTC))
    with database.unit_of_work() as session:
        factories.listing(session, of=factories.organisation(session))
    give()
    root = ask(client, verb="ListIdentifiers", metadataPrefix="oai_dc", from_="2026-11-29T08:00:00Z")
    assert texts(root, "//o:datestamp/text()") == ["2026-11-29T08:00:00Z"]
    assert texts(root, "o:responseDate/text()") == ["2026-11-29T08:00:00Z"]
