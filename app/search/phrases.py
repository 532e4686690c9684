"""The phrases two texts share: what a match is told by ("sấy nông sản"), in the words of the text that asked."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.search.text import Word, forms, is_function_word, is_marked, words

_LONGEST: Final = 5
# A phrase that says less than this share of the best one is left out.
_LEAST_SHARE: Final = 0.35
_SHORTEST_SINGLE: Final = 5


@dataclass(frozen=True, slots=True)
class _Phrase:
    weight: float
    written: str
    key: tuple[str, ...]


def shared_phrases(
    asked: Sequence[str], held: Iterable[str], *, weights: Mapping[str, float], limit: int = 3
) -> tuple[str, ...]:
    """The phrases of the asked texts that the held texts contain too, those that say most first.

    Words must stand next to each other on both sides, in the same exact form where both were typed with marks. Single
    words count when they are long or foreign enough to mean something by themselves.

    Args:
        asked: the texts whose wording is used (a need's title, its description …).
        held: the texts of the other side.
        weights: folded form → how much the word says (inverse document frequency).
    """
    singles: set[str] = set()
    pairs: set[tuple[str, str]] = set()
    for text in held:
        exact = [one for _, one in forms(text)]
        singles.update(exact)
        pairs.update(itertools.pairwise(exact))
    found: dict[tuple[str, ...], _Phrase] = {}
    for text in asked:
        spoken = words(text)
        marked = any(is_marked(word.folded, word.exact) for word in spoken)
        for run in _runs(spoken, singles, pairs):
            phrase = _phrase(text, _trim(run, marked=marked), weights)
            if phrase is not None and phrase.key not in found:
                found[phrase.key] = phrase
    ranked = sorted(found.values(), key=lambda phrase: (-phrase.weight, phrase.written))
    return tuple(_without_parts(ranked, limit))


def _runs(spoken: Sequence[Word], singles: set[str], pairs: set[tuple[str, str]]) -> Iterable[list[Word]]:
    """Stretches of neighbouring words that stand next to each other on the other side too."""
    run: list[Word] = []
    for word in spoken:
        if run and len(run) < _LONGEST and (run[-1].exact, word.exact) in pairs:
            run.append(word)
            continue
        if run:
            yield run
        run = [word] if word.exact in singles else []
    if run:
        yield run


def _trim(run: list[Word], *, marked: bool) -> list[Word]:
    start, end = 0, len(run)
    while start < end and is_function_word(run[start].exact, marked=marked):
        start += 1
    while end > start and is_function_word(run[end - 1].exact, marked=marked):
        end -= 1
    return run[start:end]


def _phrase(text: str, run: list[Word], weights: Mapping[str, float]) -> _Phrase | None:
    if not run or all(word.folded.isdigit() for word in run):
        return None
    if len(run) == 1 and len(run[0].folded) < _SHORTEST_SINGLE:
        return None
    weight = sum(weights.get(word.folded, 0.0) for word in run)
    written = " ".join(text[run[0].start : run[-1].end].split())
    if run[0].start == 0 and not written[:2].isupper():
        written = written[:1].lower() + written[1:]
    return _Phrase(weight, written, tuple(word.folded for word in run))


def _without_parts(ranked: Sequence[_Phrase], limit: int) -> Iterable[str]:
    kept: list[_Phrase] = []
    for phrase in ranked:
        if phrase.weight <= 0 or (kept and phrase.weight < kept[0].weight * _LEAST_SHARE):
            break
        if any(set(phrase.key) <= set(other.key) for other in kept):
            continue
        kept.append(phrase)
        yield phrase.written
        if len(kept) == limit:
            return
