"""Snapshots: whole, summed, for whom they are, and followed by the feed without a gap."""

import gzip
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app import journal
from app.database import Database
from app.exchange.snapshots import KEPT, make_snapshot
from app.exchange.work import keep_a_snapshot
from app.identity import uuid7
from app.jobs import JobContext
from app.models.listings import Listing
from app.settings import Settings
from tests import factories
from tests.exchange.conftest import KeyOf
from tests.factories import NOW
from tests.query_budget import count_queries

Give = Callable[[], None]


def load(client: TestClient, key: dict[str, str] | None = None) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The manifest and every record, each part checked against its sum."""
    answer = client.get("/exchange/v1/snapshots/latest", headers=key)
    assert answer.status_code == 200, answer.text
    manifest = answer.json()
    found: list[dict[str, Any]] = []
    for one in manifest["parts"]:
        body = client.get(one["url"].removeprefix("http://testserver"), headers=key).content
        assert (len(body), hashlib.sha256(body).hexdigest()) == (one["bytes"], one["sha256"])
        lines = gzip.decompress(body).splitlines()
        assert len(lines) == one["records"]
        found += [json.loads(line) for line in lines]
    return manifest, found


@pytest.fixture
def twelve(database: Database, give: Give) -> list[Listing]:
    with database.unit_of_work() as session:
        owner = factories.organisation(session)
        made = [factories.listing(session, of=owner, title=f"Số {number}") for number in range(12)]
    give()
    return made


def change(database: Database, listing: Listing, give: Give, **values: object) -> None:
    with database.unit_of_work() as session:
        found = session.get_one(Listing, listing.id)
        for name, value in values.items():
            setattr(found, name, value)
        journal.append(session, entity="listing", entity_id=listing.id, action="updated", at=NOW)
    give()


def test_it_says_what_the_feed_says_and_the_feed_goes_on_from_it(
    client: TestClient, database: Database, settings: Settings, twelve: list[Listing], give: Give
) -> None:
    change(database, twelve[0], give, state="withdrawn")
    make_snapshot(database, settings, now=NOW, part=5)
    manifest, records = load(client)
    assert [one["records"] for one in manifest["parts"]] == [5, 5, 2]
    assert (manifest["records"], manifest["tombstones"], manifest["taken"]) == (11, 1, "2026-11-23T03:00:00Z")
    assert records == client.get("/exchange/v1/changes").json()["items"]
    change(database, twelve[3], give, title="Mới")
    told = client.get(manifest["changes"].removeprefix("http://testserver")).json()
    assert [one["content"]["title"] for one in told["items"]] == ["Mới"]


def test_parts_never_change_and_can_be_asked_for_in_ranges(
    client: TestClient, database: Database, settings: Settings, twelve: list[Listing]
) -> None:
    make_snapshot(database, settings, now=NOW)
    manifest, _records = load(client)
    path = manifest["parts"][0]["url"].removeprefix("http://testserver")
    answer = client.get(path, headers={"Range": "bytes=0-1"})
    assert (answer.status_code, answer.content) == (206, b"\x1f\x8b")
    assert "immutable" in answer.headers["cache-control"]
    for wrong in ("x", manifest["name"] + "/manifest.json", "..%2Fall/part-0001.jsonl.gz"):
        assert client.get(f"/exchange/v1/snapshots/{wrong}").status_code == 404


def test_what_goes_to_partners_is_in_theirs_alone(
    client: TestClient, database: Database, settings: Settings, twelve: list[Listing], give: Give, key_of: KeyOf
) -> None:
    make_snapshot(database, settings, now=NOW)
    key = key_of()
    assert len(load(client, key)[1]) == 12
    change(database, twelve[5], give, share="partners")
    with database.unit_of_work() as session:
        factories.listing(session, of=factories.organisation(session), title="Chỉ đối tác", share="partners")
    give()
    make_snapshot(database, settings, now=NOW + timedelta(days=1))
    ours, theirs = load(client)[1], load(client, key)[1]
    assert (len(ours), len(theirs)) == (12, 13)
    assert "Chỉ đối tác" not in str(ours)
    assert "Số 5" not in str(ours)
    assert "Chỉ đối tác" in str(theirs)
    assert "Số 5" in str(theirs)
    narrow = key_of(authority="hep.test", kinds=["need"])
    assert client.get("/exchange/v1/snapshots/latest", headers=narrow).status_code == 404


def test_the_worker_takes_one_at_first_then_daily_if_anything_changed_and_keeps_few(
    client: TestClient, database: Database, settings: Settings, give: Give
) -> None:
    def work(hours: int) -> int:
        context = JobContext(
            database=database, settings=settings, job_id=uuid7(), attempt=1, now=NOW + timedelta(hours=hours)
        )
        keep_a_snapshot(context, {})
        folder = settings.data / "snapshots"
        return len(list(folder.iterdir())) if folder.exists() else 0

    assert work(0) == 0
    assert client.get("/exchange/v1/snapshots/latest").status_code == 404
    with database.unit_of_work() as session:
        made = factories.listing(session, of=factories.organisation(session))
    give()
    assert [work(1), work(2), work(26)] == [1, 1, 1]
    for day in range(2, 7):
        change(database, made, give, title=f"Ngày {day}")
        assert work(day * 24 + 2) == min(day, KEPT)
    assert load(client)[1][0]["content"]["title"] == "Ngày 6"


def test_taking_one_costs_queries_by_the_page_not_by_the_record(
    database: Database, settings: Settings, twelve: list[Listing]
) -> None:
    with count_queries(database) as sent:
        make_snapshot(database, settings, now=NOW)
    assert len(sent) <= 5, sent
