"""The provider as programs that nobody here wrote see it: harvested whole, then what changed and what is gone."""

import warnings
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from oaipmh_scythe import Scythe
from oaipmh_scythe.exceptions import NoRecordsMatch as NothingNew
from oaipmh_scythe.models import Record

from app import journal
from app.database import Database
from app.models.listings import Listing
from tests import factories
from tests.browser.driving import served
from tests.exchange.foreign.tools import node, perl_lines, pyoai_lines
from tests.factories import NOW

with warnings.catch_warnings():
    # Its regular expressions hold escapes that Python warns of.
    warnings.simplefilter("ignore")
    from sickle import Sickle
    from sickle.oaiexceptions import NoRecordsMatch

pytestmark = pytest.mark.xdist_group("foreign")

Give = Callable[[], None]
# What a client answers: identifier → whether it is told as deleted.
Harvest = Callable[[str, str | None], dict[str, bool]]


def by_sickle(address: str, since: str | None) -> dict[str, bool]:
    client = Sickle(f"{address}/oai")
    asked = {"metadataPrefix": "oai_dc", "ignore_deleted": False, **({"from": since} if since else {})}
    try:
        return {one.header.identifier: one.header.deleted for one in client.ListRecords(**asked)}
    except NoRecordsMatch:
        return {}


def by_scythe(address: str, since: str | None) -> dict[str, bool]:
    with Scythe(f"{address}/oai") as client:
        try:
            found = [one for one in client.list_records(from_=since) if isinstance(one, Record)]
        except NothingNew:
            return {}
    return {str(one.header.identifier): one.header.deleted for one in found}


def by_pyoai(address: str, since: str | None) -> dict[str, bool]:
    return dict(pyoai_lines("pyoai_harvest.py", f"{address}/oai", "oai_dc", since or ""))


def by_npm(address: str, since: str | None) -> dict[str, bool]:
    return dict(node("harvest.mjs", f"{address}/oai", "oai_dc", since or ""))


def by_http_oai(address: str, since: str | None) -> dict[str, bool]:
    return dict(perl_lines("http_oai.pl", "libhttp-oai-perl", f"{address}/oai", "oai_dc", since or ""))


def by_catmandu(address: str, since: str | None) -> dict[str, bool]:
    return dict(perl_lines("catmandu.pl", "libcatmandu-oai-perl", f"{address}/oai", "oai_dc", since or ""))


CLIENTS = (by_sickle, by_scythe, by_pyoai, by_npm, by_http_oai, by_catmandu)


@pytest.fixture
def address(application: FastAPI) -> Iterator[str]:
    with served(application) as base:
        yield base


@pytest.mark.parametrize("harvest", CLIENTS)
def test_it_is_harvested_whole_then_what_changed_then_nothing(
    harvest: Harvest, address: str, database: Database, give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.clock.now", lambda: NOW)
    with database.unit_of_work() as session:
        owner = factories.organisation(session)
        made = [factories.listing(session, of=owner) for _ in range(230)]
    give()
    names = [f"oai:techmart.test:{one.public_id}" for one in made]
    assert harvest(address, None) == dict.fromkeys(names, False)
    monkeypatch.setattr("app.clock.now", lambda: NOW + timedelta(minutes=1))
    with database.unit_of_work() as session:
        for one, state in ((made[0], "withdrawn"), (made[1], "published")):
            found = session.get_one(Listing, one.id)
            found.state, found.title = state, "Đã sửa"
            journal.append(session, entity="listing", entity_id=one.id, action="updated", at=NOW)
    give()
    assert harvest(address, "2026-11-23T03:00:30Z") == {names[0]: True, names[1]: False}
    monkeypatch.setattr("app.clock.now", lambda: NOW + timedelta(minutes=2))
    assert harvest(address, "2026-11-23T03:01:30Z") == {}


def test_sickle_reads_who_it_is_its_sets_and_formats(address: str, database: Database, give: Give) -> None:
    with database.unit_of_work() as session:
        factories.listing(session, of=factories.organisation(session), kind="equipment")
    give()
    client = Sickle(f"{address}/oai")
    assert client.Identify().deletedRecord == "persistent"
    assert "kind:equipment" in {one.setSpec for one in client.ListSets()}
    assert [one.metadataPrefix for one in client.ListMetadataFormats()] == ["oai_dc", "techmart"]
