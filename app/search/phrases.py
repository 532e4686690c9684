"""The phrases two texts share: what a match is told by ("sấy nông sản"), in the words of the text that asked."""

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.search.text import Word, forms, is_function_word, is_marked, is_syllable, words

_LONGEST: Final = 6
# A phrase that says less than this share of the best one is left out.
_LEAST_SHARE: Final = 0.35
_SHORTEST_SINGLE: Final = 5
# In log-odds: side by side in less than an eighth of the documents that hold the rarer one.
_LOOSE: Final = 2.0
_BREAK: Final = re.compile(r"[.,;:!?…]\s|[\n()\[\]“”\"|•]|\s[–—-]\s")
_VOWEL: Final = re.compile("[aeiouy]")
# Two words that together name no subject, rare as an exchange may hold them: who speaks, sums of money, when.
_NO_SUBJECT: Final = frozenset(
    tuple(exact for _, exact in forms(said))
    for said in (
        "chúng tôi", "chúng ta", "nghìn đồng", "triệu đồng", "tỷ đồng", "mỗi lần", "lần mỗi", "mỗi ngày", "mỗi tháng",
        "mỗi năm", "hiện nay", "hiện tại", "trong nước",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Phrase:
    weight: float
    written: str
    key: tuple[str, ...]


def shared_phrases(
    asked: Iterable[tuple[str, float]], held: Iterable[str], *, weights: Mapping[str, float], limit: int = 3
) -> tuple[str, ...]:
    """The phrases of the asked texts that the held texts contain too, those that say most first.

    Words must stand next to each other on both sides, in the same exact form where both were typed with marks. Single
    words count when they are long or foreign enough to mean something by themselves.

    Args:
        asked: the texts whose wording is used, each with how much its phrases count (a title more than a description).
        held: the texts of the other side.
        weights: folded word, or pair joined by "_" → its inverse document frequency.
    """
    singles: set[str] = set()
    pairs: set[tuple[str, str]] = set()
    for text in held:
        exact = [one for _, one in forms(text)]
        singles.update(exact)
        pairs.update(itertools.pairwise(exact))
    found: dict[tuple[str, ...], _Phrase] = {}
    for text, factor in asked:
        spoken = words(text)
        marked = any(is_marked(word.folded, word.exact) for word in spoken)
        for run in _runs(text, spoken, singles, pairs, marked=marked):
            phrase = _phrase(text, _trim(run, weights), weights, factor=factor)
            if phrase is not None and (phrase.key not in found or found[phrase.key].weight < phrase.weight):
                found[phrase.key] = phrase
    ranked = sorted(found.values(), key=lambda phrase: (-phrase.weight, phrase.written))
    return tuple(_without_parts(ranked, limit))


def _runs(
    text: str, spoken: Sequence[Word], singles: set[str], pairs: set[tuple[str, str]], *, marked: bool
) -> Iterable[list[Word]]:
    """Stretches of neighbouring words that stand next to each other on the other side too.

    A stretch ends at punctuation and at words that carry no subject.
    """
    run: list[Word] = []
    for word in spoken:
        if is_function_word(word.exact, marked=marked):
            if run:
                yield run
            run = []
            continue
        joined = run and not _BREAK.search(text, run[-1].end, word.start) and (run[-1].exact, word.exact) in pairs
        if joined and len(run) < _LONGEST:
            run.append(word)
            continue
        if run:
            yield run
        run = [word] if word.exact in singles else []
    if run:
        yield run


def _trim(run: list[Word], weights: Mapping[str, float]) -> list[Word]:
    """The run without figures, units and halves of other words at its ends ("vụ" of "dịch vụ", cut off from dịch)."""
    start, end = 0, len(run)
    while start < end and (
        _is_measure(run[start]) or (end - start > 1 and _is_half(run[start], run[start + 1], run[start], weights))
    ):
        start += 1
    while end > start and (
        _is_measure(run[end - 1]) or (end - start > 1 and _is_half(run[end - 2], run[end - 1], run[end - 1], weights))
    ):
        end -= 1
    return run[start:end]


def _is_measure(word: Word) -> bool:
    """A figure, or a unit beside one: 180, m², kg, đ. Names of three letters without a vowel (PCR, CNC) are none."""
    folded = word.folded
    return any(sign.isdigit() for sign in folded) or (len(folded) <= 2 and not _VOWEL.search(folded))


def _is_half(first: Word, second: Word, edge: Word, weights: Mapping[str, float]) -> bool:
    """Whether a Vietnamese syllable at the edge of a run is not one word with its neighbour.

    Two syllables are taken for one word when a fair part of the rarer one's documents hold them side by side: how
    much rarer the pair is than that syllable tells.
    """
    if not is_syllable(edge.folded):
        return False
    pair = weights.get(f"{first.folded}_{second.folded}")
    if pair is None:
        return False
    rarer = max(weights.get(first.folded, 0.0), weights.get(second.folded, 0.0))
    return pair - rarer > _LOOSE


def _phrase(text: str, run: list[Word], weights: Mapping[str, float], *, factor: float) -> _Phrase | None:
    if not run:
        return None
    if len(run) == 1 and (len(run[0].folded) < _SHORTEST_SINGLE or is_syllable(run[0].folded)):
        return None
    if tuple(word.exact for word in run) in _NO_SUBJECT:
        return None
    weight = factor * sum(weights.get(word.folded, 0.0) for word in run)
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
