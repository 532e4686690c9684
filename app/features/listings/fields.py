"""The kinds of field a listing is made of: texts by length, dates as written here, lists typed into one box."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app.i18n import N_
from app.text import one_line, tidy

_DAY: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
_NOT_A_DAY: Final = N_("Hãy nhập ngày dạng ngày/tháng/năm, ví dụ 23/11/2026.")
EARLIEST: Final = date(1900, 1, 1)
LATEST: Final = date(2200, 12, 31)


class InputModel(BaseModel):
    """Base of everything a person or program may say about a listing: unknown names are told, not dropped."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, str_max_length=200_000)


def _line(value: Any) -> Any:
    return (one_line(value) or None) if isinstance(value, str) else value


def _block(value: Any) -> Any:
    return (tidy(value) or None) if isinstance(value, str) else value


def _code(value: Any) -> Any:
    return (one_line(value).upper() or None) if isinstance(value, str) else value


def _day(value: Any) -> Any:
    """23/11/2026 as people here write it; ISO 8601 is left to Pydantic."""
    if isinstance(value, datetime):
        return value.date()
    if not isinstance(value, str):
        # A bare number would be read as seconds since 1970, which nobody means by it.
        if value is not None and not isinstance(value, date):
            raise ValueError(_NOT_A_DAY)
        return value
    text = value.strip()
    found = _DAY.fullmatch(text)
    if found:
        try:
            return date(int(found[3]), int(found[2]), int(found[1]))
        except ValueError:
            raise ValueError(_NOT_A_DAY) from None
    if text and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError(_NOT_A_DAY)
    return text or None


def _split(marks: str) -> BeforeValidator:
    """Lists may come as one text, parted by `marks`; empty and repeated entries fall out."""
    parting = re.compile(f"[{marks}\n]")

    def split(value: Any) -> Any:
        parts: Sequence[Any] = [value] if isinstance(value, str) else value
        if not isinstance(parts, list | tuple):
            return value
        found: list[Any] = []
        for part in parts:
            if isinstance(part, str):
                found += [tidied for one in parting.split(part) if (tidied := one_line(one))]
            else:
                found.append(part)
        return [one for number, one in enumerate(found) if one not in found[:number]]

    return BeforeValidator(split)


def _chosen(value: Any) -> Any:
    """Ticked boxes: none ticked comes as nothing or an empty text."""
    if value is None or value == "":
        return []
    parts = [value] if isinstance(value, str) else value
    return list(dict.fromkeys(parts)) if isinstance(parts, list) and all(isinstance(p, str) for p in parts) else parts


# An empty box means "not said": None, whatever the type of the field.
Line = Annotated[Annotated[str, StringConstraints(max_length=300)] | None, BeforeValidator(_line)]
ShortLine = Annotated[Annotated[str, StringConstraints(max_length=120)] | None, BeforeValidator(_line)]
OwnId = Annotated[Annotated[str, StringConstraints(max_length=200)] | None, BeforeValidator(_line)]
Paragraph = Annotated[Annotated[str, StringConstraints(max_length=4_000)] | None, BeforeValidator(_block)]
LongText = Annotated[Annotated[str, StringConstraints(max_length=60_000)] | None, BeforeValidator(_block)]
CountryCode = Annotated[Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None, BeforeValidator(_code)]
Day = Annotated[Annotated[date, Field(ge=EARLIEST, le=LATEST)] | None, BeforeValidator(_day)]
LONGEST_KEYWORD: Final = 120
Keywords = Annotated[
    list[Annotated[str, StringConstraints(max_length=LONGEST_KEYWORD)]], _split(",;"), Field(max_length=40)
]
Names = Annotated[list[Annotated[str, StringConstraints(max_length=300)]], _split(";"), Field(max_length=40)]
Chosen = BeforeValidator(_chosen)

TransferForm = Literal[
    "full_assignment",
    "partial_assignment",
    "exclusive_licence",
    "non_exclusive_licence",
    "sole_licence",
    "sub_licence",
    "with_technical_services",
    "joint_venture",
    "capital_contribution",
]
PaymentForm = Literal["lump_sum", "royalty", "fee_and_royalty", "cross_licence", "capital_contribution"]
IpStatus = Literal["none", "trade_secret", "pending", "granted", "software_copyright", "plant_variety"]
PriceKind = Literal["on_request", "indicative", "floor", "firm"]
Currency = Literal["VND", "USD", "EUR", "JPY", "CNY", "KRW", "GBP", "SGD"]
LARGEST_SUM: Final = 10**15
