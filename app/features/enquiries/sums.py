"""How sums are made: whole numbers and exact decimals only, never floats.

Each line is quantity × unit price, rounded to the minor unit (half up: 0,5 đồng becomes 1 đồng). The net sum adds the
rounded lines; tax is taken once, on the net sum, and rounded the same way; the total is net and tax.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

# The largest sum a column holds (a signed 64-bit integer).
LARGEST_TOTAL = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Sums:
    """Minor units. `tax_percent` None means that the quote does not state tax; `tax` is then 0."""

    net: int
    tax_percent: Decimal | None
    tax: int
    total: int


def rounded(value: Decimal) -> int:
    """To the whole minor unit, halves up."""
    return int(value.to_integral_value(rounding=ROUND_HALF_UP))


def line_amount(*, quantity: Decimal, unit_price: int) -> int:
    """Quantity × price of a unit, in minor units."""
    with localcontext(prec=50):
        return rounded(quantity * unit_price)


def add_up(amounts: Iterable[int], *, tax_percent: Decimal | None) -> Sums:
    """The sums under a list of line amounts (minor units)."""
    net = sum(amounts)
    with localcontext(prec=50):
        tax = rounded(net * tax_percent / 100) if tax_percent is not None else 0
    return Sums(net=net, tax_percent=tax_percent, tax=tax, total=net + tax)
