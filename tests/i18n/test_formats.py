"""Numbers, money and dates as people write them here, and read back as they type them."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from app.i18n import use_locale
from app.i18n.formats import (
    days_until,
    format_ago,
    format_date,
    format_datetime,
    format_days_left,
    format_file_size,
    format_money,
    format_money_range,
    format_money_short,
    format_number,
    format_percent,
    parse_number,
)

# 01:00 on the 23rd here, still the 22nd in UTC.
NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)


def plain(text: str) -> str:
    """No-break spaces shown as spaces."""
    return text.replace("\xa0", " ")


@pytest.mark.parametrize(
    ("value", "vietnamese", "english"),
    [
        (0, "0", "0"),
        (1250, "1.250", "1,250"),
        (1_250_000_000, "1.250.000.000", "1,250,000,000"),
        (97.3, "97,3", "97.3"),
        (0.006, "0,006", "0.006"),
        (Decimal("1250.50"), "1.250,5", "1,250.5"),
        (-3.5, "−3,5", "−3.5"),
    ],
)
def test_numbers(value: float, vietnamese: str, english: str) -> None:
    assert format_number(value) == vietnamese
    with use_locale("en"):
        assert format_number(value) == english


def test_fixed_places_and_percent() -> None:
    assert format_number(2, 1) == "2,0"
    assert plain(format_percent(42.25)) == "42,25 %"
    with use_locale("en"):
        assert format_percent(42.25) == "42.25%"


@pytest.mark.parametrize(
    ("amount", "currency", "vietnamese", "english"),
    [
        (1_250_000_000, "VND", "1.250.000.000 ₫", "1,250,000,000 ₫"),
        (0, "VND", "0 ₫", "0 ₫"),
        (125_050, "USD", "1.250,50 USD", "US$1,250.50"),
        (125_000, "EUR", "1.250 EUR", "€1,250"),
        (900, "JPY", "900 JPY", "¥900"),
        (5_000, "CHF", "50 CHF", "50 CHF"),
    ],
)
def test_money(amount: int, currency: str, vietnamese: str, english: str) -> None:
    assert plain(format_money(amount, currency)) == vietnamese
    with use_locale("en"):
        assert plain(format_money(amount, currency)) == english


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (450_000, "450 nghìn ₫"),
        (999, "999 ₫"),
        (380_000_000, "380 triệu ₫"),
        (2_500_000_000, "2,5 tỷ ₫"),
        (1_234_567_890, "1,23 tỷ ₫"),
        (12_340_000_000, "12,3 tỷ ₫"),
    ],
)
def test_short_money(amount: int, text: str) -> None:
    assert plain(format_money_short(amount)) == text


@pytest.mark.parametrize(
    ("low", "high", "vietnamese", "english"),
    [
        (2_000_000_000, 3_000_000_000, "2–3 tỷ ₫", "2–3 billion ₫"),
        (500_000_000, 2_000_000_000, "500 triệu – 2 tỷ ₫", "500 million – 2 billion ₫"),
        (380_000_000, None, "từ 380 triệu ₫", "from 380 million ₫"),
        (None, 3_000_000_000, "đến 3 tỷ ₫", "up to 3 billion ₫"),
        (0, 3_000_000_000, "0–3 tỷ ₫", "0–3 billion ₫"),
        (5_000_000, 5_000_000, "5 triệu ₫", "5 million ₫"),
        (None, None, "", ""),
    ],
)
def test_money_ranges(low: int | None, high: int | None, vietnamese: str, english: str) -> None:
    assert plain(format_money_range(low, high)) == vietnamese
    with use_locale("en"):
        assert plain(format_money_range(low, high)) == english


@pytest.mark.parametrize(
    ("text", "vietnamese", "english"),
    [
        ("1.250.000", "1250000", "1250000"),
        ("1,250,000.5", "1250000.5", "1250000.5"),
        ("1.250.000,5", "1250000.5", "1250000.5"),
        ("1.250", "1250", "1.250"),
        ("1,250", "1.250", "1250"),
        ("12,5", "12.5", "12.5"),
        ("12.5", "12.5", "12.5"),
        ("380 000 000 ₫", "380000000", "380000000"),
        ("−3", "-3", "-3"),
        ("007", "7", "7"),
    ],
)
def test_typed_numbers(text: str, vietnamese: str, english: str) -> None:
    assert parse_number(text) == Decimal(vietnamese)
    with use_locale("en"):
        assert parse_number(text) == Decimal(english)


@pytest.mark.parametrize("text", ["", "ba", "1.25.000", "1,2,3.4.5", "1e9", "--3", "12abc", "١٢"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_number(text)


def test_dates_are_those_of_the_day_here() -> None:
    assert format_date(NOW) == "23/11/2026"
    assert format_date(date(2026, 2, 3)) == "03/02/2026"
    assert format_datetime(NOW) == "01:00 23/11/2026"
    with use_locale("en"):
        assert format_date(date(2026, 2, 3)) == "3 Feb 2026"
        assert format_datetime(NOW) == "23 Nov 2026, 01:00"


@pytest.mark.parametrize(
    ("deadline", "vietnamese", "english"),
    [
        (date(2026, 12, 11), "còn 18 ngày", "18 days left"),
        (date(2026, 11, 24), "còn 1 ngày", "1 day left"),
        (date(2026, 11, 23), "hạn hôm nay", "due today"),
        (date(2026, 11, 22), "đã hết hạn", "closed"),
    ],
)
def test_days_left(deadline: date, vietnamese: str, english: str) -> None:
    assert format_days_left(deadline, NOW) == vietnamese
    with use_locale("en"):
        assert format_days_left(deadline, NOW) == english


@pytest.mark.parametrize(
    ("moment", "vietnamese", "english"),
    [
        (date(2026, 11, 23), "hôm nay", "today"),
        (date(2026, 12, 1), "hôm nay", "today"),
        (date(2026, 11, 22), "hôm qua", "yesterday"),
        (date(2026, 11, 20), "3 ngày trước", "3 days ago"),
        (date(2026, 7, 20), "4 tháng trước", "4 months ago"),
        (date(2024, 11, 20), "2 năm trước", "2 years ago"),
    ],
)
def test_how_long_ago(moment: date, vietnamese: str, english: str) -> None:
    assert format_ago(moment, NOW) == vietnamese
    with use_locale("en"):
        assert format_ago(moment, NOW) == english


def test_days_are_counted_by_the_calendar_here() -> None:
    assert days_until(datetime(2026, 11, 23, 16, 59, tzinfo=UTC), NOW) == 0
    assert days_until(datetime(2026, 11, 23, 17, 0, tzinfo=UTC), NOW) == 1


def test_file_sizes() -> None:
    assert [plain(format_file_size(size)) for size in (512, 86_400, 2_410_000)] == ["512 B", "86 kB", "2,4 MB"]
