"""Filters, and the words a document must hold, in Meilisearch's filter language. Every value is quoted.

Words are asked for by filter, not by the server's own reading of a query: so totals and facet counts are exact, however
many words there are (of a query text the server reads ten), and whatever else a word may be meant for counts too.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from app.search.indexed import number_in_index
from app.search.port import FILTER_FIELDS, And, Eq, Exists, Filter, Not, Or, Range

LISTING: Final = 'record = "listing"'
NOTHING: Final = "key IN []"
# Of a long query so many words are combined, the rarest (whoever calls puts them first), and of these the same share is
# required: the server takes about a fifth of a millisecond for every word named in a filter, each time it is named.
_MOST_COMBINED: Final = 8
_BACKSLASH: Final = "\\"
# The server's filter language cannot say a backslash before a quote, so none is ever stored.
_INSTEAD: Final = "\u2216"
_SAFE_KEY: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-_")
_LONGEST_KEY: Final = 200


def stored(value: str) -> str:
    """A keyword as the index holds it."""
    return value.replace(_BACKSLASH, _INSTEAD)


def told(value: str) -> str:
    """A keyword of the index as it was given."""
    return value.replace(_INSTEAD, _BACKSLASH)


def key_of(identifier: str) -> str:
    """The primary key of a document: its id, spelt in what the server allows and does not take for another."""
    if identifier and _SAFE_KEY.issuperset(identifier) and len(identifier) <= _LONGEST_KEY and identifier[:2] != "x-":
        return identifier
    return f"x-{identifier.encode().hex()}"


def quoted(value: str) -> str:
    """A value in a filter."""
    return '"' + stored(value).replace('"', '\\"') + '"'


def one_of(name: str, values: Iterable[str]) -> str:
    """That a field holds one of these."""
    return f"{name} IN [{', '.join(quoted(value) for value in values)}]"


def all_hold(parts: Iterable[str]) -> str:
    """The conditions together."""
    return " AND ".join(f"({part})" for part in parts)


def any_holds(parts: Sequence[str]) -> str:
    """One of the conditions at least; of none, nothing."""
    if not parts:
        return NOTHING
    return parts[0] if len(parts) == 1 else " OR ".join(f"({part})" for part in parts)


def at_least(required: int, parts: Sequence[str]) -> str:
    """That so many of the conditions hold. Give those that say most first: of more than eight, only these count."""
    if required >= len(parts):
        return all_hold(parts)
    if required <= 1:
        return any_holds(parts)
    if len(parts) > _MOST_COMBINED:
        required = max(1, round(required * _MOST_COMBINED / len(parts)))
    return _combined(required, parts[:_MOST_COMBINED])


def _combined(required: int, parts: Sequence[str]) -> str:
    if required == 1:
        return any_holds(parts)
    if required == len(parts):
        return all_hold(parts)
    ways = [
        all_hold((parts[place], _combined(required - 1, parts[place + 1 :])))
        for place in range(len(parts) - required + 1)
    ]
    return any_holds(ways)


def condition_text(condition: Filter) -> str:
    """A filter as the server reads it.

    Raises:
        BadQuery: a number out of the range an index can hold.
    """
    if isinstance(condition, And):
        return all_hold([condition_text(part) for part in condition.parts]) or LISTING
    if isinstance(condition, Or):
        return any_holds([condition_text(part) for part in condition.parts])
    if isinstance(condition, Not):
        return f"NOT ({condition_text(condition.part)})"
    if isinstance(condition, Range):
        return _range(condition)
    if isinstance(condition, Exists):
        return f"{_name(condition.field)} EXISTS"
    values = (condition.value,) if isinstance(condition, Eq) else condition.values
    return _equal(condition.field, values)


def _name(field: str) -> str:
    return {"id": "key", "price": "price_low"}.get(field, field)


def _equal(field: str, values: Sequence[str | int]) -> str:
    if not values:
        return NOTHING
    if FILTER_FIELDS[field] == "number":
        return f"{field} IN [{', '.join(str(number_in_index(field, int(value))) for value in values)}]"
    return one_of(_name(field), (key_of(str(value)) if field == "id" else str(value) for value in values))


def _range(condition: Range) -> str:
    low = None if condition.low is None else number_in_index(condition.field, condition.low)
    high = None if condition.high is None else number_in_index(condition.field, condition.high)
    # Two intervals of prices meet when each begins before the other ends.
    money = FILTER_FIELDS[condition.field] == "money"
    parts: list[str] = []
    if low is not None:
        parts.append(f"{'price_high' if money else condition.field} >= {low}")
    if high is not None:
        parts.append(f"{'price_low' if money else condition.field} <= {high}")
    return all_hold(parts)
