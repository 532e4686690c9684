"""The state of the journal: another one after every commit, whoever numbers the entries and whenever."""

from uuid import uuid4

from sqlalchemy import select

from app import journal
from app.database import Database
from app.journal.state import STATE_COLUMNS, JournalState, state_of
from app.models.journal import JournalWaiting
from tests.factories import NOW


def state(database: Database) -> JournalState:
    with database.read_only() as session:
        return state_of(session.execute(select(*STATE_COLUMNS)).one())


def write(database: Database, count: int = 1) -> None:
    with database.unit_of_work() as session:
        for _ in range(count):
            journal.append(session, entity="listing", entity_id=uuid4(), action="publish", actor_id=None, data={})


def test_a_commit_counts_at_once_and_being_numbered_changes_nothing(database: Database) -> None:
    assert state(database) == JournalState(committed=0, read=0, changed_at=None, settled=True)
    write(database, 2)
    assert (state(database).committed, state(database).changed_at) == (2, None)
    with database.unit_of_work() as session:
        journal.sequence(session)
    assert state(database).committed == 2
    assert state(database).changed_at is not None
    write(database)
    assert state(database).committed == 3


def test_entries_without_a_commit_do_not_count(database: Database) -> None:
    with database.unit_of_work() as session:
        journal.append(session, entity="listing", entity_id=uuid4(), action="publish", actor_id=None, data={})
        session.flush()
        assert state(database).committed == 0
    assert state(database).committed == 1


def test_a_reader_that_catches_up_changes_the_state(database: Database) -> None:
    write(database)
    journal.consume(database, consumer="search", handler=lambda session, entries: None)
    assert (state(database).committed, state(database).read) == (1, 1)


def test_what_a_reader_deals_with_later_changes_the_state(database: Database) -> None:
    write(database)
    journal.consume(database, consumer="search", handler=lambda session, entries: None)
    with database.unit_of_work() as session:
        session.add_all(JournalWaiting(consumer="search", entity_id=uuid4(), since=NOW) for _ in range(3))
    before = state(database).read
    journal.take_up(database, consumer="search", handler=lambda session, ids: None, most=2)
    assert state(database).read == before + 2


def test_more_than_is_counted_is_told_as_unsettled(database: Database) -> None:
    write(database, 999)
    assert state(database).settled
    write(database)
    assert not state(database).settled
