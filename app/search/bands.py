"""The bands a price and a date of confirmation are counted by: one place for both engines, the pages and the API.

Price bands are written into the index; a date's bands are laid out when somebody asks, since they move with the day.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Final

from app.i18n.formats import HERE, local_date
from app.search.port import Band, FacetCount, Filter, Or, Range, RangeFacet

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
PRICE_VALUES: Final = (*PRICE_BANDS, OTHER_CURRENCY, ON_REQUEST)

# Confirmed by its owner within so many days; the wider ones include the narrower.
WITHIN_DAYS: Final = (30, 90, 180)
OVERDUE: Final = "overdue"
FRESHNESS_VALUES: Final = (*(str(days) for days in WITHIN_DAYS), OVERDUE)


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


def freshness_facet(*, now: datetime, overdue_days: int) -> RangeFacet:
    """Listings by how long ago their owner confirmed them, in bands that follow one another.

    Whole days of this country, so that the same is asked all day long and a page kept for the day stays right.

    Args:
        overdue_days: after how many days a confirmation has run out (the setting `confirm_after_days`).
    """
    edges = sorted({*WITHIN_DAYS, overdue_days})
    bands = []
    latest: datetime | None = None
    for days in edges:
        start = _days_before(now, days)
        bands.append(Band(str(days), start, latest))
        latest = start - timedelta(seconds=1)
    bands.append(Band("older", None, latest))
    return RangeFacet("freshness", "confirmed_at", tuple(bands))


def freshness_counts(counts: Sequence[FacetCount], *, overdue_days: int) -> list[FacetCount]:
    """The counts of `freshness_facet` added up to FRESHNESS_VALUES: within so many days, and overdue."""
    known = {one.value: one.count for one in counts}
    ages = {name: int(name) for name in known if name.isdigit()}
    within = [
        FacetCount(str(days), sum(known[name] for name, age in ages.items() if age <= days)) for days in WITHIN_DAYS
    ]
    late = sum(count for name, count in known.items() if name not in ages or ages[name] > overdue_days)
    return [*within, FacetCount(OVERDUE, late)]


def freshness_filter(values: Sequence[str], *, now: datetime, overdue_days: int) -> Filter:
    """Listings in any of these of FRESHNESS_VALUES; those whose owner never confirmed them are in none."""
    parts = [
        Range("confirmed_at", None, _days_before(now, overdue_days) - timedelta(seconds=1))
        if value == OVERDUE
        else Range("confirmed_at", _days_before(now, int(value)), None)
        for value in values
    ]
    return parts[0] if len(parts) == 1 else Or(tuple(parts))


def _days_before(now: datetime, days: int) -> datetime:
    return datetime.combine(local_date(now) - timedelta(days=days), time.min, tzinfo=HERE).astimezone(UTC)
