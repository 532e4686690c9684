"""Words as the Meilisearch index holds them.

The server folds every diacritic, so the exact form of a word is spelt in letters it leaves alone: the folded word, a z,
and digits for what was folded away (tones 1 to 5 as in app.search.text; â ê ô 6, ơ ư 7, ă 8, đ 9): máy is mayz1, sấy
sayz61. A shadow attribute of such words lets exact diacritics stand first.
"""

import functools
import re
import unicodedata
from typing import Final

from app.search.text import fold, forms, is_syllable

_QUALITY: Final = {"\u0302": "6", "\u031b": "7", "\u0306": "8"}
_TONED: Final = re.compile(r"([^\W\d_]+)([1-5]?)")
_CODED: Final = re.compile(r"([a-z]+)z([1-9]+)")


@functools.lru_cache(maxsize=65_536)
def coded(folded: str, exact: str) -> str:
    """The exact form of a word in plain letters and digits. Words without marks are themselves."""
    if folded == exact:
        return exact
    return coded_alone(exact, folded=folded)


@functools.lru_cache(maxsize=65_536)
def coded_alone(exact: str, *, folded: str = "") -> str:
    """As `coded`, from the exact form alone: what could be a syllable with its tone is taken for one."""
    parts = _TONED.fullmatch(exact)
    if parts is None:
        return exact
    letters, tone = parts.groups()
    base = fold(letters)
    if not base.isascii() or (exact.isascii() and (not tone or (base != folded and not is_syllable(base)))):
        return exact
    digits: list[str] = []
    for sign in unicodedata.normalize("NFD", letters):
        if sign in _QUALITY:
            digits.append(_QUALITY[sign])
        elif sign == "đ":
            digits.append("9")
    marks = "".join(sorted(digits)) + tone
    return f"{base}z{marks}" if marks else exact


@functools.lru_cache(maxsize=65_536)
def folded_of(word: str) -> str:
    """The folded form of a word as `coded` spelt it."""
    parts = _CODED.fullmatch(word)
    if parts is not None:
        return parts[1]
    found = forms(word)
    return found[0][0] if len(found) == 1 else word
