"""From what somebody typed, and from filters, to tantivy queries. User text is never parsed: terms are built here."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from tantivy import FieldType, Occur, Query, Schema, Searcher

from app.search.embedded_schema import day_number, second_number
from app.search.keyboards import from_tcvn3, from_telex
from app.search.port import FILTER_FIELDS, And, BadQuery, Eq, Exists, Filter, Not, Or, Range
from app.search.spelling import Vocabulary, confusions
from app.search.text import forms, is_function_word, is_marked, pairs

# Measured on judged Vietnamese questions (docs/search.md): pairs at half weight gain .01 with marks, .03 without.
_PAIR_WEIGHT: Final = 0.5
_NEAR_WEIGHT: Final = 0.6
_MOST_WORDS: Final = 40
_LONG_QUERY: Final = 6
# Fewer hits than this, and the next, more forgiving reading of the query is tried.
FEW_HITS: Final = 3

VocabularySource = Callable[[], Vocabulary]


def term(schema: Schema, name: str, value: str) -> Query:
    """A word of one of the text fields."""
    return Query.term_query(schema, name, value, "freq")


@dataclass(frozen=True, slots=True)
class Token:
    """One word looked for, and the words it may have been meant for (field, form)."""

    folded: str
    exact: str
    near: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TextPlan:
    """A query text taken apart.

    Attributes:
        tokens: words that carry the subject; how many of them a document must hold is the caller's choice.
        extras: function words, which only add to the score.
        paired: neighbouring words, which only add to the score.
        marked: typed with marks, so that the exact form says something.
    """

    tokens: tuple[Token, ...]
    extras: tuple[Token, ...]
    paired: tuple[str, ...]
    marked: bool

    @property
    def wanted(self) -> frozenset[str]:
        """Folded forms to highlight: the words of the subject and what they were read as."""
        found = {token.folded for token in self.tokens}
        for token in self.tokens:
            found.update(form for name, form in token.near if name == "folded")
        return frozenset(found)


def plan_text(text: str) -> TextPlan:
    """Take a query text apart. No word at all gives a plan without tokens."""
    found = forms(text)[:_MOST_WORDS]
    marked = any(is_marked(folded, exact) for folded, exact in found)
    tokens: list[Token] = []
    extras: list[Token] = []
    for folded, exact in dict.fromkeys(found):
        (extras if is_function_word(exact, marked=marked) else tokens).append(Token(folded, exact))
    if not tokens:
        tokens, extras = extras, []
    paired = tuple(dict.fromkeys(pairs([folded for folded, _ in found])))
    return TextPlan(tuple(tokens), tuple(extras), paired, marked)


@dataclass(frozen=True, slots=True)
class Step:
    """One reading of a query: how many of its words a document must hold, and from how many hits on that is enough."""

    required: int
    enough: int


def steps(words: int) -> tuple[Step, ...]:
    """The readings of a query of so many words of subject, strict to lenient; the first that finds enough is used.

    All words; then 70 %; then any. A long question (six words and more) goes from all to 40 %: at 70 % the paragraphs
    that answer it are lost to chance ones (.919 against .953 nDCG on judged questions). A short one is not brought
    down to single syllables while anything holds more of it.
    """
    if words < _LONG_QUERY:
        strict = Step(words, FEW_HITS if words > 2 else 1)
        readings = (strict, Step(max(1, round(words * 0.7)), 1), Step(1, 1))
    else:
        readings = (Step(words, FEW_HITS), Step(max(3, math.floor(words * 0.4)), FEW_HITS), Step(1, 1))
    return tuple(dict.fromkeys(readings))


def text_query(schema: Schema, plan: TextPlan, *, required: int) -> Query:
    """Documents that hold at least `required` of the plan's words, scored by all that is known of the text."""
    groups = [(Occur.Should, _token_query(schema, token, marked=plan.marked)) for token in plan.tokens]
    must = Query.boolean_query(groups, minimum_number_should_match=required)
    rest = [(Occur.Should, _token_query(schema, token, marked=plan.marked)) for token in plan.extras]
    rest += [(Occur.Should, Query.boost_query(term(schema, "pairs", pair), _PAIR_WEIGHT)) for pair in plan.paired]
    return Query.boolean_query([(Occur.Must, must), *rest])


def _token_query(schema: Schema, token: Token, *, marked: bool) -> Query:
    ways = [(Occur.Should, term(schema, "folded", token.folded))]
    if marked or token.exact != token.folded:
        ways.append((Occur.Should, term(schema, "exact", token.exact)))
    ways += [(Occur.Should, Query.boost_query(term(schema, name, form), _NEAR_WEIGHT)) for name, form in token.near]
    return Query.boolean_query(ways)


def with_near_words(plan: TextPlan, searcher: Searcher, vocabulary: VocabularySource) -> TextPlan:
    """The plan with words of the index added beside words it does not hold; the same plan when there are none."""
    tokens = tuple(_with_near(token, searcher, vocabulary) for token in plan.tokens)
    if tokens == plan.tokens:
        return plan
    return TextPlan(tokens, plan.extras, plan.paired, plan.marked)


def _with_near(token: Token, searcher: Searcher, vocabulary: VocabularySource) -> Token:
    near: list[tuple[str, str]] = []
    if is_marked(token.folded, token.exact) and not searcher.doc_freq("exact", token.exact):
        for exact in confusions(token.exact):
            if searcher.doc_freq("exact", exact):
                near.append(("exact", exact))
                near += [("folded", folded) for folded, _ in forms(exact.rstrip("12345"))[:1]]
    if not searcher.doc_freq("folded", token.folded):
        near += [("folded", word) for word in vocabulary().near(token.folded)]
    return Token(token.folded, token.exact, tuple(dict.fromkeys(near))) if near else token


def read_differently(text: str, searcher: Searcher) -> str | None:
    """The text as raw Telex or TCVN3, where the index knows clearly more of its words so; None otherwise."""
    best, best_known = None, _known_share(text, searcher)
    if best_known == 1.0:
        return None
    for reading in (from_tcvn3(text), from_telex(text)):
        if reading is not None and (known := _known_share(reading, searcher)) > max(best_known, 0.5):
            best, best_known = reading, known
    return best


def _known_share(text: str, searcher: Searcher) -> float:
    found = forms(text)[:_MOST_WORDS]
    return sum(searcher.doc_freq("exact", exact) > 0 for _, exact in found) / len(found) if found else 0.0


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


def number_in_index(name: str, value: int | date) -> int:
    """A number, instant or day of a filter as the index holds it. Raises BadQuery when it cannot hold it."""
    if isinstance(value, date):
        return day_number(value) if name == "deadline" else second_number(value)
    if not -(2**63) <= value < 2**63:
        raise BadQuery(name=name)
    return value


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
