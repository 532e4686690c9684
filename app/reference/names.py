"""Comparing names as people type them: with or without diacritics, in either normal form, with or without spaces."""

import re
from collections.abc import Iterable

from app.text import fold, mend_vietnamese, one_line

_NOT_A_WORD = re.compile(r"[^a-z0-9]+")


def words(text: str) -> str:
    """Small ASCII words of `text` with one space between them ("TP. Đà Nẵng" → "tp da nang", "ñồng" → "dong")."""
    return _NOT_A_WORD.sub(" ", fold(mend_vietnamese(one_line(text)))).strip()


def spelling(text: str) -> str:
    """The letters and digits of `text` in small, with their diacritics: what tells Văn Lang from Văn Lăng."""
    return "".join(sign for sign in one_line(text).lower() if sign.isalnum())


def name_key(text: str, *, prefixes: Iterable[str] = (), suffixes: Iterable[str] = ()) -> str:
    """What two spellings of one name have in common: folded, without unit words at either end, without spaces.

    `prefixes` and `suffixes` are phrases as `words` gives them ("thanh pho", "province"); the longest that fits is
    taken, and never the whole name ("Tỉnh" alone stays).
    """
    name = words(text)
    for phrase in sorted(prefixes, key=len, reverse=True):
        if name.startswith(f"{phrase} "):
            name = name[len(phrase) + 1 :]
            break
    for phrase in sorted(suffixes, key=len, reverse=True):
        if name.endswith(f" {phrase}"):
            name = name[: -len(phrase) - 1]
            break
    return name.replace(" ", "")
