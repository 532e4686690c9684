"""Marking what was looked for in the text as it was written: one highlighter for every engine.

A word is marked when its folded form was looked for, however it was written; words of a phrase only where they stand
side by side; a quantity where it says the same in any unit. The marks are set by private-use signs
first, the text is escaped, and only then do the signs become <mark>: nothing of a listing's text can become markup.
"""

import functools
import html
import itertools
import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from app.search.quantities import measures
from app.search.text import Word, held_among, words_among

_OPEN: Final = "\ue000"
_CLOSE: Final = "\ue001"
_REMOVE_SIGNS: Final = {ord(_OPEN): None, ord(_CLOSE): None}
_GAP: Final = re.compile(r"[\s\-–/]{1,3}")
_MARKDOWN: Final = re.compile(
    r"!?\[([^\]]*)\]\([^)]*\)|^[ \t]*(?:#{1,6}|[-*+>]|\d+\.)[ \t]+|[*_`~|]{1,3}", re.MULTILINE
)
_MARKDOWN_SIGN: Final = re.compile(r"[\[*_`~|#>+\-]|^[ \t]*\d+\.", re.MULTILINE)
ELLIPSIS: Final = "…"


@dataclass(frozen=True)
class Wanted:
    """What to mark: folded words (app.search.text), phrases of such words, signs (app.search.quantities)."""

    words: frozenset[str] = frozenset()
    phrases: frozenset[tuple[str, ...]] = frozenset()
    signs: frozenset[str] = frozenset()

    @functools.cached_property
    def in_phrases(self) -> frozenset[str]:
        """The words of the phrases."""
        return frozenset(word for phrase in self.phrases for word in phrase)

    @functools.cached_property
    def singly(self) -> frozenset[str]:
        """The words, and those of the phrases."""
        return self.words | self.in_phrases

    def __bool__(self) -> bool:
        return bool(self.words or self.phrases or self.signs)


NOTHING: Final = Wanted()


def highlight(text: str, wanted: Wanted | AbstractSet[str]) -> Markup:
    """The whole text as safe markup, what is wanted in <mark>, neighbours in one.

    Args:
        text: plain text as stored.
        wanted: what to mark; a plain set is of folded words.
    """
    clean = text.translate(_REMOVE_SIGNS)
    return _mark(clean, places(clean, wanted))


def places(text: str, wanted: Wanted | AbstractSet[str]) -> list[Word]:
    """Where in a text stands what is wanted, in order; for a quantity, one place named by its sign."""
    if not isinstance(wanted, Wanted):
        return words_among(text, wanted)
    # One pass over the text for both.
    candidates = words_among(text, wanted.singly)
    found = [word for word in candidates if word.folded in wanted.words]
    if wanted.phrases:
        found += _in_phrases(text, [word for word in candidates if word.folded in wanted.in_phrases], wanted)
    if wanted.signs:
        found += [
            Word(one.signs[0], one.signs[0], one.start, one.end)
            for one in measures(text)
            if wanted.signs.intersection(one.signs)
        ]
    return sorted(found, key=lambda word: (word.start, -word.end))


def held(text: str, wanted: Wanted) -> int:
    """About how many different wanted things a text holds: words of phrases count one by one, to be quick."""
    signs = {sign for one in measures(text) for sign in one.signs} & wanted.signs if wanted.signs else ()
    return len(signs) + (len(held_among(text, wanted.singly)) if wanted.singly else 0)


def _in_phrases(text: str, candidates: list[Word], wanted: Wanted) -> list[Word]:
    """Those of the candidates that stand in a wanted phrase and are not wanted anyway."""
    found: dict[int, Word] = {}
    for place in range(len(candidates)):
        for phrase in wanted.phrases:
            run = candidates[place : place + len(phrase)]
            if tuple(word.folded for word in run) == phrase and _side_by_side(text, run):
                found |= {word.start: word for word in run if word.folded not in wanted.words}
    return list(found.values())


def _side_by_side(text: str, run: list[Word]) -> bool:
    between = (text[one.end : other.start] for one, other in itertools.pairwise(run))
    return not any(sign.isalnum() for gap in between for sign in gap)


def snippet(text: str, wanted: Wanted | AbstractSet[str], *, length: int = 220) -> Markup:
    """The part of a longer text that holds most of what is wanted, as safe markup of about `length` characters.

    Markdown signs are left out, white space becomes single spaces, a cut shows as an ellipsis. Without anything
    wanted in it, the beginning.
    """
    plain = plain_text(text)
    if len(plain) <= length:
        return highlight(plain, wanted)
    found = places(plain, wanted)
    start = _best_start(found, length)
    start = 0 if start < length // 3 else plain.rfind(" ", 0, start - length // 6) + 1
    end = start + length
    if end < len(plain):
        end = max(plain.rfind(" ", start, end), start + length // 2)
    shown = plain[start:end].strip()
    inside = [
        Word(word.folded, word.exact, word.start - start, word.end - start)
        for word in found
        if word.start >= start and word.end <= start + len(shown)
    ]
    marked = _mark(shown, inside)
    return ELLIPSIS * (start > 0) + marked + ELLIPSIS * (end < len(plain))


def plain_text(text: str) -> str:
    """Markdown as a reader would hear it: link texts, no signs, single spaces."""
    if _OPEN in text or _CLOSE in text:
        text = text.translate(_REMOVE_SIGNS)
    if _MARKDOWN_SIGN.search(text):
        text = _MARKDOWN.sub(lambda match: match.group(1) or "", text)
    return " ".join(text.split())


def _best_start(found: list[Word], length: int) -> int:
    """Where the window begins that holds the most different wanted words; the earliest of equals."""
    best, best_start = 0, 0
    for place, first in enumerate(found):
        seen = {word.folded for word in found[place : place + 40] if word.end <= first.start + length}
        if len(seen) > best:
            best, best_start = len(seen), first.start
    return best_start


def _mark(text: str, found: list[Word]) -> Markup:
    pieces: list[str] = []
    place = 0
    for word in found:
        if word.start < place:
            continue
        between = text[place : word.start]
        if pieces and _GAP.fullmatch(between):
            # Neighbouring words share one mark: máy sấy, not máy and sấy.
            pieces.pop()
            pieces.append(between)
        else:
            pieces += [between, _OPEN]
        pieces += [text[word.start : word.end], _CLOSE]
        place = word.end
    pieces.append(text[place:])
    escaped = html.escape("".join(pieces))
    return Markup(escaped.replace(_OPEN, "<mark>").replace(_CLOSE, "</mark>"))  # noqa: S704 - escaped a line above
