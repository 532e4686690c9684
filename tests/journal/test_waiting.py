"""What a change leaves to be looked at again is taken up piece by piece, each once."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import journal
from app.database import Database
from app.models.journal import JournalWaiting
from app.models.listings import Listing
from tests import factories
from tests.conftest import empty


@pytest.fixture
def listings(database: Database) -> list[UUID]:
    """Five of one organisation, in the order of their ids, with nothing in the journal."""
    empty(database)
    with database.unit_of_work() as session:
        organisation = factories.organisation(session)
        made = [factories.listing(session, of=organisation).id for _ in range(5)]
    empty_journal(database)
    return sorted(made)


def empty_journal(database: Database) -> None:
    while journal.consume(database, consumer="before", handler=lambda _session, _entries: None):
        pass


def leave_all(database: Database, *, consumer: str, read_to: int | None = None) -> None:
    with database.unit_of_work() as session:
        to = journal.head_position(session) if read_to is None else read_to
        journal.leave_for_later(session, consumer=consumer, entity="listing", found=select(Listing.id), read_to=to)


def taken_up(database: Database, *, consumer: str, most: int = 2) -> list[list[UUID]]:
    seen: list[list[UUID]] = []
    while journal.take_up(database, consumer=consumer, handler=lambda _session, ids: seen.append(list(ids)), most=most):
        pass
    return seen


def waiting(database: Database) -> int:
    with database.read_only() as session:
        return session.scalar(select(func.count()).select_from(JournalWaiting)) or 0


def test_it_comes_in_pieces_each_once(database: Database, listings: list[UUID]) -> None:
    leave_all(database, consumer="reader")
    leave_all(database, consumer="reader")
    assert taken_up(database, consumer="reader") == [listings[:2], listings[2:4], listings[4:]]
    assert taken_up(database, consumer="reader") == []


def test_each_reader_has_its_own(database: Database, listings: list[UUID]) -> None:
    leave_all(database, consumer="reader")
    leave_all(database, consumer="another")
    assert taken_up(database, consumer="another", most=9) == [listings]
    assert taken_up(database, consumer="reader", most=9) == [listings]


def test_what_will_be_read_for_itself_is_left_out(database: Database, listings: list[UUID]) -> None:
    with database.read_only() as session:
        read_to = journal.head_position(session)
    with database.unit_of_work() as session:
        # One that has a position by now, and one that nobody has numbered yet.
        journal.append(session, entity="listing", entity_id=listings[0], action="updated")
        journal.sequence(session)
    with database.unit_of_work() as session:
        journal.append(session, entity="listing", entity_id=listings[3], action="updated")
        journal.append(session, entity="organisation", entity_id=listings[1], action="updated")
    leave_all(database, consumer="reader", read_to=read_to)
    assert taken_up(database, consumer="reader", most=9) == [[listings[1], listings[2], listings[4]]]


def test_what_fails_stays(database: Database, listings: list[UUID]) -> None:
    leave_all(database, consumer="reader")

    def fail(_session: Session, _ids: Sequence[UUID]) -> None:
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        journal.take_up(database, consumer="reader", handler=fail)
    assert waiting(database) == 5
    assert taken_up(database, consumer="reader", most=9) == [listings]


def test_two_do_not_take_up_the_same(database: Database, listings: list[UUID]) -> None:
    leave_all(database, consumer="reader")
    beside: list[int] = []

    def meanwhile(_session: Session, _ids: Sequence[UUID]) -> None:
        beside.append(journal.take_up(database, consumer="reader", handler=lambda _session, _ids: None))

    assert journal.take_up(database, consumer="reader", handler=meanwhile) == 5
    assert beside == [0]
    assert waiting(database) == 0


def test_what_is_left_again_meanwhile_stays(database: Database, listings: list[UUID]) -> None:
    leave_all(database, consumer="reader")

    def meanwhile(_session: Session, ids: Sequence[UUID]) -> None:
        assert list(ids) == listings
        with database.unit_of_work() as session:
            found = select(Listing.id).where(Listing.id == listings[2])
            to = journal.head_position(session)
            journal.leave_for_later(session, consumer="reader", entity="listing", found=found, read_to=to)

    assert journal.take_up(database, consumer="reader", handler=meanwhile) == 5
    assert taken_up(database, consumer="reader") == [[listings[2]]]


def test_another_can_be_made_to_look_at_it(database: Database, listings: list[UUID]) -> None:
    leave_all(database, consumer="giver")
    with database.unit_of_work() as session:
        journal.hand_over(session, giver="giver", taker="taker")
    assert taken_up(database, consumer="taker", most=9) == [listings]
    assert taken_up(database, consumer="giver") == []


def test_what_the_ended_left_is_looked_after_until_they_are_forgotten(database: Database, listings: list[UUID]) -> None:
    for name in ("building 1", "building 2", "buildings"):
        leave_all(database, consumer=name)

    def look_after(forget_before: datetime) -> list[list[UUID]]:
        with database.unit_of_work() as session:
            journal.look_after(session, prefix="building ", taker="taker", forget_before=forget_before)
        return taken_up(database, consumer="taker", most=9)

    now = datetime.now(UTC)
    assert look_after(now - timedelta(hours=1)) == [listings]
    # They may be still to come.
    assert look_after(now + timedelta(hours=1)) == [listings]
    assert look_after(now) == []
    assert taken_up(database, consumer="buildings", most=9) == [listings]
