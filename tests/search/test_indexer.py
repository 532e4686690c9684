"""The index behind the journal."""

import itertools
from dataclasses import replace
from typing import Any

import pytest

from app import journal
from app.database import Database
from app.identity import uuid7
from app.journal import cursor_position, head_position, sequence
from app.journal.consume import is_alone
from app.models.listings import Listing
from app.search.documents import indexed_documents
from app.search.embedded import EmbeddedEngine
from app.search.indexer import CONSUMER, align, index_next, rebuild_index, search_consumer
from app.search.port import Changes, Eq, SearchDocument, SearchEngine, SearchQuery, SearchUnavailable
from tests import factories
from tests.conftest import empty
from tests.search.keeping import change, verify


@pytest.fixture(autouse=True)
def same_names_every_time(monkeypatch: pytest.MonkeyPatch, database: Database) -> None:
    """So that what the engines are given is what was recorded."""
    # The first test of a process finds the entries that loading the reference tables left in the journal.
    empty(database)
    names = itertools.count(1)
    monkeypatch.setattr(factories, "new_public_id", lambda: f"b{next(names):011}")
    monkeypatch.setattr(factories, "_serial", itertools.count(1))


def follow(database: Database, engine: SearchEngine) -> int:
    """Index until there is nothing new; returns how many entries that were."""
    handled = 0
    while batch := index_next(database, engine):
        handled += batch
    return handled


def titles(engine: SearchEngine, text: str = "", *filters: Eq) -> list[str]:
    hits = engine.search(SearchQuery(text=text, filters=filters, highlight=False, limit=100)).hits
    return sorted(str(hit.title) for hit in hits)


def publish(database: Database, *given: str, **values: Any) -> list[Listing]:
    with database.unit_of_work() as session:
        organisation = factories.organisation(session)
        return [factories.listing(session, of=organisation, title=title, **values) for title in given]


def head(database: Database) -> int:
    with database.unit_of_work() as session:
        sequence(session)
    with database.read_only() as session:
        return head_position(session)


def cursor(database: Database) -> int:
    with database.read_only() as session:
        return cursor_position(session, CONSUMER)


def indexed(database: Database, *listings: Listing) -> list[SearchDocument]:
    with database.read_only() as session:
        return indexed_documents(session, listing_ids=[one.id for one in listings])


def test_what_is_published_is_found_and_what_is_withdrawn_is_not(database: Database, engine: SearchEngine) -> None:
    follow(database, engine)
    first, _second = publish(database, "Máy bơm", "Máy nén")
    assert follow(database, engine) == 3
    assert titles(engine) == ["Máy bơm", "Máy nén"]
    assert engine.position() == head(database) == cursor(database)
    change(database, first, state="withdrawn")
    follow(database, engine)
    assert titles(engine) == ["Máy nén"]
    assert follow(database, engine) == 0


def test_an_entity_is_read_as_it_is_now_not_as_the_entry_says(database: Database, engine: SearchEngine) -> None:
    (listing,) = publish(database, "Tên đầu")
    change(database, listing, title="Tên giữa")
    change(database, listing, title="Tên cuối")
    # The first entry alone already brings the last title.
    index_next(database, engine, batch=2)
    assert titles(engine) == ["Tên cuối"]
    follow(database, engine)
    assert titles(engine) == ["Tên cuối"]


def test_a_changed_organisation_changes_all_its_listings(database: Database, engine: SearchEngine) -> None:
    first, _second = publish(database, "Máy bơm", "Máy nén")
    publish(database, "Của đơn vị khác")
    follow(database, engine)
    assert titles(engine, "", Eq("verified", "true")) == []
    verify(database, first.organisation_id)
    follow(database, engine)
    assert titles(engine, "", Eq("verified", "true")) == ["Máy bơm", "Máy nén"]


def test_entries_of_other_records_only_move_the_position(database: Database, engine: SearchEngine) -> None:
    with database.unit_of_work() as session:
        journal.append(session, entity="quote_request", entity_id=uuid7(), action="sent")
    assert follow(database, engine) == 1
    assert engine.position() == cursor(database) == 1


def test_a_need_that_turns_anonymous_is_no_longer_found_by_its_organisation(
    database: Database, engine: SearchEngine
) -> None:
    with database.unit_of_work() as session:
        organisation = factories.organisation(session, name="Công ty Rất Riêng")
        need = factories.listing(session, of=organisation, title="Cần máy sấy", kind="need")
        by_organisation = Eq("organisation", organisation.public_id)
    follow(database, engine)
    assert titles(engine, "rất riêng") == titles(engine, "", by_organisation) == ["Cần máy sấy"]
    change(database, need, visibility="anonymous")
    follow(database, engine)
    assert titles(engine) == ["Cần máy sấy"]
    assert titles(engine, "rất riêng") == titles(engine, "", by_organisation) == []


def test_a_batch_the_engine_refuses_is_taken_again_later(
    database: Database, engine: SearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(database, "Máy bơm")

    def refuse(_changes: Changes) -> None:
        raise SearchUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(engine, "apply", refuse)
        with pytest.raises(SearchUnavailable):
            index_next(database, engine)
    assert cursor(database) == 0
    assert titles(engine) == []
    follow(database, engine)
    assert titles(engine) == ["Máy bơm"]


def test_a_crash_between_index_and_cursor_repeats_the_batch_harmlessly(
    database: Database, engine: SearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(database, "Máy bơm")
    applied = engine.apply

    def apply_and_die(changes: Changes) -> None:
        applied(changes)
        if changes.position is not None:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(engine, "apply", apply_and_die)
        with pytest.raises(KeyboardInterrupt):
            index_next(database, engine)
    assert (engine.position(), cursor(database)) == (2, 0)
    assert follow(database, engine) == 2
    assert titles(engine) == ["Máy bơm"]
    assert (engine.position(), cursor(database)) == (2, 2)


def test_an_organisation_with_many_listings_holds_up_nobody(database: Database, embedded: EmbeddedEngine) -> None:
    engine = embedded
    with database.unit_of_work() as session:
        organisation = factories.organisation(session, name="Viện Lớn")
        for number in range(5):
            factories.listing(session, of=organisation, title=f"Máy số {number}")
    (other,) = publish(database, "Máy khác")
    follow(database, engine)
    verify(database, organisation.id)
    change(database, other, title="Máy vừa đổi")
    # Both entries, and the first two of what the first of them left.
    assert index_next(database, engine, batch=2) == 2 + 2
    assert "Máy vừa đổi" in titles(engine)
    assert len(titles(engine, "", Eq("verified", "true"))) == 2
    assert engine.position() == head(database)
    assert [index_next(database, engine, batch=2) for _ in range(3)] == [2, 1, 0]
    assert len(titles(engine, "", Eq("verified", "true"))) == 5


def test_a_crash_loses_no_listing_of_a_changed_organisation(
    database: Database, embedded: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _second = publish(database, "Máy bơm", "Máy nén")
    follow(database, embedded)
    verify(database, first.organisation_id)
    applied = embedded.apply

    def apply_and_die(changes: Changes) -> None:
        applied(changes)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(embedded, "apply", apply_and_die)
        with pytest.raises(KeyboardInterrupt):
            index_next(database, embedded)
    # The index says that it has read the entry; the cursor follows it, as a worker that starts anew has it.
    assert embedded.position() == head(database)
    take_next = search_consumer(embedded)
    while take_next(database):
        pass
    assert titles(embedded, "", Eq("verified", "true")) == ["Máy bơm", "Máy nén"]


# Building anew


def test_a_rebuild_holds_everything_and_spares_the_consumer_what_it_holds(
    database: Database, engine: SearchEngine
) -> None:
    publish(database, "Máy bơm", "Máy nén")
    publish(database, "Bản nháp", state="draft")
    told: list[tuple[int, int]] = []
    assert rebuild_index(database, engine, progress=lambda done, of: told.append((done, of))) == 2
    assert told == [(2, 2)]
    assert titles(engine) == ["Máy bơm", "Máy nén"]
    assert engine.position() == cursor(database) == head(database)
    assert follow(database, engine) == 0


def test_a_rebuild_catches_up_with_what_changes_meanwhile(database: Database, engine: SearchEngine) -> None:
    first, second = publish(database, "Máy bơm", "Máy nén")
    calls: list[int] = []

    def meanwhile(done: int, _of: int) -> None:
        calls.append(done)
        if len(calls) > 1:
            return
        # Read already, then withdrawn, renamed, and one more published, while the consumer keeps the old index fresh.
        change(database, first, state="withdrawn")
        change(database, second, title="Máy nén khí")
        publish(database, "Máy mới")
        follow(database, engine)

    rebuild_index(database, engine, progress=meanwhile)
    assert titles(engine) == ["Máy mới", "Máy nén khí"]
    assert engine.position() == head(database)


def test_an_index_lost_is_built_anew_by_the_consumer(database: Database, embedded: EmbeddedEngine) -> None:
    engine = embedded
    publish(database, "Máy bơm")
    take_next = search_consumer(engine)
    while take_next(database):
        pass
    assert titles(engine) == ["Máy bơm"]
    for path in engine.store.folder.glob("current-*"):
        path.unlink()
    assert engine.position() is None
    take_next(database)
    assert titles(engine) == ["Máy bơm"]


def test_an_index_ahead_of_a_restored_database_is_built_anew(database: Database, engine: SearchEngine) -> None:
    publish(database, "Máy bơm")
    engine.apply(Changes(upserts=[], deletes=[], position=5_000))
    align(database, engine)
    assert titles(engine) == ["Máy bơm"]
    assert engine.position() == head(database)


def test_an_index_restored_from_a_backup_reads_the_entries_again(database: Database, engine: SearchEngine) -> None:
    (listing,) = publish(database, "Máy bơm")
    follow(database, engine)
    # As the backup had it.
    engine.apply(Changes(deletes=[listing.public_id], position=1))
    align(database, engine)
    assert cursor(database) == 1
    follow(database, engine)
    assert titles(engine) == ["Máy bơm"]


@pytest.mark.parametrize("anew", [True, False], ids=["a worker begins", "a worker goes on"])
def test_a_restored_index_gets_what_waited_when_it_was_copied(
    database: Database, embedded: EmbeddedEngine, anew: bool
) -> None:
    first, _second = publish(database, "Máy bơm", "Máy nén")
    follow(database, embedded)
    verify(database, first.organisation_id)
    assert index_next(database, embedded, batch=1) == 2
    old = indexed(database, first)
    position = head(database)
    publish(database, "Máy mới")
    begun_before = search_consumer(embedded)
    while begun_before(database):
        pass
    # As the copy had it: behind the entry, and one listing still as it was before.
    embedded.apply(Changes(upserts=[replace(one, verified=False) for one in old], position=position))
    assert len(titles(embedded, "", Eq("verified", "true"))) == 1
    take_next = search_consumer(embedded) if anew else begun_before
    while take_next(database):
        pass
    assert titles(embedded, "", Eq("verified", "true")) == ["Máy bơm", "Máy nén"]


@pytest.mark.parametrize("ends", ["well", "by a fault", "killed"])
def test_an_organisation_that_changes_while_the_index_is_built_anew(
    database: Database, embedded: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    first, _second = publish(database, "Máy bơm", "Máy nén")
    follow(database, embedded)
    rebuilt = embedded.rebuild

    def die(*arguments: Any, **options: Any) -> int:
        rebuilt(*arguments, **options)
        raise KeyboardInterrupt

    def meanwhile(_done: int, _of: int) -> None:
        # Read already; a worker keeps the old index up to date.
        verify(database, first.organisation_id)
        follow(database, embedded)

    begun_before = search_consumer(embedded)
    begun_before(database)
    if ends == "well":
        rebuild_index(database, embedded, progress=meanwhile)
    else:
        with monkeypatch.context() as patch:
            patch.setattr(embedded, "rebuild", die)
            if ends == "killed":
                patch.setattr("app.search.indexer.hand_over", lambda *_given, **_named: None)
            with pytest.raises(KeyboardInterrupt):
                rebuild_index(database, embedded, progress=meanwhile)
    assert titles(embedded, "", Eq("verified", "true")) == []
    # Where nobody could tell, the next worker that begins finds it.
    take_next = search_consumer(embedded) if ends == "killed" else begun_before
    while take_next(database):
        pass
    assert titles(embedded, "", Eq("verified", "true")) == ["Máy bơm", "Máy nén"]


def test_index_and_cursor_are_not_compared_while_another_works(database: Database, embedded: EmbeddedEngine) -> None:
    publish(database, "Máy bơm")
    take_next = search_consumer(embedded)
    # As the other has it: the index says already how far it has come, the cursor does not yet.
    embedded.apply(Changes(position=1))
    with database.unit_of_work() as session:
        assert is_alone(session, CONSUMER)
        assert take_next(database) == 0
        assert cursor(database) == 0
    while take_next(database):
        pass
    assert titles(embedded) == ["Máy bơm"]


def test_two_workers_share_the_work(database: Database, embedded: EmbeddedEngine) -> None:
    engine, other = embedded, EmbeddedEngine(embedded.store.folder)
    one, two = search_consumer(engine), search_consumer(other)
    for number in range(6):
        publish(database, f"Máy {number}")
        (one if number % 2 else two)(database)
    assert titles(engine) == titles(other) == [f"Máy {number}" for number in range(6)]
    assert engine.position() == cursor(database) == head(database)
