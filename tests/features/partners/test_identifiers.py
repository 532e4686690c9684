"""Numbers in one spelling, and what is no number of a subject."""

import pytest

from app.features.partners.identifiers import identifiers_of


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ({"application_number": "1-2019-01234"}, {("patent-application", "1-2019-01234")}),
        ({"publication_number": "1-2019-01234"}, {("patent-application", "1-2019-01234")}),
        ({"grant_number": "1-0026606"}, {("patent-grant", "1-0026606")}),
        ({"publication_number": "EP1234567A1"}, {("patent-document", "EP1234567")}),
        ({"grant_number": "EP1234567B1"}, {("patent-document", "EP1234567")}),
        ({"application_number": "US16123456"}, {("patent-application", "US16123456")}),
        # A number of the gazette comes again in another year.
        ({"publication_number": "72041"}, set()),
        ({"grant_number": "12.VN.2023", "ip_kind": "plant_variety"}, {("plant_variety-grant", "12.vn.2023")}),
        ({"grant_number": ""}, set()),
    ],
)
def test_patents(details: dict[str, str], expected: set[tuple[str, str]]) -> None:
    assert identifiers_of("patent", details) == expected


@pytest.mark.parametrize(
    ("scheme", "value", "expected"),
    [
        ("doi", "10.1234/ABC.5", {("doi", "10.1234/abc.5")}),
        ("DOI", "https://doi.org/10.1234/abc.5", {("doi", "10.1234/abc.5")}),
        ("doi", "abc", set()),
        ("handle", "https://hdl.handle.net/20.500.1/17", {("handle", "20.500.1/17")}),
        # Every DSpace begins with this prefix: two houses number different things alike.
        ("handle", "123456789/17", set()),
        ("vn-patent-grant", "2-0001234", {("patent-grant", "2-0001234")}),
        ("isbn", "9786041234567", set()),
        ("doi", None, set()),
    ],
)
def test_what_a_record_tells(scheme: str, value: object, expected: set[tuple[str, str]]) -> None:
    assert identifiers_of("technology", {}, [{"scheme": scheme, "value": value}]) == expected


def test_what_is_left_out() -> None:
    assert identifiers_of("need", {}, [{"scheme": "doi", "value": "10.1234/abc"}]) == frozenset()
    assert identifiers_of("technology", {"grant_number": "1-0026606"}, ["doi", None]) == frozenset()
