"""The journal loses nothing and keeps the order of each entity, whatever commits when."""

import threading
from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from app import journal
from app.database import Database
from app.identity import uuid7
from app.journal.guard import NotJournalled
from app.models import JournalEntry, Organisation
from tests import factories
from tests.conftest import empty
from tests.factories import NOW

WRITERS = 8
CHANGES_EACH = 60


@pytest.fixture(autouse=True)
def _nothing_noted(database: Database) -> None:
    """A fresh test database comes with entries of its own: the reference tables that were loaded into it."""
    empty(database)


def read_all(database: Database, consumer: str = "test") -> list[tuple[int, UUID, int]]:
    seen: list[tuple[int, UUID, int]] = []

    def take(_session: Session, entries: Sequence[JournalEntry]) -> None:
        seen.extend((entry.position or 0, entry.entity_id, int(entry.data["n"])) for entry in entries)

    while journal.consume(database, consumer=consumer, handler=take, batch=37):
        pass
    return seen


def test_eight_writers_lose_nothing_and_keep_order(database: Database) -> None:
    entities = [uuid7() for _ in range(5)]
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE counter (id uuid PRIMARY KEY, n int NOT NULL)"))
        connection.execute(text("INSERT INTO counter VALUES (:id, 0)"), [{"id": one} for one in entities])
    stop_reading = threading.Event()
    seen: list[tuple[int, UUID, int]] = []
    faults: list[BaseException] = []

    def write(writer: int) -> None:
        try:
            for step in range(CHANGES_EACH):
                entity = entities[(writer + step) % len(entities)]
                with database.unit_of_work() as session:
                    n = session.execute(
                        text("UPDATE counter SET n = n + 1 WHERE id = :id RETURNING n"), {"id": entity}
                    ).scalar_one()
                    journal.append(session, entity="counter", entity_id=entity, action="changed", data={"n": n})
        except BaseException as fault:  # noqa: BLE001 - told to the test below
            faults.append(fault)

    def read() -> None:
        while not stop_reading.is_set():
            seen.extend(read_all(database))

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    try:
        reader.start()
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        stop_reading.set()
        reader.join()
        seen.extend(read_all(database))
    finally:
        stop_reading.set()
        with database.engine.begin() as connection:
            connection.execute(text("DROP TABLE counter"))

    assert not faults
    assert [position for position, _, _ in seen] == list(range(1, WRITERS * CHANGES_EACH + 1))
    per_entity: dict[UUID, list[int]] = defaultdict(list)
    for _, entity, n in seen:
        per_entity[entity].append(n)
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in per_entity.values())


def test_entry_of_a_slow_writer_is_read_after_it_commits(database: Database) -> None:
    entity = uuid7()
    with database.unit_of_work() as slow:
        journal.append(slow, entity="x", entity_id=entity, action="changed", data={"n": 1})
        with database.unit_of_work() as quick:
            journal.append(quick, entity="x", entity_id=uuid7(), action="changed", data={"n": 2})
        assert [n for _, _, n in read_all(database)] == [2]
    assert [n for _, _, n in read_all(database)] == [1]


def test_a_failing_handler_leaves_the_cursor_where_it_was(database: Database) -> None:
    with database.unit_of_work() as session:
        journal.append(session, entity="x", entity_id=uuid7(), action="changed", data={"n": 1})

    def fail(_session: Session, _entries: Sequence[JournalEntry]) -> None:
        raise RuntimeError("engine down")

    with pytest.raises(RuntimeError, match="engine down"):
        journal.consume(database, consumer="test", handler=fail)
    assert [n for _, _, n in read_all(database)] == [1]


def test_change_without_entry_fails_the_commit(database: Database) -> None:
    with database.unit_of_work() as session:
        made = factories.organisation(session)
    with pytest.raises(NotJournalled), database.unit_of_work() as session:
        found = session.get_one(Organisation, made.id)
        found.name = "Tên khác"
    with database.read_only() as session:
        assert session.get_one(Organisation, made.id).name == made.name


def test_change_with_entry_commits(database: Database) -> None:
    with database.unit_of_work() as session:
        made = factories.organisation(session)
    with database.unit_of_work() as session:
        found = session.get_one(Organisation, made.id)
        found.name = "Tên khác"
        journal.append(session, entity="organisation", entity_id=found.id, action="updated", at=NOW)
    with database.read_only() as session:
        assert session.get_one(Organisation, made.id).name == "Tên khác"


def test_many_entries_at_once_keep_their_order_and_satisfy_the_guard(database: Database) -> None:
    with database.unit_of_work() as session:
        made = [factories.organisation(session).id for _ in range(3)]
    with database.unit_of_work() as session:
        session.execute(update(Organisation).where(Organisation.id.in_(made)).values(region="01"))
        journal.append_many(session, entity="organisation", entity_ids=made[::-1], action="moved", at=NOW)
        journal.append_many(session, entity="organisation", entity_ids=[], action="moved", at=NOW)
    with database.read_only() as session:
        noted = session.scalars(select(JournalEntry).where(JournalEntry.action == "moved").order_by(JournalEntry.id))
        assert [one.entity_id for one in noted] == made[::-1]
