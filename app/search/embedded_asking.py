"""From what somebody typed to the question put to the index: the strictest one that finds enough."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, cast

from tantivy import DocAddress, Query

from app.search.corrections import better_spelling, with_marks
from app.search.embedded_query import IndexLexicon, TextQuery, all_of, text_query
from app.search.embedded_schema import from_payload
from app.search.embedded_store import Snapshot
from app.search.port import SearchDocument, SearchQuery
from app.search.spelling import Vocabulary
from app.search.synonyms import current_thesaurus
from app.search.text import folded_words
from app.search.understanding import FEW_HITS, Reading, steps, take_apart, understand, with_near_words

# How many of those a better spelling finds are asked how it is written.
_SHOWN_HOW: Final = 5


class _Result(Protocol):
    """What tantivy's published types leave out of a search result."""

    count: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the index for a text.

    Attributes:
        relaxed: not all of its words are required.
        found: how many documents hold all its words as they were typed; counted to FEW_HITS at least.
    """

    reading: Reading
    query: TextQuery
    relaxed: bool
    found: int


def ask(snapshot: Snapshot, query: SearchQuery, vocabulary: Callable[[], Vocabulary]) -> Asked | None:
    """The reading of the text that finds enough; None when nothing was typed that could be looked for."""
    if not query.text.strip():
        return None
    lexicon = IndexLexicon(snapshot.searcher, vocabulary)
    reading = understand(query.text, lexicon, thesaurus=current_thesaurus(), as_typed=query.as_typed)
    if not reading.tokens:
        return None
    readings = steps(len(reading.tokens))
    strict = readings[0]
    text = text_query(snapshot.schema, reading, lexicon, required=strict.required)
    found = _found(snapshot, query, text.held, enough=max(strict.enough, FEW_HITS))
    if found >= strict.enough:
        return Asked(reading, text, relaxed=False, found=found)
    reading = with_near_words(reading, lexicon)
    for step in readings:
        text = text_query(snapshot.schema, reading, lexicon, required=step.required)
        if _found(snapshot, query, text.held, enough=step.enough) >= step.enough:
            break
    return Asked(reading, text, relaxed=step.required < strict.required, found=found)


def did_you_mean(
    snapshot: Snapshot, asked: Asked, documents: Sequence[SearchDocument], vocabulary: Callable[[], Vocabulary]
) -> str | None:
    """A better spelling of what was asked, which finds more where that found little; None when there is none."""
    few = asked.found < FEW_HITS
    lexicon = IndexLexicon(snapshot.searcher, vocabulary)
    better = better_spelling(asked.reading.text, lexicon, documents=documents, few=few)
    if better is None or folded_words(better) == folded_words(asked.reading.text):
        return better
    query = text_query(snapshot.schema, take_apart(better), lexicon)
    if count(snapshot, query.held) <= asked.found:
        return None
    found = snapshot.searcher.search(query.scored, limit=_SHOWN_HOW, count=False)
    return with_marks(better, [document_at(snapshot, address) for _, address in found.hits])


def count(snapshot: Snapshot, query: Query) -> int:
    """Exactly how many documents a query finds."""
    # A limit of 0 makes tantivy panic.
    return cast("_Result", snapshot.searcher.search(query, limit=1, count=True)).count


def document_at(snapshot: Snapshot, address: DocAddress) -> SearchDocument:
    """The document at a place of the index."""
    return from_payload(bytes(snapshot.searcher.doc(address)["payload"][0]))


def placed_at(snapshot: Snapshot, address: DocAddress) -> tuple[SearchDocument, bytes]:
    """The document at a place of the index, and where it lies among the subjects; b"" where that is not known."""
    kept = snapshot.searcher.doc(address)
    subject = kept.get_first("subject")
    return from_payload(bytes(kept["payload"][0])), bytes(subject) if subject else b""


def _found(snapshot: Snapshot, query: SearchQuery, text: Query, *, enough: int) -> int:
    """How many a text finds, within the filters or, if that is too few, without: few in a narrow one are an answer."""
    if query.filters:
        within = count(snapshot, all_of(snapshot.schema, text, query.filters))
        if within >= enough:
            return within
    return count(snapshot, text)
