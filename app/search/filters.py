"""Filters as a small tree over named fields, the same for every engine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from app.errors import BadRequest
from app.i18n import N_

FieldType = Literal["keyword", "number", "instant", "money"]

# What filters may name. A keyword may hold several values. "money" is the interval from price_from to price_to: a
# range lets a document through when the two intervals meet, and means nothing without an Eq on "currency" beside it.
# "language" holds every language the document can be read in (SearchDocument.languages), "price_band" every band its
# price reaches into (app.search.bands.price_bands).
FILTER_FIELDS: Final[Mapping[str, FieldType]] = {
    "id": "keyword",
    "kind": "keyword",
    "state": "keyword",
    "language": "keyword",
    "organisation": "keyword",
    "organisation_type": "keyword",
    "verified": "keyword",
    "region": "keyword",
    "country": "keyword",
    "field": "keyword",
    "industry": "keyword",
    "ipc": "keyword",
    "priority_field": "keyword",
    "transfer_form": "keyword",
    "payment_form": "keyword",
    "ip_status": "keyword",
    "price_kind": "keyword",
    "price_band": "keyword",
    "currency": "keyword",
    "source": "keyword",
    "trl": "number",
    "price": "money",
    "published_at": "instant",
    "confirmed_at": "instant",
    "deadline": "instant",
}


class BadQuery(BadRequest):
    """A filter, facet, sort or page that no engine can answer; the message says which."""

    code = "bad-query"
    title = N_("Điều kiện tìm kiếm không hợp lệ")


@dataclass(frozen=True, slots=True)
class Eq:
    """The field holds this value."""

    field: str
    value: str | int


@dataclass(frozen=True, slots=True)
class In:
    """The field holds one of these values; none given lets nothing through."""

    field: str
    values: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """The field lies between two bounds, both inclusive; None leaves a side open."""

    field: str
    low: int | datetime | date | None = None
    high: int | datetime | date | None = None


@dataclass(frozen=True, slots=True)
class Exists:
    """The field holds anything at all."""

    field: str


@dataclass(frozen=True, slots=True)
class And:
    """Every part holds; without parts, everything."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Some part holds; without parts, nothing."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Filter"


Filter = Eq | In | Range | Exists | And | Or | Not


def fields_of(condition: Filter) -> frozenset[str]:
    """The names of the fields a filter asks about."""
    if isinstance(condition, And | Or):
        return frozenset().union(*(fields_of(part) for part in condition.parts))
    if isinstance(condition, Not):
        return fields_of(condition.part)
    return frozenset({condition.field})


def check_filters(filters: Iterable[Filter]) -> None:
    """Raises BadQuery when a filter names an unknown field or compares it with something it cannot hold."""
    for condition in filters:
        if isinstance(condition, And | Or):
            check_filters(condition.parts)
        elif isinstance(condition, Not):
            check_filters((condition.part,))
        else:
            _check_condition(condition)


def _check_condition(condition: Eq | In | Range | Exists) -> None:
    kind = FILTER_FIELDS.get(condition.field)
    if kind is None:
        raise BadQuery(N_("Không lọc được theo “%(name)s”"), name=condition.field)
    if isinstance(condition, Range):
        bounds = [bound for bound in (condition.low, condition.high) if bound is not None]
        wanted = date if kind == "instant" else int
        if kind == "keyword" or not bounds or not all(isinstance(bound, wanted) for bound in bounds):
            raise BadQuery(N_("Khoảng giá trị của “%(name)s” không hợp lệ"), name=condition.field)
    elif isinstance(condition, Eq | In):
        values = (condition.value,) if isinstance(condition, Eq) else condition.values
        wanted_value = str if kind == "keyword" else int
        if kind in {"instant", "money"} or not all(isinstance(value, wanted_value) for value in values):
            raise BadQuery(N_("Giá trị của “%(name)s” không hợp lệ"), name=condition.field)
