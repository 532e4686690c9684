"""What may be said about a listing: types, lengths, spellings; what submission asks for."""

import unicodedata
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Invalid
from app.features.listings.completeness import gaps
from app.features.listings.details import PatentDetails
from app.features.listings.numbers import normalise_number
from app.features.listings.schemas import NeedInput, columns_of, parse
from app.i18n import use_locale
from tests.factories import NOW
from tests.features.listings.inputs import ALL, NEED, PATENT, SERVICE, TECHNOLOGY


def refused(data: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        parse(data)
    return caught.value.fields


def gaps_of(data: dict[str, Any]) -> dict[str, str]:
    return gaps(parse(data), now=NOW)


@pytest.mark.parametrize("kind", ALL)
def test_a_draft_may_be_empty_and_a_complete_one_has_no_gaps(kind: str) -> None:
    assert columns_of(parse({"kind": kind}))["title"] == ""
    assert gaps_of(ALL[kind]) == {}
    assert "title" in gaps_of({"kind": kind})


def test_text_is_composed_and_empty_means_not_said() -> None:
    data = parse({"kind": "technology", "title": unicodedata.normalize("NFD", " Máy  sấy\n"), "benefit": "  "})
    assert (data.title, data.benefit) == ("Máy sấy", None)


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"title": "x" * 301}, "title"),
        ({"trl": 10}, "trl"),
        ({"transfer_forms": ["gift"]}, "transfer_forms.0"),
        ({"price": {"from": 5, "to": 3}}, "price.to"),
        ({"price": {"from": -1}}, "price.from"),
        ({"price": {"currency": "XXX"}}, "price.currency"),
        ({"country": "VNM"}, "country"),
        ({"owners": [{"name": "a", "percent": 0}]}, "owners.0.percent"),
        ({"details": {"unknown": 1}}, "details.unknown"),
        ({"visibility": "anonymous"}, "visibility"),
        ({"nothing": 1}, "nothing"),
    ],
)
def test_a_wrong_field_is_named_by_its_path(wrong: dict[str, Any], path: str) -> None:
    assert set(refused({"kind": "technology"} | wrong)) == {path}


def test_messages_are_in_the_readers_language() -> None:
    with use_locale("en"):
        assert refused({"kind": "need", "deadline": "31/02/2026"}) == {
            "deadline": "Please enter a date as day/month/year, for example 23/11/2026."
        }


@pytest.mark.parametrize(
    ("price", "stored"),
    [
        ({"kind": "on_request", "from": 5, "to": 6, "currency": "VND"}, ("on_request", None, None, None)),
        ({"from": 5}, ("indicative", 5, None, "VND")),
        ({"kind": "firm", "from": 125_050, "currency": "USD"}, ("firm", 125_050, None, "USD")),
        ({"currency": "USD"}, (None, None, None, None)),
        (None, (None, None, None, None)),
    ],
)
def test_prices(price: dict[str, Any] | None, stored: tuple[Any, ...]) -> None:
    columns = columns_of(parse({"kind": "equipment", "price": price}))
    assert tuple(columns[f"price_{name}"] for name in ("kind", "from", "to", "currency")) == stored


@pytest.mark.parametrize(
    ("trl", "asked"),
    [
        (2, {"details.method_plan"}),
        (5, {"details.prototype_data"}),
        (9, {"details.capacity", "details.cost", "details.customers"}),
    ],
)
def test_the_readiness_level_decides_what_is_asked(trl: int, asked: set[str]) -> None:
    data = TECHNOLOGY | {"trl": trl, "details": {"problem": "a", "advantage": "b"}}
    assert set(gaps_of(data)) == asked


def test_shares_of_owners_make_one_hundred() -> None:
    def owners(*percents: float | None) -> dict[str, str]:
        return gaps_of(TECHNOLOGY | {"owners": [{"name": f"o{n}", "percent": p} for n, p in enumerate(percents)]})

    assert owners(60, 40) == {}
    assert owners(33.33, 33.33, 33.34) == {}
    assert owners(None) == {}
    assert set(owners(60, 30)) == {"owners"}
    assert set(owners(60, None)) == {"owners", "owners.1.percent"}


def test_the_deadline_of_a_need_lies_ahead() -> None:
    assert set(gaps_of(NEED | {"deadline": "2026-11-23"})) == {"deadline"}
    assert gaps_of(NEED | {"deadline": "24/11/2026"}) == {}
    assert isinstance(parse(NEED), NeedInput)


def test_an_expert_is_named_only_with_consent() -> None:
    named = SERVICE | {"details": SERVICE["details"] | {"expert_name": "Trần Văn Giỏi"}}
    assert set(gaps_of(named)) == {"details.expert_consent"}
    assert gaps_of(named | {"details": named["details"] | {"expert_consent": True}}) == {}


@pytest.mark.parametrize(
    ("details", "paths"),
    [
        ({"grant_number": None}, {"details.grant_number"}),
        ({"legal_status": "pending"}, {"details.application_number"}),
        ({"legal_status": "not_applicable"}, {"details.legal_status"}),
        ({"status_checked_on": "2027-01-01"}, {"details.status_checked_on"}),
        (
            {"status_checked_on": None, "status_checked_against": ""},
            {"details.status_checked_on", "details.status_checked_against"},
        ),
        ({"expiry_date": "2026-01-01"}, {"details.expiry_date"}),
        ({"filing_date": "2020-01-01", "grant_date": "2019-01-01"}, {"details.grant_date"}),
        ({"pct": True, "grant_number": None}, {"details.grant_number", "details.pct"}),
    ],
)  # fmt: skip
def test_a_patent_says_how_it_stands(details: dict[str, Any], paths: set[str]) -> None:
    assert set(gaps_of(PATENT | {"details": PATENT["details"] | details})) == paths


@pytest.mark.parametrize(
    ("given", "sort", "kind", "normal"),
    [
        ("1-2019-01234", "application", None, "1-2019-01234"),
        ("1201901234", "application", None, "1-2019-01234"),
        ("Số đơn: 1 2019 01234", "application", None, "1-2019-01234"),
        ("VN 2-2020-00456", "application", None, "2-2020-00456"),
        ("1-0026606", "grant", None, "1-0026606"),
        ("1-26606", "grant", None, "1-0026606"),
        ("10026606", "grant", None, "1-0026606"),
        ("26606", "grant", "invention", "1-0026606"),
        ("2456", "grant", "utility_solution", "2-0002456"),
        ("US 10,123,456 B2", "grant", None, "US10123456B2"),
        ("WO2019/123456", "publication", None, "WO2019123456"),
        ("67812", "publication", None, "67812"),
    ],
)
def test_patent_numbers_have_one_spelling(given: str, sort: Any, kind: str | None, normal: str) -> None:
    assert normalise_number(given, sort=sort, ip_kind=kind) == normal
    assert normalise_number(normal, sort=sort, ip_kind=kind) == normal


@pytest.mark.parametrize(
    ("given", "sort"),
    [
        ("10026606", "application"),
        ("1201901234", "grant"),
        ("26606", "grant"),
        ("abc", "application"),
        ("1" * 70, "grant"),
    ],
)
def test_a_number_of_another_sort_is_refused(given: str, sort: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        normalise_number(given, sort=sort)


@given(st.text(max_size=80), st.sampled_from(["application", "publication", "grant"]))
def test_any_text_is_a_number_of_one_spelling_or_refused(text: str, sort: Any) -> None:
    try:
        normal = normalise_number(text, sort=sort)
    except ValueError:
        return
    assert normalise_number(normal, sort=sort) == normal


def test_the_spelling_a_number_came_in_is_kept() -> None:
    details = PatentDetails.model_validate({"ip_kind": "invention", "grant_number": "26606"})
    assert (details.grant_number, details.as_given) == ("1-0026606", {"grant_number": "26606"})
    again = PatentDetails.model_validate(details.model_dump())
    assert again.as_given == {"grant_number": "26606"}
    changed = PatentDetails.model_validate(details.model_dump() | {"grant_number": "1-0000007"})
    assert changed.as_given == {}


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=8,
), st.sampled_from(sorted(ALL)), st.sampled_from(sorted(NeedInput.model_fields)))  # fmt: skip
def test_whatever_is_said_is_taken_or_refused_by_path(value: Any, kind: str, name: str) -> None:
    try:
        data = parse({"kind": kind, name: value} if name != "kind" else {"kind": value})
    except Invalid as fault:
        told = bool(fault.fields)
        assert told, "refused without saying what"
        return
    columns_of(data)
    gaps(data, now=NOW)
    assert all(isinstance(one, date) for one in [getattr(data, "deadline", None)] if one is not None)
