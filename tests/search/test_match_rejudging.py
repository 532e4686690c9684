"""A fact about a holder moves the scores of its offers; no engine is asked."""

from datetime import timedelta

import pytest

from app import clock, journal
from app.database import Database
from app.journal.consume import move_cursor
from app.models import QuoteRequest
from app.search.embedded import EmbeddedEngine
from app.search.match_keeper import keep_up
from app.search.port import CandidateQuery
from app.search.reasons import from_store
from tests import factories
from tests.factories import NOW
from tests.search.keeping import DRYER, NEED, add, follow, index, only, verify


@pytest.fixture(autouse=True)
def _same_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)


def test_what_the_index_catches_up_with_later_is_judged_again(database: Database, engine: EmbeddedEngine) -> None:
    add(database, NEED, kind="need")
    offer = add(database, DRYER)
    follow(database, engine)
    before = only(database)
    verify(database, offer.organisation_id)
    index(database, engine)
    with database.unit_of_work() as session:
        # As if the entry had been read, and the pair then judged by what the index held before.
        move_cursor(session, consumer="matches", position=journal.head_position(session))
    assert only(database).score == before.score
    keep_up(database, engine)
    assert only(database).score > before.score
    assert "verified" in {one.code for one in from_store(only(database).reasons)}


def test_a_holders_verification_and_record_of_answers_move_its_scores_without_an_engine(
    database: Database, engine: EmbeddedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(database, NEED, kind="need")
    offer = add(database, DRYER)
    follow(database, engine)
    before = only(database)
    verify(database, offer.organisation_id)
    with database.unit_of_work() as session:
        person = factories.person(session)
        buyer = factories.organisation(session, owner=person)
        for number in range(3):
            request = QuoteRequest(
                number=f"2026-00000{number}",
                state="quoted",
                listing_id=offer.id,
                listing_version=1,
                listing_title=offer.title,
                listing_kind=offer.kind,
                buyer_organisation_id=buyer.id,
                buyer_name=buyer.name,
                holder_organisation_id=offer.organisation_id,
                holder_name="Viện",
                sent_by_id=person.id,
                sent_at=NOW - timedelta(days=20),
                first_answer_at=NOW - timedelta(days=20) + timedelta(hours=5 + number),
                updated_at=NOW,
            )
            session.add(request)
            session.flush()
            journal.append(session, entity="quote_request", entity_id=request.id, action="quoted")
    index(database, engine)
    asked: list[CandidateQuery] = []
    monkeypatch.setattr(engine, "candidates", asked.append)
    assert keep_up(database, engine) == 0
    after = only(database)
    told = {one.code: one.params for one in from_store(after.reasons)}
    assert (after.id, after.text_ratio, asked) == (before.id, before.text_ratio, [])
    assert {"verified", "replies_soon"} <= told.keys()
    assert told["replies_soon"] == {"hours": 6}
    assert after.score > before.score
