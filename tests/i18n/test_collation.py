"""Names sort the Vietnamese way."""

import random
import unicodedata

from app.i18n.collation import sort_key


def test_letters_with_marks_are_letters_of_their_own() -> None:
    ordered = ["An", "Ăn", "Ân", "Bình", "Cơ", "Dệt", "Đá", "Em", "Êm", "In", "Ong", "Ô", "Ơn", "Út", "Ưng", "Vinh"]
    shuffled = random.Random(7).sample(ordered, len(ordered))
    assert sorted(shuffled, key=sort_key) == ordered


def test_tones_decide_only_between_equal_words() -> None:
    assert sorted(["mạ", "má", "mã", "mả", "mà", "ma", "mạ an", "ma ế"], key=sort_key) == [
        "ma",
        "mà",
        "mả",
        "mã",
        "má",
        "mạ",
        "mạ an",
        "ma ế",
    ]


def test_case_form_and_punctuation_do_not_matter() -> None:
    name = "Viện Kỹ thuật “Đông Á” – cơ sở 2"
    assert sort_key(name) == sort_key(unicodedata.normalize("NFD", name)) == sort_key(name.upper())
    assert sort_key("Công ty A") < sort_key("Công ty A 2") < sort_key("Công ty A B")
    assert sort_key("3D Việt") < sort_key("Ánh Dương")


def test_a_name_of_foreign_letters_still_has_a_key() -> None:
    assert sort_key("Łódź Œuvre 東京").isascii()
    assert sort_key("") == "\t"
