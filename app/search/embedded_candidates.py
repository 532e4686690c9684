"""A whole text put to the embedded index: each of its telling terms a clause of its own."""

import math
from typing import Final

from tantivy import Occur, Query, Schema, Searcher

from app.search.embedded_query import term
from app.search.telling import Telling, Together
from app.search.understanding import Kind

_MOST_KNOWN: Final = 200_000


class IndexRarity:
    """How rare terms are in one state of the index (app.search.telling.Rarity); each is looked up once."""

    def __init__(self, searcher: Searcher) -> None:
        self.searcher = searcher
        self._documents = searcher.num_docs
        self._known: dict[tuple[Kind, str], float] = {}

    def size(self) -> int:
        return self._documents

    def of(self, kind: Kind, form: str) -> float:
        key = (kind, form)
        known = self._known.get(key)
        if known is None:
            holding = min(self.searcher.doc_freq(kind, form), self._documents)
            known = math.log(1 + (self._documents - holding + 0.5) / (holding + 0.5)) if holding else 0.0
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[key] = known
        return known


def telling_query(schema: Schema, telling: Telling) -> Query:
    """The query that scores documents by the terms they hold."""
    weighed = [(term(schema, one.kind, one.form), one.weight) for one in telling.terms]
    weighed += [(_all_of(schema, one), one.weight) for one in telling.together]
    return Query.boolean_query([(Occur.Should, Query.boost_query(query, weight)) for query, weight in weighed])


def _all_of(schema: Schema, together: Together) -> Query:
    terms = [(Occur.Must, term(schema, kind, form)) for kind, form in together.terms]
    return terms[0][1] if len(terms) == 1 else Query.boolean_query(terms)
