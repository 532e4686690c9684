"""Every kind of answer of /oai against the protocol's own schema and, inside it, against those of what it holds.

OAI-PMH.xsd is the one pyoai's authors publish. It wants what metadata, about and description hold to be valid too; the
schemas of those are in `schemas`, written from the guidelines, and our own is taken from the address we publish it at.
"""

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from lxml import etree
from sqlalchemy import select

from app import journal
from app.database import Database
from app.models.exchange import ExchangeRecord
from app.models.listings import Listing
from tests import factories
from tests.exchange.foreign.tools import pyoai
from tests.factories import NOW

pytestmark = pytest.mark.xdist_group("foreign")

Give = Callable[[], None]
SCHEMAS = Path(__file__).parent / "schemas"
INSIDE = {
    "http://www.openarchives.org/OAI/2.0/": "OAI-PMH.xsd",
    "http://www.openarchives.org/OAI/2.0/oai_dc/": "oai_dc.xsd",
    "http://www.openarchives.org/OAI/2.0/oai-identifier": "oai-identifier.xsd",
    "http://www.openarchives.org/OAI/2.0/rights/": "rights.xsd",
    "http://www.openarchives.org/OAI/2.0/provenance": "provenance.xsd",
    "urn:techmart:exchange:1": "techmart.xsd",
}


@pytest.fixture
def protocol(client: TestClient, tmp_path: Path) -> etree.XMLSchema:
    """All the schemas as one."""
    shutil.copytree(SCHEMAS, tmp_path, dirs_exist_ok=True)
    (published,) = (pyoai() / "source").rglob("OAI-PMH.xsd")
    # As pyoai has it, what is inside is passed over; the protocol's own says strict there.
    text = published.read_text("utf-8")
    assert text.count('processContents="skip"') == 3
    (tmp_path / "OAI-PMH.xsd").write_text(text.replace('"skip"', '"strict"'), "utf-8")
    (tmp_path / "techmart.xsd").write_bytes(client.get("/exchange/schemas/techmart-1.0.xsd").content)
    imports = "".join(f'<xs:import namespace="{name}" schemaLocation="{file}"/>' for name, file in INSIDE.items())
    whole = tmp_path / "whole.xsd"
    whole.write_text(f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>', "utf-8")
    return etree.XMLSchema(etree.parse(whole))


@pytest.fixture
def names(database: Database, give: Give, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Identifiers of 120 records of every kind, the first of them gone."""
    monkeypatch.setattr("app.clock.now", lambda: NOW)
    with database.unit_of_work() as session:
        owner = factories.organisation(session)
        made = [
            factories.listing(
                session,
                of=owner,
                kind=("technology", "equipment", "patent", "service", "need")[number % 5],
                title_en="Heat pump dryer <&>",
                keywords=["sấy", "bơm nhiệt"],
                details={"grant_number": "1-0026606"} if number % 5 == 2 else {},
            )
            for number in range(120)
        ]
    give()
    monkeypatch.setattr("app.clock.now", lambda: NOW + timedelta(minutes=1))
    with database.unit_of_work() as session:
        session.get_one(Listing, made[0].id).state = "withdrawn"
        journal.append(session, entity="listing", entity_id=made[0].id, action="updated", at=NOW)
    give()
    monkeypatch.setattr("app.clock.now", lambda: NOW + timedelta(minutes=2))
    return [f"oai:techmart.test:{one.public_id}" for one in made]


def test_every_answer_holds_to_the_schema_of_the_protocol(
    client: TestClient, protocol: etree.XMLSchema, names: list[str]
) -> None:
    asked: list[dict[str, str]] = [
        {"verb": "Identify"},
        {"verb": "ListSets"},
        {"verb": "ListMetadataFormats"},
        {"verb": "ListMetadataFormats", "identifier": names[1]},
        {"verb": "ListMetadataFormats", "identifier": names[0]},
    ]
    for prefix in ("oai_dc", "techmart"):
        asked += [
            {"verb": "GetRecord", "metadataPrefix": prefix, "identifier": names[0]},
            {"verb": "GetRecord", "metadataPrefix": prefix, "identifier": names[1]},
            {"verb": "ListIdentifiers", "metadataPrefix": prefix},
            {"verb": "ListRecords", "metadataPrefix": prefix},
            {"verb": "ListRecords", "metadataPrefix": prefix, "set": "kind:patent"},
            {"verb": "ListRecords", "metadataPrefix": prefix, "from": "2999-01-01"},
        ]
    # One of each error besides.
    asked += [
        {},
        {"verb": "Xem"},
        {"verb": "Identify", "extra": "1"},
        {"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": "oai:techmart.test:none"},
        {"verb": "GetRecord", "metadataPrefix": "marc", "identifier": names[1]},
        {"verb": "ListRecords", "resumptionToken": "x"},
        {"verb": "ListRecords", "metadataPrefix": "oai_dc", "from": "2026-02-30"},
    ]
    seen: set[str] = set()
    pages = 0
    while asked:
        one = asked.pop()
        body = client.get("/oai", params=one).content
        root = etree.fromstring(body)
        assert protocol.validate(root), (one, str(protocol.error_log), body[:2000])
        assert client.post("/oai", data=one).content == body
        found: Any = root.xpath("*[3]")
        seen.add(str(found[0].get("code") or etree.QName(found[0]).localname))
        token = root.findtext("*/{http://www.openarchives.org/OAI/2.0/}resumptionToken")
        if token:
            asked.append({"verb": one["verb"], "resumptionToken": token})
            pages += 1
    assert pages == 2
    assert seen == {
        *("Identify", "ListSets", "ListMetadataFormats", "GetRecord", "ListIdentifiers", "ListRecords"),
        *("badVerb", "badArgument", "badResumptionToken", "idDoesNotExist", "cannotDisseminateFormat"),
        *("noRecordsMatch", "noMetadataFormats"),
    }


def test_what_was_taken_from_another_exchange_says_so_in_both_about_containers(
    client: TestClient, database: Database, protocol: etree.XMLSchema, names: list[str]
) -> None:
    with database.unit_of_work() as session:
        row = session.scalars(select(ExchangeRecord).where(ExchangeRecord.local_id == names[1].split(":")[2])).one()
        row.source_address = "https://san.danang.test/oai"
        row.envelope = row.envelope | {"via": [{"authority": "san.danang.test", "received": "2026-11-23T03:00:00Z"}]}
    for prefix in ("oai_dc", "techmart"):
        asked = {"verb": "GetRecord", "metadataPrefix": prefix, "identifier": names[1]}
        root = etree.fromstring(client.get("/oai", params=asked).content)
        assert protocol.validate(root), protocol.error_log
        rights, provenance = root.iterfind(".//{http://www.openarchives.org/OAI/2.0/}about")
        assert "creativecommons.org/licenses/by/4.0" in etree.tostring(rights).decode()
        said = etree.tostring(provenance).decode()
        assert 'harvestDate="2026-11-23T03:00:00Z" altered="false"' in said
        assert f">{names[1]}</" in said
        assert ">https://san.danang.test/oai</" in said


def test_the_schema_would_see_what_does_not_belong(
    client: TestClient, protocol: etree.XMLSchema, names: list[str]
) -> None:
    asked = {"verb": "GetRecord", "metadataPrefix": "oai_dc", "identifier": names[1]}
    root = etree.fromstring(client.get("/oai", params=asked).content)
    (title, *_rest) = root.iter("{http://purl.org/dc/elements/1.1/}title")
    title.tag = "{http://purl.org/dc/elements/1.1/}heading"
    assert not protocol.validate(root)
