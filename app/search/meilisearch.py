"""The Meilisearch engine: the search port on a server of its own, for exchanges on several machines.

See docs/search.md for how a question is put to it and what was measured.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from app.search.corrections import better_spelling, with_marks
from app.search.embedding import Embedder
from app.search.meilisearch_answer import Answering
from app.search.meilisearch_candidates import nearest
from app.search.meilisearch_client import Server
from app.search.meilisearch_index import ServerIndex
from app.search.meilisearch_lexicon import Counts, ServerLexicon, counted_first
from app.search.meilisearch_query import LISTING, condition_text
from app.search.meilisearch_reading import Understood, understood
from app.search.port import (
    CandidateQuery,
    Candidates,
    Changes,
    EngineHealth,
    SearchAnswer,
    SearchDocument,
    SearchQuery,
    SearchUnavailable,
    Suggestion,
    check_filters,
)
from app.search.suggestions import rank_suggestions, suggestion_prefix
from app.search.text import folded_words
from app.search.understanding import FEW_HITS

log = logging.getLogger(__name__)

# A whole need is many times what somebody types; nobody waits for it on a page of results.
_MATCHING_TAKES: Final = 5
# How many of those a better spelling finds are asked how it is written.
_SHOWN_HOW: Final = 5


class MeilisearchEngine:
    """The search port on a Meilisearch server.

    Args:
        server: as searches ask it.
        index: where the documents are kept, on the server as the worker writes to it.
        embedder: gives the vector of a need or an offer, for candidates.
    """

    def __init__(
        self,
        *,
        server: Server,
        index: ServerIndex,
        embedder: Embedder | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._server = server
        self._embedder = embedder
        self.index = index
        self._counts = Counts(monotonic=monotonic)

    def prepare(self) -> None:
        """Make an empty index on a fresh server. Where the server does not answer, the worker does it later."""
        try:
            self.index.prepare()
        except SearchUnavailable as fault:
            log.warning("meilisearch is not ready: %s", fault.__cause__)

    # Searching

    def search(self, query: SearchQuery) -> SearchAnswer:
        query.check()
        filters = [condition_text(one) for one in query.filters]
        with self._server.at_most(self._server.timeout_s):
            lexicon = self._lexicon()
            asked = understood(query, filters, lexicon)
            answering = Answering(self._server, self.index, query, asked)
            answer = answering.answer()
            if asked is None or query.offset or not query.limit:
                return answer
            better = self._better(asked, answering.documents, lexicon)
            return replace(answer, did_you_mean=better) if better else answer

    def _better(self, asked: Understood, documents: Sequence[SearchDocument], lexicon: ServerLexicon) -> str | None:
        """A better spelling of what was asked, which finds more where that found little; None when there is none."""
        text, few = asked.question.reading.text, asked.found < FEW_HITS
        better = counted_first(lambda known: better_spelling(text, known, documents=documents, few=few), lexicon)
        if better is None or folded_words(better) == folded_words(text):
            return better
        query = SearchQuery(text=better, limit=_SHOWN_HOW, highlight=False, as_typed=True)
        meant = understood(query, (), lexicon)
        if meant is None or meant.found <= asked.found:
            return None
        answering = Answering(self._server, self.index, query, meant)
        answering.answer()
        return with_marks(better, answering.documents)

    def suggest(self, prefix: str, *, language: str = "vi", limit: int = 8) -> list[Suggestion]:
        asked = suggestion_prefix(prefix[:100])
        if not asked or limit <= 0:
            return []
        found = self._server.read(
            lambda client: client.index(self.index.name).facet_search("suggest", asked, {"filter": LISTING})
        )["facetHits"]
        # The server folds the blank at the end away.
        terms = [(hit["value"], hit["count"]) for hit in found if hit["value"].startswith(asked)]
        return rank_suggestions(terms, typed=prefix, language=language, limit=limit)

    def candidates(self, query: CandidateQuery) -> Candidates:
        check_filters(query.filters)
        with self._server.at_most(_MATCHING_TAKES * self._server.timeout_s):
            return nearest(
                query,
                server=self._server,
                lexicon=self._lexicon(),
                subjects=self.index.subjects(self._server),
                embedder=self._embedder,
            )

    def _lexicon(self) -> ServerLexicon:
        return ServerLexicon(self._server, self.index.name, self._counts)

    # Writing

    def apply(self, changes: Changes) -> None:
        if changes.upserts or changes.deletes or changes.position is not None:
            self.index.apply(changes)
            self._counts.forget()

    def rebuild(
        self,
        documents: Iterable[Sequence[SearchDocument]],
        *,
        position: int,
        catch_up: Callable[[int], Changes | None],
    ) -> int:
        complete_to = self.index.rebuild(documents, position=position, catch_up=catch_up)
        self._counts.forget()
        return complete_to

    # State

    def position(self) -> int | None:
        return self.index.position()

    def outgrown(self) -> bool:
        try:
            subjects = self.index.subjects(self._server)
            (counted,) = self._server.search([{"indexUid": self.index.name, "filter": LISTING, "hitsPerPage": 0}])
        except SearchUnavailable:
            return False
        return subjects.outgrown(counted["totalHits"])

    def health(self) -> EngineHealth:
        details: dict[str, str | int] = {"index": self.index.name}
        try:
            state, counted = self._server.search(
                [self.index.state_query(), {"indexUid": self.index.name, "filter": LISTING, "hitsPerPage": 0}]
            )
        except SearchUnavailable as fault:
            problem = str(fault.__cause__ or "the server does not answer")
            return EngineHealth(engine="meilisearch", ready=False, problem=problem, details=details)
        position = self.index.read_position(state["hits"])
        return EngineHealth(
            engine="meilisearch",
            ready=position is not None,
            documents=counted["totalHits"],
            position=position,
            problem="" if position is not None else "the index does not say how far it has come",
            details=details,
        )

    def close(self) -> None:
        self._server.close()
        self.index.server.close()
