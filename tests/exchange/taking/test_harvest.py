"""Harvesting a foreign server by OAI-PMH: whole, since then, deletions, and going on where it was stopped."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from app.database import Database
from app.errors import Conflict
from app.exchange.taking.harvest import one_step
from app.features.partners.commands import change_agreement, move_partner
from app.features.partners.runs import begin_run, claim_run, due_partners
from app.identity import SYSTEM
from app.models.partners import Partner
from app.models.taking import Quarantined, TakenRecord, TakingRun
from app.settings import Settings
from tests.exchange.taking.given import Elsewhere
from tests.exchange.taking.harvesting import harvesting
from tests.exchange.taking.oai_source import Item, OaiSource, later, techmart
from tests.factories import NOW
from tests.features.partners.given import agreement


@pytest.fixture
def source() -> OaiSource:
    made = OaiSource()
    for name in "abcde":
        made.add(name, at=NOW - timedelta(days=1))
    return made


def test_everything_comes_page_by_page_and_the_second_time_almost_nothing(
    database: Database, settings: Settings, source: OaiSource
) -> None:
    with harvesting(database, settings, source) as harvest:
        run = harvest.run()
        assert (run.state, run.seen, run.created, run.pages, run.whole, run.requests) == ("done", 5, 5, 3, 5, 4)
        assert harvest.titles == [f"Máy {name}" for name in "abcde"]
        assert harvest.progress.next_from == NOW - timedelta(minutes=10)
        assert harvest.progress.next_due_at == NOW + timedelta(minutes=60)
        first = harvest.asked()
        assert first[0] == "verb=Identify"
        assert first[1] == "verb=ListRecords&metadataPrefix=oai_dc&until=2026-11-23T03%3A00%3A00Z"
        before = harvest.journal
        for day in (1, 2, 3):
            source.now = later(days=day)
            run = harvest.run(now=later(days=day))
            assert (run.state, run.seen) == ("done", 0)
            assert len(harvest.asked()) == 2
        assert harvest.journal == before


def test_what_changed_and_what_was_deleted_since(database: Database, settings: Settings, source: OaiSource) -> None:
    with harvesting(database, settings, source) as harvest:
        harvest.run()
        source.now = later(hours=2)
        source.add("a", at=later(hours=1), title="Máy mới")
        source.items["oai:kho.test:b"] = Item("", later(hours=1))
        source.items["oai:kho.test:z"] = Item("", later(hours=1))
        run = harvest.run(now=later(hours=2))
        assert (run.seen, run.changed, run.gone, run.skipped) == (3, 1, 1, 1)
        assert harvest.titles == ["Máy c", "Máy d", "Máy e", "Máy mới"]
        # The overlap brings them once more, and nothing is written.
        before = harvest.journal
        source.now = later(hours=2, minutes=1)
        assert harvest.run(now=later(hours=2, minutes=1)).changed == 0
        assert harvest.journal == before


def test_the_sources_own_clock_counts(database: Database, settings: Settings, source: OaiSource) -> None:
    """Two hours behind ours: nothing is missed, since its own time is what it is asked by."""
    source.now = NOW - timedelta(hours=2)
    with harvesting(database, settings, source) as harvest:
        harvest.run()
        source.add("f", at=NOW - timedelta(hours=1))
        source.now = NOW - timedelta(minutes=30)
        assert harvest.run(now=later(hours=2)).created == 1


def test_a_run_that_was_killed_goes_on_from_its_last_page(
    database: Database, settings: Settings, source: OaiSource
) -> None:
    class Killed(Exception):
        pass

    def kill(run: TakingRun) -> None:
        if run.pages == 1:
            raise Killed

    with harvesting(database, settings, source) as harvest:
        with database.unit_of_work() as session:
            partner = session.get_one(Partner, harvest.partner.id)
            begun = begin_run(session, partner=partner, kind="harvest", actor=SYSTEM, now=NOW)
        with pytest.raises(Killed):
            harvest.work(begun, now=NOW, told=kill)
        assert len(harvest.titles) == 2
        # Held by the dead one for a while, then by whoever asks.
        assert harvest.work(begun, now=later(minutes=5)) == "lost"
        assert harvest.work(begun, now=later(minutes=11)) == "done"
        run = harvest.found(begun)
        assert (run.seen, run.created, run.pages) == (5, 5, 3)
        assert len(harvest.titles) == 5


def test_two_workers_do_not_write_one_run(database: Database, settings: Settings, source: OaiSource) -> None:
    with harvesting(database, settings, source) as harvest:
        with database.unit_of_work() as session:
            partner = session.get_one(Partner, harvest.partner.id)
            begun = begin_run(session, partner=partner, kind="harvest", actor=SYSTEM, now=NOW)
            assert begin_run(session, partner=partner, kind="harvest", actor=SYSTEM, now=NOW).id == begun.id
        with database.unit_of_work() as session:
            slow = claim_run(session, begun.id, now=NOW)
        assert slow is not None
        assert harvest.work(begun, now=later(minutes=20)) == "done"
        assert one_step(database, harvest.settings, begun.id, lease=slow, now=later(minutes=21)) == "lost"
        assert harvest.found(begun).state == "done"


def test_pausing_stops_a_run(database: Database, settings: Settings, source: OaiSource) -> None:
    with harvesting(database, settings, source) as harvest:

        def pause(run: TakingRun) -> None:
            if run.pages == 1 and run.state == "running":
                with database.unit_of_work() as session:
                    move_partner(session, actor=SYSTEM, public_id=harvest.partner.public_id, move="pause", now=NOW)

        with database.unit_of_work() as session:
            partner = session.get_one(Partner, harvest.partner.id)
            begun = begin_run(session, partner=partner, kind="harvest", actor=SYSTEM, now=NOW)
        harvest.work(begun, now=NOW, told=pause)
        assert harvest.found(begun).state == "stopped"
        assert len(harvest.titles) == 2


def test_our_own_format_brings_signed_records(database: Database, settings: Settings, elsewhere: Elsewhere) -> None:
    source = OaiSource()
    for number in range(3):
        envelope = elsewhere.sealed(f"m{number}", price={"kind": "firm", "from": 5, "currency": "VND"})
        source.items[f"oai:{elsewhere.authority}:m{number}"] = Item(techmart(envelope))
    forged = Elsewhere(authority=elsewhere.authority).sealed("m9")
    source.items[f"oai:{elsewhere.authority}:m9"] = Item(techmart(forged))
    given: dict[str, Any] = {"authority": elsewhere.authority, "protocol": "techmart", "elsewhere": elsewhere}
    with harvesting(database, settings, source, **given) as harvest:
        run = harvest.run()
        assert (run.created, run.quarantined) == (3, 1)
        with database.read_only() as session:
            assert session.scalars(select(Quarantined.reason)).all() == ["signature"]
        # Deleted by a header alone.
        source.items[f"oai:{elsewhere.authority}:m1"] = Item("", later(hours=1))
        source.now = later(hours=2)
        assert harvest.run(now=later(hours=2)).gone == 1
        assert harvest.titles == ["Máy sấy m0", "Máy sấy m2"]
        with database.read_only() as session:
            kept = session.scalars(select(TakenRecord).where(TakenRecord.local_id == "m1")).one()
            assert (kept.deleted, kept.version, kept.reason) == (True, 1, "withdrawn")


def test_a_source_without_seconds_is_asked_by_days(database: Database, settings: Settings) -> None:
    source = OaiSource(dialect="sloppy", deletions="transient")
    for name in "abc":
        source.add(name, at=NOW - timedelta(days=2))
    with harvesting(database, settings, source, set_spec="com_1") as harvest:
        assert harvest.run().created == 3
        assert harvest.asked()[1].endswith("&until=2026-11-23&set=com_1")
        # What changed on the day itself comes again the next time.
        source.add("d", at=later(hours=5))
        source.now = later(hours=6)
        assert harvest.run(now=later(hours=6)).created == 1
        assert "from=2026-11-22&until=2026-11-23" in harvest.asked()[1]


def test_nothing_is_taken_before_the_agreements_first_day_or_after_its_last(
    database: Database, settings: Settings, source: OaiSource
) -> None:
    def agree(first: date, last: date) -> None:
        with database.unit_of_work() as session:
            session.execute(
                text("UPDATE partner SET starts_on = :first, ends_on = :last"), {"first": first, "last": last}
            )

    def due() -> int:
        with database.unit_of_work() as session:
            return len(due_partners(session, now=NOW))

    with harvesting(database, settings, source) as harvest:
        for first, last in ((date(2026, 11, 24), date(2026, 12, 1)), (date(2026, 1, 1), date(2026, 11, 22))):
            agree(first, last)
            assert due() == 0
            with pytest.raises(Conflict):
                harvest.run()
        agree(date(2026, 11, 23), date(2026, 11, 23))
        assert due() == 1
        with database.unit_of_work() as session:
            partner = session.get_one(Partner, harvest.partner.id)
            begun = begin_run(session, partner=partner, kind="harvest", actor=SYSTEM, now=NOW)
        # A day later the run that is under way ends where it is.
        assert harvest.work(begun, now=later(days=1)) == "done"
        assert (harvest.found(begun).state, harvest.titles, harvest.asked()) == ("stopped", [], [])


def test_of_a_techmart_that_may_not_relay_only_its_own_is_asked_for_and_everything_once_it_may(
    database: Database, settings: Settings, elsewhere: Elsewhere
) -> None:
    source = OaiSource()
    for number in range(3):
        source.items[f"oai:{elsewhere.authority}:m{number}"] = Item(techmart(elsewhere.sealed(f"m{number}")))
    given: dict[str, Any] = {"authority": elsewhere.authority, "protocol": "techmart", "elsewhere": elsewhere}
    with harvesting(database, settings, source, **given) as harvest:
        assert harvest.run().state == "done"
        assert [one for one in harvest.asked() if one.endswith("set=origin%3Aown")]
        with database.unit_of_work() as session:
            partner = session.get_one(Partner, harvest.partner.id)
            begun = begin_run(session, partner=partner, kind="harvest", actor=SYSTEM, now=later(hours=2))
            data = agreement(authority=elsewhere.authority, protocol="techmart", address=partner.address, relays=True)
            change_agreement(
                session,
                actor=SYSTEM,
                public_id=partner.public_id,
                version=partner.version,
                data=data,
                now=later(hours=2),
            )
        assert harvest.found(begun).state == "stopped"
        source.now = later(hours=3)
        run = harvest.run(now=later(hours=3))
        assert (run.state, run.seen) == ("done", 3)
        asked = next(one for one in harvest.asked() if "ListRecords" in one)
        assert "set=" not in asked
        assert "from=" not in asked
