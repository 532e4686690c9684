"""That finding stays as good as it was, on judged sets. `techmart bench search` and `bench match` give all figures."""

import gzip
import json
import math
import os
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.search.embedded import EmbeddedEngine
from app.search.port import CandidateQuery, SearchDocument, SearchQuery

DATA = os.environ.get("TECHMART_TRIAL_DATA")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA, reason="needs TECHMART_TRIAL_DATA: a folder with eval-dev (judged search sets)"),
]


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[EmbeddedEngine, Path]]:
    """A judged set's engine, built once, and its folder."""
    built: dict[str, EmbeddedEngine] = {}

    def give(name: str) -> tuple[EmbeddedEngine, Path]:
        folder = Path(DATA or "") / "eval-dev" / name
        named = folder / "CORPUS"
        source = folder / named.read_text().strip() if named.exists() else folder
        if source.name not in built:
            with gzip.open(source / "corpus.jsonl.gz", "rt", encoding="utf-8") as lines:
                documents = [
                    SearchDocument(
                        id=one["id"], kind="technology", state="published", title=one["title"], body=one["text"]
                    )
                    for one in map(json.loads, lines)
                ]
            engine = EmbeddedEngine(tmp_path_factory.mktemp(source.name))
            engine.rebuild([documents], position=0, catch_up=lambda _: None)
            built[source.name] = engine
        return built[source.name], folder

    return give


def mean_ndcg(folder: Path, queries: list[dict[str, Any]], ranking: Callable[[dict[str, Any]], list[str]]) -> float:
    relevant: dict[str, set[str]] = defaultdict(set)
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
        asked, _, identifier, grade = line.split("\t")
        if int(grade) > 0:
            relevant[asked].add(identifier)
    total = 0.0
    for query in queries:
        ranked = [one for one in ranking(query) if one != query.get("exclude")][:10]
        good = relevant[query["id"]]
        gained = sum(1 / math.log2(place + 2) for place, one in enumerate(ranked) if one in good)
        total += gained / sum(1 / math.log2(place + 2) for place in range(min(10, len(good))))
    return total / len(queries)


@pytest.mark.parametrize(
    ("variant", "least"), [("", 0.95), ("-nodiac", 0.95), ("-typo", 0.92), ("-telex", 0.945), ("-tcvn3", 0.94)]
)
def test_vietnamese_questions_find_their_paragraph_however_typed(
    judged: Callable[[str], tuple[EmbeddedEngine, Path]], variant: str, least: float
) -> None:
    engine, folder = judged("xquad-vi")

    def ranking(query: dict[str, Any]) -> list[str]:
        return [hit.id for hit in engine.search(SearchQuery(text=query["text"], limit=10, highlight=False)).hits]

    assert mean_ndcg(folder, rows(folder / f"queries{variant}.jsonl"), ranking) > least


@pytest.mark.parametrize(("name", "least"), [("need-offer-sbir-en", 0.97), ("similar-offer-sbir-en", 0.57)])
def test_whole_needs_find_what_answers_them(
    judged: Callable[[str], tuple[EmbeddedEngine, Path]], name: str, least: float
) -> None:
    engine, folder = judged(name)

    def ranking(query: dict[str, Any]) -> list[str]:
        title, body = query["text"], query.get("description", "")
        if not body:
            title, _, body = title.partition(". ")
        found = engine.candidates(CandidateQuery(title=title, body=body, limit=11)).found
        return [one.document.id for one in found]

    assert mean_ndcg(folder, rows(folder / "queries.jsonl"), ranking) > least
