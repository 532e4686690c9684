"""Beginning with another Techmart's snapshot: whole, on from its cursor, and never worse than without one."""

import gzip
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import func, select

from app.database import Database
from app.exchange.taking import snapshot_files
from app.features.partners.runs import begin_run
from app.identity import SYSTEM
from app.models.journal import JournalEntry
from app.models.listings import Listing
from app.models.partners import Partner
from app.models.taking import Quarantined, TakenRecord
from app.settings import Settings
from tests.exchange.taking.given import Elsewhere
from tests.exchange.taking.harvesting import Harvest, harvesting
from tests.exchange.taking.oai_source import later
from tests.exchange.taking.techmart_source import DISCOVERY, TechmartSource, packed
from tests.odd_server import Reply


@pytest.fixture
def source(elsewhere: Elsewhere) -> TechmartSource:
    """Eight records in a snapshot of three files."""
    made = TechmartSource(elsewhere, [elsewhere.sealed(f"m{number}") for number in range(8)])
    made.take_snapshot(size=3)
    return made


@contextmanager
def taking(database: Database, settings: Settings, source: TechmartSource, **given: Any) -> Iterator[Harvest]:
    values: dict[str, Any] = {"authority": source.elsewhere.authority, "protocol": "changes", "path": "/changes"}
    values |= given
    with harvesting(database, settings, source, elsewhere=source.elsewhere, **values) as harvest:
        yield harvest


def paths(harvest: Harvest) -> list[str]:
    found = [one.path for one in harvest.server.asked]
    harvest.server.asked.clear()
    return found


def titles(*numbers: int) -> list[str]:
    return [f"Máy sấy m{number}" for number in numbers]


def test_the_files_are_taken_and_the_feed_goes_on_from_them(
    database: Database, settings: Settings, source: TechmartSource, elsewhere: Elsewhere
) -> None:
    # Between snapshot and cursor nothing may be lost, and what changed ends as it is now.
    source.feed += [
        elsewhere.sealed("m1", version=2, title="Khác"),
        elsewhere.sealed("m2", version=2, deleted="sold"),
        elsewhere.sealed("m8"),
    ]
    with taking(database, settings, source) as harvest:
        run = harvest.run()
        assert (run.state, run.snapshot, run.whole, run.seen) == ("done", "s1", 8, 11)
        assert (run.created, run.changed, run.gone) == (9, 1, 1)
        assert harvest.titles == ["Khác", *titles(0, 3, 4, 5, 6, 7, 8)]
        parts = [f"/snapshots/s1/{number}" for number in range(3)]
        assert paths(harvest) == [DISCOVERY, "/snapshots/latest", *parts, "/changes?cursor=c8"]
        progress = harvest.progress
        assert (progress.cursor, progress.snapshot, progress.snapshot_part) == ("cb", None, 0)
        # The next run reads on, and looks for no snapshot.
        source.feed.append(elsewhere.sealed("m9"))
        run = harvest.run(now=later(hours=1))
        assert (run.created, run.snapshot, paths(harvest)) == (1, "", ["/changes?cursor=cb"])
        with database.read_only() as session:
            entries = session.scalars(select(JournalEntry.entity_id).where(JournalEntry.entity == "listing")).all()
            assert set(session.scalars(select(Listing.id))) <= set(entries)


def test_a_partner_asked_by_oai_pmh_begins_so_too(
    database: Database, settings: Settings, source: TechmartSource, elsewhere: Elsewhere
) -> None:
    source.feed.append(elsewhere.sealed("m1", version=2, title="Khác"))
    with taking(database, settings, source, protocol="techmart", path="/oai") as harvest:
        run = harvest.run()
        assert (run.state, run.snapshot, run.created, run.changed) == ("done", "s1", 8, 1)
        assert "/changes?cursor=c8" in paths(harvest)
        progress = harvest.progress
        assert (progress.cursor, progress.snapshot) == ("", None)
        # From now on by OAI-PMH, since shortly before Identify was answered.
        source.oai.now = later(hours=1)
        assert harvest.run(now=later(hours=1)).state == "done"
        asked = paths(harvest)
        assert [one for one in asked if "from=2026-11-23T02%3A50%3A00Z" in one]
        assert not [one for one in asked if "snapshot" in one]


@pytest.mark.parametrize("batch", [2, 3])
def test_killed_in_the_middle_it_goes_on_where_it_was(
    database: Database, settings: Settings, source: TechmartSource, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(snapshot_files, "BATCH", batch)
    with taking(database, settings, source) as harvest:
        with database.unit_of_work() as session:
            partner = session.get_one(Partner, harvest.partner.id)
            begun = begin_run(session, partner=partner, kind="harvest", actor=SYSTEM, now=later())
        seen: list[int] = []

        def die(run: Any) -> None:
            seen.append(run.seen)
            if run.seen >= 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            harvest.work(begun, now=later(), told=die)
        assert (harvest.progress.snapshot_part, harvest.progress.snapshot_line) == divmod(batch, 3)
        paths(harvest)
        # Another worker, once the lease is over.
        assert harvest.work(begun, now=later(minutes=11)) == "done"
        run = harvest.found(begun)
        assert (run.created, run.unchanged, run.seen) == (8, 0, 8)
        assert f"/snapshots/s1/{batch // 3}" in paths(harvest)
        assert harvest.titles == titles(*range(8))


def test_a_run_that_fails_is_gone_on_with_by_the_next(
    database: Database, settings: Settings, source: TechmartSource
) -> None:
    source.spoil = lambda path, reply: Reply(b"", 500) if path == "/snapshots/s1/1" else reply
    with taking(database, settings, source) as harvest:
        run = harvest.run()
        assert (run.state, run.seen, "500" in run.fault) == ("failed", 3, True)
        source.spoil = None
        paths(harvest)
        run = harvest.run(now=later(days=1))
        assert (run.state, run.snapshot, run.whole, run.created) == ("done", "s1", 5, 5)
        assert paths(harvest) == ["/snapshots/s1/1", "/snapshots/s1/2", "/changes?cursor=c8"]


def _bomb(path: str, reply: Reply) -> Reply:
    return Reply(gzip.compress(b" " * 80_000_000)) if path == "/snapshots/s1/1" else reply


def _other(path: str, reply: Reply) -> Reply:
    return Reply(bytes(one ^ 1 for one in reply.body)) if path == "/snapshots/s1/1" else reply


def _longer(path: str, reply: Reply) -> Reply:
    return Reply(reply.body + b"\0") if path == "/snapshots/s1/1" else reply


def _cut(path: str, reply: Reply) -> Reply:
    return Reply(reply.body, cut=40) if path == "/snapshots/s1/1" else reply


@pytest.mark.parametrize("spoil", [_bomb, _other, _longer, _cut])
def test_a_file_that_is_not_the_one_told_is_tried_twice_and_done_without(
    database: Database, settings: Settings, source: TechmartSource, spoil: Any
) -> None:
    source.spoil = spoil
    with taking(database, settings, source) as harvest:
        run = harvest.run()
        for days in (1, 3, 5):
            if run.state != "done":
                run = harvest.run(now=later(days=days))
        assert (run.state, run.snapshot, run.seen) == ("done", "", 8)
        assert harvest.titles == titles(*range(8))
        assert harvest.progress.snapshot is None
        assert paths(harvest)[-2:] == ["/changes", "/changes?cursor=c4"]


def _told(source: TechmartSource, body: bytes, records: int) -> None:
    """One file with this body, rightly summed, and said to hold so many records."""
    source.files = [body]
    assert source.manifest is not None
    part = {"url": "/snapshots/s1/0", "records": records, "bytes": len(body)}
    source.manifest["parts"] = [part | {"sha256": hashlib.sha256(body).hexdigest()}]


@pytest.mark.parametrize(
    "evil",
    ["many lines", "few lines", "one line without end", "cut before its end", "no gzip", "empty lines without end"],
)
def test_a_file_that_is_rightly_summed_and_still_a_trap(
    database: Database, settings: Settings, source: TechmartSource, evil: str
) -> None:
    lines = [json.dumps(one).encode() for one in source.feed]
    bodies = {
        "many lines": (packed(lines), 7),
        "few lines": (packed(lines), 9),
        "one line without end": (gzip.compress(b"[" * 80_000_000), 8),
        "cut before its end": (packed(lines)[:-20], 8),
        "no gzip": (b"\n".join(lines), 8),
        "empty lines without end": (gzip.compress(b"\n" * 80_000_000), 8),
    }
    _told(source, *bodies[evil])
    with taking(database, settings, source) as harvest:
        run = harvest.run()
        # Done without in the same run: the fault is not the network's.
        assert (run.state, run.snapshot, run.seen) == ("done", "", 8)
        assert harvest.titles == titles(*range(8))


def test_a_line_that_is_no_record_does_not_keep_out_its_file(
    database: Database, settings: Settings, source: TechmartSource
) -> None:
    lines = [json.dumps(one).encode() for one in source.feed]
    lines[1:1] = [b"{", b"[" * 100_000, b'{"key": 1}', b"17", b""]
    source.put("s2", [lines])
    with taking(database, settings, source) as harvest:
        run = harvest.run()
        assert (run.state, run.created, run.quarantined) == ("done", 8, 5)
        with database.read_only() as session:
            assert set(session.scalars(select(Quarantined.reason))) == {"unreadable"}


def test_files_that_are_gone_meanwhile_are_looked_for_anew(
    database: Database, settings: Settings, source: TechmartSource
) -> None:
    def sweep(path: str, reply: Reply) -> Reply:
        if path != "/snapshots/s1/1":
            return reply
        source.take_snapshot(size=4, name="s2")
        return Reply(b"", 404)

    source.spoil = sweep
    with taking(database, settings, source) as harvest:
        run = harvest.run()
        assert (run.state, run.snapshot, run.restarts, run.created, run.unchanged) == ("done", "s2", 1, 8, 3)


@pytest.mark.parametrize(
    "change",
    [
        {"parts": []},
        {"parts": [{"url": "/x", "records": 1, "bytes": 1}]},
        {"parts": "all"},
        {"cursor": ""},
        {"name": None},
        {"parts": [{"url": ".evil.test/1", "records": 1, "bytes": 1, "sha256": "0" * 64}]},
        {"parts": [{"url": "/1", "records": True, "bytes": 1, "sha256": "0" * 64}]},
        {"parts": [{"url": "/1", "records": 1, "bytes": 10**12, "sha256": "0" * 64}]},
        {"parts": [{"url": "/1", "records": 1, "bytes": 1, "sha256": "g" * 64}]},
    ],
)
def test_a_manifest_that_cannot_be_used_is_none(
    database: Database, settings: Settings, source: TechmartSource, change: dict[str, Any]
) -> None:
    assert source.manifest is not None
    source.manifest |= change
    with taking(database, settings, source) as harvest:
        run = harvest.run()
        assert (run.state, run.snapshot, run.created) == ("done", "", 8)
        # What does not come is asked for three times.
        assert list(dict.fromkeys(paths(harvest)))[2:] == ["/changes", "/changes?cursor=c4"]


@pytest.mark.parametrize("where", [DISCOVERY, "/snapshots/latest"])
def test_where_there_is_none_the_feed_is_read_from_its_beginning(
    database: Database, settings: Settings, source: TechmartSource, where: str
) -> None:
    """Also the answer to a partner whose agreement covers a part only."""
    source.spoil = lambda path, reply: Reply(b"{}", 404) if path == where else reply
    with taking(database, settings, source) as harvest:
        run = harvest.run()
        assert (run.state, run.snapshot, run.created) == ("done", "", 8)


def test_a_set_or_a_kind_of_its_own_is_respected(
    database: Database, settings: Settings, source: TechmartSource, elsewhere: Elsewhere
) -> None:
    source.feed = [elsewhere.sealed("m0"), elsewhere.sealed("n0", kind="need")]
    source.take_snapshot()
    source.as_oai()
    with taking(database, settings, source, kinds=["technology"]) as harvest:
        run = harvest.run()
        assert (run.snapshot, run.created, run.skipped) == ("s1", 1, 1)
    other = Elsewhere(authority="san.hue.test")
    source.elsewhere = other
    source.feed = [other.sealed("m0")]
    source.take_snapshot()
    with taking(database, settings, source, protocol="techmart", path="/oai", set_spec="kind:need") as harvest:
        assert (harvest.run().snapshot, paths(harvest)[0]) == ("", "/oai?verb=Identify")


@pytest.mark.parametrize("relays", [True, False])
def test_records_of_others_come_from_those_who_may_relay(
    database: Database, settings: Settings, source: TechmartSource, elsewhere: Elsewhere, relays: bool
) -> None:
    another = Elsewhere(authority="san.hue.test")
    source.feed = [elsewhere.sealed("m0"), another.sealed("h0", via=(elsewhere.authority,))]
    source.take_snapshot()
    source.feed.append(another.sealed("h1", via=(elsewhere.authority,)))
    with taking(database, settings, source, protocol="techmart", path="/oai", relays=relays) as harvest:
        run = harvest.run()
        assert run.state == "done"
        # Whose key is not known waits in quarantine; what may not come at all is left where it is.
        assert (run.created, run.skipped, run.quarantined) == ((1, 0, 2) if relays else (1, 2, 0))


def test_patience_is_had_for_files_too(database: Database, settings: Settings, source: TechmartSource) -> None:
    busy = {"Retry-After": "120"}
    source.spoil = lambda path, reply: Reply(b"", 503, busy) if path == "/snapshots/s1/2" else reply
    with taking(database, settings, source) as harvest:
        run = harvest.run()
        assert (run.state, run.seen) == ("waiting", 6)
        source.spoil = None
        assert harvest.work(run, now=later(seconds=121)) == "done"
        assert harvest.found(run).created == 8


def test_a_file_is_fetched_once_and_written_in_batches(
    database: Database, settings: Settings, source: TechmartSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot_files, "BATCH", 3)
    source.take_snapshot(size=8)
    with taking(database, settings, source) as harvest:
        run = harvest.run()
        assert (run.pages, run.created) == (4, 8)
        assert [one for one in paths(harvest) if "/s1/" in one] == ["/snapshots/s1/0"]
        with database.read_only() as session:
            assert session.scalar(select(func.count()).select_from(TakenRecord)) == 8
