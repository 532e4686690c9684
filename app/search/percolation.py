"""Searching the other way round: which of many kept questions does a handful of documents answer?

An engine holds documents and is asked one question at a time. Here the documents are few, those that just changed, and
the questions are thousands. A document answers when it passes every filter and holds everything the text asks for, in
any of the ways an engine accepts (app.search.understanding): with or without diacritics, by the term's name in the
other language, a quantity in another unit. That is an engine's strictest reading. The forgiving ones (most of the
words, words misspelt) are for a person who looks at a page, not for one who is written to.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

from app.search.criteria import Criteria
from app.search.indexed import keywords_of, number_in_index, numbers_of, signs_of, text_parts
from app.search.port import FILTER_FIELDS, And, Eq, Exists, Filter, In, Not, Or, Range, SearchDocument
from app.search.synonyms import Phrase, current_thesaurus
from app.search.text import forms
from app.search.understanding import Token, take_apart


@dataclass(frozen=True, slots=True)
class Question:
    """Criteria taken apart, ready to be asked of many documents. Their order is of no account."""

    tokens: tuple[Token, ...]
    filters: tuple[Filter, ...]


def question_of(criteria: Criteria) -> Question:
    """The question that criteria put."""
    tokens = take_apart(criteria.text, thesaurus=current_thesaurus()).tokens if criteria.text.strip() else ()
    return Question(tokens, criteria.filters())


class Percolator:
    """A few documents, by the ids of their listings, laid out so that each question costs a few look-ups."""

    def __init__(self, documents: Mapping[UUID, SearchDocument]) -> None:
        self.documents = documents
        self._holding: dict[tuple[str, str], set[UUID]] = defaultdict(set)
        self._valued: dict[tuple[str, str], set[UUID]] = defaultdict(set)
        for key, document in documents.items():
            for held in _forms(document):
                self._holding[held].add(key)
            for name, values in keywords_of(document).items():
                for value in values:
                    self._valued[name, value].add(key)

    def answering(self, question: Question) -> set[UUID]:
        """The listings that answer a question."""
        found: set[UUID] | None = None
        for token in question.tokens:
            found = _both(found, self._with_token(token))
            if not found:
                return set()
        rest: list[Filter] = []
        for condition in question.filters:
            if isinstance(condition, In | Eq) and FILTER_FIELDS.get(condition.field) == "keyword":
                found = _both(found, self._with_value(condition))
                if not found:
                    return set()
            else:
                rest.append(condition)
        left = set(self.documents) if found is None else found
        return {key for key in left if all(holds(self.documents[key], one) for one in rest)}

    def _with_token(self, token: Token) -> set[UUID]:
        found = set(self._holding.get(("folded", token.folded), ())) if token.folded else set()
        for sign in token.signs:
            found |= self._holding.get(("signs", sign), set())
        for phrase in token.others:
            found |= self._with_phrase(phrase)
        return found

    def _with_phrase(self, phrase: Phrase) -> set[UUID]:
        if len(phrase.folded) == 1:
            # "men" is not mến: where marks make the word, they are asked for.
            kind, form = ("folded", phrase.folded[0]) if phrase.exact[0].isascii() else ("exact", phrase.exact[0])
            return self._holding.get((kind, form), set())
        found: set[UUID] | None = None
        for pair in phrase.pairs:
            found = _both(found, self._holding.get(("pairs", pair), ()))
        return found or set()

    def _with_value(self, condition: In | Eq) -> set[UUID]:
        values = condition.values if isinstance(condition, In) else (condition.value,)
        return set().union(*(self._valued.get((condition.field, str(value)), ()) for value in values))


def holds(document: SearchDocument, condition: Filter) -> bool:
    """Whether a document passes a filter, by the rules of the port."""
    if isinstance(condition, And):
        return all(holds(document, part) for part in condition.parts)
    if isinstance(condition, Or):
        return any(holds(document, part) for part in condition.parts)
    if isinstance(condition, Not):
        return not holds(document, condition.part)
    if isinstance(condition, Range):
        return _within(document, condition)
    if isinstance(condition, Exists):
        return bool(_values(document, "price_low" if condition.field == "price" else condition.field))
    values = condition.values if isinstance(condition, In) else (condition.value,)
    return not _values(document, condition.field).isdisjoint(map(str, values))


def _both(found: set[UUID] | None, more: Iterable[UUID]) -> set[UUID]:
    return set(more) if found is None else found.intersection(more)


def _forms(document: SearchDocument) -> set[tuple[str, str]]:
    """Everything the document's text holds, as (kind, form) the way tokens ask for it."""
    held = {("signs", sign) for sign in signs_of(document)}
    titles, texts = text_parts(document)
    for part in (*titles, *texts):
        found = forms(part)
        held.update(("folded", folded) for folded, _exact in found)
        held.update(("exact", exact) for _folded, exact in found)
        held.update(("pairs", f"{first}_{second}") for (first, _), (second, _) in pairwise(found))
    return held


def _values(document: SearchDocument, name: str) -> set[str]:
    if FILTER_FIELDS.get(name) == "keyword":
        return set(keywords_of(document).get(name, ()))
    number = numbers_of(document)[name]
    return set() if number is None else {str(number)}


def _within(document: SearchDocument, condition: Range) -> bool:
    """Both ends inclusive; two intervals of prices meet when each begins before the other ends."""
    numbers = numbers_of(document)
    money = FILTER_FIELDS[condition.field] == "money"
    low, high = (numbers["price_low"], numbers["price_high"]) if money else (numbers[condition.field],) * 2
    if low is None or high is None:
        return False
    above = condition.low is None or high >= number_in_index(condition.field, condition.low)
    return above and (condition.high is None or low <= number_in_index(condition.field, condition.high))
