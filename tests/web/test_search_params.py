"""Filters survive the way into an address and back, and rubbish in an address does no harm."""

import pytest
from starlette.datastructures import QueryParams

from app.web.storefront.search_params import SearchParams, read_search_params


def test_filters_come_back_from_the_address_they_were_written_to() -> None:
    params = SearchParams(
        q="máy sấy",
        kind=("technology", "equipment"),
        trl=("7-9",),
        region=("79",),
        transfer=("joint_venture",),
        price_max=2_000_000_000,
        verified=True,
        sort="price",
        page=3,
    )
    assert read_search_params(QueryParams(params.query(page=3).removeprefix("?"))) == params


def test_changing_a_filter_leads_back_to_the_first_page() -> None:
    params = SearchParams(q="sấy", kind=("patent",), page=4)
    assert read_search_params(QueryParams(params.without("kind", "patent")[1:])) == SearchParams(q="sấy")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("page=0", SearchParams()),
        ("page=-3&sort=drop+table", SearchParams()),
        ("page=999999999", SearchParams(page=500)),
        ("kind=spaceship&trl=12", SearchParams()),
        ("price_max=2.000.000.000", SearchParams(price_max=2_000_000_000)),
        ("price_max=hai+t%E1%BB%B7", SearchParams()),
        ("q=%00%00a++b", SearchParams(q="a b")),
        ("kind=patent&kind=patent", SearchParams(kind=("patent",))),
    ],
)
def test_rubbish_is_dropped(query: str, expected: SearchParams) -> None:
    assert read_search_params(QueryParams(query)) == expected


def test_a_page_about_one_kind_cannot_be_widened() -> None:
    assert read_search_params(QueryParams("kind=need&kind=patent"), kinds=("patent",)).kind == ("patent",)
    assert read_search_params(QueryParams("kind=need"), kinds=("patent",)).kind == ("patent",)


def test_what_narrows_a_search_is_told_from_what_does_not() -> None:
    assert not SearchParams(q="sấy", sort="price", page=3, compare=("a",)).is_filtered
    assert SearchParams(kind=("patent",)).is_filtered
    # The kind a page is about by itself was chosen by nobody, and no address repeats it.
    own = read_search_params(QueryParams("q=van"), kinds=("patent",))
    assert not own.is_filtered
    assert own.query() == "?q=van"
    assert read_search_params(QueryParams("region=79"), kinds=("patent",)).is_filtered
