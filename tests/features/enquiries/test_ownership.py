"""Costs of owning: the same sum for every quote, exact, never negative, in the currency it says."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.features.enquiries.ownership import ONCE, ROYALTY, YEARLY, converted, cost_of_ownership, priced
from app.features.enquiries.sums import line_amount
from app.identity import uuid7
from app.models import QuoteOffer, QuoteRequestItem

CURRENCIES = st.sampled_from(["VND", "USD", "EUR", "JPY"])
AMOUNTS = st.integers(0, 10**15)
RATES = st.decimals("0.00000001", "1000000000", allow_nan=False, allow_infinity=False, places=8)
COSTS = st.dictionaries(st.sampled_from([*ONCE, *YEARLY]), AMOUNTS)
PERCENTS = st.none() | st.decimals(0, 100, allow_nan=False, allow_infinity=False, places=2)


@given(AMOUNTS, COSTS, PERCENTS, st.integers(1, 50), AMOUNTS, CURRENCIES, CURRENCIES, RATES)
def test_parts_add_up_and_nothing_is_negative(
    price: int,
    costs: dict[str, int],
    percent: Decimal | None,
    years: int,
    revenue: int,
    source: str,
    target: str,
    rate: Decimal,
) -> None:
    given_costs: dict[str, object] = {**costs, **({ROYALTY: str(percent)} if percent is not None else {}), "years": 9}
    found = cost_of_ownership(
        price=price, costs=given_costs, years=years, yearly_revenue=revenue, source=source, target=target, rate=rate
    )
    assert found is not None
    assert (found.currency, found.years) == (target, years)
    assert found.total == sum(found.parts.values())
    assert all(type(part) is int and part >= 0 for part in found.parts.values())
    assert set(found.parts) == {"price", *costs, *([ROYALTY] if percent is not None else [])}
    longer = cost_of_ownership(
        price=price,
        costs=given_costs,
        years=years + 1,
        yearly_revenue=revenue,
        source=source,
        target=target,
        rate=rate,
    )
    assert longer is not None
    assert longer.total >= found.total
    if source == target:
        assert found.parts["price"] == price


@given(AMOUNTS, CURRENCIES, RATES)
def test_money_in_its_own_currency_stays_what_it_is(amount: int, currency: str, rate: Decimal) -> None:
    assert converted(amount, source=currency, target=currency, rate=rate) == amount
    assert converted(amount, source=currency, target=currency, rate=None) == amount


@pytest.mark.parametrize(
    ("amount", "source", "target", "rate", "told"),
    [
        (100, "USD", "VND", "26350", 26_350),  # one dollar in cents
        (1, "USD", "VND", "26350", 264),  # 263,5 goes up
        (26_350, "VND", "USD", "0.00003795", 100),
        (12_345, "JPY", "VND", "170.5", 2_104_823),
        (5, "USD", "VND", None, None),
    ],
)
def test_conversion(amount: int, source: str, target: str, rate: str | None, told: int | None) -> None:
    assert converted(amount, source=source, target=target, rate=Decimal(rate) if rate else None) == told


def test_a_known_case() -> None:
    found = cost_of_ownership(
        price=1_000_000_000,
        costs={
            "installation": 50_000_000,
            "energy_yearly": 12_000_000,
            "maintenance_yearly": 0,
            "royalty_percent": "2.5",
            "years": 8,
        },
        years=5,
        yearly_revenue=2_000_000_000,
        source="VND",
        target="VND",
        rate=None,
    )
    assert found is not None
    assert found.total == 1_000_000_000 + 50_000_000 + 5 * 12_000_000 + 5 * 50_000_000
    assert found.unstated == ["training", "consumables_yearly", "operation_yearly"]
    # Without a rate nothing is told rather than something wrong.
    assert (
        cost_of_ownership(price=1, costs={}, years=1, yearly_revenue=0, source="USD", target="VND", rate=None) is None
    )


def item(position: int, quantity: str) -> QuoteRequestItem:
    return QuoteRequestItem(id=uuid7(), position=position, description="Máy", quantity=Decimal(quantity), unit="máy")


def offer(of: QuoteRequestItem, position: int, price: int | None, least: str = "1", role: str = "main") -> QuoteOffer:
    return QuoteOffer(
        id=uuid7(),
        item_id=of.id,
        position=position,
        unit_price=price,
        quantity_from=Decimal(least),
        role=role,
        available=price is not None,
    )


def test_the_cheapest_tier_that_the_quantity_reaches_counts() -> None:
    one, two, three = item(1, "2"), item(2, "10"), item(3, "1")
    tiers = [offer(one, 1, 900), offer(one, 2, 850, "2"), offer(one, 3, 100, "50"), offer(one, 4, 1, role="option")]
    only_other = [offer(two, 5, None), offer(two, 6, 30, role="alternative")]
    found = priced([one, two, three], [*tiers, *only_other])
    assert found.net == 2 * 850 + 10 * 30
    assert (found.missing, found.replaced, found.complete) == ([3], [2], False)
    assert found.lines[one.id][0].position == 2


OFFERS = st.lists(
    st.tuples(st.integers(0, 10**12), st.integers(1, 100), st.sampled_from(["main", "alternative", "option"])),
    max_size=8,
)


@given(st.integers(1, 100), OFFERS)
def test_what_counts_is_on_offer_and_nothing_cheaper_of_its_kind_is(
    quantity: int, offered: list[tuple[int, int, str]]
) -> None:
    one = item(1, str(quantity))
    offers = [offer(one, place, price, str(least), role) for place, (price, least, role) in enumerate(offered, 1)]
    found = priced([one], offers)
    reached = [o for o in offers if o.quantity_from <= quantity and o.role != "option"]
    if not reached:
        assert (found.net, found.missing) == (0, [1])
        return
    chosen, amount = found.lines[one.id]
    assert amount == found.net == line_amount(quantity=Decimal(quantity), unit_price=chosen.unit_price or 0)
    rivals = [o for o in reached if o.role == "main"] or reached
    assert amount == min(quantity * (o.unit_price or 0) for o in rivals)
