"""A whole need as a question: its most telling words, stems, pairs of words and their names in the other language.

For every engine alike; how it asks for them is its own. Measured (docs/search.md): keep the whole text, titles three
times, every word, and of the pairs the most telling by tf-idf: 60, or two fifths of a long text's; fewer terms lose
relevant offers, more pairs only bring chance. English words count mostly by their stems. What a word counts grows with
its rarity a little faster than BM25 alone has it, since needs are full of words that say nothing.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from app.search.stems import stem_of
from app.search.synonyms import Phrase, Thesaurus, expand
from app.search.text import forms, is_function_word, is_marked, pairs
from app.search.understanding import Kind

_TITLE_WEIGHT: Final = 3
_MOST_WORDS: Final = 400
_FEWEST_PAIRS: Final = 60
_MOST_PAIRS: Final = 200
_SHARE_OF_PAIRS: Final = 0.4
_MOST_TRANSLATIONS: Final = 40
_PAIR_WEIGHT: Final = 0.5
_STEM_WEIGHT: Final = 0.7
_WORD_BESIDE_STEM: Final = 0.3
_TRANSLATION_WEIGHT: Final = 0.5
_RARITY_POWER: Final = 0.5
# How rare a word is says little in an index of fewer documents than about this.
_FEW_DOCUMENTS: Final = 100
# What BM25 multiplies a word's rarity by when a document holds it once or twice at average length.
_TYPICAL_SATURATION: Final = 1.4

Form = tuple[Kind, str]


class Rarity(Protocol):
    """How rare terms are in one state of an index."""

    def size(self) -> int:
        """How many documents there are."""
        ...

    def of(self, kind: Kind, form: str) -> float:
        """BM25's inverse document frequency; 0 for what no document holds."""
        ...


@dataclass(frozen=True, slots=True)
class Weighed:
    """One term to ask for: what its BM25 score is multiplied by, and how rare it is."""

    kind: Kind
    form: str
    weight: float
    rarity: float


@dataclass(frozen=True, slots=True)
class Together:
    """Terms that count only where a document holds all of them: a name in the other language."""

    terms: tuple[Form, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Telling:
    """What is asked of an index for a whole text.

    Attributes:
        ceiling: about the score of a document that holds every term; to tell a share by.
        weights: folded word, and pair of words joined by "_" → its rarity in this index.
    """

    terms: tuple[Weighed, ...]
    together: tuple[Together, ...]
    ceiling: float
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Counted:
    """A term of the text: how often the text says it (damped), how rare it is."""

    kind: Kind
    form: str
    count: float
    rarity: float

    @property
    def worth(self) -> float:
        return self.count * self.rarity


class Said:
    """What a title and a body say, counted; the title three times, words without a subject left out."""

    def __init__(self, title: str, body: str) -> None:
        in_title, in_body = forms(title), forms(body)
        self.found: Sequence[tuple[str, str]] = in_title + in_body
        self.marked = any(is_marked(folded, exact) for folded, exact in self.found)
        self.folded, self.exact, self.paired = Counter[str](), Counter[str](), Counter[str]()
        self.stems = Counter[str]()
        self._carriers: dict[str, dict[str, None]] = {}
        self._of_stem: dict[str, dict[str, None]] = {}
        for found, times in ((in_title, _TITLE_WEIGHT), (in_body, 1)):
            for folded, exact in found:
                if is_function_word(exact, marked=self.marked):
                    continue
                self.folded[folded] += times
                self.exact[exact] += times
                self._carriers.setdefault(folded, {})[exact] = None
                if stem := stem_of(folded):
                    self.stems[stem] += times
                    self._of_stem.setdefault(stem, {})[folded] = None
            for pair in pairs([folded for folded, _ in found]):
                self.paired[pair] += times

    def single(self, thesaurus: Thesaurus) -> Iterator[Form]:
        """Every term whose rarity `choose` asks for, but the pairs of the text itself."""
        yield from (("folded", one) for one in self.folded)
        yield from (("stems", one) for one in self.stems)
        if self.marked:
            yield from (("exact", one) for one in self.exact)
        for phrase in self._translations(thesaurus):
            yield from _parts(phrase)

    def choose(self, rarity: Rarity, thesaurus: Thesaurus) -> Telling | None:
        """The question; None when no word of the text is in the index."""
        words = _most_telling(self._words(rarity), _MOST_WORDS)
        telling = max(_FEWEST_PAIRS, round(len(self.paired) * _SHARE_OF_PAIRS))
        paired = _most_telling(self._pairs(rarity), min(telling, _MOST_PAIRS))
        together = tuple(self._named_otherwise(rarity, thesaurus))
        if not words and not paired and not together:
            return None
        rarest = max((one.rarity for one in (*words, *paired)), default=1.0)
        power = _RARITY_POWER * rarity.size() / (rarity.size() + _FEW_DOCUMENTS)
        terms: list[Weighed] = []

        def add(kind: Kind, form: str, count: float, rare: float) -> None:
            terms.append(Weighed(kind, form, count * (rare / rarest) ** power, rare))

        for one in words:
            add(one.kind, one.form, one.count * (_STEM_WEIGHT if one.kind == "stems" else 1), one.rarity)
            for folded in self._of_stem.get(one.form, ()) if one.kind == "stems" else ():
                if rare := rarity.of("folded", folded):
                    add("folded", folded, _damped(self.folded[folded]) * _WORD_BESIDE_STEM, rare)
            for exact in self._carriers.get(one.form, ()) if self.marked and one.kind == "folded" else ():
                if rare := rarity.of("exact", exact):
                    add("exact", exact, _damped(self.exact[exact]), rare)
        for one in paired:
            add(one.kind, one.form, one.count * _PAIR_WEIGHT, one.rarity)
        # Where nothing but translations is known, a document that holds some is as good as any.
        ceiling = sum(one.weight * one.rarity for one in terms) or len(together)
        weights = {word: rarity.of("folded", word) for word in self.folded}
        weights |= {pair: rarity.of("pairs", pair) for pair in self.paired}
        return Telling(tuple(terms), together, ceiling * _TYPICAL_SATURATION, weights)

    def _words(self, rarity: Rarity) -> Iterable[_Counted]:
        """Words, English ones by their stems."""
        for folded, count in self.folded.items():
            if not stem_of(folded):
                yield _Counted("folded", folded, _damped(count), rarity.of("folded", folded))
        for stem, count in self.stems.items():
            yield _Counted("stems", stem, _damped(count), rarity.of("stems", stem))

    def _pairs(self, rarity: Rarity) -> Iterable[_Counted]:
        """Words that stand side by side."""
        for pair, count in self.paired.items():
            yield _Counted("pairs", pair, _damped(count), rarity.of("pairs", pair))

    def _named_otherwise(self, rarity: Rarity, thesaurus: Thesaurus) -> Iterator[Together]:
        """The terms of the text by their names in the other language. No part of the ceiling: nobody need say all
        twice."""
        for phrase in self._translations(thesaurus):
            parts = _parts(phrase)
            if all(rarity.of(kind, form) for kind, form in parts):
                # Parts add up in the score, so that each counts the less the more there are.
                yield Together(parts, 2 * _TRANSLATION_WEIGHT / len(parts))

    def _translations(self, thesaurus: Thesaurus) -> Sequence[Phrase]:
        return expand(self.found, thesaurus=thesaurus)[:_MOST_TRANSLATIONS]


def _parts(phrase: Phrase) -> tuple[Form, ...]:
    if phrase.pairs:
        return tuple(("pairs", pair) for pair in phrase.pairs)
    stem = stem_of(phrase.folded[0])
    return (("stems", stem),) if stem else (("exact", phrase.exact[0]),)


def _most_telling(terms: Iterable[_Counted], most: int) -> list[_Counted]:
    ranked = sorted(terms, key=lambda one: (-one.worth, one.form))
    return [one for one in ranked[:most] if one.worth > 0]


def _damped(count: int) -> float:
    return 1 + math.log(count)
