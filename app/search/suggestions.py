"""Suggestions while somebody types: phrases of listing titles, not single syllables.

Every title gives one term for each word it could be entered at: the folded words from there on, a tab, the words as
written, a tab, the language. A prefix of the folded words then finds them in the term dictionary.
"""

import re
from collections.abc import Iterable
from typing import Final

from app.search.port import Suggestion
from app.search.text import exact_words, fold, is_function_word, is_marked, normalise, words

_LONGEST: Final = 10
_GOES_ON: Final = 0.6
# How many words beyond those typed a suggestion may have.
_AHEAD: Final = 7
_BREAK: Final = re.compile(r"[^\w\s]+(?:\s|$)|\s[^\w\s]+|[()\[\]{}\"“”,;:|/–—]")


def suggestion_terms(titles: Iterable[tuple[str, str]]) -> list[str]:
    """The terms that (language, title) pairs are found by."""
    found: dict[str, None] = {}
    for language, title in titles:
        if not title:
            continue
        shown = _in_small_letters(normalise(title))
        for segment in _BREAK.split(shown):
            spoken = words(segment)
            marked = any(is_marked(one.folded, one.exact) for one in spoken)
            written = [segment[one.start : one.end] for one in spoken]
            folded = [fold(one) for one in written]
            empty = [is_function_word(one.exact, marked=marked) for one in spoken]
            for start in range(len(spoken)):
                if empty[start] or (start > 0 and start == len(spoken) - 1):
                    continue
                end = min(start + _LONGEST, len(spoken))
                while end > start + 1 and empty[end - 1]:
                    end -= 1
                found[f"{' '.join(folded[start:end])}\t{' '.join(written[start:end])}\t{language}"] = None
    return list(found)


def _in_small_letters(title: str) -> str:
    """Titles begin with a capital, some are all capitals; a phrase from within them should look like neither."""
    if title.isupper():
        return title.lower()
    first = title[:2]
    return title[:1].lower() + title[1:] if len(first) == 2 and first[1].islower() else title


def suggestion_prefix(typed: str) -> str:
    """What was typed as the beginning of terms; empty when it is too short to say anything."""
    prefix = fold(" ".join(normalise(typed).split()))
    if typed[-1:].isspace():
        prefix += " "
    return prefix if len(prefix.strip()) >= 2 else ""


def rank_suggestions(terms: Iterable[tuple[str, int]], *, typed: str, language: str, limit: int) -> list[Suggestion]:
    """The best phrases among the terms that begin with what was typed.

    A phrase that mostly goes on in one way gives place to its continuation; what was typed itself is left out.
    Where marks were typed, phrases with those marks come before others; then the reader's language, then frequency.
    """
    asked = " ".join(normalise(typed).lower().split())
    with_marks = "" if asked.isascii() else asked
    shortest = max(1, len(asked.split()))
    counts: dict[str, int] = {}
    shapes: dict[str, str] = {}
    native: set[str] = set()
    for term, count in terms:
        _folded, written, in_language = term.split("\t")
        shown = written.split(" ")
        for length in range(shortest, min(len(shown), shortest + _AHEAD) + 1):
            shape = " ".join(shown[:length])
            key = shape.lower()
            counts[key] = counts.get(key, 0) + count
            shapes.setdefault(key, shape)
            if in_language == language:
                native.add(key)
    longest: dict[str, int] = {}
    for key, count in counts.items():
        shorter = key.rpartition(" ")[0]
        longest[shorter] = max(count, longest.get(shorter, 0))
    found: list[tuple[bool, bool, int, int, str]] = []
    for key, count in counts.items():
        if key == asked or longest.get(key, 0) >= count * _GOES_ON:
            continue
        if is_function_word(exact_words(key)[-1], marked=True):
            continue
        found.append((not key.startswith(with_marks), key not in native, -count, key.count(" "), key))
    found.sort()
    return [Suggestion(text=shapes[key], count=counts[key]) for *_, key in found[:limit]]
