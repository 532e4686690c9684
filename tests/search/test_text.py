"""Vietnamese text: one word, however it was typed."""

import gzip
import json
import os
import unicodedata
from pathlib import Path

import pytest

from app.search.text import (
    exact_words,
    fold,
    folded_words,
    forms,
    held_among,
    is_function_word,
    is_marked,
    is_syllable,
    normalise,
    pairs,
    words,
    words_among,
)

EVERY_LETTER = "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ"
BASE_LETTERS = "a" * 18 + "bcdd" + "e" * 12 + "gh" + "i" * 6 + "klmn" + "o" * 18 + "pqrst" + "u" * 12 + "vx" + "y" * 6


def test_every_vietnamese_letter_folds_to_its_base_letter_in_its_own_place() -> None:
    assert fold(EVERY_LETTER) == BASE_LETTERS
    assert fold(EVERY_LETTER.upper()) == BASE_LETTERS


def test_folding_keeps_the_length_of_the_text_whatever_is_in_it() -> None:
    text = "Ð ñ ß ﬁ ½ İ 中国 😀 m² — “Đường”"
    assert len(fold(text)) == len(text)


@pytest.mark.parametrize("first", range(0x80, 0x3000, 0x400))
def test_a_long_text_folds_as_its_characters_do(first: int) -> None:
    text = "".join(map(chr, range(first, first + 0x400)))
    assert fold(text) == "".join(map(fold, text))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("hoà", "hòa"),
        ("thuỷ", "thủy"),
        ("kỹ thuật", "kĩ thuật"),
        ("TỶ LỆ", "tỉ lệ"),
        ("công ty", "công ti"),
        ("đường", "ðường"),
        ("Đồng hồ", "ñồng hồ"),
        ("máy sấy", unicodedata.normalize("NFD", "máy sấy")),
        ("nước", "nư\u00adớc"),
        ("ｍáy", "máy"),
    ],
)
def test_spellings_of_one_word_have_one_exact_form(one: str, other: str) -> None:
    assert exact_words(one) == exact_words(other)


@pytest.mark.parametrize(
    ("text", "exact"),
    [
        ("máy", ["may1"]),
        ("mày", ["may2"]),
        ("mảy", ["may3"]),
        ("mãy", ["may4"]),
        ("mạy", ["may5"]),
        ("may", ["may"]),
        ("nghiệp", ["nghiêp5"]),
        ("đương", ["đương"]),
        ("lý", ["li1"]),
    ],
)
def test_the_exact_form_keeps_the_vowel_and_writes_the_tone_behind_the_syllable(text: str, exact: list[str]) -> None:
    assert exact_words(text) == exact


def test_words_with_different_marks_share_a_folded_form_only() -> None:
    assert folded_words("máy sấy") == folded_words("may say") == ["may", "say"]
    assert exact_words("máy sấy") != exact_words("may say")


def test_a_letter_n_with_tilde_is_mended_at_the_start_of_a_syllable_only() -> None:
    assert normalise("ñồng hồ của señor, ðường Ñà Nẵng") == "đồng hồ của señor, đường Đà Nẵng"


def test_offsets_point_into_the_text_as_it_was_written() -> None:
    text = unicodedata.normalize("NFD", "Máy sấy, (50 kW)")
    assert [text[one.start : one.end] for one in words(text)] == [
        unicodedata.normalize("NFD", part) for part in ("Máy", "sấy", "50", "kW")
    ]
    assert [one.folded for one in words(text)] == ["may", "say", "50", "kw"]


def test_words_split_at_punctuation_and_underscores_and_between_cjk_signs() -> None:
    assert folded_words("ABC-123X 3D_print 中国 6½") == ["abc", "123x", "3d", "print", "中", "国", "61", "2"]


def test_english_plurals_are_found_by_the_singular_but_vietnamese_syllables_stay() -> None:
    assert folded_words("sensors batteries glass analysis virus lens gas") == [
        "sensor",
        "battery",
        "glass",
        "analysis",
        "virus",
        "lens",
        "gas",
    ]


def test_neighbours_are_joined_in_pairs() -> None:
    assert pairs(["may", "say", "lanh"]) == ["may_say", "say_lanh"]
    assert pairs(["may"]) == []


def test_wanted_words_are_found_with_their_places() -> None:
    found = words_among("Máy sấy và mấy máy say", frozenset({"may"}))
    assert [(one.exact, one.start) for one in found] == [("may1", 0), ("mây1", 11), ("may1", 15)]


def test_function_words_of_vietnamese_count_only_where_marks_were_typed() -> None:
    assert is_function_word("cua3", marked=True)
    assert not is_function_word("cua", marked=False)
    assert not is_function_word("trong", marked=False)
    assert is_function_word("the", marked=False)
    assert not is_function_word("in", marked=False)


def test_marks_and_plurals_are_told_apart() -> None:
    assert is_marked(*forms("máy")[0])
    assert is_marked(*forms("ăn")[0])
    assert not is_marked(*forms("may")[0])
    assert not is_marked(*forms("sensors")[0])


def test_a_vietnamese_syllable_is_recognised() -> None:
    assert all(is_syllable(one) for one in ("nghieng", "say", "quoc", "a", "giuong"))
    assert not any(is_syllable(one) for one in ("sensor", "robot", "pcr", "kw", "software"))


def test_no_text_gives_no_words() -> None:
    assert words("") == []
    assert forms("  …!  ") == []


@pytest.mark.skipif(
    not os.environ.get("TECHMART_TRIAL_DATA"),
    reason="needs TECHMART_TRIAL_DATA: a folder with vi-text/vi_forms.jsonl.gz (1,795 strings in 18 written forms)",
)
def test_real_strings_have_the_same_forms_in_every_writing() -> None:
    path = Path(os.environ["TECHMART_TRIAL_DATA"]) / "vi-text" / "vi_forms.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    assert len(rows) > 1_000
    for row in rows:
        wanted = exact_words(row["nfc"])
        for way in ("nfd", "tone_old", "tone_new", "upper"):
            assert exact_words(row[way]) == wanted, (way, row["nfc"])
        assert folded_words(row["nodiac"]) == folded_words(row["nfc"]), row["nfc"]


@pytest.mark.parametrize(
    "text",
    [
        "Máy sấy, MÁY SẤY và may say: sấy_khô, sấy2, (máy)",
        "ma\u0301y sa\u0302\u0301y 日本máy sen\u200bsors",
        "máymáy máy",
        "",
    ],
)
def test_wanted_words_are_those_of_all_words_that_have_a_wanted_form(text: str) -> None:
    wanted = {"may", "say", "sensor"}
    expected = [word for word in words(text) if word.folded in wanted]
    assert words_among(text, wanted) == expected
    assert held_among(text, wanted) == {word.folded for word in expected}
    assert words_among(text, set()) == []
