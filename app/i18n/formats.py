"""Numbers, money and dates as people here write them: 1.250.000.000 ₫, 2–3 tỷ ₫, 23/11/2026, còn 18 ngày.

Money is given in integer minor units with its ISO 4217 currency; VND and JPY have no minor unit (1 is one đồng).
Instants are aware; they are shown in Vietnamese time.
"""

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from app.i18n.catalogue import _, current_locale, ngettext

HERE = ZoneInfo("Asia/Ho_Chi_Minh")
NBSP = "\N{NO-BREAK SPACE}"

_NO_MINOR_UNIT = {"VND", "JPY", "KRW"}
_SIGNS_BEFORE = {"USD": "US$", "EUR": "€", "JPY": "¥", "GBP": "£"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def minor_units(currency: str) -> int:
    """How many minor units make one unit of `currency`: 1 for đồng and yen, 100 for dollars."""
    return 1 if currency in _NO_MINOR_UNIT else 100


def format_number(value: float | Decimal, decimals: int | None = None) -> str:
    """1.250,5 in Vietnamese, 1,250.5 in English. `decimals` fixes the places; else as many as needed, at most 3."""
    if decimals is None:
        text = f"{value:,.3f}".rstrip("0").rstrip(".") if value != int(value) else f"{int(value):,}"
    else:
        text = f"{value:,.{decimals}f}"
    if current_locale() == "vi":
        text = text.translate({ord(","): ".", ord("."): ","})
    return text.replace("-", "\N{MINUS SIGN}")


def format_percent(value: float | Decimal, decimals: int | None = None) -> str:
    """A value already in percent, with the sign that never wraps to the next line: 42 %, or 42% in English."""
    space = NBSP if current_locale() == "vi" else ""
    return f"{format_number(value, decimals)}{space}%"


def parse_number(text: str) -> Decimal:
    """A number as people type it in either language: “1.250.000”, “1,250,000.5”, “12,5”, “380 000”.

    A single mark followed by exactly three digits groups thousands when it is the language's own grouping mark, and
    is a decimal mark otherwise.

    Raises:
        ValueError: it is not a number.
    """
    compact = re.sub(r"[\s₫]", "", text.strip().replace("\N{MINUS SIGN}", "-"))
    if not re.fullmatch(r"[+-]?[0-9][0-9.,]*", compact):
        raise ValueError(text)
    group = "." if current_locale() == "vi" else ","
    marks = [c for c in compact if c in ".,"]
    last = marks[-1] if marks else ""
    tail = compact.rpartition(last)[2] if last else ""
    if len(set(marks)) == 2:
        decimal = last
        if marks.count(last) > 1:
            raise ValueError(text)
    elif len(marks) > 1 or (len(marks) == 1 and last == group and len(tail) == 3):
        decimal = ""
    else:
        decimal = last
    whole, _sep, fraction = compact.partition(decimal) if decimal else (compact, "", "")
    groups = re.split(r"[.,]", whole)
    if len(groups) > 1 and any(len(part) != 3 for part in groups[1:]):
        raise ValueError(text)
    try:
        return Decimal("".join(groups) + ("." + fraction if fraction else ""))
    except InvalidOperation:
        raise ValueError(text) from None


def _with_currency(text: str, currency: str) -> str:
    if current_locale() == "en" and currency in _SIGNS_BEFORE:
        return f"{_SIGNS_BEFORE[currency]}{text}"
    return f"{text}{NBSP}{'₫' if currency == 'VND' else currency}"


def _amount(amount: int, currency: str) -> Decimal:
    return Decimal(amount) / minor_units(currency)


def format_money(amount: int, currency: str = "VND") -> str:
    """The whole sum: 1.250.000.000 ₫; US$1,250.50. `amount` is in minor units."""
    value = _amount(amount, currency)
    return _with_currency(format_number(value, None if value == int(value) else 2), currency)


def _short(value: Decimal) -> tuple[str, str]:
    """The number and the word of its size, to three figures: (“2,5”, “tỷ”)."""
    if current_locale() == "vi":
        sizes = ((10**9, "tỷ"), (10**6, "triệu"), (10**3, "nghìn"))
    else:
        sizes = ((10**9, "billion"), (10**6, "million"), (10**3, "thousand"))
    for size, word in sizes:
        if value >= size:
            scaled = value / size
            places = 0 if scaled >= 100 else 1 if scaled >= 10 else 2
            rounded = round(scaled, places)
            return format_number(rounded.normalize() if rounded != int(rounded) else int(rounded)), word
    return format_number(value), ""


def format_money_short(amount: int, currency: str = "VND") -> str:
    """A sum for a card: 2,5 tỷ ₫, 380 triệu ₫, 450 nghìn ₫. Rounded to three figures; `amount` is in minor units."""
    number, word = _short(_amount(amount, currency))
    return _with_currency(f"{number}{NBSP}{word}" if word else number, currency)


def format_money_range(low: int | None, high: int | None, currency: str = "VND") -> str:
    """“2–3 tỷ ₫”, “từ 380 triệu ₫”, “đến 3 tỷ ₫”; empty when neither end is known. Amounts are in minor units."""
    if low is None and high is None:
        return ""
    if high is None:
        return _("từ %(amount)s", amount=format_money_short(low or 0, currency))
    if low is None:
        return _("đến %(amount)s", amount=format_money_short(high, currency))
    if low == high:
        return format_money_short(low, currency)
    (first, first_word), (second, word) = _short(_amount(low, currency)), _short(_amount(high, currency))
    if first_word == word or first == "0":
        joined = f"{first}–{second}"
    else:
        joined = f"{first}{NBSP}{first_word} – {second}"
    return _with_currency(f"{joined}{NBSP}{word}" if word else joined, currency)


def local_date(moment: date | datetime) -> date:
    """The calendar day here: an instant is moved to Vietnamese time first."""
    return moment.astimezone(HERE).date() if isinstance(moment, datetime) else moment


def format_date(moment: date | datetime) -> str:
    """23/11/2026; in English 23 Nov 2026, since 11/12 would be read two ways."""
    day = local_date(moment)
    if current_locale() == "vi":
        return f"{day:%d/%m/%Y}"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def format_datetime(moment: datetime) -> str:
    """08:12 23/11/2026 in Vietnamese time; in English 23 Nov 2026, 08:12."""
    clock = f"{moment.astimezone(HERE):%H:%M}"
    return f"{clock} {format_date(moment)}" if current_locale() == "vi" else f"{format_date(moment)}, {clock}"


def days_until(deadline: date | datetime, now: datetime) -> int:
    """Whole calendar days here from `now` to `deadline`; negative once it has passed."""
    return (local_date(deadline) - local_date(now)).days


def format_days_left(deadline: date | datetime, now: datetime) -> str:
    """“còn 18 ngày”, “hạn hôm nay”, “đã hết hạn”."""
    days = days_until(deadline, now)
    if days < 0:
        return _("đã hết hạn")
    if days == 0:
        return _("hạn hôm nay")
    return ngettext("còn %(num)s ngày", "còn %(num)s ngày", days)


def format_ago(moment: date | datetime, now: datetime) -> str:
    """“hôm nay”, “hôm qua”, “3 ngày trước”, “4 tháng trước”, “2 năm trước”."""
    days = -days_until(moment, now)
    if days <= 0:
        return _("hôm nay")
    if days == 1:
        return _("hôm qua")
    if days < 45:
        return ngettext("%(num)s ngày trước", "%(num)s ngày trước", days)
    if days < 540:
        return ngettext("%(num)s tháng trước", "%(num)s tháng trước", round(days / 30.4))
    return ngettext("%(num)s năm trước", "%(num)s năm trước", round(days / 365.25))


def format_file_size(size: int) -> str:
    """“850 kB”, “2,4 MB”; `size` is in bytes, a kB is 1,000 of them."""
    if size < 1000:
        return f"{size}{NBSP}B"
    if size < 1_000_000:
        return f"{format_number(round(size / 1000))}{NBSP}kB"
    return f"{format_number(round(size / 1_000_000, 1))}{NBSP}MB"
