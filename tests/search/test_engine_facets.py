"""What every engine behind the port must count; run on the embedded one."""

from datetime import timedelta

from app.search.port import Band, Eq, FacetCount, In, Range, RangeFacet, SearchEngine, SearchQuery
from tests.search.samples import DOCUMENTS, NOW


def test_facets_count_the_values_of_what_was_found(filled: SearchEngine) -> None:
    answer = filled.search(SearchQuery(text="xử lý nước thải", facets=("kind", "trl", "region", "verified")))
    assert answer.facets == {
        "kind": (FacetCount("technology", 2),),
        "trl": (FacetCount("9", 2),),
        "region": (FacetCount("75", 1), FacetCount("79", 1)),
        "verified": (FacetCount("false", 2),),
    }


def test_a_group_chosen_from_still_counts_its_other_values(filled: SearchEngine) -> None:
    answer = filled.search(
        SearchQuery(filters=(Eq("kind", "equipment"), In("region", ("01",))), facets=("kind", "region", "trl"))
    )
    # kind without its own filter but within the region; region without its own but within the kind.
    assert answer.facets["kind"] == (FacetCount("equipment", 2),)
    assert answer.facets["region"] == (FacetCount("01", 2),)
    alone = filled.search(SearchQuery(filters=(Eq("kind", "equipment"),), facets=("kind", "trl")))
    assert alone.facets["kind"] == (
        FacetCount("technology", 5),
        FacetCount("need", 3),
        FacetCount("equipment", 2),
    )
    assert alone.facets["trl"] == (FacetCount("9", 1),)


def test_every_facet_of_the_results_page_is_counted(filled: SearchEngine) -> None:
    answer = filled.search(SearchQuery(facets=("organisation_type", "language", "price_band", "verified")))
    assert answer.facets == {
        "organisation_type": (FacetCount("firm", 2), FacetCount("research_institute", 1)),
        # What can be read in two languages counts for both.
        "language": (FacetCount("vi", 10), FacetCount("en", 1)),
        "price_band": (
            FacetCount("on-request", 5),
            FacetCount("500m-2b", 2),
            FacetCount("100m-500m", 1),
            FacetCount("10m-100m", 1),
            FacetCount("other-currency", 1),
        ),
        "verified": (FacetCount("false", 9), FacetCount("true", 1)),
    }


AGES = RangeFacet(
    "freshness",
    "confirmed_at",
    (
        Band("new", NOW - timedelta(days=30), None),
        Band("middle", NOW - timedelta(days=300), NOW - timedelta(days=30, seconds=1)),
        Band("old", None, NOW - timedelta(days=300, seconds=1)),
    ),
)
LEVELS = RangeFacet("level", "trl", (Band("low", 1, 6), Band("none", 5_000, 6_000), Band("high", 7, 9)))


def test_bands_are_counted_in_the_order_asked_also_with_none(filled: SearchEngine) -> None:
    answer = filled.search(SearchQuery(facets=("kind",), ranges=(AGES, LEVELS)))
    assert answer.facets["freshness"] == (FacetCount("new", 2), FacetCount("middle", 1), FacetCount("old", 1))
    assert answer.facets["level"] == (FacetCount("low", 1), FacetCount("none", 0), FacetCount("high", 6))
    assert list(answer.facets) == ["kind", "freshness", "level"]


def test_bands_leave_out_the_filters_on_their_own_field_and_heed_the_others(filled: SearchEngine) -> None:
    recent = Range("confirmed_at", NOW - timedelta(days=30), None)
    answer = filled.search(
        SearchQuery(filters=(recent, Eq("field", "2")), facets=("field", "verified"), ranges=(AGES,))
    )
    assert answer.total == 2
    assert answer.facets["freshness"] == (FacetCount("new", 2), FacetCount("middle", 1), FacetCount("old", 1))
    assert answer.facets["verified"] == (FacetCount("false", 1), FacetCount("true", 1))
    within = filled.search(SearchQuery(text="sấy", filters=(Eq("region", "48"), recent), ranges=(AGES,)))
    assert within.facets["freshness"] == (FacetCount("new", 0), FacetCount("middle", 0), FacetCount("old", 0))


def test_a_page_of_nothing_still_counts(filled: SearchEngine) -> None:
    answer = filled.search(SearchQuery(limit=0, facets=("kind",)))
    assert answer.hits == ()
    assert answer.total == len(DOCUMENTS)
    assert sum(one.count for one in answer.facets["kind"]) == len(DOCUMENTS)
