"""A whole text put to the embedded index: each of its telling terms a clause of its own."""

import math

from tantivy import Occur, Query, Schema, Searcher

from app.search.embedded_query import term
from app.search.telling import Telling, Together
from app.search.understanding import Kind


class IndexRarity:
    """How rare terms are in one state of the index (app.search.telling.Rarity)."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self._documents = searcher.num_docs
        self._known: dict[tuple[Kind, str], float] = {}

    def size(self) -> int:
        return self._documents

    def of(self, kind: Kind, form: str) -> float:
        key = (kind, form)
        if key not in self._known:
            holding = min(self._searcher.doc_freq(kind, form), self._documents)
            self._known[key] = math.log(1 + (self._documents - holding + 0.5) / (holding + 0.5)) if holding else 0.0
        return self._known[key]


def telling_query(schema: Schema, telling: Telling) -> Query:
    """The query that scores documents by the terms they hold."""
    weighed = [(term(schema, one.kind, one.form), one.weight) for one in telling.terms]
    weighed += [(_all_of(schema, one), one.weight) for one in telling.together]
    return Query.boolean_query([(Occur.Should, Query.boost_query(query, weight)) for query, weight in weighed])


def _all_of(schema: Schema, together: Together) -> Query:
    terms = [(Occur.Must, term(schema, kind, form)) for kind, form in together.terms]
    return terms[0][1] if len(terms) == 1 else Query.boolean_query(terms)
