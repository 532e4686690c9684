"""Matches kept behind the journal: who meets whom when something changes, and what outages and restarts cost."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app import clock
from app.database import Database
from app.matching_weights import WEIGHTS, Weights
from app.models import JournalEntry, ListingMatch, MatchDue, MatchList
from app.search import match_keeper, matches
from app.search.embedded import EmbeddedEngine
from app.search.match_keeper import keep_up, read_next, refresh, sweep, work_off
from app.search.port import CandidateQuery, Candidates, SearchUnavailable
from app.search.reasons import from_store
from tests import factories
from tests.factories import NOW
from tests.mates import apart, together
from tests.search.keeping import DRYER, NEED, PAIR, WELD, add, change, current, follow, index, only


@pytest.fixture(autouse=True)
def _same_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.mark.parametrize("need_first", [True, False])
def test_a_need_and_an_offer_meet_whichever_comes_first(
    database: Database, engine: EmbeddedEngine, need_first: bool
) -> None:
    add(database, WELD)
    for kind in ("need", "technology") if need_first else ("technology", "need"):
        add(database, NEED if kind == "need" else DRYER, kind=kind)
        follow(database, engine)
    assert current(database) == PAIR
    kept = only(database)
    assert (kept.first_seen_at, kept.left_at) == (NOW, None)
    assert kept.score >= WEIGHTS.least_score
    phrases = {language: from_store(kept.reasons, language=language)[0].params["phrases"] for language in ("vi", "en")}
    assert "chuối và xoài" in " ".join(phrases["vi"]) or "sấy chuối" in " ".join(phrases["vi"])


def test_one_offer_alone_is_judged_as_the_whole_list_would_judge_it(database: Database, engine: EmbeddedEngine) -> None:
    add(database, NEED, kind="need")
    add(database, WELD)
    follow(database, engine)
    add(database, DRYER)
    follow(database, engine)
    alone = only(database)
    refresh(database, engine)
    whole = only(database)
    assert (alone.id, alone.score, alone.text_ratio) == (whole.id, whole.score, whole.text_ratio)


def test_what_is_withdrawn_leaves_and_is_no_news_when_it_comes_back(
    database: Database, engine: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    need, offer = add(database, NEED, kind="need"), add(database, DRYER)
    follow(database, engine)
    for listing in (offer, need):
        before = only(database)
        change(database, listing, state="withdrawn")
        follow(database, engine)
        assert (current(database), only(database).left_at) == (set(), NOW)
        monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=1))
        change(database, listing, state="published")
        follow(database, engine)
        after = only(database)
        assert (after.id, after.first_seen_at, after.left_at) == (before.id, before.first_seen_at, None)
        monkeypatch.setattr(clock, "now", lambda: NOW)


def test_a_text_that_changes_to_something_else_takes_the_offer_out(database: Database, engine: EmbeddedEngine) -> None:
    add(database, NEED, kind="need")
    offer = add(database, DRYER)
    follow(database, engine)
    change(database, offer, **WELD)
    follow(database, engine)
    assert current(database) == set()


def test_nobody_is_proposed_to_themselves_and_a_need_that_is_over_meets_nobody(
    database: Database, engine: EmbeddedEngine
) -> None:
    with database.unit_of_work() as session:
        own = factories.organisation(session)
    for visibility in ("public", "anonymous", "invitation"):
        add(database, NEED, of=own, kind="need", visibility=visibility)
    add(database, NEED, kind="need", deadline=date(2026, 11, 22))
    add(database, DRYER, of=own)
    follow(database, engine)
    assert current(database) == set()
    refresh(database, engine)
    assert current(database) == set()


def test_a_need_by_invitation_has_a_list_and_hears_of_new_offers(database: Database, engine: EmbeddedEngine) -> None:
    add(database, NEED, kind="need", visibility="invitation")
    follow(database, engine)
    add(database, DRYER)
    follow(database, engine)
    assert current(database) == PAIR


def test_a_full_list_lets_only_better_ones_in_and_fills_again(database: Database, engine: EmbeddedEngine) -> None:
    weights = Weights(keep=5)
    for number in range(12):
        add(database, WELD | {"title": f"{WELD['title']} {number}"})
    need = add(database, NEED, kind="need", trl=6)
    offers = [add(database, DRYER | {"title": f"{DRYER['title']} số {number}"}, trl=3) for number in range(5)]
    follow(database, engine, weights=weights)
    assert len(current(database)) == 5
    with database.read_only() as session:
        lowest = session.scalars(select(MatchList.lowest).where(MatchList.need_id == need.id)).one()
        assert lowest == min(session.scalars(select(ListingMatch.score)))
    better = add(database, DRYER, trl=9)
    follow(database, engine, weights=weights)
    assert len(current(database)) == 5
    assert (NEED["title"], better.title) in current(database)
    change(database, offers[0], state="withdrawn")
    change(database, offers[1], state="withdrawn")
    follow(database, engine, weights=weights)
    # Whoever was cut off comes in again; four are left.
    assert len(current(database)) == 4


def test_reading_never_goes_beyond_the_index(database: Database, engine: EmbeddedEngine) -> None:
    add(database, NEED, kind="need")
    add(database, DRYER)
    assert read_next(database, engine) == 0
    index(database, engine)
    assert read_next(database, engine) == 4
    with database.read_only() as session:
        assert len(session.scalars(select(MatchDue)).all()) == 2


def test_while_the_engine_is_away_everything_stays_marked(
    database: Database, engine: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(database, NEED, kind="need")
    add(database, DRYER)
    index(database, engine)
    read_next(database, engine)

    def away(_query: CandidateQuery) -> Candidates:
        raise SearchUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(engine, "candidates", away)
        assert work_off(database, engine) == 0
        patch.setattr(engine, "position", lambda: None)
        assert read_next(database, engine) == 0
    assert current(database) == set()
    keep_up(database, engine)
    assert current(database) == PAIR


def test_a_result_is_thrown_away_when_the_listing_changed_meanwhile(
    database: Database, engine: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    need = add(database, NEED, kind="need")
    add(database, DRYER)
    index(database, engine)
    read_next(database, engine)
    offers_for = matches.offers_for

    def meanwhile(*given: Any, **named: Any) -> Any:
        found = offers_for(*given, **named)
        change(database, need, **WELD)
        index(database, engine)
        read_next(database, engine)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(match_keeper, "offers_for", meanwhile)
        work_off(database, engine)
        work_off(database, engine)
    assert current(database) == set()
    keep_up(database, engine)
    assert current(database) == set()
    with database.read_only() as session:
        assert session.scalars(select(MatchDue)).all() == []


def test_many_offers_at_once_are_left_to_the_lists_of_needs(
    database: Database, engine: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(database, NEED, kind="need")
    follow(database, engine)
    with database.unit_of_work() as session:
        organisation = factories.organisation(session)
        for number in range(41):
            texts = DRYER if number == 20 else WELD | {"title": f"{WELD['title']} {number}"}
            factories.listing(session, of=organisation, benefit="", **texts)
    index(database, engine)
    asked: list[CandidateQuery] = []
    candidates = engine.candidates

    def counted(query: CandidateQuery) -> Candidates:
        asked.append(query)
        return candidates(query)

    monkeypatch.setattr(engine, "candidates", counted)
    assert keep_up(database, engine) == 1
    assert len(asked) == 1
    assert current(database) == PAIR


def test_pages_hear_of_changed_lists_through_the_journal(database: Database, engine: EmbeddedEngine) -> None:
    need = add(database, NEED, kind="need")
    add(database, DRYER)
    follow(database, engine)
    with database.read_only() as session:
        entries = session.scalars(select(JournalEntry).where(JournalEntry.entity == "matches")).all()
    assert need.id in {one.entity_id for one in entries}
    assert {one.action for one in entries} == {"changed"}
    assert follow(database, engine) == 0


def test_the_daily_sweep_ends_the_lists_of_needs_that_are_over(database: Database, engine: EmbeddedEngine) -> None:
    add(database, NEED, kind="need", deadline=NOW.date())
    add(database, DRYER)
    follow(database, engine)
    assert current(database) == PAIR
    tomorrow = NOW + timedelta(days=1)
    with database.unit_of_work() as session:
        sweep(session, now=tomorrow)
    assert current(database) == set()
    with database.unit_of_work() as session:
        assert session.scalars(select(MatchList)).all() == []
        sweep(session, now=tomorrow + timedelta(days=400))
        assert session.scalars(select(ListingMatch)).all() == []


def test_a_need_is_shown_one_of_a_cluster_and_the_next_when_that_is_gone(
    database: Database, embedded: EmbeddedEngine
) -> None:
    for _ in range(8):
        add(database, WELD)
    head = add(database, DRYER)
    other = add(database, DRYER | {"title": "Buồng sấy bơm nhiệt cho chuối và xoài"})
    add(database, NEED, kind="need")
    follow(database, embedded)
    both = {(NEED["title"], DRYER["title"]), (NEED["title"], "Buồng sấy bơm nhiệt cho chuối và xoài")}
    assert current(database) == both
    with database.unit_of_work() as session:
        together(session, head, other)
    follow(database, embedded)
    assert current(database) == {(NEED["title"], DRYER["title"])}
    refresh(database, embedded)
    assert current(database) == {(NEED["title"], DRYER["title"])}
    change(database, head, state="withdrawn")
    follow(database, embedded)
    assert current(database) == {(NEED["title"], "Buồng sấy bơm nhiệt cho chuối và xoài")}
    change(database, head, state="published")
    follow(database, embedded)
    assert current(database) == {(NEED["title"], DRYER["title"])}
    with database.unit_of_work() as session:
        apart(session, other)
    follow(database, embedded)
    assert current(database) == both


def test_what_becomes_a_need_or_an_offer_leaves_the_lists_of_what_it_was(
    database: Database, engine: EmbeddedEngine
) -> None:
    """A partner may say another kind of its record than before."""
    need, offer = add(database, NEED, kind="need"), add(database, DRYER)
    follow(database, engine)
    assert current(database) == PAIR
    change(database, offer, kind="need")
    follow(database, engine)
    assert current(database) == set()
    change(database, need, kind="technology")
    follow(database, engine)
    # Now the other way round, and nothing is left of before.
    assert current(database) == {(DRYER["title"], NEED["title"])}
    with database.read_only() as session:
        assert session.scalars(select(MatchList.need_id)).all() == [offer.id]


def test_what_waits_as_an_offer_and_becomes_a_need_has_its_list_made(
    database: Database, engine: EmbeddedEngine
) -> None:
    add(database, DRYER)
    waiting = add(database, NEED)
    index(database, engine)
    while read_next(database, engine):
        pass
    change(database, waiting, kind="need")
    follow(database, engine)
    assert current(database) == PAIR
