"""A whole need as a query: its most telling words, stems, pairs of words and their names in the other language.

Measured (docs/search.md): keep the whole text, titles three times, every word, and of the pairs the most telling by
tf-idf: 60, or two fifths of a long text's; fewer terms lose relevant offers, more pairs only bring chance. English
words count mostly by their stems. What a word counts grows with its rarity a little faster than BM25 alone has it,
since needs are full of words that say nothing.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tantivy import Occur, Query, Schema, Searcher

from app.search.embedded_query import term
from app.search.stems import stem_of
from app.search.synonyms import Phrase, Thesaurus, expand
from app.search.text import forms, is_function_word, is_marked, pairs

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


@dataclass(frozen=True, slots=True)
class NeedQuery:
    """The query of a whole text.

    Attributes:
        ceiling: about the score of a document that holds every chosen term; to tell a share by.
        weights: folded word, and pair of words joined by "_" → its rarity in this index.
    """

    query: Query
    ceiling: float
    weights: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Term:
    """One clause to be: a form in a field, how often the text says it (damped), how rare it is."""

    name: str
    form: str
    count: float
    rarity: float

    @property
    def worth(self) -> float:
        return self.count * self.rarity


def need_query(schema: Schema, searcher: Searcher, *, title: str, body: str, thesaurus: Thesaurus) -> NeedQuery | None:
    """The query for a title and a body; None when no word of them is in the index."""
    said = _Said(title, body)
    rarity = _Rarity(searcher)
    words = _most_telling(said.words(rarity), _MOST_WORDS)
    telling = max(_FEWEST_PAIRS, round(len(said.paired) * _SHARE_OF_PAIRS))
    paired = _most_telling(said.pairs(rarity), min(telling, _MOST_PAIRS))
    clauses = _translations(schema, rarity, said, thesaurus)
    if not words and not paired and not clauses:
        return None
    rarest = max((one.rarity for one in (*words, *paired)), default=1.0)
    power = _RARITY_POWER * searcher.num_docs / (searcher.num_docs + _FEW_DOCUMENTS)
    ceiling = 0.0

    def add(name: str, form: str, count: float, rare: float) -> None:
        nonlocal ceiling
        weight = count * (rare / rarest) ** power
        clauses.append((Occur.Should, Query.boost_query(term(schema, name, form), weight)))
        ceiling += weight * rare

    for one in words:
        add(one.name, one.form, one.count * (_STEM_WEIGHT if one.name == "stems" else 1), one.rarity)
        for folded in said.of_stem.get(one.form, ()) if one.name == "stems" else ():
            if rare := rarity.of("folded", folded):
                add("folded", folded, _damped(said.folded[folded]) * _WORD_BESIDE_STEM, rare)
        for exact in said.carriers.get(one.form, ()) if said.marked and one.name == "folded" else ():
            if rare := rarity.of("exact", exact):
                add("exact", exact, _damped(said.exact[exact]), rare)
    for one in paired:
        add(one.name, one.form, one.count * _PAIR_WEIGHT, one.rarity)
    weights = {word: rarity.of("folded", word) for word in said.folded}
    weights |= {pair: rarity.of("pairs", pair) for pair in said.paired}
    # Where nothing but translations is known, a document that holds some is as good as any.
    return NeedQuery(Query.boolean_query(clauses), (ceiling or len(clauses)) * _TYPICAL_SATURATION, weights)


class _Said:
    """What a title and a body say, counted; the title three times, words without a subject left out."""

    def __init__(self, title: str, body: str) -> None:
        in_title, in_body = forms(title), forms(body)
        self.found: Sequence[tuple[str, str]] = in_title + in_body
        self.marked = any(is_marked(folded, exact) for folded, exact in self.found)
        self.folded, self.exact, self.paired = Counter[str](), Counter[str](), Counter[str]()
        self.stems = Counter[str]()
        self.carriers: dict[str, dict[str, None]] = {}
        self.of_stem: dict[str, dict[str, None]] = {}
        for found, times in ((in_title, _TITLE_WEIGHT), (in_body, 1)):
            for folded, exact in found:
                if is_function_word(exact, marked=self.marked):
                    continue
                self.folded[folded] += times
                self.exact[exact] += times
                self.carriers.setdefault(folded, {})[exact] = None
                if stem := stem_of(folded):
                    self.stems[stem] += times
                    self.of_stem.setdefault(stem, {})[folded] = None
            for pair in pairs([folded for folded, _ in found]):
                self.paired[pair] += times

    def words(self, rarity: "_Rarity") -> Iterable[_Term]:
        """Words, English ones by their stems."""
        for folded, count in self.folded.items():
            if not stem_of(folded):
                yield _Term("folded", folded, _damped(count), rarity.of("folded", folded))
        for stem, count in self.stems.items():
            yield _Term("stems", stem, _damped(count), rarity.of("stems", stem))

    def pairs(self, rarity: "_Rarity") -> Iterable[_Term]:
        """Words that stand side by side."""
        for pair, count in self.paired.items():
            yield _Term("pairs", pair, _damped(count), rarity.of("pairs", pair))


def _translations(schema: Schema, rarity: "_Rarity", said: _Said, thesaurus: Thesaurus) -> list[tuple[Occur, Query]]:
    """The terms of the text by their names in the other language. No part of the ceiling: nobody need say all twice."""
    clauses: list[tuple[Occur, Query]] = []
    for phrase in expand(said.found, thesaurus=thesaurus)[:_MOST_TRANSLATIONS]:
        parts = _parts(phrase)
        if not all(rarity.of(name, form) for name, form in parts):
            continue
        # Parts add up in the score, so that each counts the less the more there are.
        weight = 2 * _TRANSLATION_WEIGHT / len(parts)
        together = [(Occur.Must, term(schema, name, form)) for name, form in parts]
        query = together[0][1] if len(together) == 1 else Query.boolean_query(together)
        clauses.append((Occur.Should, Query.boost_query(query, weight)))
    return clauses


def _parts(phrase: Phrase) -> list[tuple[str, str]]:
    if phrase.pairs:
        return [("pairs", pair) for pair in phrase.pairs]
    stem = stem_of(phrase.folded[0])
    return [("stems", stem)] if stem else [("exact", phrase.exact[0])]


def _most_telling(terms: Iterable[_Term], most: int) -> list[_Term]:
    ranked = sorted(terms, key=lambda one: (-one.worth, one.form))
    return [one for one in ranked[:most] if one.worth > 0]


def _damped(count: int) -> float:
    return 1 + math.log(count)


class _Rarity:
    """How rare terms are in one state of the index (BM25's inverse document frequency; 0 for unknown ones)."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self._documents = searcher.num_docs
        self._known: dict[tuple[str, str], float] = {}

    def of(self, name: str, form: str) -> float:
        key = (name, form)
        if key not in self._known:
            holding = min(self._searcher.doc_freq(name, form), self._documents)
            self._known[key] = math.log(1 + (self._documents - holding + 0.5) / (holding + 0.5)) if holding else 0.0
        return self._known[key]
