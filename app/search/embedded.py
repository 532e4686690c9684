"""The embedded engine: tantivy in process, needing no server. See docs/search.md for what was measured.

Any number of processes may search one folder while any of them writes: a batch takes the write lock, opens a writer,
commits and lets go; the others notice by three stat calls at their next search.
"""

import contextlib
import functools
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import tantivy
from tantivy import Order, Query

from app import clock
from app.search.embedded_asking import ask, count, did_you_mean, document_at, placed_at
from app.search.embedded_candidates import IndexRarity, telling_query
from app.search.embedded_facets import count_facets
from app.search.embedded_query import TextQuery, all_of
from app.search.embedded_schema import to_index
from app.search.embedded_store import (
    IndexStore,
    Snapshot,
    open_index,
    subjects_of,
    write_position,
    write_subjects,
)
from app.search.hits import hit_of
from app.search.port import (
    Candidate,
    CandidateQuery,
    Candidates,
    Changes,
    EngineHealth,
    Not,
    Range,
    SearchAnswer,
    SearchDocument,
    SearchQuery,
    SearchUnavailable,
    Sort,
    Suggestion,
    check_filters,
)
from app.search.preparing import prepared
from app.search.spelling import Vocabulary
from app.search.subjects import MOST_PLACED, Found, Subjects, by_subject
from app.search.suggestions import rank_suggestions, suggestion_prefix
from app.search.synonyms import current_thesaurus
from app.search.telling import Said

_BATCH_HEAP: Final = 30_000_000
_REBUILD_HEAP: Final = 120_000_000
_SUGGESTION_TERMS: Final = 500
# The words of the index are listed again for spelling at most this often, however often it changes.
_VOCABULARY_LASTS_S: Final = 60.0
_ORDER_KEYS: Final[Mapping[Sort, str]] = {
    "relevance": "by_standing",
    "newest": "by_newest",
    "confirmed": "by_confirmed",
    "price": "by_price",
    "deadline": "by_deadline",
    "trl": "by_trl",
}


class _Result(Protocol):
    """What tantivy's published types leave out of a search result."""

    hits: list[tuple[Any, tantivy.DocAddress]]
    count: int


class EmbeddedEngine:
    """The search port on tantivy indexes in one folder."""

    def __init__(self, folder: Path) -> None:
        self.store = IndexStore(folder)
        self._rarity: IndexRarity | None = None
        self._vocabulary: tuple[float, Vocabulary] | None = None
        self._vocabulary_guard = threading.Lock()

    def prepare(self) -> None:
        """Make an empty index at journal position 0 on a fresh installation, so that searching has an answer.

        Where an index of another schema version stands, nothing is made: an empty one would hide every listing.
        """
        if self.store.current() is None and not self.store.has_other_versions():
            with self.store.writing():
                self.store.ensure()

    # Searching

    def search(self, query: SearchQuery) -> SearchAnswer:
        query.check()
        snapshot = self.store.snapshot()
        with _engine_faults():
            asked = ask(snapshot, query, lambda: self._words(snapshot))
            text, reading = (asked.query, asked.reading) if asked is not None else (None, None)
            found, total = self._page(snapshot, query, text)
            facets = count_facets(snapshot, query, text.held if text is not None else None)
            documents = [document_at(snapshot, address) for _, address in found]
            better = None
            if asked is not None and query.offset == 0 and query.limit:
                better = did_you_mean(snapshot, asked, documents, lambda: self._words(snapshot))
        hits = tuple(hit_of(one, score, reading, query) for one, (score, _) in zip(documents, found, strict=True))
        return SearchAnswer(
            hits,
            total,
            facets,
            relaxed=asked is not None and asked.relaxed,
            read_as=reading.read_as if reading else None,
            position=snapshot.position,
            did_you_mean=better,
        )

    def _page(
        self, snapshot: Snapshot, query: SearchQuery, text: TextQuery | None
    ) -> tuple[list[tuple[float, tantivy.DocAddress]], int]:
        held = text.held if text is not None else None
        whole = all_of(snapshot.schema, held, query.filters)
        total = count(snapshot, whole)
        if query.limit == 0 or query.offset >= total:
            return [], total
        if query.sort == "relevance" and text is not None:
            found = snapshot.searcher.search(
                all_of(snapshot.schema, text.scored, query.filters),
                limit=query.limit,
                offset=query.offset,
                count=False,
                weight_by_field="weight",
            )
            return [(float(score), address) for score, address in found.hits], total
        if query.sort == "deadline":
            return self._by_deadline(snapshot, query, held), total
        return _ordered(snapshot, whole, _ORDER_KEYS[query.sort], query.offset, query.limit), total

    def _by_deadline(
        self, snapshot: Snapshot, query: SearchQuery, text: Query | None
    ) -> list[tuple[float, tantivy.DocAddress]]:
        """Deadlines still to come, soonest first; behind them everything else, newest first."""
        today = clock.now().date()
        open_ones = all_of(snapshot.schema, text, (*query.filters, Range("deadline", low=today)))
        others = all_of(snapshot.schema, text, (*query.filters, Not(Range("deadline", low=today))))
        ahead = count(snapshot, open_ones)
        found = []
        if query.offset < ahead:
            found = _ordered(snapshot, open_ones, "by_deadline", query.offset, query.limit)
        missing = query.limit - len(found)
        if missing:
            found += _ordered(snapshot, others, "by_newest", max(0, query.offset - ahead), missing)
        return found

    def suggest(self, prefix: str, *, language: str = "vi", limit: int = 8) -> list[Suggestion]:
        asked = suggestion_prefix(prefix[:100])
        if not asked or limit <= 0:
            return []
        snapshot = self.store.snapshot()
        with _engine_faults():
            # The query leaves out what was deleted but not yet merged away.
            found = snapshot.searcher.terms_with_prefix("suggest", asked, Query.all_query(), _SUGGESTION_TERMS)
        return rank_suggestions(found, typed=prefix, language=language, limit=limit)

    def candidates(self, query: CandidateQuery) -> Candidates:
        check_filters(query.filters)
        snapshot = self.store.snapshot()
        with _engine_faults():
            said = Said(query.title, query.body)
            telling = said.choose(self._rarity_in(snapshot), current_thesaurus())
            if telling is None or query.limit <= 0:
                return Candidates((), {})
            whole = all_of(snapshot.schema, telling_query(snapshot.schema, telling), query.filters)
            found = snapshot.searcher.search(whole, limit=max(query.limit, MOST_PLACED), count=False)
            texts = [Found(*placed_at(snapshot, address), float(score)) for score, address in found.hits]
            placed = by_subject(texts, snapshot.subjects, title=query.title, body=query.body)
        listed = [Candidate(one.document, one.score, min(1.0, one.score / telling.ceiling)) for one in placed]
        listed.sort(key=lambda one: (-one.score, one.document.id))
        return Candidates(tuple(listed[: query.limit]), telling.weights)

    def _rarity_in(self, snapshot: Snapshot) -> IndexRarity:
        """Kept while nothing is written: one changed offer is asked about for two dozen needs."""
        known = self._rarity
        if known is None or known.searcher is not snapshot.searcher:
            known = self._rarity = IndexRarity(snapshot.searcher)
        return known

    def _words(self, snapshot: Snapshot) -> Vocabulary:
        with self._vocabulary_guard:
            known = self._vocabulary
            if known is None or time.monotonic() - known[0] > _VOCABULARY_LASTS_S:
                listed = snapshot.searcher.terms_with_prefix("folded", "")
                known = (time.monotonic(), Vocabulary(listed))
                self._vocabulary = known
            return known[1]

    # Writing

    def apply(self, changes: Changes) -> None:
        if not changes.upserts and not changes.deletes and changes.position is None:
            return
        with self.store.writing(), _engine_faults():
            _write(self.store.ensure(), changes)

    def rebuild(
        self,
        documents: Iterable[Sequence[SearchDocument]],
        *,
        position: int,
        catch_up: Callable[[int], Changes | None],
    ) -> int:
        with self.store.rebuilding(), _engine_faults():
            directory = self.store.create()
            with self.store.discarded_unless_used(directory):
                _fill(directory, documents)
                # Most of what happened meanwhile is taken in while others may still write, the rest while they may not.
                position = _catch_up(directory, position, catch_up)
                with self.store.writing():
                    position = _catch_up(directory, position, catch_up)
                    write_position(directory, position)
                    self.store.point_to(directory)
                    self.store.clean()
        return position

    # State

    def position(self) -> int | None:
        try:
            return self.store.snapshot().position
        except SearchUnavailable:
            return None

    def outgrown(self) -> bool:
        try:
            snapshot = self.store.snapshot()
        except SearchUnavailable:
            return False
        return snapshot.subjects.outgrown(snapshot.searcher.num_docs)

    def health(self) -> EngineHealth:
        try:
            snapshot = self.store.snapshot()
        except SearchUnavailable as fault:
            problem = str(fault.__cause__ or "no index has been built yet")
            return EngineHealth(engine="embedded", ready=False, problem=problem)
        return EngineHealth(
            engine="embedded",
            ready=True,
            documents=snapshot.searcher.num_docs,
            position=snapshot.position,
            details={
                "directory": snapshot.directory.name,
                "segments": snapshot.searcher.num_segments,
                "subjects_learnt_from": snapshot.subjects.learnt_from,
            },
        )

    def close(self) -> None:
        self.store.close()
        self._vocabulary, self._rarity = None, None


@contextlib.contextmanager
def _engine_faults() -> Iterator[None]:
    """tantivy tells of trouble by ValueError and OSError, and of its own bugs by a panic that is no Exception."""
    try:
        yield
    except (ValueError, OSError) as fault:
        raise SearchUnavailable from fault
    except BaseException as fault:
        if type(fault).__name__ == "PanicException":
            raise SearchUnavailable from fault
        raise


def _fill(directory: Path, documents: Iterable[Sequence[SearchDocument]]) -> None:
    writer = open_index(directory).writer(_REBUILD_HEAP, 1)
    for ready in prepared(documents, functools.partial(_keep, directory)):
        for document in ready:
            writer.add_document(document)
    writer.commit()
    writer.wait_merging_threads()


def _keep(directory: Path, subjects: Subjects) -> Subjects:
    """The subjects as all will read them from now on."""
    write_subjects(directory, subjects)
    return subjects_of(directory)


def _write(directory: Path, changes: Changes) -> None:
    """Commit a batch to a directory, then note its position. Hold a lock that keeps other writers away from it."""
    if changes.upserts or changes.deletes:
        subjects = subjects_of(directory)
        writer = open_index(directory).writer(_BATCH_HEAP, 1)
        for identifier in {*changes.deletes, *(document.id for document in changes.upserts)}:
            writer.delete_documents_by_term("id", identifier)
        for document in {document.id: document for document in changes.upserts}.values():
            writer.add_document(to_index(document, subjects))
        writer.commit()
        writer.wait_merging_threads()
    if changes.position is not None:
        write_position(directory, changes.position)


def _catch_up(directory: Path, position: int, catch_up: Callable[[int], Changes | None]) -> int:
    while (changes := catch_up(position)) is not None:
        _write(directory, changes)
        if changes.position is None or changes.position <= position:
            break
        position = changes.position
    return position


def _ordered(
    snapshot: Snapshot, query: Query, key: str, offset: int, limit: int
) -> list[tuple[float, tantivy.DocAddress]]:
    found = snapshot.searcher.search(
        query, limit=limit, offset=offset, count=False, order_by_field=key, order=Order.Asc
    )
    return [(0.0, address) for _, address in found.hits]
