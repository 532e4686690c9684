"""A whole need as a query: its most telling words and pairs of words, weighed by BM25.

Measured (docs/search.md): keep the whole text, titles three times, choose terms by tf-idf, at most 100 words and 60
pairs; fewer terms lose relevant offers, more only cost time.
"""

import math
from collections import Counter
from dataclasses import dataclass
from typing import Final

from tantivy import Occur, Query, Schema, Searcher

from app.search.embedded_query import term
from app.search.text import forms, is_function_word, is_marked, pairs

_TITLE_WEIGHT: Final = 3
_MOST_WORDS: Final = 100
_MOST_PAIRS: Final = 60
_PAIR_WEIGHT: Final = 0.5
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


def need_query(schema: Schema, searcher: Searcher, *, title: str, body: str) -> NeedQuery | None:
    """The query for a title and a body; None when no word of them is in the index."""
    in_title, in_body = forms(title), forms(body)
    marked = any(is_marked(folded, exact) for folded, exact in in_title + in_body)
    folded, exact, paired = Counter[str](), Counter[str](), Counter[str]()
    carriers: dict[str, set[str]] = {}
    for found, times in ((in_title, _TITLE_WEIGHT), (in_body, 1)):
        for one, shaped in found:
            if is_function_word(shaped, marked=marked):
                continue
            folded[one] += times
            exact[shaped] += times
            carriers.setdefault(one, set()).add(shaped)
        for pair in pairs([one for one, _ in found]):
            paired[pair] += times
    rarity = _Rarity(searcher)
    chosen = rarity.most_telling("folded", folded, _MOST_WORDS)
    clauses: list[tuple[Occur, Query]] = []
    ceiling = 0.0
    for word, weight in chosen:
        clauses.append(_clause(schema, "folded", word, weight))
        ceiling += weight * rarity.of("folded", word)
        for shaped in carriers[word]:
            if marked and (exact_rarity := rarity.of("exact", shaped)):
                exact_weight = _damped(exact[shaped])
                clauses.append(_clause(schema, "exact", shaped, exact_weight))
                ceiling += exact_weight * exact_rarity
    for pair, weight in rarity.most_telling("pairs", paired, _MOST_PAIRS):
        clauses.append(_clause(schema, "pairs", pair, weight * _PAIR_WEIGHT))
        ceiling += weight * _PAIR_WEIGHT * rarity.of("pairs", pair)
    if not clauses:
        return None
    weights = {word: rarity.of("folded", word) for word in folded}
    weights |= {pair: rarity.of("pairs", pair) for pair in paired}
    return NeedQuery(Query.boolean_query(clauses), ceiling * _TYPICAL_SATURATION, weights)


def _clause(schema: Schema, name: str, form: str, weight: float) -> tuple[Occur, Query]:
    return Occur.Should, Query.boost_query(term(schema, name, form), weight)


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

    def most_telling(self, name: str, counted: Counter[str], most: int) -> list[tuple[str, float]]:
        """The terms with the highest tf-idf, each with its damped count."""
        scored = [(_damped(count) * self.of(name, form), form, _damped(count)) for form, count in counted.items()]
        scored.sort(key=lambda one: (-one[0], one[1]))
        return [(form, weight) for score, form, weight in scored[:most] if score > 0]
