"""Working days: Monday to Friday in Vietnam, without the holidays of the data file that the operator may replace.

The file (TOML): `source`, and `holidays` as days. What it does not know is taken for a working day.
"""

import functools
import tomllib
from collections.abc import Collection
from datetime import date, datetime, timedelta
from pathlib import Path

from app.i18n.formats import local_date

SHIPPED = Path(__file__).with_name("holidays.toml")
_SATURDAY = 5


@functools.cache
def holidays(path: Path = SHIPPED) -> frozenset[date]:
    """The days nobody is expected to work.

    Raises:
        OSError, ValueError: the file is not there, or not such a file.
    """
    days = tomllib.loads(path.read_text(encoding="utf-8"))["holidays"]
    if not all(type(day) is date for day in days):
        raise ValueError(f"{path}: holidays must be days like 2027-02-08")
    return frozenset(days)


def is_working_day(day: date, *, free: Collection[date]) -> bool:
    return day.weekday() < _SATURDAY and day not in free


def working_days_before(day: date, count: int, *, free: Collection[date]) -> date:
    """The day that lies `count` working days before `day`: what was sent by then has waited that long."""
    while count > 0:
        day -= timedelta(days=1)
        count -= is_working_day(day, free=free)
    return day


def working_days_between(start: date | datetime, end: date | datetime, *, free: Collection[date]) -> int:
    """How many working days have passed after the first day up to and with the last; 0 when it is not later."""
    first, last = local_date(start), local_date(end)
    return sum(
        is_working_day(first + timedelta(days=number), free=free) for number in range(1, (last - first).days + 1)
    )
