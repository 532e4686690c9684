"""When somebody may be told, by the clock of Vietnam (seven hours before UTC's, all year)."""

from datetime import UTC, datetime

import pytest

from app.features.alerts.timing import USUAL, Hours


def here(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+07:00")


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-23 10:00", "2026-11-23 10:05"),
        ("2026-11-23 10:04:59", "2026-11-23 10:05"),
        ("2026-11-23 10:05", "2026-11-23 10:10"),
        ("2026-11-23 20:54", "2026-11-23 20:55"),
        ("2026-11-23 20:56", "2026-11-24 07:00"),
        ("2026-11-23 23:30", "2026-11-24 07:00"),
        ("2026-11-24 00:30", "2026-11-24 07:00"),
        ("2026-11-24 06:56", "2026-11-24 07:00"),
        ("2026-12-31 23:59", "2027-01-01 07:00"),
    ],
)
def test_at_once_is_within_five_minutes_but_never_at_night(now: str, due: str) -> None:
    assert USUAL.due("at_once", here(now)) == here(due)


def test_instants_are_told_in_utc() -> None:
    due = USUAL.due("daily", here("2026-11-23 10:00"))
    assert due == datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    assert due is not None
    assert due.tzinfo is UTC


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-23 07:59", "2026-11-23 08:00"),
        ("2026-11-23 08:00", "2026-11-24 08:00"),
        ("2026-11-23 23:00", "2026-11-24 08:00"),
    ],
)
def test_daily_is_at_the_next_hour_of_digests(now: str, due: str) -> None:
    assert USUAL.due("daily", here(now)) == here(due)


@pytest.mark.parametrize(
    ("now", "day", "due"),
    [
        ("2026-11-23 07:00", 0, "2026-11-23 08:00"),  # a Monday
        ("2026-11-23 09:00", 0, "2026-11-30 08:00"),
        ("2026-11-29 12:00", 0, "2026-11-30 08:00"),
        ("2026-11-23 09:00", 2, "2026-11-25 08:00"),
        ("2026-11-23 09:00", 6, "2026-11-29 08:00"),
        # Here it is Monday already, in UTC still Sunday.
        ("2026-11-30 02:00", 0, "2026-11-30 08:00"),
    ],
)
def test_weekly_is_on_the_day_of_digests(now: str, day: int, due: str) -> None:
    assert Hours(digest_day=day).due("weekly", here(now)) == here(due)


def test_off_is_never() -> None:
    assert USUAL.due("off", here("2026-11-23 10:00")) is None


@pytest.mark.parametrize(
    ("quiet", "hour", "is_quiet"),
    [
        ((21, 7), 20, False),
        ((21, 7), 21, True),
        ((21, 7), 0, True),
        ((21, 7), 6, True),
        ((21, 7), 7, False),
        ((12, 14), 11, False),
        ((12, 14), 12, True),
        ((12, 14), 13, True),
        ((12, 14), 14, False),
        ((0, 0), 0, False),
        ((9, 9), 9, False),
    ],
)
def test_quiet_hours_may_lie_over_midnight_or_be_none(quiet: tuple[int, int], hour: int, is_quiet: bool) -> None:
    assert Hours(*quiet).is_quiet(here(f"2026-11-23 {hour:02}:30")) is is_quiet


def test_a_digest_hour_within_quiet_hours_waits_for_their_end() -> None:
    hours = Hours(quiet_from=22, quiet_to=9, digest_hour=8)
    assert hours.due("daily", here("2026-11-23 10:00")) == here("2026-11-24 09:00")
    assert hours.due("weekly", here("2026-11-23 10:00")) == here("2026-11-30 09:00")
