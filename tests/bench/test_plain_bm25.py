"""Plain BM25 by the independent library."""

import math
import sys

import pytest

from app.bench.judged import Paper, Question
from app.bench.plain_bm25 import PlainBM25
from app.operations.faults import OperationFault

PAPERS = [Paper("1", "Máy sấy", "bơm nhiệt"), Paper("2", "Máy bơm", "nước"), Paper("3", "may", "vải")]


def test_scores_are_those_of_the_formula() -> None:
    ranked = PlainBM25(PAPERS, words="exact").rank([Question("q", "sấy")])
    # Lucene's idf; 4 words against a mean of 3; saturation without the constant factor k1 + 1.
    expected = math.log(1 + (3 - 1 + 0.5) / (1 + 0.5)) / (1 + 1.5 * (1 - 0.75 + 0.75 * 4 / 3))
    assert [one for one, _ in ranked["q"]] == ["1"]
    assert ranked["q"][0][1] == pytest.approx(expected, rel=1e-4)


def test_folded_words_meet_without_marks() -> None:
    asked = [Question("q", "MAY")]
    assert [one for one, _ in PlainBM25(PAPERS, words="exact").rank(asked)["q"]] == ["3"]
    assert {one for one, _ in PlainBM25(PAPERS, words="folded").rank(asked)["q"]} == {"1", "2", "3"}
    assert PlainBM25(PAPERS, words="folded").rank([Question("q", "không có")])["q"] == []


def test_a_missing_library_is_told_of_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bm25s", None)
    with pytest.raises(OperationFault) as told:
        PlainBM25(PAPERS, words="exact")
    assert "bm25s" in told.value.happened
    assert "pip install bm25s" in told.value.remedy
