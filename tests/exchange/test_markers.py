"""Every text that the database holds carries a mark with the name of its column; only what may leave is found outside.

Columns are found, not listed: a new one is marked by itself, and fails this test if it leaves without being allowed to.
"""

import gzip
import json
import re
from collections.abc import Callable
from typing import Any

import extruct
import pytest
from fastapi.testclient import TestClient
from pydantic import BaseModel
from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import ARRAY

from app import journal
from app.database import Base, Database
from app.exchange.content import EquipmentPart, NeedPart, PatentPart, ServicePart, TechnologyPart
from app.exchange.pings import ping_all
from app.exchange.snapshots import make_snapshot
from app.features.listings import details as given_details
from app.identity import new_public_id, uuid7
from app.jobs import JobContext
from app.models.accounts import Person
from app.models.listings import (
    Listing,
    ListingClassification,
    ListingConfidential,
    ListingConfidentialFile,
    ListingFile,
)
from app.models.organisations import Organisation
from app.models.subscriptions import Delivery
from app.settings import Settings
from tests.exchange.conftest import KeyOf
from tests.factories import NOW

Give = Callable[[], None]
MARK = re.compile(r"MARK\.[\w.]+")
KINDS: dict[str, tuple[type[BaseModel], type[BaseModel]]] = {
    "technology": (given_details.TechnologyDetails, TechnologyPart),
    "equipment": (given_details.EquipmentDetails, EquipmentPart),
    "patent": (given_details.PatentDetails, PatentPart),
    "service": (given_details.ServiceDetails, ServicePart),
    "need": (given_details.NeedDetails, NeedPart),
}
# Fields of details that hold one of a few words or a day, and what they hold here.
CHOSEN: dict[str, Any] = {
    "condition": "new",
    "ip_kind": "invention",
    "legal_status": "granted",
    "service_type": "testing",
    "offered_for": ["sale"],
    "origin_country": "VN",
    "filing_date": "2020-01-02",
    "priority_date": "2020-01-02",
    "grant_date": "2020-01-02",
    "expiry_date": "2020-01-02",
    "status_checked_on": "2020-01-02",
}
NOT_TEXT = {
    "year": 2020,
    "lead_time_days": 3,
    "warranty_months": 3,
    "pct": True,
    "installation": True,
    "training": True,
    "technology_transfer": True,
    "expert_consent": True,
}
ALLOWED = {
    *(f"MARK.listing.{name}" for name in ("title", "benefit", "summary", "description", "keywords", "territory")),
    *(f"MARK.listing.{name}_en" for name in ("title", "benefit", "summary", "description")),
    *("MARK.listing.price_unit", "MARK.listing.licence", "MARK.listing.ip_status", "MARK.listing.transfer_forms"),
    *("MARK.listing.payment_forms", "MARK.listing_classification.label", "MARK.listing_file.caption"),
    *("MARK.organisation.name", "MARK.organisation.name_en"),
}


def marked(model: type[Base], **given: Any) -> Any:
    """A row with a mark in every text that `given` does not name."""
    for column in model.__table__.columns:
        mark = f"MARK.{model.__tablename__}.{column.name}"
        if column.name in given or column.foreign_keys or column.name.endswith("sha256"):
            continue
        if isinstance(column.type, Text):
            given[column.name] = mark
        elif isinstance(column.type, ARRAY):
            given[column.name] = [mark]
    return model(**given)


def details_of(kind: str) -> tuple[dict[str, Any], set[str]]:
    """Details with a mark in every field and one that no model knows, and the marks that may leave."""
    model, part = KINDS[kind]
    said: dict[str, Any] = {"unheard_of": f"MARK.details.{kind}.unheard_of"}
    may: set[str] = set()
    for name, field in model.model_fields.items():
        if name in CHOSEN or name in NOT_TEXT:
            said[name] = CHOSEN.get(name, NOT_TEXT.get(name))
            continue
        mark = f"MARK.details.{kind}.{name}"
        said[name] = {"x": mark} if name == "as_given" else [mark] if "list" in str(field.annotation) else mark
        if name in part.model_fields:
            may.add(mark)
    return said, may


@pytest.fixture
def allowed(database: Database, give: Give) -> set[str]:
    """One listing of each kind, marked all over, and a need of an organisation that must not be known."""
    found = set(ALLOWED)
    with database.unit_of_work() as session:
        person = marked(Person, id=uuid7(), created_at=NOW, locale="vi")
        times = {"created_at": NOW, "updated_at": NOW}
        named = {"authority": "techmart.test", "local_id": new_public_id(), "public_id": new_public_id()}
        owner = marked(Organisation, id=uuid7(), type="research_institute", region="79", name_key="a", **named, **times)
        hidden = marked(
            Organisation,
            **{name: f"MARK.hidden.{name}" for name in ("public_id", "local_id", "slug", "name", "name_en")},
            id=uuid7(),
            authority="techmart.test",
            name_key="b",
            type="firm",
            region="79",
            tax_code=None,
            **times,
        )
        session.add_all([person, owner, hidden])
        for one in (owner, hidden):
            journal.append(session, entity="organisation", entity_id=one.id, action="created", at=NOW)
        session.flush()
        for kind in [*KINDS, "anonymous"]:
            said, may = details_of("need" if kind == "anonymous" else kind)
            found |= may
            made = marked(
                Listing,
                id=uuid7(),
                public_id=new_public_id(),
                local_id=new_public_id(),
                authority="techmart.test",
                external_id=f"MARK.listing.external_id.{kind}",
                kind="need" if kind == "anonymous" else kind,
                state="published",
                slug=f"s-{kind}",
                language="vi",
                organisation_id=(hidden if kind == "anonymous" else owner).id,
                created_by_id=person.id,
                region="79",
                country="VN",
                price_kind="range",
                price_from=1,
                price_to=2,
                price_currency="VND",
                visibility="anonymous" if kind == "anonymous" else "public",
                share="partners" if kind == "service" else "all",
                owners=[{"name": "MARK.owners.name", "email": "MARK.owners.email"}],
                details=said,
                published_at=NOW,
                confirmed_at=NOW,
                **times,
            )
            session.add(made)
            session.flush()
            session.add_all(
                [
                    marked(ListingConfidential, listing_id=made.id, updated_at=NOW, updated_by_id=person.id),
                    marked(
                        ListingConfidentialFile,
                        listing_id=made.id,
                        public_id=new_public_id(),
                        size=1,
                        created_at=NOW,
                        sha256="0" * 64,
                    ),
                    marked(
                        ListingFile,
                        listing_id=made.id,
                        public_id=new_public_id(),
                        kind="document",
                        media_type="application/pdf",
                        filename="tep.pdf",
                        sha256="0" * 64,
                        size=1,
                        created_at=NOW,
                    ),
                    marked(ListingClassification, listing_id=made.id, scheme="research-field", version="1", code="2"),
                ]
            )
            journal.append(session, entity="listing", entity_id=made.id, action="created", at=NOW)
    give()
    return found


def outside(client: TestClient, database: Database, settings: Settings, key: dict[str, str]) -> dict[str, str]:
    """Every form in which something leaves for this reader, by name."""
    got = {
        f"{prefix} {verb}": client.get("/oai", params={"verb": verb, "metadataPrefix": prefix}, headers=key).text
        for prefix in ("oai_dc", "techmart")
        for verb in ("ListRecords", "ListIdentifiers")
    }
    for path in (
        "/oai?verb=Identify",
        "/oai?verb=ListSets",
        "/exchange/v1/changes",
        "/exchange/v1/feed.atom",
        "/exchange/v1/feed.json",
        "/exchange/v1/catalogue.ttl",
        "/exchange/v1/catalogue.jsonld",
        "/.well-known/techmart-exchange",
        "/.well-known/jwks.json",
        "/exchange/v1/snapshots/latest",
    ):
        answer = client.get(path, headers=key)
        assert answer.status_code == 200, (path, answer.text)
        got[path] = answer.text
    with database.read_only() as session:
        names = [one.local_id for one in session.query(Listing)]
    got["records"] = "".join(client.get(f"/exchange/v1/records/techmart.test/{one}", headers=key).text for one in names)
    parts = json.loads(got["/exchange/v1/snapshots/latest"])["parts"]
    got["snapshot"] = "".join(
        gzip.decompress(client.get(one["url"].removeprefix("http://testserver"), headers=key).content).decode()
        for one in parts
    )
    return got


def test_only_what_may_leave_leaves_in_every_form(
    client: TestClient, database: Database, settings: Settings, allowed: set[str], key_of: KeyOf
) -> None:
    make_snapshot(database, settings, now=NOW)
    service = {mark for mark in allowed if ".service." in mark}
    for key, wanted in (({}, allowed - service), (key_of(), allowed)):
        got = outside(client, database, settings, key)
        for name, text in got.items():
            assert set(MARK.findall(text)) <= wanted, name
        # And what may leave does, so that the marks are known to be found where they are.
        for name in ("/exchange/v1/changes", "techmart ListRecords", "snapshot", "records"):
            assert set(MARK.findall(got[name])) == wanted, name
        assert "MARK.listing.description" in got["oai_dc ListRecords"]
        assert "MARK.listing.title" in got["/exchange/v1/feed.atom"]


def test_what_an_agreement_withholds_stays_too(
    client: TestClient, database: Database, settings: Settings, allowed: set[str], key_of: KeyOf
) -> None:
    key = key_of(withheld=["organisation", "price", "files", "description", "identifiers"])
    gone = {
        *(
            "MARK.organisation.name",
            "MARK.organisation.name_en",
            "MARK.listing.price_unit",
            "MARK.listing_file.caption",
        ),
        *("MARK.listing.description", "MARK.listing.description_en"),
        *(f"MARK.details.patent.{name}_number" for name in ("application", "publication", "grant")),
    }
    assert gone < allowed
    for path in (
        "/exchange/v1/changes",
        "/oai?verb=ListRecords&metadataPrefix=oai_dc",
        "/oai?verb=ListRecords&metadataPrefix=techmart",
    ):
        found = set(MARK.findall(client.get(path, headers=key).text))
        assert found <= allowed - gone, path
        assert "MARK.listing.title" in found


def test_pings_and_the_json_ld_of_pages_say_nothing_more(
    client: TestClient, database: Database, settings: Settings, allowed: set[str], key_of: KeyOf, give: Give
) -> None:
    client.post("/exchange/v1/subscriptions", json={"address": "https://a.vn/"}, headers=key_of())
    with database.unit_of_work() as session:
        for one in session.query(Listing):
            one.benefit = "MARK.listing.benefit.again"
            journal.append(session, entity="listing", entity_id=one.id, action="updated", at=NOW)
        pages = [(one.slug, one.public_id) for one in session.query(Listing)]
    give()
    ping_all(JobContext(database=database, settings=settings, job_id=uuid7(), attempt=1, now=NOW), {})
    with database.read_only() as session:
        (sent,) = session.query(Delivery).all()
    assert sent.body["data"]["cursor"]
    assert MARK.findall(json.dumps(sent.body)) == []
    public = {*ALLOWED, "MARK.listing.benefit.again"}
    for slug, public_id in pages:
        page = client.get(f"/en/listings/{slug}-{public_id}")
        assert page.status_code == 200
        said = json.dumps(extruct.extract(page.text, syntaxes=["json-ld"], errors="strict"), ensure_ascii=False)
        assert "MARK.listing.title" in said
        assert set(MARK.findall(said)) <= public
