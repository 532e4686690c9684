"""Patent numbers: one spelling for each, the given one kept beside it.

Viet Nam: an application is 1-2019-01234 (kind, year, five digits), a grant 1-0026606 (kind, seven digits). Bare, ten
digits are an application and eight a grant. The first digit says what is protected (1 invention, 2 utility solution,
3 industrial design, 4 trademark). Numbers of other offices keep their two letters: US10123456B2, WO2019123456A1.
Plant varieties (12.VN.2023) and registered copyright (1234/2024/QTG) have series of their own, kept as written.
"""

import re
from collections.abc import Mapping
from typing import Final, Literal

from app.i18n import N_
from app.text import one_line

Sort = Literal["application", "publication", "grant"]

FIRST_DIGITS: Final[Mapping[str, str]] = {
    "invention": "1",
    "utility_solution": "2",
    "industrial_design": "3",
    "trademark": "4",
}
_LEADING_WORDS: Final = re.compile(r"^(?:(?:số|so|n[o°º]|đơn|bằng|vn)[\s.:#-]*)+(?=\d)", re.IGNORECASE)
_MARKS: Final = re.compile(r"[\s./,·–—-]+")
_APPLICATION: Final = re.compile(r"([1-9])(\d{4})(\d{5})")
_GRANT: Final = re.compile(r"([1-9])(\d{7})")
_FOREIGN: Final = re.compile(r"(?!VN)[A-Z]{2}\d{4,15}(?:[A-Z]\d?)?")
_LONGEST: Final = 60
_OWN_SERIES: Final = frozenset({"plant_variety", "software_copyright"})
_OF_A_SERIES: Final = re.compile(r"(?=[^\d]*\d)[\w./-]+(?: [\w./-]+)*")

_SHAPES: Final[Mapping[Sort, str]] = {
    "application": N_("Số đơn có dạng 1-2019-01234 (hoặc mười chữ số); số nước ngoài bắt đầu bằng mã nước, ví dụ US…"),
    "publication": N_("Số công bố có dạng 1-2019-01234 hoặc số trên công báo; số nước ngoài bắt đầu bằng mã nước"),
    "grant": N_("Số bằng có dạng 1-0026606 (hoặc tám chữ số); số nước ngoài bắt đầu bằng mã nước, ví dụ US…"),
}
_IS_A_GRANT: Final = N_("Tám chữ số là số bằng bảo hộ; số đơn có mười chữ số")
_IS_AN_APPLICATION: Final = N_("Mười chữ số là số đơn; số bằng bảo hộ có tám chữ số")


def normalise_number(given: str, *, sort: Sort, ip_kind: str | None = None) -> str:
    """The one spelling of a number.

    Args:
        given: as typed or imported, at most 60 characters.
        ip_kind: what it protects; gives a bare grant number of up to seven digits its first digit.

    Raises:
        ValueError: it is not a number of that sort; the message is a msgid that says what would be right.
    """
    text = _LEADING_WORDS.sub("", one_line(given))
    if len(text) > _LONGEST:
        raise ValueError(_SHAPES[sort])
    if ip_kind in _OWN_SERIES and _OF_A_SERIES.fullmatch(text):
        return text
    padded = _padded_grant(text) if sort == "grant" else None
    if padded is not None:
        return padded
    tight = _MARKS.sub("", text).upper()
    if _FOREIGN.fullmatch(tight):
        return tight
    application, grant = _APPLICATION.fullmatch(tight), _GRANT.fullmatch(tight)
    if sort != "grant" and application:
        return "-".join(application.groups())
    if sort == "grant" and grant:
        return f"{grant[1]}-{grant[2]}"
    first = FIRST_DIGITS.get(ip_kind or "")
    if sort == "grant" and first and tight.isascii() and tight.isdigit() and len(tight) <= 7:
        return f"{first}-{tight:0>7}"
    if sort == "application" and grant:
        raise ValueError(_IS_A_GRANT)
    if sort == "grant" and application:
        raise ValueError(_IS_AN_APPLICATION)
    if sort == "publication" and tight.isascii() and tight.isalnum() and tight[:1].isdigit():
        # The gazette numbers publications by themselves: kept as they are.
        return text
    raise ValueError(_SHAPES[sort])


def _padded_grant(text: str) -> str | None:
    """1-26606 → 1-0026606: the kind, a mark, then at most seven digits."""
    found = re.fullmatch(r"([1-9])\s*[-–—./]\s*(\d{1,7})", text)
    return f"{found[1]}-{found[2]:0>7}" if found else None
