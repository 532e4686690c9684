"""One question to a Meilisearch index and its answer: totals, facets and hits by as few requests as can be."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final

from app import clock
from app.search.hits import hit_of
from app.search.indexed import from_kept
from app.search.meilisearch_client import Server
from app.search.meilisearch_index import ServerIndex
from app.search.meilisearch_query import LISTING, all_hold, condition_text, one_of, told
from app.search.meilisearch_question import MOST_SCORED, TEXT_ATTRIBUTES, WINDOW, text_of
from app.search.meilisearch_reading import Understood
from app.search.meilisearch_schema import MOST_VALUES
from app.search.port import (
    Exists,
    FacetCount,
    Filter,
    Not,
    Range,
    RangeFacet,
    SearchAnswer,
    SearchDocument,
    SearchQuery,
    Sort,
    fields_of,
)

_ORDERS: Final[Mapping[Sort, tuple[str, ...]]] = {
    "relevance": ("stale:asc", "published_at:desc", "key:asc"),
    "newest": ("published_at:desc", "key:asc"),
    "confirmed": ("confirmed_at:desc", "key:asc"),
    "price": ("price_order:asc", "published_at:desc", "key:asc"),
    "deadline": ("deadline:asc", "published_at:desc", "key:asc"),
    "trl": ("trl:desc", "published_at:desc", "key:asc"),
}
_PAYLOAD: Final = ("key", "document")
# As usual where rankings are joined: the first place counts twice the sixtieth.
_PLACES_COUNT: Final = 60

Result = Mapping[str, Any]
Found = list[tuple[SearchDocument, float]]


class Batch:
    """Queries of one index that go out together."""

    def __init__(self, server: Server, index: str) -> None:
        self._server = server
        self._index = index
        self._asked: list[dict[str, Any]] = []
        self.answers: list[dict[str, Any]] = []

    def add(self, **query: Any) -> int:
        """Put a query in; the place of its answer."""
        self._asked.append({"indexUid": self._index, **query})
        return len(self._asked) - 1

    def send(self) -> None:
        """Ask. Raises SearchUnavailable."""
        self.answers = self._server.search(self._asked)


class Answering:
    """The answer to one search; `asked` is what the typed text was understood as. `documents` are the answer's hits."""

    def __init__(self, server: Server, index: ServerIndex, query: SearchQuery, asked: Understood | None) -> None:
        self._server = server
        self._index = index
        self._query = query
        self._asked = asked
        self._text = asked.question.filter() if asked is not None else None
        self._whole = self._within(query.filters)
        self.documents: list[SearchDocument] = []

    def answer(self) -> SearchAnswer:
        """Ask, and put the parts together. Raises SearchUnavailable."""
        query, asked = self._query, self._asked
        batch = self._batch()
        state = batch.add(**self._index.state_query())
        chosen = {name for one in query.filters if len(names := fields_of(one)) == 1 for name in names}
        together = [name for name in query.facets if name not in chosen]
        counted = batch.add(filter=self._whole, hitsPerPage=0, facets=together)
        apart = {name: self._add_apart(batch, name) for name in query.facets if name in chosen}
        banded = {one.name: self._add_bands(batch, one, chosen) for one in query.ranges}
        by_text = asked if query.sort == "relevance" else None
        pages: list[int] = []
        if query.limit:
            pages = self._add_ordered(batch) if by_text is None else self._add_scored(batch, by_text)
        batch.send()
        total = batch.answers[counted]["totalHits"]
        facets = {
            name: _counts(name, batch.answers[apart.get(name, counted)]["facetDistribution"].get(name, {}))
            for name in query.facets
        }
        facets |= {
            one.name: tuple(
                FacetCount(band.name, batch.answers[place]["totalHits"])
                for band, place in zip(one.bands, banded[one.name], strict=True)
            )
            for one in query.ranges
        }
        found: Found = []
        if query.offset < total and pages:
            answers = [batch.answers[place] for place in pages]
            found = self._ordered(answers) if by_text is None else self._scored(answers, by_text)
        self.documents = [document for document, _ in found]
        reading = asked.question.reading if asked is not None else None
        return SearchAnswer(
            hits=tuple(hit_of(document, score, reading, query) for document, score in found),
            total=total,
            facets=facets,
            relaxed=asked is not None and asked.relaxed,
            read_as=reading.read_as if reading is not None else None,
            position=self._index.read_position(batch.answers[state]["hits"]) or 0,
        )

    def _batch(self) -> Batch:
        return Batch(self._server, self._index.name)

    def _within(self, filters: Sequence[Filter]) -> str:
        text = () if self._text is None else (self._text,)
        return all_hold((LISTING, *text, *(condition_text(one) for one in filters)))

    def _add_apart(self, batch: Batch, name: str) -> int:
        """Counts of a group chosen from, without its own filters."""
        others = [one for one in self._query.filters if fields_of(one) != {name}]
        return batch.add(filter=self._within(others), hitsPerPage=0, facets=[name])

    def _add_bands(self, batch: Batch, facet: RangeFacet, chosen: AbstractSet[str]) -> list[int]:
        """A count for each band; the group's own filters left out."""
        own = facet.field if facet.field in chosen else ""
        others = [one for one in self._query.filters if fields_of(one) != {own}]
        stretches = [
            Exists(facet.field) if band.low is None and band.high is None else Range(facet.field, band.low, band.high)
            for band in facet.bands
        ]
        return [batch.add(filter=self._within((*others, one)), hitsPerPage=0) for one in stretches]

    # In a strict order

    def _add_ordered(self, batch: Batch) -> list[int]:
        query = self._query
        if query.sort == "deadline":
            return [batch.add(filter=self._upcoming(), hitsPerPage=0)]
        return [self._add_page(batch, self._whole, query.sort, query.offset, query.limit)]

    def _ordered(self, answers: Sequence[Result]) -> Found:
        if self._query.sort == "deadline":
            return self._by_deadline(answers[0]["totalHits"])
        return _documents(answers[0])

    def _add_page(self, batch: Batch, within: str, sort: Sort, offset: int, limit: int) -> int:
        return batch.add(
            filter=within, sort=list(_ORDERS[sort]), offset=offset, limit=limit, attributesToRetrieve=list(_PAYLOAD)
        )

    def _upcoming(self) -> str:
        return self._within((*self._query.filters, Range("deadline", low=clock.now().date())))

    def _by_deadline(self, ahead: int) -> Found:
        """Deadlines still to come, soonest first; behind them everything else, newest first."""
        query = self._query
        batch = self._batch()
        passed = self._within((*query.filters, Not(Range("deadline", low=clock.now().date()))))
        soon = max(0, min(query.limit, ahead - query.offset))
        if soon:
            self._add_page(batch, self._upcoming(), "deadline", query.offset, soon)
        if query.limit > soon:
            self._add_page(batch, passed, "newest", max(0, query.offset - ahead), query.limit - soon)
        batch.send()
        return [one for answer in batch.answers for one in _documents(answer)]

    # By how well the text fits

    def _add_scored(self, batch: Batch, asked: Understood) -> list[int]:
        """The texts of all documents where they are few; else the queries that bring the keys of the best."""
        if asked.total <= WINDOW:
            return [self._add_texts(batch, self._whole, WINDOW)]
        # What does not hold enough of the words is left out when the texts are read: a long filter is slow.
        within = all_hold((LISTING, *(condition_text(one) for one in self._query.filters)))
        return [batch.add(**one) for one in asked.question.candidates(within)]

    def _add_texts(self, batch: Batch, within: str, most: int) -> int:
        return batch.add(filter=within, limit=most, attributesToRetrieve=list(TEXT_ATTRIBUTES))

    def _scored(self, answers: Sequence[Result], asked: Understood) -> Found:
        query = self._query
        if asked.total <= WINDOW:
            texts = answers[0]["hits"]
        else:
            texts = self._texts_of(_most_brought(answers))
        scorer = asked.question.scorer()
        scored = sorted((-scorer.score(text_of(hit)) * hit["weight"], hit["key"]) for hit in texts)
        scores = {key: -score for score, key in scored}
        shown = [key for _, key in scored[query.offset : query.offset + query.limit]]
        batch = self._batch()
        if shown:
            batch.add(filter=one_of("key", shown), limit=len(shown), attributesToRetrieve=list(_PAYLOAD))
        missing = query.limit - len(shown)
        if missing and asked.total > len(scored):
            # Behind those that were scored come the others, in one order whatever the page.
            others = all_hold((self._whole, f"NOT ({one_of('key', scores)})"))
            self._add_page(batch, others, "relevance", max(0, query.offset - len(scored)), missing)
        batch.send()
        hits = {hit["key"]: hit for answer in batch.answers for hit in answer["hits"]}
        order = [*shown, *(key for key in hits if key not in scores)]
        return [(from_kept(hits[key]["document"]), scores.get(key, 0.0)) for key in order if key in hits]

    def _texts_of(self, wanted: Sequence[str]) -> Sequence[Result]:
        batch = self._batch()
        # Within the filters still: the index may have changed between two requests.
        self._add_texts(batch, all_hold((self._whole, one_of("key", wanted))), max(1, len(wanted)))
        batch.send()
        hits: Sequence[Result] = batch.answers[0]["hits"]
        return hits


def _most_brought(answers: Sequence[Result]) -> list[str]:
    """The keys that stand high in most answers; as many as are scored."""
    gained: dict[str, float] = defaultdict(float)
    for answer in answers:
        for place, hit in enumerate(answer["hits"]):
            gained[hit["key"]] += 1 / (_PLACES_COUNT + place)
    return sorted(gained, key=lambda key: (-gained[key], key))[:MOST_SCORED]


def _documents(answer: Result) -> Found:
    return [(from_kept(hit["document"]), 0.0) for hit in answer["hits"]]


def _counts(name: str, counted: Mapping[str, int]) -> tuple[FacetCount, ...]:
    if name == "trl":
        return tuple(
            FacetCount(str(level), count) for level, count in sorted((int(float(v)), c) for v, c in counted.items())
        )
    listed = [FacetCount(told(value), count) for value, count in counted.items()]
    return tuple(sorted(listed, key=lambda one: (-one.count, one.value))[:MOST_VALUES])
