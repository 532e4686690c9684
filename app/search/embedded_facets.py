"""Counting what was found, by value and by band, in one pass over the documents for each group's own filters."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tantivy import Query

from app.search.embedded_query import all_of
from app.search.embedded_store import Snapshot
from app.search.indexed import number_in_index
from app.search.port import Band, FacetCount, RangeFacet, SearchQuery, fields_of

_FACET_VALUES: Final = 500


def count_facets(snapshot: Snapshot, query: SearchQuery, text: Query | None) -> Mapping[str, tuple[FacetCount, ...]]:
    """Counts per value and per band. A group chosen from is counted without its own filters, in a pass of its own."""
    chosen = {name for one in query.filters if len(names := fields_of(one)) == 1 for name in names}
    asked: list[str | RangeFacet] = [*query.facets, *query.ranges]
    together = [one for one in asked if _field_of(one) not in chosen]
    facets: dict[str, tuple[FacetCount, ...]] = {}
    if together:
        facets |= _counts(snapshot, all_of(snapshot.schema, text, query.filters), together)
    for name in dict.fromkeys(field for one in asked if (field := _field_of(one)) in chosen):
        others = [one for one in query.filters if fields_of(one) != {name}]
        alike = [one for one in asked if _field_of(one) == name]
        facets |= _counts(snapshot, all_of(snapshot.schema, text, others), alike)
    return {name: facets[name] for name in map(_name_of, asked)}


def _field_of(facet: str | RangeFacet) -> str:
    return facet if isinstance(facet, str) else facet.field


def _name_of(facet: str | RangeFacet) -> str:
    return facet if isinstance(facet, str) else facet.name


def _counts(snapshot: Snapshot, query: Query, facets: Sequence[str | RangeFacet]) -> dict[str, tuple[FacetCount, ...]]:
    answered = snapshot.searcher.aggregate(query, {_name_of(one): _aggregation(one) for one in facets})
    counts: dict[str, tuple[FacetCount, ...]] = {}
    for one in facets:
        buckets = answered[_name_of(one)]["buckets"]
        if isinstance(one, RangeFacet):
            # Gaps between bands come back as buckets of their own.
            known = {bucket["key"]: int(bucket["doc_count"]) for bucket in buckets}
            counts[one.name] = tuple(FacetCount(band.name, known.get(band.name, 0)) for band in one.bands)
        elif one == "trl":
            levels = [FacetCount(str(int(bucket["key"])), int(bucket["doc_count"])) for bucket in buckets]
            counts[one] = tuple(sorted(levels, key=lambda level: int(level.value)))
        else:
            listed = [FacetCount(str(bucket["key"]), int(bucket["doc_count"])) for bucket in buckets]
            counts[one] = tuple(sorted(listed, key=lambda value: (-value.count, value.value)))
    return counts


def _aggregation(facet: str | RangeFacet) -> dict[str, Any]:
    if isinstance(facet, str):
        return {"terms": {"field": facet, "size": _FACET_VALUES}}
    return {"range": {"field": facet.field, "ranges": [_stretch(facet.field, band) for band in facet.bands]}}


def _stretch(field: str, band: Band) -> dict[str, Any]:
    """A band as tantivy takes it: the upper end left out, numbers as the index holds them."""
    made: dict[str, Any] = {"key": band.name}
    if band.low is not None:
        made["from"] = number_in_index(field, band.low)
    if band.high is not None:
        made["to"] = number_in_index(field, band.high) + 1
    return made
