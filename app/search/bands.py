"""The bands a price and a date of confirmation are counted by: one place for both engines, the pages and the API.

Price bands are written into the index; a date's bands are laid out when somebody asks, since they move with the day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final, Literal, get_args

from app.i18n.formats import HERE, local_date
from app.search.port import Band, FacetCount, Filter, Or, Range, RangeFacet

PriceBand = Literal[
    "under-10m", "10m-100m", "100m-500m", "500m-2b", "2b-10b", "over-10b", "other-currency", "on-request"
]
Confirmed = Literal["30", "90", "180", "overdue"]
PRICE_VALUES: Final[tuple[str, ...]] = get_args(PriceBand)
FRESHNESS_VALUES: Final[tuple[str, ...]] = get_args(Confirmed)

# Name → the first đồng in it and the first above it; None: no end.
PRICE_BANDS: Final[Mapping[str, tuple[int, int | None]]] = {
    "under-10m": (0, 10_000_000),
    "10m-100m": (10_000_000, 100_000_000),
    "100m-500m": (100_000_000, 500_000_000),
    "500m-2b": (500_000_000, 2_000_000_000),
    "2b-10b": (2_000_000_000, 10_000_000_000),
    "over-10b": (10_000_000_000, None),
}
# What says no sum, and what says it in a currency that cannot be laid beside đồng.
ON_REQUEST: Final = "on-request"
OTHER_CURRENCY: Final = "other-currency"

# Confirmed by its owner within so many days; the wider ones include the narrower.
WITHIN_DAYS: Final = (30, 90, 180)
OVERDUE: Final = "overdue"
FRESHNESS: Final = "freshness"


def price_bands(low: int | None, high: int | None, currency: str | None) -> tuple[str, ...]:
    """The bands a price (or budget) from `low` to `high`, in minor units of `currency`, reaches into; one at least.

    A sum said on one side only counts as that sum.
    """
    said = [one for one in (low, high) if one is not None]
    if not said:
        return (ON_REQUEST,)
    if currency != "VND":
        return (OTHER_CURRENCY,)
    first, last = min(said), max(said)
    return tuple(
        name for name, (start, end) in PRICE_BANDS.items() if last >= start and (end is None or first < end)
    ) or ("under-10m",)


@dataclass(frozen=True, slots=True)
class Freshness:
    """How long ago listings were confirmed by their owners, seen from a moment.

    Whole days of this country, so that the same is asked all day long and a page kept for the day stays right. What
    no owner ever confirmed is in none of FRESHNESS_VALUES.

    Attributes:
        overdue_days: after how many days a confirmation has run out (the setting `confirm_after_days`).
    """

    now: datetime
    overdue_days: int = 90

    def facet(self) -> RangeFacet:
        """To be counted: bands that follow one another."""
        bands = []
        latest: datetime | None = None
        for days in sorted({*WITHIN_DAYS, self.overdue_days}):
            start = self._days_ago(days)
            bands.append(Band(str(days), start, latest))
            latest = start - timedelta(seconds=1)
        bands.append(Band("older", None, latest))
        return RangeFacet(FRESHNESS, "confirmed_at", tuple(bands))

    def counts(self, counted: Sequence[FacetCount]) -> list[FacetCount]:
        """The counts of the bands added up to FRESHNESS_VALUES."""
        known = {one.value: one.count for one in counted}
        ages = {name: int(name) for name in known if name.isdigit()}
        within = [
            FacetCount(str(days), sum(known[name] for name, age in ages.items() if age <= days)) for days in WITHIN_DAYS
        ]
        late = sum(count for name, count in known.items() if name not in ages or ages[name] > self.overdue_days)
        return [*within, FacetCount(OVERDUE, late)]

    def filter(self, values: Sequence[str]) -> Filter:
        """Listings in any of these of FRESHNESS_VALUES."""
        parts = [
            Range("confirmed_at", None, self._days_ago(self.overdue_days) - timedelta(seconds=1))
            if value == OVERDUE
            else Range("confirmed_at", self._days_ago(int(value)), None)
            for value in values
        ]
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _days_ago(self, days: int) -> datetime:
        return datetime.combine(local_date(self.now) - timedelta(days=days), time.min, tzinfo=HERE).astimezone(UTC)
