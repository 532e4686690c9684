"""What of others' JSON can be kept: PostgreSQL holds no NaN, no half of a surrogate pair, no NUL, and we no abyss."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any, Final

DEEPEST: Final = 64
# Beyond what any number of ours needs, and below where Python refuses to write one out.
_LONGEST_NUMBER: Final = 300
_CUT: Final = DEEPEST + 16
# A string is taken whole, also one without an end: what is in it is no bracket.
_STRING_OR_BRACKET: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_UNKEPT: Final = re.compile("[\x00\ud800-\udfff]")


def read_json(text: bytes | str) -> Any:
    """Others' JSON. Numbers that are none (NaN, 1e999, a thousand digits) come as non-finite ones: see `unholdable`.

    What is nested too deep to be read comes cut off, still deeper than can be kept: so it is one record of a page that
    is refused, and not the page.

    Raises:
        ValueError: it is no JSON.
    """
    try:
        return json.loads(text, parse_int=_number)
    except RecursionError:
        return json.loads(_cut_off(text), parse_int=_number)


def _cut_off(text: bytes | str) -> str:
    """The same without what is nested deeper than _CUT levels."""
    whole = text if isinstance(text, str) else text.decode(json.detect_encoding(text), "surrogatepass")
    kept: list[str] = []
    depth = begin = 0
    for found in _STRING_OR_BRACKET.finditer(whole):
        sign = found[0]
        if sign in "[{":
            depth += 1
            if depth == _CUT + 1:
                kept += [whole[begin : found.start()], "null"]
        elif sign in "]}":
            if depth == _CUT + 1:
                begin = found.end()
            depth -= 1
    return "".join(kept) + (whole[begin:] if depth <= _CUT else "")


def _number(text: str) -> int | float:
    return int(text) if len(text) <= _LONGEST_NUMBER else math.inf


def unholdable(value: Any) -> str:
    """What in it cannot be kept; "" if all can."""
    level, depth = [value], 0
    while level:
        if depth > DEEPEST:
            return f"nested more than {DEEPEST} deep"
        below: list[Any] = []
        for one in level:
            if isinstance(one, str):
                if _SURROGATE.search(one):
                    return "half of a surrogate pair"
            elif isinstance(one, float):
                if not math.isfinite(one):
                    return "a number that is none"
            elif isinstance(one, Mapping):
                below += [*one.keys(), *one.values()]
            elif isinstance(one, list | tuple):
                below += one
        level, depth = below, depth + 1
    return ""


def storable(value: Any, *, depth: int = 0) -> Any:
    """The same with what cannot be kept replaced."""
    if isinstance(value, str):
        return _UNKEPT.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping | list | tuple) and depth >= DEEPEST:
        return "\N{HORIZONTAL ELLIPSIS}"
    if isinstance(value, Mapping):
        return {str(storable(name)): storable(one, depth=depth + 1) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [storable(one, depth=depth + 1) for one in value]
    return value
