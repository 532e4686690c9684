"""`techmart bench match` and `bench search` on judged sets, as they are typed."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import verbs


@pytest.mark.parametrize(("verb", "run"), [("search", "questions.techmart.tsv"), ("match", "similar.techmart.tsv")])
def test_sets_are_ranked_judged_and_told_in_a_table(folder: Path, tmp_path: Path, verb: str, run: str) -> None:
    runs = tmp_path / "runs"
    sizes = ["--sizes", "", "--exchanges", ""] if verb == "search" else ["--offers", "0"]
    told = CliRunner().invoke(verbs(), ["bench", verb, "--sets", str(folder), "--runs", str(runs), *sizes])
    assert told.exit_code == 0, told.output
    assert "| nDCG@10 |" in told.stdout
    assert "plain BM25" in told.stdout
    assert (runs / run).is_file()
    assert (runs / run.replace("techmart", "bm25-folded")).is_file()


def test_wrong_usage_is_told_as_such(folder: Path) -> None:
    without = CliRunner().invoke(verbs(), ["bench", "match", "--sets", str(folder / "questions")])
    assert without.exit_code == 2
    assert "none of the sets is for matching" in without.output
    assert CliRunner().invoke(verbs(), ["bench", "search", "--sizes", "many"]).exit_code == 2
