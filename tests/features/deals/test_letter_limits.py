"""What a side may do again and again on a deal, and the other side hears of by letter, has an end each day."""

from datetime import timedelta

import pytest

from app.database import Database
from app.errors import Invalid, RateLimited
from app.features.accounts.attempts import Limit
from app.features.deals.disputes import add_statement
from app.features.deals.milestones import plan_milestone, remove_milestone
from app.features.deals.schemas import StatementInput
from tests.factories import NOW
from tests.features.deals.scene import agreed, letters, milestone_of, planned, sign, signed
from tests.features.deals.test_disputes import disputed
from tests.features.deals.test_legal import FROM_ABROAD, check
from tests.features.deals.test_milestones import LATER, answered, change
from tests.features.deals.test_terms import answer, propose
from tests.features.enquiries.scene import Scene, set_scene


@pytest.fixture
def scene(database: Database) -> Scene:
    return set_scene(database)


def allow(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr("app.features.deals.records.LETTERS", Limit("deal-letters:test", most, timedelta(days=1)))


def test_statements_end_for_today_and_the_other_side_still_may(
    database: Database, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = disputed(database, scene)
    allow(monkeypatch, 2)

    def state(key: str, side: str = "buyer") -> None:
        actor = scene.buyer if side == "buyer" else scene.holder
        with database.unit_of_work() as session:
            add_statement(
                session,
                actor=actor,
                number=number,
                side="buyer" if side == "buyer" else "holder",
                data=StatementInput(body="Thiếu khay"),
                form_key=key,
                now=NOW,
            )

    for key in ("a", "b", "b"):
        state(key)
    sent = len(letters(database, "deal_statement"))
    with pytest.raises(RateLimited):
        state("c")
    assert len(letters(database, "deal_statement")) == sent
    state("d", "holder")


def test_plan_terms_and_check_before_the_contract(
    database: Database, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = agreed(database, scene)
    public_id = planned(database, scene, number)
    revision = propose(database, scene, number)
    allow(monkeypatch, 0)
    with pytest.raises(RateLimited):
        planned(database, scene, number)
    with pytest.raises(RateLimited):
        change(database, scene, number, public_id)
    with pytest.raises(RateLimited), database.unit_of_work() as session:
        remove_milestone(
            session, actor=scene.holder, number=number, public_id=public_id, side="holder", reason="", now=NOW
        )
    with pytest.raises(RateLimited):
        propose(database, scene, number, territory="Lào")
    with pytest.raises(RateLimited):
        answer(database, scene, number, revision, "agree")
    with pytest.raises(RateLimited):
        check(database, scene, number, FROM_ABROAD)
    assert milestone_of(database, public_id).state == "planned"


def test_proposals_on_a_signed_deal(database: Database, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    number = agreed(database, scene)
    public_id = planned(database, scene, number)
    sign(database, scene, number)
    proposal = change(database, scene, number, public_id)
    allow(monkeypatch, 0)
    with pytest.raises(RateLimited):
        planned(database, scene, number)
    with pytest.raises(RateLimited):
        answered(database, scene, number, proposal.public_id, side="holder", how="withdraw")


def test_open_proposals_count_as_milestones(database: Database, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    number = signed(database, scene)
    monkeypatch.setattr("app.features.deals.milestones.MOST_MILESTONES", 2)

    def propose_one() -> None:
        with database.unit_of_work() as session:
            plan_milestone(session, actor=scene.buyer, number=number, side="buyer", data=LATER, now=NOW)

    propose_one()
    propose_one()
    with pytest.raises(Invalid):
        propose_one()
