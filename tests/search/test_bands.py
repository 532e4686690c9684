"""Bands of prices, and of how long ago something was confirmed."""

from datetime import UTC, datetime

import pytest

from app.search.bands import (
    FRESHNESS_VALUES,
    PRICE_BANDS,
    PRICE_VALUES,
    Freshness,
    price_bands,
)
from app.search.port import Band, FacetCount, Or, Range

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("low", "high", "currency", "bands"),
    [
        (None, None, "VND", ("on-request",)),
        (None, None, None, ("on-request",)),
        (5_000_00, None, "USD", ("other-currency",)),
        (0, None, "VND", ("under-10m",)),
        (9_999_999, None, "VND", ("under-10m",)),
        (10_000_000, None, "VND", ("10m-100m",)),
        (None, 500_000_000, "VND", ("500m-2b",)),
        (300_000_000, 420_000_000, "VND", ("100m-500m",)),
        (90_000_000, 600_000_000, "VND", ("10m-100m", "100m-500m", "500m-2b")),
        (90_000_000_000, None, "VND", ("over-10b",)),
    ],
)
def test_a_price_is_in_every_band_it_reaches_into(
    low: int | None, high: int | None, currency: str | None, bands: tuple[str, ...]
) -> None:
    assert price_bands(low, high, currency) == bands


def test_price_bands_follow_one_another_without_a_gap() -> None:
    edges = list(PRICE_BANDS.values())
    assert edges[0][0] == 0
    assert [start for start, _ in edges[1:]] == [end for _, end in edges[:-1]]
    assert edges[-1][1] is None
    assert (*PRICE_BANDS, "other-currency", "on-request") == PRICE_VALUES


def test_freshness_is_counted_in_whole_days_in_bands_that_do_not_overlap() -> None:
    facet = Freshness(NOW, 60).facet()
    assert (facet.name, facet.field) == ("freshness", "confirmed_at")
    assert facet.bands == (
        Band("30", datetime(2026, 10, 23, 17, tzinfo=UTC), None),
        Band("60", datetime(2026, 9, 23, 17, tzinfo=UTC), datetime(2026, 10, 23, 16, 59, 59, tzinfo=UTC)),
        Band("90", datetime(2026, 8, 24, 17, tzinfo=UTC), datetime(2026, 9, 23, 16, 59, 59, tzinfo=UTC)),
        Band("180", datetime(2026, 5, 26, 17, tzinfo=UTC), datetime(2026, 8, 24, 16, 59, 59, tzinfo=UTC)),
        Band("older", None, datetime(2026, 5, 26, 16, 59, 59, tzinfo=UTC)),
    )
    assert facet == Freshness(NOW.replace(hour=16), 60).facet()


def test_counts_are_added_up_to_what_people_choose_from() -> None:
    counts = [FacetCount(*one) for one in (("30", 5), ("60", 3), ("90", 2), ("180", 1), ("older", 4))]
    made = Freshness(NOW, 60).counts(counts)
    assert made == [FacetCount("30", 5), FacetCount("90", 10), FacetCount("180", 11), FacetCount("overdue", 7)]
    assert tuple(one.value for one in made) == FRESHNESS_VALUES


def test_the_filter_lets_through_what_the_counts_promise() -> None:
    recent = Range("confirmed_at", datetime(2026, 10, 23, 17, tzinfo=UTC), None)
    late = Range("confirmed_at", None, datetime(2026, 8, 24, 16, 59, 59, tzinfo=UTC))
    assert Freshness(NOW, 90).filter(["30"]) == recent
    assert Freshness(NOW, 90).filter(["30", "overdue"]) == Or((recent, late))
