"""“Did you mean”: a spelling that the index knows better than the one typed.

Two kinds of slips are told apart. Words that the index does not hold (few or no hits) are exchanged for near ones that
do stand beside their neighbours there. And words that it does hold without their marks, but never as typed ("mấy sấy"):
how they are written is read from the texts that were found.
"""

import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from app.search.keyboards import written_syllable
from app.search.port import SearchDocument
from app.search.quantities import measures
from app.search.spelling import SHORTEST, confusions
from app.search.text import Word, exact_words, fold, forms, is_marked, is_syllable, words, words_among
from app.search.understanding import Lexicon, near_words

_MOST_WORDS: Final = 12
_MOST_TEXTS: Final = 10
_MOST_OF_A_BODY: Final = 400
_FIRST: Final = 3
_LIKE_NEIGHBOURS: Final = 6.0
# Something else than what was typed (marks apart) must be likelier by this much.
_KEEP: Final = 1.0

Spelling = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """One word of the better text: what it is, folded, and the word that was typed there."""

    folded: str
    typed: Word
    changed: bool


def better_spelling(text: str, lexicon: Lexicon, *, documents: Sequence[SearchDocument], few: bool) -> str | None:
    """The text as it was probably meant; None where nothing better is known.

    Whoever shows it makes sure that it finds more, where `few` was said.

    Args:
        text: what was looked for.
        documents: those found, best first.
        few: hardly anything holds all the words as they were typed.
    """
    found = words(text)
    if not 0 < len(found) <= _MOST_WORDS:
        return None
    said = measures(text)
    fixed = [any(one.start <= word.start < one.end for one in said) for word in found]
    marked = any(is_marked(word.folded, word.exact) for word in found)
    if not few and (not marked or _written_so(found, documents)):
        return None
    options = [
        [(word.folded,)] if fixed[place] or not few else _spellings(found, place, lexicon, marked=marked)
        for place, word in enumerate(found)
    ]
    chosen = _likeliest(options, lexicon)
    places = [
        _Place(folded, word, spelling != (word.folded,))
        for word, spelling in zip(found, chosen, strict=True)
        for folded in spelling
    ]
    seen = _ways_of_writing([place.folded for place in places], _texts(documents))
    changed = any(place.changed for place in places)
    written = [
        _written(place, ways, lexicon, text=text, marked=marked, changed=changed)
        for place, ways in zip(places, seen, strict=True)
    ]
    better = _put_together(text, places, written)
    return better if exact_words(better) != exact_words(text) else None


def with_marks(text: str, documents: Iterable[SearchDocument]) -> str:
    """A text typed without marks as the documents found by it write it, word for word; else as it is."""
    found = words(text)
    if any(is_marked(word.folded, word.exact) for word in found):
        return text
    seen = _ways_of_writing([word.folded for word in found], _texts(documents))
    written = [
        ways.most_common(1)[0][0] if ways and is_syllable(word.folded) else text[word.start : word.end]
        for word, ways in zip(found, seen, strict=True)
    ]
    return _put_together(text, [_Place(word.folded, word, changed=False) for word in found], written)


def _spellings(found: Sequence[Word], place: int, lexicon: Lexicon, *, marked: bool) -> list[Spelling]:
    """The folded words that one at a place may have been meant for, itself first."""
    word = found[place]
    itself = (word.folded,)
    options: dict[Spelling, None] = {itself: None}
    if marked and not lexicon.documents("exact", word.exact):
        for exact in confusions(word.exact):
            if lexicon.documents("exact", exact):
                options |= {(folded,): None for folded, _ in forms(exact.rstrip("12345"))[:1]}
    if not lexicon.documents("folded", word.folded):
        before = [one.folded for one in found[max(0, place - 1) : place]]
        after = [one.folded for one in found[place + 1 : place + 2]]
        near = near_words(word.folded, word.exact, lexicon, before=before, after=after)
        options |= {(one,): None for one in near}
        if len(word.folded) >= SHORTEST:
            # A space left out: "maysay".
            splits = ((word.folded[:cut], word.folded[cut:]) for cut in range(2, len(word.folded) - 1))
            options |= {split: None for split in splits if lexicon.documents("pairs", "_".join(split))}
    return list(options)


def _likeliest(options: Sequence[Sequence[Spelling]], lexicon: Lexicon) -> list[Spelling]:
    """One spelling for each word: those that many documents hold, and hold beside one another."""

    def alone(spelling: Spelling, first: Spelling) -> float:
        held = lexicon.documents("pairs", "_".join(spelling)) if len(spelling) > 1 else 0
        held = held or lexicon.documents("folded", spelling[0])
        return math.log1p(held) + (_KEEP if spelling == first and held else 0)

    def beside(one: Spelling, other: Spelling) -> float:
        held = lexicon.documents("pairs", f"{one[-1]}_{other[0]}")
        return _LIKE_NEIGHBOURS + math.log1p(held) if held else 0

    best: dict[Spelling, tuple[float, list[Spelling]]] = {(): (0.0, [])}
    for choices in options:
        step: dict[Spelling, tuple[float, list[Spelling]]] = {}
        for choice in choices:
            score, way = max(
                ((known + (beside(last, choice) if last else 0), way) for last, (known, way) in best.items()),
                key=lambda one: one[0],
            )
            step[choice] = (score + alone(choice, choices[0]), [*way, choice])
        best = step
    return max(best.values(), key=lambda one: one[0])[1]


def _written_so(found: Sequence[Word], documents: Sequence[SearchDocument]) -> bool:
    """Whether the first documents hold every word as it was typed; the quick answer for most queries."""
    missing = {word.exact for word in found}
    for one in documents[:_FIRST]:
        for text in (one.title, one.title_en, one.benefit, one.summary):
            missing.difference_update(exact_words(text))
            if not missing:
                return True
    return False


def _texts(documents: Iterable[SearchDocument]) -> list[str]:
    return [
        text
        for one in itertools.islice(documents, _MOST_TEXTS)
        for text in (one.title, one.title_en, one.benefit, one.summary, one.summary_en, one.body[:_MOST_OF_A_BODY])
        if text
    ]


def _ways_of_writing(folded: Sequence[str], texts: Iterable[str]) -> list[Counter[str]]:
    """How each of the words is written in the texts where it stands beside the same neighbour, and how often."""
    seen = [Counter[str]() for _ in folded]
    starts: dict[tuple[str, ...], list[int]] = defaultdict(list)
    size = min(2, len(folded))
    for place in range(len(folded) - size + 1):
        starts[tuple(folded[place : place + size])].append(place)
    wanted = frozenset(folded)
    for text in texts:
        found = words_among(text, wanted)
        for first in range(len(found) - size + 1):
            run = found[first : first + size]
            if any(map(str.isalnum, text[run[0].end : run[-1].start])):
                continue
            for place in starts.get(tuple(word.folded for word in run), ()):
                for offset, word in enumerate(run):
                    seen[place + offset][text[word.start : word.end].lower()] += 1
    return seen


def _written(place: _Place, ways: Counter[str], lexicon: Lexicon, *, text: str, marked: bool, changed: bool) -> str:
    typed = text[place.typed.start : place.typed.end]
    best, count = ways.most_common(1)[0] if ways else ("", 0)
    unknown = marked and not place.changed and not lexicon.documents("exact", place.typed.exact)
    if not best and unknown:
        best = _with_other_marks(place, lexicon)
        return (best.capitalize() if typed[0].isupper() else best) if best else typed
    if place.changed:
        return best or place.folded
    if not best or not (marked or changed) or not is_syllable(place.folded):
        return typed
    if any(exact_words(way) == [place.typed.exact] for way in ways):
        return typed
    if marked and count < 2 and lexicon.documents("exact", place.typed.exact):
        return typed
    return best.capitalize() if typed[0].isupper() else best


def _with_other_marks(place: _Place, lexicon: Lexicon) -> str:
    """The word with hỏi for ngã, or ngã for hỏi, where the index holds it so; else ""."""
    for exact in confusions(place.typed.exact):
        if fold(exact.rstrip("12345")) == place.folded and lexicon.documents("exact", exact):
            return written_syllable(exact) or ""
    return ""


def _put_together(text: str, places: Sequence[_Place], written: Sequence[str]) -> str:
    made: list[str] = []
    end = 0
    for typed, group in itertools.groupby(zip(places, written, strict=True), key=lambda one: one[0].typed):
        made += [text[end : typed.start], " ".join(word for _, word in group)]
        end = typed.end
    return "".join(made) + text[end:]
