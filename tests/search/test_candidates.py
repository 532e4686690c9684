"""Whole texts as questions: stems, names in the other language, and small exchanges."""

from dataclasses import replace

import pytest

from app.search.port import CandidateQuery, Changes, SearchEngine
from app.search.stems import stem_of
from tests.search.samples import document

BACKGROUND = [document(f"w{number}", f"Welding cell number {number}", language="en") for number in range(30)]


def found(engine: SearchEngine, title: str, body: str = "") -> list[str]:
    return [one.document.id for one in engine.candidates(CandidateQuery(title=title, body=body)).found]


@pytest.mark.parametrize(
    ("word", "stem"),
    [("personalized", "person"), ("management", "manag"), ("say", ""), ("chuoi", ""), ("5kg", ""), ("cnc", "")],
)
def test_english_words_have_stems_and_vietnamese_ones_none(word: str, stem: str) -> None:
    assert stem_of(word) == stem


def test_a_need_meets_an_offer_that_says_it_in_another_form_of_the_word(engine: SearchEngine) -> None:
    offer = document("o", "Inspecting castings by computed tomography", language="en")
    engine.apply(Changes(upserts=[*BACKGROUND, offer], position=1))
    assert found(engine, "Automated inspection") == ["o"]


def test_a_need_in_one_language_meets_an_offer_in_the_other(engine: SearchEngine) -> None:
    offer = document("o", "Máy sấy bơm nhiệt", body="Xử lý nước thải bằng màng lọc.")
    other = replace(offer, id="p", title="Robot hàn", body="Cánh tay sáu trục.")
    engine.apply(Changes(upserts=[*BACKGROUND, offer, other], position=1))
    assert found(engine, "Heat pump dryer", "for wastewater treatment sludge") == ["o"]


def test_the_same_question_gets_the_same_answer(engine: SearchEngine) -> None:
    engine.apply(Changes(upserts=BACKGROUND, position=1))
    asked = CandidateQuery(title="Welding cells", body="number of cells")
    assert engine.candidates(asked) == engine.candidates(asked)
