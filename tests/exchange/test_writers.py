"""Eight writers at once under readers of every kind: what these know at the end is what there is."""

import gzip
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from lxml import etree
from sqlalchemy import select, text

from app import clock, journal
from app.database import Database
from app.exchange.outbox import exchange_consumer
from app.exchange.snapshots import make_snapshot
from app.models.exchange import ExchangeRecord
from app.models.listings import Listing
from app.models.organisations import Organisation
from app.settings import Settings
from tests import factories
from tests.factories import NOW

OAI = "{http://www.openarchives.org/OAI/2.0/}"
SECONDS = 4.0


def write(database: Database, owner_id: UUID, until: float) -> None:
    """One transaction after the other: a new listing, a change, a withdrawal; some stay open for a while."""
    mine: list[UUID] = []
    number = 0
    while time.monotonic() < until:
        number += 1
        with database.unit_of_work() as session:
            if number % 3 == 1 or len(mine) < 2:
                owner = session.get_one(Organisation, owner_id)
                mine.append(factories.listing(session, of=owner).id)
            else:
                one = session.get_one(Listing, mine[number % len(mine)])
                one.title = f"Lần {number}"
                if number % 6 == 0:
                    one.state = "withdrawn"
                journal.append(session, entity="listing", entity_id=one.id, action="updated", at=NOW)
            session.flush()
            if number % 10 == 0:
                session.execute(text("SELECT pg_sleep(0.3)"))


def harvest(client: TestClient, since: str, known: dict[str, str]) -> str:
    """What changed since, put into `known`: identifier → datestamp or "gone". Returns where to go on."""
    asked = {"verb": "ListRecords", "metadataPrefix": "techmart"} | ({"from": since} if since else {})
    begins = ""
    while True:
        root = etree.fromstring(client.get("/oai", params=asked).content)
        begins = begins or str(root.findtext(f"{OAI}responseDate"))
        for one in root.iter(f"{OAI}record"):
            header: Any = one.find(f"{OAI}header")
            key = header.findtext(f"{OAI}identifier").rpartition(":")[2]
            title: Any = one.find(f"{OAI}metadata/{{*}}record/{{*}}content/{{*}}title")
            known[key] = "gone" if header.get("status") == "deleted" else title.text
        token = root.findtext(f"{OAI}ListRecords/{OAI}resumptionToken")
        if not token:
            return begins
        asked = {"verb": "ListRecords", "resumptionToken": token}


def read_on(client: TestClient, cursor: str, known: dict[str, str]) -> str:
    """The same by the feed of changes."""
    while True:
        said = client.get("/exchange/v1/changes", params={"cursor": cursor}).json()
        put(said["items"], known)
        cursor = said["next_cursor"]
        if not said["more"]:
            return cursor


def put(items: list[dict[str, Any]], known: dict[str, str]) -> None:
    for one in items:
        known[one["key"]["local_id"]] = "gone" if one["origin"]["deleted"] else one["content"]["title"]


@pytest.mark.slow
def test_nothing_is_missed_under_eight_writers(application: FastAPI, database: Database, settings: Settings) -> None:
    with database.unit_of_work() as session:
        owner = factories.organisation(session).id
    take_next = exchange_consumer(settings)
    until = time.monotonic() + SECONDS
    by_oai: dict[str, str] = {}
    by_feed: dict[str, str] = {}
    since = cursor = snapshot = ""
    rounds = 0
    with ThreadPoolExecutor(9) as threads, TestClient(application) as client:
        writers = [threads.submit(write, database, owner, until) for _ in range(8)]
        while not all(one.done() for one in writers):
            worker = threads.submit(take_next, database)
            since = harvest(client, since, by_oai)
            cursor = read_on(client, cursor, by_feed)
            if not snapshot and time.monotonic() > until - SECONDS / 2:
                snapshot = make_snapshot(database, settings, now=clock.now()) or ""
            worker.result()
            rounds += 1
        for one in writers:
            one.result()
        while take_next(database):
            pass
        # Seconds that are still going on are asked for by the next harvest.
        harvest(client, since, by_oai)
        read_on(client, cursor, by_feed)
        folder = settings.data / "snapshots" / snapshot / "all"
        by_snapshot: dict[str, str] = {}
        for path in sorted(folder.glob("*.gz")):
            put([json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()], by_snapshot)
        loaded = len(by_snapshot)
        read_on(client, json.loads((folder / "manifest.json").read_text())["cursor"], by_snapshot)
    with database.read_only() as session:
        rows = session.execute(select(Listing.local_id, Listing.title, Listing.state)).all()
        kept = session.scalars(select(ExchangeRecord.local_id)).all()
    # Withdrawn before anybody saw it: there is no record of it at all.
    truth = {row.local_id: "gone" if row.state == "withdrawn" else row.title for row in rows if row.local_id in kept}
    assert all(row.state == "withdrawn" for row in rows if row.local_id not in kept)
    assert rounds > 3
    assert 0 < loaded < len(truth)
    assert by_feed == truth
    assert by_oai == truth
    assert by_snapshot == truth
