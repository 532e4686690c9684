"""Pairs of terms: what operators do with them, what is noted, and how soon searching knows."""

import io
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.database import Database
from app.errors import Forbidden, Invalid, NotFound, StaleVersion
from app.features.synonyms.commands import add_pair, change_pair, restore_pair, retire_pair
from app.features.synonyms.files import export_pairs, import_pairs
from app.features.synonyms.queries import all_pairs, find_pairs
from app.features.synonyms.schemas import PairInput
from app.identity import SYSTEM, Actor, uuid7
from app.models import AuditEntry, JournalEntry, SynonymPair
from app.reference import current
from app.reference.synonyms import load_shipped_pairs, shipped_pairs
from app.search.synonyms import current_thesaurus
from app.search.text import forms
from tests import factories
from tests.factories import NOW

DRYER = PairInput(vi="máy sấy", en="dryer", field="food")


@pytest.fixture
def operator(session: Session) -> Actor:
    return factories.actor(factories.person(session, is_operator=True), operator=True)


def knows(text: str) -> bool:
    return bool(current_thesaurus().find(forms(text), marked=True))


def acts(session: Session, pair: SynonymPair) -> list[str]:
    asked = select(AuditEntry.action).where(AuditEntry.entity_id == pair.id).order_by(AuditEntry.id)
    return list(session.scalars(asked))


def test_a_pair_is_added_changed_retired_and_taken_back(session: Session, operator: Actor) -> None:
    pair = add_pair(session, actor=operator, data=DRYER, now=NOW)
    assert (pair.vi, pair.en, pair.field, pair.origin, pair.revision) == ("máy sấy", "dryer", "food", "operator", 1)
    better = PairInput(vi="máy sấy", en="drier", field="food")
    change_pair(session, actor=operator, pair_id=pair.id, revision=1, data=better, now=NOW)
    assert (pair.en, pair.revision) == ("drier", 2)
    assert retire_pair(session, actor=operator, pair_id=pair.id, revision=2, now=NOW).retired_at == NOW
    assert restore_pair(session, actor=operator, pair_id=pair.id, revision=3, now=NOW).retired_at is None
    assert acts(session, pair) == ["synonym.added", "synonym.changed", "synonym.retired", "synonym.restored"]
    journalled = select(JournalEntry.action).where(JournalEntry.entity_id == pair.id).order_by(JournalEntry.id)
    assert list(session.scalars(journalled)) == ["added", "changed", "retired", "restored"]


def test_nothing_is_done_by_others_on_old_knowledge_or_twice(session: Session, operator: Actor) -> None:
    pair = add_pair(session, actor=operator, data=DRYER, now=NOW)
    other = add_pair(session, actor=operator, data=PairInput(vi="lò hơi", en="boiler"), now=NOW)
    member = factories.actor(factories.person(session))
    with pytest.raises(Forbidden):
        add_pair(session, actor=member, data=PairInput(vi="bơm", en="pump"), now=NOW)
    with pytest.raises(Forbidden):
        find_pairs(session, actor=member)
    with pytest.raises(StaleVersion):
        retire_pair(session, actor=operator, pair_id=pair.id, revision=7, now=NOW)
    with pytest.raises(NotFound):
        retire_pair(session, actor=operator, pair_id=uuid7(), revision=1, now=NOW)
    with pytest.raises(Invalid):
        add_pair(session, actor=operator, data=PairInput(vi="Máy sấy", en="DRYER"), now=NOW)
    with pytest.raises(Invalid):
        change_pair(session, actor=operator, pair_id=other.id, revision=other.revision, data=DRYER, now=NOW)
    with pytest.raises(Invalid):
        add_pair(session, actor=operator, data=PairInput(vi="robot", en="Robot"), now=NOW)
    assert acts(session, pair) == ["synonym.added"]
    assert session.scalar(select(func.count()).select_from(SynonymPair)) == 2


def test_adding_a_retired_pair_takes_it_back(session: Session, operator: Actor) -> None:
    pair = add_pair(session, actor=operator, data=DRYER, now=NOW)
    retire_pair(session, actor=operator, pair_id=pair.id, revision=pair.revision, now=NOW)
    again = add_pair(session, actor=operator, data=PairInput(vi="máy sấy", en="dryer", field="general"), now=NOW)
    assert again is pair
    assert (pair.retired_at, pair.field) == (None, "general")


def test_the_list_is_in_order_by_pages_and_found_without_marks(session: Session, operator: Actor) -> None:
    for vi, en in (("máy sấy", "dryer"), ("lò hơi", "boiler"), ("máy say", "blender"), ("bơm", "pump")):
        add_pair(session, actor=operator, data=PairInput(vi=vi, en=en), now=NOW)
    first = find_pairs(session, actor=operator, limit=3)
    assert [pair.en for pair in first.items] == ["pump", "boiler", "blender"]
    assert first.total == 4
    rest = find_pairs(session, actor=operator, limit=3, after=first.next)
    assert ([pair.en for pair in rest.items], rest.next) == (["dryer"], "")
    assert {pair.en for pair in find_pairs(session, actor=operator, text="MAY SAY").items} == {"dryer", "blender"}
    assert [pair.vi for pair in find_pairs(session, actor=operator, text="boil").items] == ["lò hơi"]
    assert find_pairs(session, actor=operator, text="%").items == []
    assert find_pairs(session, actor=operator, show="retired").items == []


def test_searching_follows_at_once_here_and_in_other_processes_by_the_mark(database: Database) -> None:
    current.forget()
    assert knows("máy sấy"), "the shipped pairs, before the database is read"
    with database.read_only() as session:
        current.refresh(session)
    assert knows("máy sấy"), "and where it holds none"
    with database.unit_of_work() as session:
        add_pair(session, actor=SYSTEM, data=PairInput(vi="gạch nung thử", en="test brick"), now=NOW)
    with database.read_only() as session:
        current.refresh(session)
    assert knows("gạch nung thử")
    assert not knows("máy sấy"), "what the database holds is all there is"
    thesaurus = current_thesaurus()
    with database.read_only() as session:
        assert not current.refresh(session, max_age=0)
    assert current_thesaurus() is thesaurus
    current.forget()


def test_the_shipped_pairs_go_in_once_and_never_over_what_was_changed(session: Session, operator: Actor) -> None:
    assert load_shipped_pairs(session, now=NOW) == len(shipped_pairs())
    assert load_shipped_pairs(session, now=NOW) == 0
    pair = session.scalars(select(SynonymPair).where(SynonymPair.vi == "máy sấy bơm nhiệt")).one()
    changed = PairInput(vi="máy sấy bơm nhiệt", en="heat pump drier", field="food")
    change_pair(session, actor=operator, pair_id=pair.id, revision=pair.revision, data=changed, now=NOW)
    assert load_shipped_pairs(session, now=NOW) == 0


def test_a_file_goes_out_and_in_and_says_what_it_did(session: Session, operator: Actor) -> None:
    add_pair(session, actor=operator, data=DRYER, now=NOW)
    boiler = add_pair(session, actor=operator, data=PairInput(vi="lò hơi", en="boiler"), now=NOW)
    later = NOW + timedelta(days=1)
    lines = [
        "\ufeffvi,en,field,state\n",
        "máy sấy,dryer,food,\n",
        "lò hơi,boiler,general,retired\n",
        "băng tải,conveyor,manufacturing,\n",
        "chưa có,never there,,retired\n",
        "sai,lĩnh vực,nowhere,\n",
        "robot,Robot,,\n",
        ",thiếu,,\n",
        "bơm,pump,,maybe\n",
    ]
    report = import_pairs(session, actor=operator, lines=lines, now=later)
    assert (report.added, report.changed, report.retired, report.same) == (1, 0, 1, 2)
    assert [number for number, _ in report.bad] == [6, 7, 8, 9]
    assert boiler.retired_at == later
    again = import_pairs(session, actor=operator, lines=lines, now=later)
    assert (again.added, again.changed, again.retired, again.same) == (0, 0, 0, 4)
    written = io.StringIO()
    assert export_pairs(all_pairs(session, actor=operator), written) == 3
    assert written.getvalue() == (
        "vi,en,field,state\nmáy sấy,dryer,food,\nlò hơi,boiler,general,retired\nbăng tải,conveyor,manufacturing,\n"
    )
    with pytest.raises(ValueError, match="vi, en"):
        import_pairs(session, actor=operator, lines=["a,b\n", "1,2\n"], now=later)
