"""Filters in Meilisearch's language, words in plain letters, and what a document becomes in the index."""

import itertools
import re
from datetime import UTC, date, datetime

import pytest

from app.search.meilisearch_query import (
    LISTING,
    NOTHING,
    all_hold,
    at_least,
    condition_text,
    key_of,
    one_of,
    quoted,
    stored,
    told,
)
from app.search.meilisearch_schema import index_settings, to_index
from app.search.meilisearch_text import coded, coded_alone, folded_of
from app.search.port import And, BadQuery, Eq, Exists, Filter, In, Not, Or, Range
from app.search.text import forms
from tests.search.samples import DOCUMENTS, document

# Filters


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        (Eq("kind", "need"), 'kind IN ["need"]'),
        (Eq("trl", 9), "trl IN [9]"),
        (In("region", ("48", "75")), 'region IN ["48", "75"]'),
        (In("region", ()), NOTHING),
        (Range("trl", 6, 7), "(trl >= 6) AND (trl <= 7)"),
        (Range("trl", low=9), "(trl >= 9)"),
        (Range("price", 400, 450), "(price_high >= 400) AND (price_low <= 450)"),
        (Range("deadline", high=date(2026, 12, 1)), f"(deadline <= {date(2026, 12, 1).toordinal()})"),
        (Range("published_at", low=datetime(2026, 11, 18, tzinfo=UTC)), "(published_at >= 1794960000)"),
        (Exists("price"), "price_low EXISTS"),
        (Not(Exists("region")), "NOT (region EXISTS)"),
        (And(()), LISTING),
        (Or(()), NOTHING),
        (Or((Eq("region", "48"), Eq("kind", "need"))), '(region IN ["48"]) OR (kind IN ["need"])'),
        (And((Eq("region", "48"), Eq("kind", "need"))), '(region IN ["48"]) AND (kind IN ["need"])'),
        (Eq("id", "say-lanh"), 'key IN ["say-lanh"]'),
        (Eq("id", "Say"), 'key IN ["x-536179"]'),
    ],
)
def test_filters_in_the_servers_language(condition: Filter, wanted: str) -> None:
    assert condition_text(condition) == wanted


def test_a_number_no_index_holds_is_refused() -> None:
    with pytest.raises(BadQuery):
        condition_text(Eq("trl", 2**70))


def read_back(text: str) -> str:
    """A quoted value as the server's parser reads it (filter-parser/src/value.rs of 1.50)."""
    assert text[0] == text[-1] == '"'
    inside = text[1:-1]
    assert re.fullmatch(r'(?:[^"\\]|\\.)*', inside, re.DOTALL)
    return inside.replace('\\"', '"')


@pytest.mark.parametrize("value", ["", "x", 'a "b" c', "it's", "a\\", '\\"', "\\\\", '" OR kind = "need', "máy\nsấy"])
def test_no_value_gets_out_of_its_quotes(value: str) -> None:
    assert told(read_back(quoted(value))) == value
    assert read_back(quoted(value)) == stored(value)


def holds(expression: str, words: frozenset[str]) -> bool:
    """Evaluate a filter made of `words IN ["…"]`, AND, OR and brackets."""
    plain = re.sub(r'words IN \["(\w+)"\]', lambda found: str(found[1] in words), expression)
    return bool(eval(plain.replace(" AND ", " and ").replace(" OR ", " or ")))


@pytest.mark.parametrize(("count", "required"), [(4, 3), (5, 2), (6, 3), (8, 4), (3, 3), (4, 1)])
def test_so_many_of_the_words_are_required(count: int, required: int) -> None:
    names = [f"w{number}" for number in range(count)]
    expression = at_least(required, [one_of("words", [name]) for name in names])
    for length in range(count + 1):
        for chosen in itertools.combinations(names, length):
            assert holds(expression, frozenset(chosen)) == (length >= required)


def test_of_a_long_query_the_same_share_of_the_first_words_is_required() -> None:
    expression = at_least(6, [one_of("words", [f"w{number}"]) for number in range(16)])
    names = [f"w{number}" for number in range(8)]
    for two in itertools.combinations(names, 2):
        assert not holds(expression, frozenset({*two, "w9", "w10", "w11"}))
    for chosen in itertools.combinations(names, 3):
        assert holds(expression, frozenset(chosen))
    assert len(expression) < 4_000
    # The server refuses deeper brackets than 150.
    depth = max(itertools.accumulate((sign == "(") - (sign == ")") for sign in expression))
    assert depth <= 20


def test_all_words_are_required_however_many_there_are() -> None:
    parts = [one_of("words", [f"w{number}"]) for number in range(40)]
    assert at_least(40, parts) == all_hold(parts)


@pytest.mark.parametrize("identifier", ["b2c3d4", "B2", "x-1", "a.b:c", "", "é", "z" * 300])
def test_every_id_has_a_key_the_server_takes(identifier: str) -> None:
    key = key_of(identifier)
    assert re.fullmatch(r"[a-z0-9_-]{1,511}|x-[0-9a-f]*", key)
    assert key_of(identifier) == key


def test_different_ids_have_different_keys() -> None:
    given = ["a", "A", "x-61", "x-41", "b", "x-", ""]
    assert len({key_of(one) for one in given}) == len(given)


# Words


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("máy", "mayz1"),
        ("sấy", "sayz61"),
        ("sạch", "sachz5"),
        ("đo", "doz9"),
        ("đường", "duongz7792"),
        ("nước", "nuocz771"),
        ("ăn", "anz8"),
        ("bom", "bom"),
        ("sensors", "sensors"),
        ("CO2", "co2"),
        ("TRL7", "trl7"),
        ("café", "cafez1"),
        ("干燥", "干"),
    ],
)
def test_exact_words_in_plain_letters(written: str, wanted: str) -> None:
    folded, exact = forms(written)[0]
    assert coded(folded, exact) == wanted
    assert folded_of(wanted) == folded


def test_words_that_differ_only_in_marks_stay_apart() -> None:
    written = [*"ma má mà mả mã mạ mâ mấ mầ ma2 mă mắ mo mô mơ mờ mồ mu mư đa da".split()]  # noqa: SIM905
    codes = {coded(*forms(one)[0]) for one in written}
    assert len(codes) == len(written)
    assert all(code.isascii() and code.isalnum() for code in codes)


def test_the_exact_form_alone_tells_the_same_of_syllables() -> None:
    for written in ("máy", "sấy", "đường", "nghiệm", "ở", "sensors", "bom"):
        folded, exact = forms(written)[0]
        assert coded_alone(exact) == coded(folded, exact)


# Documents


def test_a_document_in_the_index() -> None:
    made = to_index(DOCUMENTS[0])
    assert made["key"] == "say-bom-nhiet"
    assert made["record"] == "listing"
    assert made["title_exact"] == ["mayz1 sayz61 bomz7 nhietz65 cho nongz6 sanz3", "heat pump dryer for farm produce"]
    assert made["title_folded"][0] == "may say bom nhiet cho nong san"
    assert made["kind"] == ["technology"]
    assert made["field"] == ["2", "203"]
    assert (made["price_low"], made["price_high"], made["price_order"]) == (300_000_000, 420_000_000, 300_000_000)
    assert {"may", "say", "nhiet", "dryer", "hop", "xa"} <= set(made["words"])
    assert len(made["words"]) == len(set(made["words"]))
    assert made["stale"] == 0
    assert made["document"]["title"] == "Máy sấy bơm nhiệt cho nông sản"
    assert "_vectors" not in made


def test_what_a_document_does_not_have_is_left_out() -> None:
    made = to_index(document("x", "Máy"))
    assert not {"organisation", "region", "trl", "deadline", "price_low", "price_order", "currency"} & made.keys()
    assert to_index(document("y", "Máy", price_from=5_00, currency="USD")).get("price_order") is None


def test_no_setting_is_left_to_the_server() -> None:
    settings = index_settings()
    assert settings["rankingRules"][0] == "sort"
    assert settings["pagination"]["maxTotalHits"] == 10_000_000
    assert settings["embedders"] == {}
    assert index_settings(dimensions=8)["embedders"] == {"techmart": {"source": "userProvided", "dimensions": 8}}
    shown = {one for rule in settings["filterableAttributes"] for one in rule["attributePatterns"]}
    assert set(to_index(DOCUMENTS[0])) - shown <= {
        *settings["searchableAttributes"],
        *settings["sortableAttributes"],
        "document",
        "length",
        "weight",
    }
