"""From a reading of what somebody typed, and from filters, to tantivy queries. User text is never parsed."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from tantivy import FieldType, Occur, Query, Schema, Searcher

from app.search.indexed import number_in_index
from app.search.port import FILTER_FIELDS, And, Eq, Exists, Filter, Not, Or, Range
from app.search.spelling import Vocabulary
from app.search.synonyms import Phrase
from app.search.understanding import Kind, Reading, Token

# Measured on judged Vietnamese questions (docs/search.md): pairs at half weight gain .01 with marks, .03 without.
_PAIR_WEIGHT: Final = 0.5
_NEAR_WEIGHT: Final = 0.6
_MOST_NEAR: Final = 40
_SHORTEST_NEAR: Final = 3
_OTHER_WEIGHT: Final = 0.4
# The most BM25 can multiply a word's rarity by (k1 + 1).
_SATURATION: Final = 2.2


def term(schema: Schema, name: str, value: str) -> Query:
    """A word of one of the text fields."""
    return Query.term_query(schema, name, value, "freq")


class IndexLexicon:
    """What one state of the index knows of words (app.search.understanding.Lexicon)."""

    def __init__(self, searcher: Searcher, vocabulary: Callable[[], Vocabulary]) -> None:
        self._searcher = searcher
        self._vocabulary = vocabulary

    def documents(self, kind: Kind, form: str) -> int:
        return self._searcher.doc_freq(kind, form)

    def near(self, folded: str) -> list[str]:
        return self._vocabulary().near(folded, limit=_MOST_NEAR, shortest=_SHORTEST_NEAR)

    def rarity(self, kind: Kind, form: str) -> float:
        """BM25's inverse document frequency; 0 for what no document holds."""
        documents = self._searcher.num_docs
        holding = min(self._searcher.doc_freq(kind, form), documents)
        return math.log(1 + (documents - holding + 0.5) / (holding + 0.5)) if holding else 0.0


@dataclass(frozen=True, slots=True)
class TextQuery:
    """The query of a text: `held` finds the documents, for counting; `scored` the same ones, by how well they fit."""

    held: Query
    scored: Query


def text_query(schema: Schema, reading: Reading, lexicon: IndexLexicon, *, required: int | None = None) -> TextQuery:
    """Documents that hold at least `required` of the reading's tokens (all when None), scored by all of the text.

    Documents that hold so many directly stand before those that do so only with words of the other language.
    """
    required = len(reading.tokens) if required is None else required
    direct = [(Occur.Should, _direct(schema, token, marked=reading.marked)) for token in reading.tokens]
    other = [_other(schema, token, lexicon) for token in reading.tokens]
    groups = [
        (Occur.Should, Query.boolean_query([held, (Occur.Should, one[0])]) if one is not None else held[1])
        for held, one in zip(direct, other, strict=True)
    ]
    rest = [(Occur.Should, _direct(schema, token, marked=reading.marked)) for token in reading.extras]
    rest += [(Occur.Should, Query.boost_query(term(schema, "pairs", pair), _PAIR_WEIGHT)) for pair in reading.paired]
    if ceiling := sum(one[1] for one in other if one is not None):
        held_directly = Query.boolean_query(direct, minimum_number_should_match=required)
        rest.append((Occur.Should, Query.const_score_query(held_directly, ceiling)))
    must = Query.boolean_query(groups, minimum_number_should_match=required)
    return TextQuery(held=must, scored=Query.boolean_query([(Occur.Must, must), *rest]))


def _direct(schema: Schema, token: Token, *, marked: bool) -> Query:
    if token.signs:
        ways = [(Occur.Should, term(schema, "signs", sign)) for sign in token.signs]
        ways += [(Occur.Should, phrase_query(schema, phrase)) for phrase in token.others]
        return Query.boolean_query(ways)
    ways = [(Occur.Should, term(schema, "folded", token.folded))]
    if marked or token.exact != token.folded:
        ways.append((Occur.Should, term(schema, "exact", token.exact)))
    ways += [(Occur.Should, Query.boost_query(term(schema, name, form), _NEAR_WEIGHT)) for name, form in token.near]
    return Query.boolean_query(ways)


def _other(schema: Schema, token: Token, lexicon: IndexLexicon) -> tuple[Query, float] | None:
    """Documents that hold what the token's term is called otherwise, and the most that this can score.

    A translation is no rarer than the word it stands for, however few documents hold it: else the odd one would
    outweigh all that was typed.
    """
    if token.signs or not token.others:
        return None
    rarity = lexicon.rarity("folded", token.folded)
    ways: list[tuple[Occur, Query]] = []
    most = 0.0
    for phrase in token.others:
        weight = phrase_rarity(phrase, lexicon)
        if weight:
            boost = _OTHER_WEIGHT * (min(1.0, rarity / weight) if rarity else 1.0)
            ways.append((Occur.Should, Query.boost_query(phrase_query(schema, phrase), boost)))
            most = max(most, boost * weight * _SATURATION)
    if not ways:
        return None
    return (ways[0][1] if len(ways) == 1 else Query.disjunction_max_query([one for _, one in ways])), most


def phrase_query(schema: Schema, phrase: Phrase) -> Query:
    """Documents that hold the words of a phrase side by side."""
    if len(phrase.folded) == 1:
        # "men" is not mến: where marks make the word, they are asked for.
        name, form = ("folded", phrase.folded[0]) if phrase.exact[0].isascii() else ("exact", phrase.exact[0])
        return term(schema, name, form)
    return Query.boolean_query([(Occur.Must, term(schema, "pairs", pair)) for pair in phrase.pairs])


def phrase_rarity(phrase: Phrase, lexicon: IndexLexicon) -> float:
    """The sum of what a phrase's terms weigh; 0 when no document holds one of them."""
    if len(phrase.folded) == 1:
        return lexicon.rarity("exact", phrase.exact[0]) or lexicon.rarity("folded", phrase.folded[0])
    weights = [lexicon.rarity("pairs", pair) for pair in phrase.pairs]
    return sum(weights) if all(weights) else 0.0


def filter_query(schema: Schema, condition: Filter) -> Query:
    """A filter as a query that adds nothing to the score.

    Raises:
        BadQuery: a number out of the range an index can hold.
    """
    return Query.const_score_query(_condition(schema, condition), 0.0)


def all_of(schema: Schema, text: Query | None, filters: Iterable[Filter]) -> Query:
    """The text (everything when None) within the filters."""
    parts = [(Occur.Must, filter_query(schema, one)) for one in filters]
    if text is None and not parts:
        return Query.all_query()
    return Query.boolean_query([*([(Occur.Must, text)] if text is not None else []), *parts])


def _condition(schema: Schema, condition: Filter) -> Query:
    if isinstance(condition, And):
        if not condition.parts:
            return Query.all_query()
        return Query.boolean_query([(Occur.Must, _condition(schema, part)) for part in condition.parts])
    if isinstance(condition, Or):
        return _any_of([_condition(schema, part) for part in condition.parts])
    if isinstance(condition, Not):
        # A query of refusals alone finds nothing.
        refused = (Occur.MustNot, _condition(schema, condition.part))
        return Query.boolean_query([(Occur.Must, Query.all_query()), refused])
    if isinstance(condition, Range):
        return _range(schema, condition)
    if isinstance(condition, Exists):
        return Query.exists_query("price_low" if condition.field == "price" else condition.field)
    values = (condition.value,) if isinstance(condition, Eq) else condition.values
    return _any_of([_equal(schema, condition.field, value) for value in values])


def _any_of(parts: Sequence[Query]) -> Query:
    if not parts:
        return Query.empty_query()
    return parts[0] if len(parts) == 1 else Query.boolean_query([(Occur.Should, part) for part in parts])


def _equal(schema: Schema, name: str, value: str | int) -> Query:
    checked = value if isinstance(value, str) else number_in_index(name, value)
    return Query.term_query(schema, name, checked, "basic")


def _range(schema: Schema, condition: Range) -> Query:
    low = None if condition.low is None else number_in_index(condition.field, condition.low)
    high = None if condition.high is None else number_in_index(condition.field, condition.high)
    if FILTER_FIELDS[condition.field] != "money":
        return Query.range_query(schema, condition.field, FieldType.Integer, low, high)
    # Two intervals meet when each begins before the other ends.
    parts = []
    if low is not None:
        parts.append((Occur.Must, Query.range_query(schema, "price_high", FieldType.Integer, low, None)))
    if high is not None:
        parts.append((Occur.Must, Query.range_query(schema, "price_low", FieldType.Integer, None, high)))
    return Query.boolean_query(parts)
