"""The agreement's text: filled without gaps, the same bytes each time, fixed by its hash."""

import hashlib
from datetime import date
from typing import Any

import pytest

from app.features.ndas.texts import LANGUAGES, FixedText, PartyLine, current_template, fix_text, templates

ANY: dict[str, Any] = {
    "number": "NDA-2026-000001",
    "exchange": "Techmart",
    "listing_title": "Máy sấy $listing_id",
    "listing_id": "b23456789012",
    "discloser": PartyLine("Viện Cơ điện", "0312345678"),
    "recipient": PartyLine("Công ty Nông sản"),
    "purpose": "Đánh giá để mua\n## Điều 99. Lén",
    "readers": ["Lê A", "Trần B"],
    "active_until": date(2027, 5, 31),
    "secrecy_years": 3,
    "special_terms": "",
    "prepared_on": date(2026, 11, 23),
}


def fixed(language: Any = "vi", **given: Any) -> FixedText:
    return fix_text(current_template(date(2026, 11, 23)), language=language, **{**ANY, **given})


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_gap_is_filled_and_the_hash_is_of_exactly_these_bytes(language: Any) -> None:
    made = fixed(language)
    assert made.sha256 == hashlib.sha256(made.text.encode()).hexdigest()
    assert made == fixed(language)
    for said in ("NDA-2026-000001", "0312345678", "Công ty Nông sản", "- Lê A\n- Trần B", "2026-11"):
        assert said in made.text
    # What somebody named a listing is no gap.
    assert made.text.count("$") == 1
    assert "Máy sấy $listing_id" in made.text


def test_what_people_wrote_cannot_look_like_a_clause() -> None:
    made = fixed(special_terms="Một\n\n## Điều 12. Khác").text
    assert "> Đánh giá để mua\n> ## Điều 99. Lén" in made
    assert "> Một\n>\n> ## Điều 12. Khác" in made
    clauses = [line for line in made.splitlines() if line.startswith("## ")]
    assert len(clauses) == 11


def test_an_unnamed_owner_is_named_by_the_need_alone() -> None:
    vietnamese = fixed(discloser=PartyLine()).text
    assert "Bên tiết lộ: đơn vị đăng nhu cầu mã b23456789012 trên Techmart" in vietnamese
    assert "Viện Cơ điện" not in vietnamese
    assert "need b23456789012 on Techmart" in fixed("en", discloser=PartyLine()).text


def test_one_sign_more_is_another_hash() -> None:
    assert fixed(secrecy_years=4).sha256 != fixed().sha256


def test_every_version_says_what_it_rests_on() -> None:
    assert list(templates()) == ["2026-11"]
    for one in templates().values():
        assert one.sources
        assert one.second_hand
