"""Terms: proposed, answered with other terms, agreed; what a signed contract and a wrong payment form leave alone."""

from decimal import Decimal
from typing import Any, Literal

import pytest
from sqlalchemy import select

from app.database import Database
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.features.deals.queries import deal_record
from app.features.deals.schemas import TermsInput
from app.features.deals.states import Side
from app.features.deals.terms import answer_terms, propose_terms
from app.identity import Actor
from app.models import DealTerms
from tests.factories import NOW
from tests.features.deals.scene import actions, actor_of, agreed, deal_of, letters, sign, signed
from tests.features.enquiries.scene import Scene, set_scene
from tests.features.enquiries.test_races import second_while_first_is_open

ROYALTY: dict[str, Any] = {
    "transfer_forms": ["exclusive_licence", "with_technical_services"],
    "territory": "Việt Nam",
    "payment_form": "fee_and_royalty",
    "lump_sum": 200_000_000,
    "royalty_percent": Decimal("3.5"),
    "royalty_base": "net_sales",
    "royalty_period": "quarter",
    "royalty_years": 5,
}


@pytest.fixture
def scene(database: Database) -> Scene:
    return set_scene(database)


def propose(database: Database, scene: Scene, number: str, side: Side = "holder", **given: Any) -> int:
    with database.unit_of_work() as session:
        data = TermsInput(**(ROYALTY | given))
        return propose_terms(
            session, actor=actor_of(scene, side), number=number, side=side, data=data, now=NOW
        ).revision


def answer(
    database: Database,
    scene: Scene,
    number: str,
    revision: int,
    how: Literal["agree", "decline", "withdraw"],
    side: Side = "buyer",
    actor: Actor | None = None,
) -> None:
    with database.unit_of_work() as session:
        answer_terms(
            session,
            actor=actor or actor_of(scene, side),
            number=number,
            revision=revision,
            side=side,
            answer=how,
            note="",
            now=NOW,
        )


def states(database: Database) -> list[str]:
    with database.read_only() as session:
        return list(session.scalars(select(DealTerms.state).order_by(DealTerms.revision)))


def test_both_sides_come_to_terms_and_the_deal_takes_them_over(database: Database, scene: Scene) -> None:
    number = agreed(database, scene)
    assert propose(database, scene, number) == 1
    assert propose(database, scene, number) == 1, "sent twice"
    assert propose(database, scene, number, "buyer", royalty_percent=Decimal("2.75")) == 2
    with pytest.raises(Conflict):
        answer(database, scene, number, 1, "agree")
    with pytest.raises(Conflict):
        answer(database, scene, number, 2, "agree")
    answer(database, scene, number, 2, "agree", "holder")
    assert states(database) == ["countered", "agreed"]
    deal = deal_of(database, number)
    assert (deal.transfer_forms, deal.territory, deal.payment_forms) == (
        ["exclusive_licence", "with_technical_services"],
        "Việt Nam",
        ["fee_and_royalty"],
    )
    assert actions(database) == ["open", "terms_proposed", "terms_proposed", "terms_agreed"]
    assert [one["state"] for one in letters(database, "deal_terms")] == ["open"] * 4 + ["agreed"] * 2
    with database.read_only() as session:
        record = deal_record(session, actor=scene.buyer, number=number)
    assert record.agreed_terms is not None
    assert record.agreed_terms.royalty_percent == Decimal("2.75")
    assert record.open_terms is None


def test_declined_and_withdrawn_terms_change_nothing(database: Database, scene: Scene) -> None:
    number = agreed(database, scene)
    before = deal_of(database, number).transfer_forms
    propose(database, scene, number)
    answer(database, scene, number, 1, "decline")
    propose(database, scene, number, territory="Bình Dương")
    answer(database, scene, number, 2, "withdraw", "holder")
    propose(database, scene, number)
    propose(database, scene, number, territory="Toàn cầu")
    assert states(database) == ["declined", "withdrawn", "withdrawn", "open"]
    assert deal_of(database, number).transfer_forms == before


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"lump_sum": None}, {"lump_sum"}),
        ({"royalty_percent": None, "royalty_base": None}, {"royalty_percent", "royalty_base"}),
        ({"payment_form": "royalty", "royalty_period": None}, {"royalty_period"}),
        ({"payment_form": "lump_sum", "lump_sum": None}, {"lump_sum"}),
    ],
)
def test_a_payment_form_needs_its_fields(
    database: Database, scene: Scene, given: dict[str, Any], fields: set[str]
) -> None:
    number = agreed(database, scene)
    with pytest.raises(Invalid) as fault:
        propose(database, scene, number, **given)
    assert set(fault.value.fields) == fields
    assert states(database) == []


def test_what_the_payment_form_has_no_use_for_is_not_kept(database: Database, scene: Scene) -> None:
    number = agreed(database, scene)
    propose(database, scene, number, payment_form="lump_sum")
    propose(database, scene, number, payment_form="royalty")
    with database.read_only() as session:
        first, second = session.scalars(select(DealTerms).order_by(DealTerms.revision)).all()
    assert (first.lump_sum, first.royalty_percent, first.royalty_base, first.royalty_years) == (
        200_000_000,
        None,
        None,
        None,
    )
    assert (second.lump_sum, second.royalty_percent) == (None, Decimal("3.5"))


def test_open_terms_hold_the_contract_up_and_a_contract_closes_them(database: Database, scene: Scene) -> None:
    number = agreed(database, scene)
    propose(database, scene, number)
    with pytest.raises(Conflict):
        sign(database, scene, number)
    assert deal_of(database, number).state == "agreed"
    answer(database, scene, number, 1, "agree")
    sign(database, scene, number)
    with pytest.raises(Conflict):
        propose(database, scene, number, territory="Toàn cầu")
    assert states(database) == ["agreed"]


def test_others_propose_and_answer_nothing(database: Database, scene: Scene) -> None:
    number = signed(database, scene)
    with pytest.raises(NotFound), database.unit_of_work() as session:
        data = TermsInput(**ROYALTY)
        propose_terms(session, actor=scene.stranger, number=number, side="buyer", data=data, now=NOW)
    with pytest.raises(Forbidden):
        answer(database, scene, number, 1, "agree", "holder", actor=scene.buyer)


def test_two_proposals_at_once_follow_each_other(database: Database, scene: Scene) -> None:
    number = agreed(database, scene)

    def step(side: Side, territory: str) -> Any:
        data = TermsInput(**(ROYALTY | {"territory": territory}))
        actor = actor_of(scene, side)
        return lambda session: propose_terms(session, actor=actor, number=number, side=side, data=data, now=NOW)

    assert second_while_first_is_open(database, step("buyer", "A"), step("holder", "B")) is None
    assert states(database) == ["countered", "open"]
