"""Sums are exact, and rounded where it is said that they are."""

from decimal import Decimal

import pytest

from app.features.enquiries.sums import Sums, add_up, line_amount


@pytest.mark.parametrize(
    ("quantity", "unit_price", "amount"),
    [
        ("2", 850_000_000, 1_700_000_000),
        ("0.5", 1, 1),  # half a đồng goes up
        ("1.5", 1, 2),
        ("2.5", 1, 3),  # halves up, not to the even one
        ("0.333", 1_000, 333),
        ("0.001", 499, 0),
        ("999999999999.999", 10**15, 999_999_999_999_999 * 10**12),
    ],
)
def test_line_amount(quantity: str, unit_price: int, amount: int) -> None:
    assert line_amount(quantity=Decimal(quantity), unit_price=unit_price) == amount


def test_tax_is_taken_once_on_the_net_sum() -> None:
    # Line by line at 8 % each of these would round to 1, three in all; on the sum of 18 it is 1,44 and so 1.
    assert add_up([6, 6, 6], tax_percent=Decimal(8)) == Sums(net=18, tax_percent=Decimal(8), tax=1, total=19)


def test_unstated_tax_is_not_zero_percent() -> None:
    assert add_up([100], tax_percent=None) == Sums(net=100, tax_percent=None, tax=0, total=100)
    assert add_up([100], tax_percent=Decimal(0)) == Sums(net=100, tax_percent=Decimal(0), tax=0, total=100)
