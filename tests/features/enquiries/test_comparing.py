"""Quotes side by side: one way of computing for all, a score by the buyer's weights, seen by the buyer alone."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.database import Database
from app.errors import NotFound
from app.features.enquiries.asking import send_round
from app.features.enquiries.comparing import compare, set_wishes
from app.features.enquiries.quoting import send_quote
from app.features.enquiries.schemas import QuoteInput, WishesInput
from app.features.enquiries.scoring import Merits, Wishes, scores
from app.identity import Actor
from app.models import Organisation, Person
from tests import factories
from tests.factories import NOW
from tests.features.enquiries.scene import Scene, request_input
from tests.features.enquiries.test_commands import actions
from tests.query_budget import count_queries

CRITERIA = ["Ẩm cuối 15 %", "Ồn dưới 70 dB"]


def three_quotes(database: Database, scene: Scene) -> tuple[str, list[Actor]]:
    """A round of three: one in đồng and complete, one in dollars, one that leaves an item out; its public id."""
    holders: list[tuple[Person, Organisation]] = []
    with database.unit_of_work() as session:
        listings = [scene.listing]
        for number in (2, 3):
            person = factories.person(session)
            organisation = factories.organisation(session, owner=person, name=f"Bên {number}")
            listings.append(factories.listing(session, of=organisation))
            holders.append((person, organisation))
    actors = [scene.holder, *(factories.actor(*one) for one in holders)]
    with database.unit_of_work() as session:
        made, requests = send_round(
            session,
            actor=scene.buyer,
            listing_public_ids=[one.public_id for one in listings],
            buyer_organisation_id=scene.buyer_organisation.id,
            data=request_input(criteria=CRITERIA),
            title="Máy sấy",
            form_key="round",
            now=NOW,
        )
        numbers = [one.number for one in requests]
        public_id = made.public_id
    quote(
        database,
        actors[0],
        numbers[0],
        answers=[
            {"position": 1, "offers": [{"unit_price": 880_000_000, "lead_time_days": 60}]},
            {"position": 2, "offers": [{"unit_price": 450_000, "lead_time_days": 30}]},
        ],
        ownership={"energy_yearly": 100_000_000, "installation": 50_000_000},
        fulfilment=[{"met": "full"}, {"met": "partial"}],
        tax_percent=Decimal(8),
    )
    quote(
        database,
        actors[1],
        numbers[1],
        answers=[
            {"position": 1, "offers": [{"unit_price": 3_000_000, "lead_time_days": 120}]},  # 30 000 dollars
            {"position": 2, "offers": [{"unit_price": 2_000, "lead_time_days": 90}]},
        ],
        currency="USD",
        exchange_rate=Decimal(26_000),
        exchange_rate_date=date(2026, 11, 20),
        ownership={"energy_yearly": 500_000},
        fulfilment=[{"met": "full"}, {"met": "full"}],
    )
    quote(
        database,
        actors[2],
        numbers[2],
        answers=[
            {"position": 1, "offers": [{"unit_price": 1_000}]},
            {"position": 2, "not_available": True, "replacement": "khay nhựa"},
        ],
    )
    return public_id, actors


def quote(database: Database, actor: Actor, number: str, **given: Any) -> None:
    data = QuoteInput.model_validate({"valid_until": date(2026, 12, 31), **given})
    with database.unit_of_work() as session:
        send_quote(session, actor=actor, number=number, data=data, version=0, form_key="q", now=NOW)


def test_all_are_computed_the_same_way(database: Database, scene: Scene) -> None:
    public_id, _actors = three_quotes(database, scene)
    with database.read_only() as session:
        found = compare(session, actor=scene.buyer, public_id=public_id)
    dong, dollars, partial = found.columns
    assert (found.currency, found.criteria) == ("VND", CRITERIA)
    assert dong.net == 2 * 880_000_000 + 120 * 450_000 == 1_814_000_000
    assert dong.sums is not None
    assert dong.sums.total == 1_959_120_000
    assert dong.ownership is not None
    assert dong.ownership.total == 1_814_000_000 + 50_000_000 + 5 * 100_000_000
    assert dollars.net == (2 * 30_000 + 120 * 20) * 26_000 == 1_622_400_000
    assert dollars.ownership is not None
    assert dollars.ownership.total == 1_622_400_000 + 5 * 5_000 * 26_000
    assert (dong.days, dollars.days, partial.days) == (60, 120, None)
    assert partial.priced is not None
    assert partial.priced.missing == [2]
    # Weights 5, 2, 3, 3: cost, lead time, criteria. What leaves an item out is not cheap, it is not told.
    assert [one.score for one in found.columns] == [87, 92, 0]


def test_weights_are_kept_and_change_the_score(database: Database, scene: Scene) -> None:
    public_id, _actors = three_quotes(database, scene)
    before = actions(database)
    data = WishesInput.model_validate(
        {"years": 10, "cost": 0, "lead_time": 5, "criteria": [{"weight": 0}, {"weight": 0}]}
    )
    with database.unit_of_work() as session:
        set_wishes(session, actor=scene.buyer, public_id=public_id, data=data, criteria=CRITERIA, now=NOW)
    with database.read_only() as session:
        found = compare(session, actor=scene.buyer, public_id=public_id)
    assert [one.score for one in found.columns] == [100, 50, 0]
    assert found.wishes.years == 10
    assert found.columns[0].ownership is not None
    assert found.columns[0].ownership.parts["energy_yearly"] == 1_000_000_000
    assert actions(database) == before


def test_nobody_else_compares_or_weighs(database: Database, scene: Scene) -> None:
    public_id, actors = three_quotes(database, scene)
    for other in (*actors, scene.stranger, scene.operator):
        with pytest.raises(NotFound), database.unit_of_work() as session:
            compare(session, actor=other, public_id=public_id)
        with pytest.raises(NotFound), database.unit_of_work() as session:
            set_wishes(session, actor=other, public_id=public_id, data=WishesInput(), criteria=CRITERIA, now=NOW)


def test_a_comparison_takes_five_queries(database: Database, scene: Scene) -> None:
    public_id, _actors = three_quotes(database, scene)
    with count_queries(database) as sent, database.read_only() as session:
        compare(session, actor=scene.buyer, public_id=public_id)
    assert len([one for one in sent if one.startswith("SELECT")]) == 5, sent


MERITS = st.lists(
    st.builds(
        Merits,
        cost=st.none() | st.integers(0, 10**15),
        days=st.none() | st.integers(0, 3_650),
        met=st.fixed_dictionaries({"a": st.sampled_from([None, "none", "partial", "full"])}),
    ),
    min_size=1,
    max_size=8,
)
WEIGHTS = st.integers(0, 5)


@given(MERITS, WEIGHTS, WEIGHTS, WEIGHTS)
def test_scores_stay_between_0_and_100_and_follow_the_merits(
    quotes: list[Merits], cost: int, lead_time: int, criterion: int
) -> None:
    wishes = Wishes(cost=cost, lead_time=lead_time, criteria={"a": criterion})
    found = scores(quotes, criteria=["a"], wishes=wishes)
    if cost + lead_time + criterion == 0:
        assert set(found) == {None}
        return
    assert all(type(one) is int and 0 <= one <= 100 for one in found)
    perfect = Merits(cost=0, days=0, met={"a": "full"})
    assert scores([*quotes, perfect], criteria=["a"], wishes=wishes)[-1] == 100
    nothing = Merits(cost=None, days=None, met={})
    assert scores([*quotes, nothing], criteria=["a"], wishes=wishes)[:-1] == found
    assert scores([*quotes, nothing], criteria=["a"], wishes=wishes)[-1] == 0
