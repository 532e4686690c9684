"""What people say of suggestions: who may, what is kept, who reads it."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import Database
from app.errors import Forbidden, Invalid, NotFound
from app.features.matching.commands import judge
from app.features.matching.queries import my_judgements
from app.features.matching.schemas import JudgementInput
from app.identity import ANONYMOUS, Actor
from app.models import Listing, MatchJudgement
from tests import factories
from tests.factories import NOW
from tests.features.matching.pairs import pair
from tests.features.matching.test_queries import Scene

FITS = JudgementInput(fits=True)
PRICE = JudgementInput(fits=False, because="price", note=" Gấp đôi ngân sách ")


def given(database: Database) -> Scene:
    with database.unit_of_work() as session:
        scene = Scene(session)
        pair(session, scene.need, scene.offer, score=61)
        return scene


def say(database: Database, actor: Actor, mine: Listing, other: Listing, data: JudgementInput = FITS) -> None:
    with database.unit_of_work() as session:
        judge(session, actor=actor, public_id=mine.public_id, other=other.public_id, data=data, now=NOW)


def kept(session: Session) -> list[tuple[bool, str, str, int]]:
    rows = session.scalars(select(MatchJudgement).order_by(MatchJudgement.at, MatchJudgement.id))
    return [(one.fits, one.because, one.note, one.score) for one in rows]


def test_each_side_and_the_operator_judge_from_their_own_place(database: Database) -> None:
    scene = given(database)
    with database.unit_of_work() as session:
        operator = factories.actor(factories.person(session, is_operator=True), operator=True)
    say(database, scene.buyer, scene.need, scene.offer, PRICE)
    say(database, scene.seller, scene.offer, scene.need)
    say(database, operator, scene.need, scene.offer)
    with database.read_only() as session:
        rows = session.scalars(select(MatchJudgement)).all()
        sides = {(one.person_id, one.organisation_id, one.fits) for one in rows}
        assert sides == {
            (scene.firm_person.id, scene.firm.id, False),
            (scene.holder_person.id, scene.holder.id, True),
            (operator.person_id, None, True),
        }
        assert (False, "price", "Gấp đôi ngân sách", 61) in kept(session)
        assert {(one.need_id, one.offer_id) for one in rows} == {(scene.need.id, scene.offer.id)}


def test_a_second_word_takes_the_place_of_the_first(database: Database) -> None:
    scene = given(database)
    say(database, scene.buyer, scene.need, scene.offer, PRICE)
    with database.unit_of_work() as session:
        later = NOW + timedelta(days=1)
        judge(
            session,
            actor=scene.buyer,
            public_id=scene.need.public_id,
            other=scene.offer.public_id,
            data=FITS,
            now=later,
        )
    with database.read_only() as session:
        assert kept(session) == [(True, "", "", 61)]


def test_only_the_person_who_judged_reads_it_again(database: Database) -> None:
    scene = given(database)
    say(database, scene.buyer, scene.need, scene.offer, PRICE)
    with database.read_only() as session:
        mine = my_judgements(session, actor=scene.buyer, listing_id=scene.need.id, others=[scene.offer.id])
        theirs = my_judgements(session, actor=scene.seller, listing_id=scene.offer.id, others=[scene.need.id])
        nobodys = my_judgements(session, actor=ANONYMOUS, listing_id=scene.need.id, others=[scene.offer.id])
    assert [one.because for one in mine.values()] == ["price"]
    assert (theirs, nobodys) == ({}, {})


def test_what_may_not_be_judged(database: Database) -> None:
    scene = given(database)
    with pytest.raises(Forbidden):
        say(database, scene.seller, scene.need, scene.offer)
    with pytest.raises(Forbidden):
        say(database, ANONYMOUS, scene.need, scene.offer)
    # Never suggested for each other.
    with pytest.raises(NotFound):
        say(database, scene.buyer, scene.need, scene.rival)
    with pytest.raises(Invalid) as fault:
        say(database, scene.buyer, scene.need, scene.offer, JudgementInput(fits=False))
    assert fault.value.fields.keys() == {"because"}
    with pytest.raises(Invalid) as fault:
        say(database, scene.buyer, scene.need, scene.offer, JudgementInput(fits=False, because="other"))
    assert fault.value.fields.keys() == {"note"}
    with database.read_only() as session:
        assert kept(session) == []
