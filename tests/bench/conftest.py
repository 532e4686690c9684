"""A small judged set."""

import gzip
import json
from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two sets: one with its corpus and a variant, one that borrows the corpus."""
    own, borrowing = tmp_path / "questions", tmp_path / "similar"
    own.mkdir()
    borrowing.mkdir()
    papers = [{"id": name, "title": f"Title {name}", "text": f"text of {name}"} for name in "abcd"]
    with gzip.open(own / "corpus.jsonl.gz", "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(one) + "\n" for one in papers)
    (own / "queries.jsonl").write_text('{"id": "1", "text": "máy"}\n{"id": "2", "text": "sấy"}\n', encoding="utf-8")
    (own / "queries-nodiac.jsonl").write_text('{"id": "1", "text": "may"}\n', encoding="utf-8")
    (own / "qrels.tsv").write_text("1\t0\ta\t2\n1\t0\tb\t1\n1\t0\tc\t0\n2\t0\td\t1\n", encoding="utf-8")
    (borrowing / "CORPUS").write_text("../questions/\n", encoding="utf-8")
    (borrowing / "queries.jsonl").write_text('{"id": "1", "text": "offer a", "exclude": "a"}\n', encoding="utf-8")
    (borrowing / "qrels.tsv").write_text("1\t0\tb\t1\n", encoding="utf-8")
    return tmp_path
