"""What judgements come to: leans that are bounded and off until there are enough, and the offline evaluation."""

from datetime import timedelta

import pytest

from app.database import Database
from app.matching_weights import Weights
from app.models import Listing, MatchJudgement
from app.search.embedded import EmbeddedEngine
from app.search.holders import holders
from app.search.judgements import evaluate
from app.search.leans import lean, leans
from app.search.matching import match
from tests import factories
from tests.factories import NOW
from tests.search.keeping import DRYER, NEED, WELD, add, follow
from tests.search.samples import document

FEW = Weights(judgements_needed=20)


def word(database: Database, need: Listing, offer: Listing, *, fits: bool, people: int = 1) -> None:
    """So many people, each of an organisation of their own, say so."""
    with database.unit_of_work() as session:
        for _ in range(people):
            person = factories.person(session)
            side = factories.organisation(session, owner=person)
            session.add(
                MatchJudgement(
                    need_id=need.id,
                    offer_id=offer.id,
                    person_id=person.id,
                    organisation_id=side.id,
                    fits=fits,
                    because="" if fits else "price",
                    score=60,
                    at=NOW - timedelta(days=1),
                )
            )


def test_leans_are_off_until_there_are_enough_judgements(database: Database, engine: EmbeddedEngine) -> None:
    need = add(database, NEED, kind="need")
    liked, disliked, unknown = add(database, DRYER), add(database, WELD), add(database, WELD)
    word(database, need, liked, fits=True, people=12)
    word(database, need, disliked, fits=False, people=7)
    word(database, need, unknown, fits=False, people=0)
    ids = [one.public_id for one in (liked, disliked, unknown)]
    with database.read_only() as session:
        assert leans(session, weights=FEW)(ids) == {}
    word(database, need, unknown, fits=False)
    with database.read_only() as session:
        found = leans(session, weights=FEW)(ids)
        assert leans(session, weights=Weights(judgements_needed=20, judged=0))(ids) == {}
    # One judgement of an offer is never told.
    assert found == {
        liked.public_id: pytest.approx(lean(12, 12, usual=0.6)),
        disliked.public_id: pytest.approx(lean(0, 7, usual=0.6)),
    }
    assert 0 < found[liked.public_id] < 1
    assert -1 < found[disliked.public_id] < 0


def test_people_of_one_organisation_are_one_side_and_tell_nothing_alone(database: Database) -> None:
    need, offer, other = add(database, NEED, kind="need"), add(database, DRYER), add(database, WELD)
    word(database, need, other, fits=False, people=20)
    with database.unit_of_work() as session:
        side = factories.organisation(session)
        for _ in range(5):
            person = factories.person(session)
            session.add(
                MatchJudgement(
                    need_id=need.id,
                    offer_id=offer.id,
                    person_id=person.id,
                    organisation_id=side.id,
                    fits=True,
                    score=60,
                    at=NOW,
                )
            )
    with database.read_only() as session:
        assert offer.public_id not in leans(session, weights=FEW)([offer.public_id])


def test_a_lean_moves_the_score_by_no_more_than_its_weight_and_says_so() -> None:
    need, offer = document("n", "Cần sấy", kind="need"), document("o", "Máy sấy")
    plain = match(need, offer, text_ratio=2.5, shared=(), today=NOW.date())
    for way, code in ((1.0, "judged_to_fit"), (-1.0, "judged_not_to_fit"), (50.0, "judged_to_fit")):
        made = match(need, offer, text_ratio=2.5, shared=(), today=NOW.date(), lean=way)
        (reason,) = [one for one in made.reasons if one.code == code]
        assert reason.strength == Weights().judged
        assert 0 < abs(made.score - plain.score) <= 8
    assert match(need, offer, text_ratio=2.5, shared=(), today=NOW.date(), lean=0.01) == plain


def test_the_evaluation_tells_how_the_ranking_stands_with_people(database: Database, engine: EmbeddedEngine) -> None:
    need = add(database, NEED, kind="need")
    good, bad = add(database, DRYER), add(database, WELD)
    add(database, WELD)
    follow(database, engine)
    nothing = evaluate(database, engine, weights=FEW, now=NOW)
    assert (nothing.pairs, nothing.ndcg, nothing.precision_shown, nothing.moved) == (0, None, None, 0)
    word(database, need, good, fits=True, people=3)
    word(database, need, bad, fits=False, people=2)
    found = evaluate(database, engine, weights=FEW, now=NOW)
    assert (found.people, found.given, found.needs, found.pairs, found.fits) == (5, 5, 1, 2, 1)
    assert (found.because, found.ndcg, found.ndcg_with_leans) == ({"price": 2}, 1.0, 1.0)
    assert (found.shown, found.precision_shown, found.needed) == (1, 1.0, 20)


def test_organisations_are_ranked_by_what_their_offers_promise_together() -> None:
    found = holders([("a", 80), ("b", 78), (None, 70), ("b", 60), ("b", 50), ("b", 40)])
    assert [(one.organisation, one.score, one.places) for one in found] == [("b", 83, (1, 3, 4, 5)), ("a", 80, (0,))]
    assert holders([]) == []
