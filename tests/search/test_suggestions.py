"""Phrases of titles as suggestions."""

from collections import Counter

import pytest

from app.search.suggestions import rank_suggestions, suggestion_prefix, suggestion_terms

TITLES = [
    "Máy sấy bơm nhiệt cho nông sản",
    "Máy sấy thăng hoa quy mô nhỏ",
    "Công nghệ sấy lạnh, máy sấy bơm nhiệt",
    "MÁY SẤY PHUN",
    "Máy say sinh tố",
    "May mặc công nghiệp",
    "Phần mềm thư viện điện tử",
    "Phần mềm thư viện số",
    "Phần mềm thư viện và lưu trữ",
]


def suggest(typed: str, *, language: str = "vi", limit: int = 8) -> list[str]:
    held = Counter(term for title in TITLES for term in suggestion_terms([("vi", title)]))
    held.update(suggestion_terms([("en", "Heat pump dryer")]))
    prefix = suggestion_prefix(typed)
    terms = [(term, count) for term, count in held.items() if prefix and term.startswith(prefix)]
    return [one.text for one in rank_suggestions(terms, typed=typed, language=language, limit=limit)]


def test_typed_without_marks_all_that_sounds_so_is_offered_most_frequent_first() -> None:
    assert suggest("may say") == [
        "máy sấy",
        "máy sấy bơm nhiệt",
        "máy sấy phun",
        "máy say sinh tố",
        "máy sấy bơm nhiệt cho nông sản",
        "máy sấy thăng hoa quy mô nhỏ",
    ]


def test_typed_with_marks_those_come_first() -> None:
    assert suggest("máy say")[0] == "máy say sinh tố"
    assert suggest("may m") == ["may mặc công nghiệp"]


def test_what_was_typed_is_not_offered_again() -> None:
    assert "máy sấy" not in suggest("máy sấy")


def test_a_word_half_typed_is_continued() -> None:
    assert suggest("phần mềm th")[0] == "phần mềm thư viện"


def test_a_phrase_may_begin_inside_a_title_and_ends_at_punctuation() -> None:
    assert suggest("sấy lạ") == ["sấy lạnh"]
    assert "bơm nhiệt" in suggest("bơm")


def test_phrases_do_not_end_in_function_words() -> None:
    assert not any(one.endswith((" và", " cho")) for one in suggest("phần mềm") + suggest("bơm nhiệt"))


@pytest.mark.parametrize("typed", ["", " ", "m", "…"])
def test_too_little_typed_gives_nothing(typed: str) -> None:
    assert suggestion_prefix(typed) == ""


def test_the_readers_language_comes_first() -> None:
    assert suggest("heat", language="en") == ["heat pump dryer"]
