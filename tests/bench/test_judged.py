"""Judged sets are read, rankings written and scored, as evaluate.py of the sets does it."""

from pathlib import Path

import pytest

from app.bench.judged import BadSet, judge, read_corpus, read_run, read_sets, write_run
from app.bench.quality import task_of


def test_a_folder_gives_its_sets_with_their_variants(folder: Path) -> None:
    found = read_sets(folder)
    assert [(one.name, one.variant, len(one.questions), task_of(one)) for one in found] == [
        ("questions", "", 2, "search"),
        ("questions", "nodiac", 1, "search"),
        ("similar", "", 1, "match"),
    ]
    assert found[0].grades == {"1": {"a": 2, "b": 1}, "2": {"d": 1}}
    assert found[2].corpus == found[0].corpus
    assert [one.id for one in read_corpus(found[2].corpus)] == ["a", "b", "c", "d"]
    assert [one.name for one in read_sets(folder / "similar")] == ["similar"]


def test_a_folder_without_a_set_is_told_of(folder: Path) -> None:
    (folder / "questions" / "qrels.tsv").unlink()
    with pytest.raises(BadSet, match=r"qrels\.tsv is missing"):
        read_sets(folder)
    with pytest.raises(BadSet, match=r"no queries\.jsonl"):
        read_sets(folder / "nowhere")


def test_rankings_survive_being_written(tmp_path: Path) -> None:
    write_run(tmp_path / "run.tsv", {"1": [("a", 2.5), ("sbir:x-Phase I", 1.0)], "2": []})
    assert (tmp_path / "run.tsv").read_text(encoding="utf-8") == "1\ta\t2.500000\n1\tsbir:x-Phase I\t1.000000\n"
    assert read_run(tmp_path / "run.tsv") == {"1": [("a", 2.5), ("sbir:x-Phase I", 1.0)]}


def test_rankings_are_scored_by_hand_worked_figures(folder: Path) -> None:
    plain = read_sets(folder)[0]
    # b (grade 1) before a (grade 2): (1 / log2(2) + 3 / log2(3)) / (3 / log2(2) + 1 / log2(3)); question 2 unanswered.
    swapped = judge(plain, {"1": [("b", 9.0), ("a", 8.0)]})
    assert swapped.ndcg == pytest.approx((1 + 3 / 1.5849625) / (3 + 1 / 1.5849625) / 2)
    assert (swapped.reciprocal, swapped.first, swapped.found, swapped.recall) == (0.5, 0.5, 0.5, 0.5)
    assert judge(plain, {"1": [("a", 2.0), ("b", 1.0)], "2": [("c", 2.0), ("d", 1.0)]}).reciprocal == 0.75
    # Equal scores go by id, and the question's own document does not count.
    similar = read_sets(folder)[2]
    assert judge(similar, {"1": [("c", 1.0), ("b", 1.0), ("a", 5.0)]}).ndcg == 1.0
