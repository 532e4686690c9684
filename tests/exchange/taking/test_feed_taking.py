"""Taking from another exchange's JSON feed of changes, and trying a source before it goes live."""

import json
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select, text

from app import journal
from app.database import Database
from app.exchange.taking.trial import try_source
from app.features.partners.commands import register_partner, set_keys
from app.features.partners.runs import begin_run
from app.identity import SYSTEM
from app.models.partners import Partner
from app.models.taking import Quarantined, TakenRecord, TakingProgress, TakingRun
from app.settings import Settings
from tests.exchange.taking.given import Elsewhere, with_a_null_sign
from tests.exchange.taking.harvesting import harvesting
from tests.exchange.taking.oai_source import OaiSource, later
from tests.factories import NOW
from tests.features.partners.given import agreement
from tests.odd_server import Asked, Reply, odd_server


class Feed:
    """Items in pages of two; a cursor is the number of items read."""

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.keys: list[Any] = []
        self.forgotten: set[str] = set()

    def __call__(self, asked: Asked) -> Reply:
        if asked.path.startswith("/jwks"):
            return Reply(json.dumps({"keys": self.keys}).encode())
        cursor = asked.path.partition("cursor=c")[2].partition("&")[0]
        if cursor in self.forgotten:
            return Reply(b"{}", status=400)
        first = int(cursor or 0)
        shown = self.items[first : first + 2]
        last = first + len(shown)
        said = {"items": shown, "next_cursor": f"c{last}", "more": last < len(self.items)}
        return Reply(json.dumps(said).encode())


@pytest.fixture
def feed(elsewhere: Elsewhere) -> Feed:
    made = Feed()
    made.items = [elsewhere.sealed(f"m{number}") for number in range(5)]
    return made


def test_the_feed_is_read_to_its_end_and_on_from_there(
    database: Database, settings: Settings, elsewhere: Elsewhere, feed: Feed
) -> None:
    given: dict[str, Any] = {
        "authority": elsewhere.authority,
        "protocol": "changes",
        "elsewhere": elsewhere,
        "path": "/changes",
    }
    with harvesting(database, settings, feed, **given) as harvest:
        run = harvest.run()
        assert (run.state, run.created, run.pages) == ("done", 5, 3)
        assert harvest.progress.cursor == "c5"
        feed.items += [
            elsewhere.sealed("m1", version=2, title="Khác"),
            elsewhere.sealed("m2", version=2, deleted="sold"),
        ]
        harvest.asked()
        run = harvest.run(now=later(hours=1))
        assert (run.changed, run.gone, run.pages, len(harvest.asked())) == (1, 1, 1, 1)
        assert len(harvest.titles) == 4
        # A cursor the feed does not know (any more): all from the beginning, which changes nothing.
        feed.forgotten.add("7")
        run = harvest.run(now=later(hours=2))
        assert (run.state, run.seen, run.changed, run.created, run.restarts) == ("done", 7, 0, 0, 1)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"items":{},"next_cursor":"c1","more":false}', b'{"items":[],"next_cursor":1,"more":false}',
     b"[" * 100_000, b'{"items":[' + b"1," * 2_000 + b'1],"next_cursor":"c1","more":false}'],
)  # fmt: skip
def test_what_is_no_feed_is_told(database: Database, settings: Settings, elsewhere: Elsewhere, body: bytes) -> None:
    given: dict[str, Any] = {"authority": elsewhere.authority, "protocol": "changes", "elsewhere": elsewhere}
    with harvesting(database, settings, lambda _asked: Reply(body), **given) as harvest:
        run = harvest.run()
        assert run.state == "failed"
        assert harvest.progress.cursor == ""


def test_items_that_are_none_are_laid_aside(
    database: Database, settings: Settings, elsewhere: Elsewhere, feed: Feed
) -> None:
    feed.items = [17, elsewhere.sealed("m1"), {"key": {"authority": "x", "local_id": 3}}, {"key": None}]
    given: dict[str, Any] = {"authority": elsewhere.authority, "protocol": "changes", "elsewhere": elsewhere}
    with harvesting(database, settings, feed, **given) as harvest:
        run = harvest.run()
        assert (run.state, run.created) == ("done", 1)
        assert run.quarantined == 3


def test_a_record_that_the_database_refuses_does_not_keep_out_the_rest(
    database: Database, settings: Settings, elsewhere: Elsewhere, feed: Feed
) -> None:
    """Signed by its origin, and still with a sign that PostgreSQL cannot hold."""
    feed.items = [elsewhere.sealed("m0"), with_a_null_sign(elsewhere), elsewhere.sealed("m2")]
    given: dict[str, Any] = {"authority": elsewhere.authority, "protocol": "changes", "elsewhere": elsewhere}
    with harvesting(database, settings, feed, **given) as harvest:
        run = harvest.run()
        assert (run.state, run.created + run.unchanged, run.quarantined) == ("done", 2, 1)
        assert harvest.titles == ["Máy sấy m0", "Máy sấy m2"]
        with database.read_only() as session:
            assert session.scalars(select(Quarantined.reason)).all() == ["database"]


def test_keys_are_fetched_where_they_have_an_address_and_old_ones_forgotten(
    database: Database, settings: Settings, elsewhere: Elsewhere, feed: Feed
) -> None:
    feed.keys = [elsewhere.key.public]
    given: dict[str, Any] = {"authority": elsewhere.authority, "protocol": "changes"}
    with harvesting(database, settings, feed, **given) as harvest:
        assert harvest.run().quarantined == 5
        with database.unit_of_work() as session:
            partner = session.get_one(Partner, harvest.partner.id)
            partner.keys_url = f"{harvest.server.url}/jwks"
            journal.append(session, entity="partner", entity_id=partner.id, action="change", at=NOW)
            session.get_one(TakingProgress, partner.id).cursor = ""
        assert harvest.run(now=later(hours=1)).created == 5
        other = Elsewhere(authority=elsewhere.authority)
        feed.keys = [other.key.public]
        feed.items = [elsewhere.sealed("m1", version=2, title="Giả"), other.sealed("m2", version=2, title="Khoá mới")]
        with database.unit_of_work() as session:
            session.get_one(TakingProgress, harvest.partner.id).cursor = ""
        run = harvest.run(now=later(hours=2))
        assert (run.changed, run.quarantined) == (1, 1)


def tried(database: Database, settings: Settings, answering: Any, **given: Any) -> tuple[TakingRun, Partner]:
    with odd_server(answering) as server:
        keys = given.pop("keys", [])
        with database.unit_of_work() as session:
            data = agreement(**({"authority": "kho.test", "protocol": "oai_dc", "address": server.url} | given))
            made = register_partner(session, actor=SYSTEM, data=data, own_authority="techmart.test", now=NOW)
            set_keys(session, actor=SYSTEM, public_id=made.public_id, keys=keys, now=NOW)
            run = begin_run(session, partner=made, kind="trial", actor=SYSTEM, now=NOW)
        try_source(database, settings.model_copy(update={"outgoing": "loopback"}), run.id, now=NOW)
    with database.read_only() as session:
        return session.get_one(TakingRun, run.id), session.get_one(Partner, made.id)


def test_a_trial_reports_and_writes_nothing(database: Database, settings: Settings) -> None:
    source = OaiSource(page=10)
    for name in "abc":
        source.add(name)
    source.add("d", title="")
    run, partner = tried(database, settings, source)
    assert (run.state, run.created, run.quarantined, partner.state) == ("done", 3, 1, "tested")
    assert [one["what"] for one in run.samples] == ["bad", "new", "new", "new"]
    assert run.samples[0]["reason"] == "mapping"
    with database.read_only() as session:
        assert session.scalars(select(TakenRecord)).all() == []
        assert session.scalars(select(Quarantined)).all() == []
        assert session.get_one(TakingProgress, partner.id).repository == "Kho số A"


def test_a_trial_that_brings_nothing_good_is_none(
    database: Database, settings: Settings, elsewhere: Elsewhere, feed: Feed
) -> None:
    given: dict[str, Any] = {"authority": elsewhere.authority, "protocol": "changes"}
    run, partner = tried(database, settings, feed, **given)
    assert (run.state, partner.state) == ("failed", "draft")
    assert {one["reason"] for one in run.samples} == {"keys"}


def test_a_trial_of_a_source_that_fails_says_how(database: Database, settings: Settings) -> None:
    run, partner = tried(database, settings, lambda _asked: Reply(b"", status=503))
    assert (run.state, partner.state) == ("failed", "draft")
    assert "asked again in 300 s" in run.fault


def test_our_key_is_shown_only_where_we_ask_for_records(
    database: Database, settings: Settings, elsewhere: Elsewhere, feed: Feed
) -> None:
    """A partner may name another's host as the place of its keys."""
    ours = settings.model_copy(update={"partner_keys": {elsewhere.authority: SecretStr("tmpx_ours")}})
    given: dict[str, Any] = {"authority": elsewhere.authority, "protocol": "changes", "elsewhere": elsewhere}
    with odd_server(lambda _asked: Reply(b"{}")) as another, harvesting(database, ours, feed, **given) as harvest:
        with database.unit_of_work() as session:
            session.execute(text("UPDATE partner SET keys_url = :url"), {"url": f"{another.url}/jwks"})
        assert harvest.run().state == "done"
        assert [one.headers.get("authorization") for one in another.asked] == [None]
        assert {one.headers.get("authorization") for one in harvest.server.asked} == {"Bearer tmpx_ours"}
