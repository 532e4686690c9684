"""Sources that do not tell what they deleted: two absences, and the brake."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select

from app.database import Database
from app.errors import Conflict, Forbidden
from app.exchange.taking.work import ask_whoever_is_due
from app.features.partners.commands import begin_whole, set_mapping
from app.features.partners.dublin_core import DublinCoreMapping, KindWord
from app.features.partners.runs import begin_run, claim_run
from app.features.partners.sweeping import decide_brake
from app.identity import SYSTEM, Actor, uuid7
from app.jobs import JobContext
from app.models.audit import AuditEntry
from app.models.jobs import Job
from app.models.partners import Partner
from app.models.taking import SweepSeen, TakenRecord, TakingRun
from app.settings import Settings
from tests import factories
from tests.exchange.taking.harvesting import Harvest, harvesting
from tests.exchange.taking.oai_source import OaiSource, later
from tests.factories import NOW
from tests.odd_server import Reply

_BROKEN = Reply(b"", status=500)


def filled(number: int) -> OaiSource:
    made = OaiSource(deletions="no", page=50)
    for one in range(number):
        made.add(f"r{one:03d}", at=NOW - timedelta(days=1))
    return made


def drop(source: OaiSource, number: int) -> None:
    for name in sorted(source.items)[:number]:
        del source.items[name]


def sweep(harvest: Harvest, source: OaiSource, days: int) -> TakingRun:
    source.now = later(days=days)
    return harvest.run(now=later(days=days), kind="sweep")


def test_a_record_goes_after_two_absences(database: Database, settings: Settings) -> None:
    source = filled(60)
    with harvesting(database, settings, source) as harvest:
        harvest.run()
        assert harvest.progress.next_sweep_at == later(days=7)
        drop(source, 2)
        run = sweep(harvest, source, 1)
        assert (run.state, run.seen, run.absent, run.gone, len(harvest.titles)) == ("done", 58, 2, 0, 60)
        run = sweep(harvest, source, 2)
        assert (run.state, run.absent, run.gone, len(harvest.titles)) == ("done", 2, 2, 58)
        assert sweep(harvest, source, 3).absent == 0
        with database.read_only() as session:
            assert session.scalar(select(func.count()).select_from(SweepSeen)) == 0
            gone = session.scalars(select(TakenRecord).where(TakenRecord.deleted)).all()
            assert {one.reason for one in gone} == {"withdrawn"}
        # Back again, it is shown again.
        source.add("r000", at=later(days=3))
        source.now = later(days=4)
        assert harvest.run(now=later(days=4)).changed == 1
        assert len(harvest.titles) == 59


def test_one_absence_between_two_presences_does_not_count(database: Database, settings: Settings) -> None:
    source = filled(60)
    with harvesting(database, settings, source) as harvest:
        harvest.run()
        kept = dict(source.items)
        drop(source, 1)
        sweep(harvest, source, 1)
        source.items = kept
        sweep(harvest, source, 2)
        drop(source, 1)
        assert sweep(harvest, source, 3).gone == 0
        assert len(harvest.titles) == 60


@pytest.mark.parametrize("let_go", [True, False])
def test_where_many_would_go_a_person_decides(
    database: Database, settings: Settings, let_go: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # They go in pieces.
    monkeypatch.setattr("app.features.partners.sweeping._AT_ONCE", 3)
    source = filled(60)
    with database.unit_of_work() as session:
        operator = factories.actor(factories.person(session), operator=True)
        somebody = factories.actor(factories.person(session))
    with harvesting(database, settings, source) as harvest:
        harvest.run()
        drop(source, 4)
        sweep(harvest, source, 1)
        run = sweep(harvest, source, 2)
        # 4 of 60 is more than 5 %.
        assert (run.state, run.absent, len(harvest.titles)) == ("braked", 4, 60)
        # Harvesting goes on meanwhile.
        source.now = later(days=3)
        assert harvest.run(now=later(days=3)).state == "done"

        def decide(actor: Actor) -> TakingRun:
            with database.unit_of_work() as session:
                return decide_brake(session, actor=actor, run_id=run.id, let_go=let_go, now=later(days=4))

        with pytest.raises(Forbidden):
            decide(somebody)
        assert decide(operator).state == ("done" if let_go else "stopped")
        assert len(harvest.titles) == (56 if let_go else 60)
        with pytest.raises(Conflict):
            decide(operator)
        with database.read_only() as session:
            acts = session.scalars(select(AuditEntry.action).where(AuditEntry.actor_id == operator.person_id)).all()
            assert acts == ["partner.let_go" if let_go else "partner.kept"]


def test_a_source_that_suddenly_is_empty_empties_nothing(database: Database, settings: Settings) -> None:
    source = filled(60)
    with harvesting(database, settings, source) as harvest:
        harvest.run()
        source.items.clear()
        assert sweep(harvest, source, 1).state == "done"
        assert sweep(harvest, source, 2).state == "braked"
        assert len(harvest.titles) == 60


def test_a_sweep_cut_short_counts_no_absence(database: Database, settings: Settings) -> None:
    source = filled(120)
    with harvesting(database, settings, source) as harvest:
        harvest.run()
        source.spoil = lambda said, reply: reply if "metadataPrefix" in said or said["verb"] == "Identify" else _BROKEN
        assert sweep(harvest, source, 1).state == "failed"
        with database.read_only() as session:
            assert session.scalar(select(func.max(TakenRecord.absences))) == 0


def test_what_a_dead_process_held_is_gone_on_with(database: Database, settings: Settings) -> None:
    source = filled(3)
    with harvesting(database, settings, source) as harvest:
        with database.unit_of_work() as session:
            partner = session.get_one(Partner, harvest.partner.id)
            begun = begin_run(session, partner=partner, kind="harvest", actor=SYSTEM, now=NOW)
            claim_run(session, begun.id, now=NOW)
            # The job that asked for it found it held, and was done.
            session.execute(delete(Job))

        def jobs(minutes: int) -> int:
            context = JobContext(database, harvest.settings, uuid7(), 1, later(minutes=minutes))
            ask_whoever_is_due(context, {})
            with database.read_only() as session:
                return session.scalar(select(func.count()).select_from(Job).where(Job.key.is_not(None))) or 0

        assert [jobs(5), jobs(11), jobs(12)] == [0, 1, 1]
        harvest.work(begun, now=later(minutes=12))
        assert harvest.found(begun).state == "done"


def test_the_worker_begins_a_sweep_when_one_is_due(database: Database, settings: Settings) -> None:
    source = filled(3)
    with harvesting(database, settings, source) as harvest:
        harvest.run()

        def kind_of_next(days: int) -> str | None:
            context = JobContext(database, harvest.settings, uuid7(), 1, later(days=days))
            ask_whoever_is_due(context, {})
            with database.read_only() as session:
                return session.scalar(select(TakingRun.kind).where(TakingRun.state == "running"))

        assert kind_of_next(0) is None
        assert kind_of_next(8) == "sweep"
        # Nobody is asked twice while a run is open.
        assert kind_of_next(8) == "sweep"
        with database.read_only() as session:
            assert session.scalar(select(func.count()).select_from(TakingRun)) == 2


def test_who_says_that_deletions_last_is_compared_too(database: Database, settings: Settings) -> None:
    source = filled(3)
    source.deletions = "persistent"
    with harvesting(database, settings, source) as harvest:
        harvest.run()
        assert harvest.progress.next_sweep_at == later(days=30)
        run = sweep(harvest, source, 30)
        assert (run.state, harvest.progress.next_sweep_at) == ("done", later(days=60))


def test_what_a_source_never_told_of_is_found_by_a_sweep_and_harvested(database: Database, settings: Settings) -> None:
    source = filled(5)
    with harvesting(database, settings, source) as harvest:
        harvest.run()
        # Put in behind what was asked for: no harvest of what changed since would ever bring it.
        source.add("older", at=NOW - timedelta(days=400))
        source.now = later(days=1)
        assert harvest.run(now=later(days=1)).seen == 0
        run = sweep(harvest, source, 2)
        assert (run.state, run.seen, run.skipped) == ("done", 6, 1)
        source.now = later(days=3)
        assert harvest.run(now=later(days=3)).created == 1
        assert sweep(harvest, source, 4).skipped == 0


def test_what_the_mapping_leaves_out_goes_and_is_not_looked_for_again(database: Database, settings: Settings) -> None:
    source = filled(5)
    with harvesting(database, settings, source) as harvest:
        harvest.run()
        map_out(database, harvest, "poem")
        # One becomes what is left out, one is so from its beginning.
        source.add("r000", at=later(hours=1), type="Poem")
        source.add("r009", at=later(hours=1), type="Poem")
        source.now = later(days=1)
        run = harvest.run(now=later(days=1))
        assert (run.gone, run.skipped, len(harvest.titles)) == (1, 1, 4)
        whole(database, harvest, days=2)
        assert sweep(harvest, source, 3).skipped == 1
        source.now = later(days=4)
        assert harvest.run(now=later(days=4)).seen == 0
        # And back.
        source.add("r000", at=later(days=4))
        source.now = later(days=5)
        assert harvest.run(now=later(days=5)).changed == 1
        assert len(harvest.titles) == 5


def test_a_changed_mapping_reaches_what_was_taken_by_a_whole_harvest(database: Database, settings: Settings) -> None:
    source = filled(3)
    with harvesting(database, settings, source) as harvest:
        harvest.run()
        map_out(database, harvest, "")
        assert harvest.run(now=NOW).seen == 0
        run = whole(database, harvest, days=1)
        assert (run.state, run.seen, run.gone, harvest.titles) == ("done", 3, 3, [])


def map_out(database: Database, harvest: Harvest, word: str) -> None:
    """Have the mapping leave out records of this type; of every type for ""."""
    mapping = DublinCoreMapping(words=[KindWord(word=word, kind="")]) if word else DublinCoreMapping(kind="")
    with database.unit_of_work() as session:
        version = session.get_one(Partner, harvest.partner.id).version
        public_id = harvest.partner.public_id
        set_mapping(session, actor=SYSTEM, public_id=public_id, version=version, mapping=mapping, now=NOW)


def whole(database: Database, harvest: Harvest, *, days: int) -> TakingRun:
    with database.unit_of_work() as session:
        partner = session.get_one(Partner, harvest.partner.id)
        begun = begin_whole(session, actor=SYSTEM, partner=partner, now=later(days=days))
    harvest.work(begun, now=later(days=days))
    return harvest.found(begun)
