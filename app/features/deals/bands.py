"""Values of deals as bands: who does not want to publish an amount gives the span it lies in.

A band is a number: 0 is below the first bound, the last is from the last bound on. Bounds are in whole units of the
currency.
"""

from collections.abc import Sequence
from typing import Final

from app.i18n.formats import minor_units

_DONG: Final = (100_000_000, 500_000_000, 1_000_000_000, 5_000_000_000, 20_000_000_000)
_OTHERS: Final = (5_000, 20_000, 50_000, 200_000, 1_000_000)
# Currencies of which a unit is worth about as much as two hundred đồng or less.
_SMALL: Final = {"JPY": 100, "KRW": 1_000}
BANDS: Final = tuple(range(len(_DONG) + 1))


def bounds(currency: str) -> Sequence[int]:
    """Where one band ends and the next begins, in minor units, ascending."""
    if currency == "VND":
        return _DONG
    return [bound * _SMALL.get(currency, 1) * minor_units(currency) for bound in _OTHERS]


def band_of(value: int, currency: str) -> int:
    """The band of a value in minor units."""
    return sum(value >= bound for bound in bounds(currency))
