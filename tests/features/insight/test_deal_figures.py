"""Figures of a year: what counts, what is added up, what only one side said; and what they cost."""

from datetime import timedelta
from decimal import Decimal

import pytest

from app.database import Database
from app.errors import Forbidden
from app.features.deals.bands import band_of, bounds
from app.features.deals.commands import report_year
from app.features.deals.schemas import YearInput
from app.features.insight.deals import Result, Worth, deals_of_year
from tests.factories import NOW
from tests.features.deals.many import copy_deals, finish_copies
from tests.features.deals.scene import agreed, report, sign
from tests.features.enquiries.scene import Scene, set_scene
from tests.query_budget import count_queries

EXACT = {"shown": "exact", "value": 700_000_000}
BAND = {"shown": "band", "band": 2}
PRIVATE = {"shown": "private", "value": 700_000_000}


@pytest.fixture
def scene(database: Database) -> Scene:
    return set_scene(database)


def test_values_are_added_banded_or_kept_private(database: Database, scene: Scene) -> None:
    agreed(database, scene)
    copy_deals(database, 9)
    finish_copies(
        database,
        {
            1: (EXACT, EXACT),
            2: (EXACT, {"shown": "exact", "value": 900_000_000}),
            3: (EXACT, BAND),
            4: (BAND, BAND),
            5: (BAND, {"shown": "band", "band": 3}),
            6: (EXACT, PRIVATE),
            7: (PRIVATE, PRIVATE),
        },
    )
    finish_copies(database, {8: ({"shown": "exact", "value": 9_999_999}, {"shown": "band", "band": 3})}, currency="USD")
    with database.read_only() as session, count_queries(database) as sent:
        found = deals_of_year(session, actor=scene.operator, year=2026)
    assert len(sent) == 6, sent
    assert found.worth == [
        Worth(currency="USD", exact=0, total=0, bands={3: 1}, private=0),
        Worth(currency="VND", exact=1, total=700_000_000, bands={2: 3}, private=3),
    ]
    assert (found.opened, found.confirmed, found.open_now, found.one_sided) == (10, 8, 2, 0)
    assert found.by_kind == {"technology": (10, 8)}
    assert (found.days_to_contract, found.days_to_end) == (10, 20)
    with database.read_only() as session:
        before = deals_of_year(session, actor=scene.operator, year=2025)
    assert (before.opened, before.confirmed, before.worth, before.days_to_contract) == (0, 0, [], None)


def test_what_one_side_said_is_counted_apart_and_a_year_after_is_told_in_numbers(
    database: Database, scene: Scene
) -> None:
    number = agreed(database, scene)
    sign(database, scene, number)
    report(database, scene, number, "buyer")
    with database.read_only() as session:
        found = deals_of_year(session, actor=scene.operator, year=2026)
    assert (found.one_sided, found.confirmed, found.worth) == (1, 0, [])
    assert found.moves == {"open": 1, "sign": 1}
    report(database, scene, number, "holder")
    results = [{"what": "điện mỗi mẻ", "amount": "-38.5", "unit": "%"}]
    with database.unit_of_work() as session:
        data = YearInput.model_validate({"in_use": True, "results": results, "in_report": True})
        later = NOW + timedelta(days=365)
        report_year(session, actor=scene.buyer, number=number, side="buyer", data=data, now=later)
        # Who did not agree to it is counted, and their words are not listed.
        results = [{"what": "doanh thu Viện Cơ điện", "amount": "2", "unit": "tỷ"}]
        data = YearInput.model_validate({"in_use": True, "results": results})
        report_year(session, actor=scene.holder, number=number, side="holder", data=data, now=later)
    with database.read_only() as session:
        first = deals_of_year(session, actor=scene.operator, year=2026)
        second = deals_of_year(session, actor=scene.operator, year=2027)
    assert (first.one_sided, first.confirmed, first.in_use) == (0, 1, 0)
    assert first.worth == [Worth(currency="VND", exact=1, total=10**9, bands={}, private=0)]
    assert (second.confirmed, second.in_use, second.out_of_use) == (0, 2, 0)
    assert second.results == [Result("điện mỗi mẻ", Decimal("-38.5"), "%")]
    for actor in (scene.buyer, scene.stranger):
        with pytest.raises(Forbidden), database.read_only() as session:
            deals_of_year(session, actor=actor, year=2026)


@pytest.mark.parametrize(
    ("value", "currency", "band"),
    [
        (0, "VND", 0),
        (99_999_999, "VND", 0),
        (100_000_000, "VND", 1),
        (20_000_000_000, "VND", 5),
        (499_999, "USD", 0),
        (500_000, "USD", 1),
        (499_999, "JPY", 0),
        (500_000, "JPY", 1),
    ],
)
def test_bands_begin_at_their_bound(value: int, currency: str, band: int) -> None:
    assert band_of(value, currency) == band
    assert list(bounds(currency)) == sorted(bounds(currency))
