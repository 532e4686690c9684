"""JSON in the one form that is digested and signed (RFC 8785): the same as the library `rfc8785` writes, only sooner.

Python's own encoder writes that form too, as long as there is no fraction, no great number, and no key beyond ASCII,
which it would sort otherwise. Anything else is left to the library.
"""

import json
from typing import Any, Final

import rfc8785

_GREATEST: Final = 2**53 - 1
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, check_circular=False, sort_keys=True, separators=(",", ":"))
_PLAIN: Final = (str, bool, type(None))


def canonical(value: Any) -> bytes:
    """The canonical form.

    Raises:
        ValueError: it has none (not a number, greater than 2^53, half of a surrogate pair, no JSON).
        RecursionError: it is nested too deep.
    """
    if _is_simple(value):
        return _ENCODER.encode(value).encode()
    return rfc8785.dumps(value)


def _is_simple(value: Any) -> bool:
    level: list[Any] = [value]
    while level:
        below: list[Any] = []
        for one in level:
            kind = type(one)
            if kind in _PLAIN:
                continue
            if kind is dict:
                for key in one:
                    if type(key) is not str or not key.isascii():
                        return False
                below += one.values()
            elif kind is list:
                below += one
            elif kind is not int or not -_GREATEST <= one <= _GREATEST:
                return False
        level = below
    return True
