"""Keys that made no letters, old fonts, and misspelt words."""

import gzip
import json
import os
from pathlib import Path

import pytest

from app.search.keyboards import from_tcvn3, from_telex, written_syllable
from app.search.spelling import Vocabulary, at_distance_one, confusions
from app.search.text import exact_words


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ("mays saays noong sanr", "máy sấy nông sản"),
        ("coong ngheej sinh hocj", "công nghệ sinh học"),
        ("DDaij hocj", "Đại học"),
        ("thuwowng maij ddieenj tuwr", "thương mại điện tử"),
        ("QUOOCS GIA", "QUỐC GIA"),
        ("hoaf bifnh", "hoà bình"),
        ("nghieng", None),
        ("sensor software", None),
        ("bus", None),
        ("gas", None),
        ("maays", "mấy"),
        ("gas turbine", None),
        ("Xax Ba Sao", "Xã Ba Sao"),
        ("KHAI KHOANGs", "KHAI KHOÁNG"),
        ("phaanf meemf ERP", "phần mềm ERP"),
        ("Quowis An Lawks", "Quới An Lắk"),
    ],
)
def test_telex_keys_are_read(keys: str, text: str | None) -> None:
    assert from_telex(keys) == text


def test_tcvn3_seen_as_latin_1_is_read() -> None:
    assert from_tcvn3("m¸y sÊy n«ng s¶n") == "máy sấy nông sản"
    assert from_tcvn3("c«ng nghÖ ®­îc ­a chuéng") == "công nghệ được ưa chuộng"
    assert from_tcvn3("plain text") is None
    assert from_tcvn3("đã đúng rồi") is None


def test_exact_forms_are_written_again() -> None:
    written = ["sấy", "nghiệp", "hoà", "quyển", "đường", "may", "giữa"]
    assert [written_syllable(exact) for exact in exact_words(" ".join(written))] == written
    assert written_syllable("sensor") is None


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("nhieu", "nhiu", True),
        ("nghiep", "ngihep", True),
        ("panthers", "panthrs", True),
        ("jared", "ajred", True),
        ("sensor", "sensors", True),
        ("sensor", "censor", True),
        ("sensor", "sensor", False),
        ("sensor", "censors", False),
        ("abcd", "badc", False),
    ],
)
def test_distance_one(one: str, other: str, near: bool) -> None:
    assert at_distance_one(one, other) is near
    assert at_distance_one(other, one) is near


def test_the_vocabulary_finds_every_word_at_distance_one() -> None:
    held = ["plan", "panel", "plane", "plant", "clan", "nghiep", "nghiem", "may"]
    vocabulary = Vocabulary((word, count) for count, word in enumerate(held, start=1))
    assert vocabulary.near("paln") == ["plan"]
    assert set(vocabulary.near("plan", limit=10)) == {"plane", "plant", "clan"}
    # Of more documents first.
    assert vocabulary.near("nghie") == ["nghiem", "nghiep"]


def test_short_words_have_no_near_ones() -> None:
    vocabulary = Vocabulary([("may", 5), ("say", 5), ("mau", 5), ("mays", 1)])
    assert vocabulary.near("may") == []
    assert vocabulary.near("a1b2") == []


def test_confusions_of_sound_and_tone() -> None:
    assert confusions("sư3") == ["sư4", "xư3"]
    assert "tranh" in confusions("chanh")
    assert {"giai", "rai"} <= set(confusions("dai"))
    assert "bat1" in confusions("bac1")
    assert confusions("123") == []


@pytest.mark.skipif(
    not os.environ.get("TECHMART_TRIAL_DATA"),
    reason="needs TECHMART_TRIAL_DATA: a folder with vi-text/vi_forms.jsonl.gz (1,795 strings in 18 written forms)",
)
def test_real_strings_are_read_back_from_keys_and_old_fonts() -> None:
    path = Path(os.environ["TECHMART_TRIAL_DATA"]) / "vi-text" / "vi_forms.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    telex = sum(exact_words(from_telex(row["telex"]) or row["telex"]) == exact_words(row["nfc"]) for row in rows)
    tcvn3 = sum(
        exact_words(from_tcvn3(row["tcvn3_as_latin1"]) or row["tcvn3_as_latin1"]) == exact_words(row["nfc"])
        for row in rows
    )
    # The rest holds English words that are Telex keys too ("test"), or letters outside Latin-1.
    assert telex / len(rows) > 0.95
    assert tcvn3 / len(rows) > 0.97
