"""Whether somebody typed a problem into the search box rather than the name of a thing, and what it says.

Rules, not a model: a sentence that begins by asking ("cần…", "tìm giải pháp…", "we need…"), one that sets a limit of
price, or one as long as no name is. What is read out of it is proposed to the person, never done for them.
"""

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from app.search.quantities import measures
from app.search.text import fold

# A sentence that begins so asks for something. "cân" (scales) and "cần trục" (crane) begin names.
_ASKING: Final = re.compile(
    r"^(?:xin chao[,.! ]*|chao (?:anh chi|ban|moi nguoi)[,.! ]*)?"
    r"(?:(?:toi|minh|em|chung toi|ben (?:toi|em|minh)|cong ty|doanh nghiep|hop tac xa|htx|xuong|nha may|co so|don vi)"
    r"(?: (?:toi|chung toi|em|minh|ben toi|nay|cua (?:toi|chung toi|em)))?(?: [^,.;:?]{0,40}?)? )?"
    r"(?P<cue>(?:hien )?(?:dang )?(?:rat )?(?:can|muon|mong muon|co nhu cau|dang tim|tim kiem)"
    r"(?: (?:tim|mua|thue|dat|dau tu|giai phap|phuong an|don vi|nguoi|ai|mot|giup|tu van))*"
    r"|tim (?:cong nghe|giai phap|don vi|nha cung cap|doi tac|may|thiet bi|quy trinh|phan mem|cach|noi|mua)"
    r"|nhu cau(?: ve| tim| mua| cong nghe)?|lam (?:sao|the nao)(?: de)?|co (?:cach|giai phap|cong nghe|may|ai) nao"
    r"|(?:we|i)(?: are| am|'re|'m)?(?: urgently)? (?:need|want|require|seek|seeking|looking for|look for|search for)"
    r"|(?:need|needed|seeking|looking for|in need of|searching for|wanted)|how (?:to|can|do) )\b[: ]*",
)
_NAMES: Final = re.compile(r"^can (?:truc|cau|cau truc|gat|so|bang|thiet|dien tu|o to)\b")
_NUMBER: Final = r"(\d{1,3}(?:[.,\s]\d{3})+|\d+(?:[.,]\d{1,3})?)"
_UNIT: Final = (
    r"\s*(ty ruoi|trieu ruoi|ty|ti|trieu|tr|nghin|ngan|k|billion|bn|million|mio|thousand)?"
    r"(?:\s*(vnd|dong|d|\u20ab))?(?!\w)"
    # A million of pieces is no sum.
    r"(?!\s*(?:/|san pham|tan\b|kg|con\b|cay|lit|nguoi|chiec|cai\b|goi|hop\b|chai|lon\b|m2|m3|km|unit|piece|tonne))"
)
_LIMIT: Final = (
    r"(?:(?P<money>(?:voi |co )?(?:muc )?(?:gia|ngan sach|kinh phi|chi phi|von|dau tu|budget|price|cost)\b)"
    r"(?: (?:ca|tien|du kien|is|of))?"
    r"(?: (?:khong qua|khong vuot qua|duoi|toi da|it hon|nho hon|den|chung|khoang|tam|under|below|up to|max|at most))?"
    r"|\b(?:khong qua|khong vuot qua|duoi|toi da|under|below|up to|less than|at most|max))[: ]*"
)
_BETWEEN: Final = re.compile(rf"(?:{_LIMIT})?(?:tu |from )?{_NUMBER}{_UNIT}\s*(?:-|–|den|toi|to)\s*{_NUMBER}{_UNIT}")
_UP_TO: Final = re.compile(rf"{_LIMIT}{_NUMBER}{_UNIT}")
_SIZES: Final = {
    **dict.fromkeys(("ty", "ti", "billion", "bn"), 10**9),
    **dict.fromkeys(("trieu", "tr", "million", "mio", "m"), 10**6),
    **dict.fromkeys(("nghin", "ngan", "k", "thousand"), 10**3),
}
# Below this a number is no sum anybody would pay here for a technology: a count, a temperature, a percentage.
_LEAST_SUM: Final = 100_000
_LARGEST_SUM: Final = 10**15
_LEAST_WORDS: Final = 4
# As long as this, it is a description whatever it begins with.
_LONG: Final = 14


@dataclass(frozen=True, slots=True)
class NeedWords:
    """A need as it was typed, and what was read in it.

    Attributes:
        subject: the thing wanted, without the words that ask and the budget.
        budget_min: the least sum said, in đồng, or None; `budget_max` the most.
        budget: the words that say so, as typed; "" when nothing does.
        quantity: the first quantity ("200 kg/h"), as typed; "" when there is none.
    """

    text: str
    subject: str
    budget_min: int | None = None
    budget_max: int | None = None
    budget: str = ""
    quantity: str = ""


def read_need(text: str) -> NeedWords | None:
    """What a need typed into a search box says; None for what names a thing to look for. Give composed text (NFC)."""
    typed = " ".join(text.split())
    small = fold(typed)
    count = len(small.split())
    if count < _LEAST_WORDS:
        return None
    asked = None if _names_a_thing(typed, small) else _ASKING.match(small)
    budget = _budget(small)
    if asked is None and budget is None and count < _LONG:
        return None
    start = asked.end() if asked is not None else 0
    if len(small[start:].split()) < 2:
        return None
    low, high, span = budget or (None, None, (len(typed), len(typed)))
    subject = _joined(typed[start : max(start, span[0])], typed[max(start, span[1]) :])
    # A sum is no quantity of the thing.
    of_thing = [one for one in measures(typed) if one.end <= span[0] or one.start >= span[1]]
    return NeedWords(
        text=typed,
        subject=subject or typed,
        budget_min=low,
        budget_max=high,
        budget=typed[span[0] : span[1]].strip(" ,;.:") if budget else "",
        quantity=typed[of_thing[0].start : of_thing[0].end] if of_thing else "",
    )


def _names_a_thing(typed: str, small: str) -> bool:
    first = typed.split(maxsplit=1)[0].lower()
    return _NAMES.match(small) is not None or (fold(first) == "can" and first not in {"can", "cần"})


def _budget(small: str) -> tuple[int | None, int, tuple[int, int]] | None:
    """The sums a text sets itself, with where they stand in it."""
    for found in _BETWEEN.finditer(small):
        _money, first, first_unit, _currency, second, second_unit, _other = found.groups()
        if not (second_unit or first_unit):
            continue
        low, high = _sum(first, first_unit or second_unit), _sum(second, second_unit)
        if low is not None and high is not None and low <= high:
            return low, high, found.span()
    for found in _UP_TO.finditer(small):
        money, number, unit, currency = found.groups()
        high = _sum(number, unit)
        if high is not None and (money or unit or currency):
            return None, high, found.span()
    return None


def _sum(number: str, unit: str | None) -> int | None:
    """A number with its size as đồng: 1,5 tỷ, 2.000.000.000; None for what is no sum of money."""
    grouped = re.fullmatch(r"\d{1,3}(?:[.,\s]\d{3})+", number)
    written = re.sub(r"[.,\s]", "", number) if grouped else number.replace(",", ".")
    try:
        value = Decimal(written)
    except InvalidOperation:
        return None
    half = unit is not None and unit.endswith("ruoi")
    size = _SIZES[unit.removesuffix(" ruoi")] if unit else 1
    amount = int((value + Decimal("0.5") if half else value) * size)
    return amount if _LEAST_SUM <= amount <= _LARGEST_SUM else None


def _joined(*parts: str) -> str:
    return " ".join(part.strip(" ,;.:–-") for part in parts if part.strip(" ,;.:–-"))
