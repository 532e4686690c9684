"""Judged sets: questions, documents, and which answers are right; rankings written down and scored.

A set is a folder with queries.jsonl (id, text; description where there is a longer text; exclude names the question's
own document), qrels.tsv (query, 0, document, grade) and corpus.jsonl.gz (id, title, text), or a file CORPUS naming the
folder that has the corpus. queries-<variant>.jsonl beside it are the same questions typed otherwise. A run is a file of
lines `query<TAB>document<TAB>score`.
"""

import gzip
import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DEPTH: Final = 100
_CUT: Final = 10


class BadSet(ValueError):
    """A folder that holds no judged set; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Question:
    """One query. `text` may be a whole offer; `description` is the longer text of a need, "" where there is none."""

    id: str
    text: str
    description: str = ""
    exclude: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """One document of a corpus."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """A set with one way of typing its questions. `grades` maps query to document to a grade above 0."""

    name: str
    variant: str
    corpus: Path
    questions: tuple[Question, ...]
    grades: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Quality:
    """Means over all questions of a set; one that a run does not answer counts 0."""

    ndcg: float
    reciprocal: float
    first: float
    found: float
    recall: float


Ranking = Sequence[tuple[str, float]]


def read_sets(folder: Path) -> list[JudgedSet]:
    """The set in a folder, or those in its folders, each with its variants, the plain one first.

    Raises:
        BadSet: there is none, or it is incomplete.
    """
    places = [folder] if (folder / "queries.jsonl").is_file() else sorted(folder.glob("*/queries.jsonl"))
    homes = [place if place.is_dir() else place.parent for place in places]
    if not homes:
        raise BadSet(f"{folder}: no queries.jsonl in it or in its folders")
    return [one for home in homes for one in _variants(home)]


def _variants(home: Path) -> list[JudgedSet]:
    corpus, judged = _corpus_of(home), home / "qrels.tsv"
    for needed in (corpus, judged):
        if not needed.is_file():
            raise BadSet(f"{home}: {needed.name} is missing")
    grades: dict[str, dict[str, int]] = defaultdict(dict)
    for line in judged.read_text(encoding="utf-8").splitlines():
        query, _, document, grade = line.split("\t")
        if int(grade) > 0:
            grades[query][document] = int(grade)
    files = [home / "queries.jsonl", *sorted(home.glob("queries-*.jsonl"))]
    return [JudgedSet(home.name, path.stem.partition("-")[2], corpus, _questions(path), grades) for path in files]


def _corpus_of(home: Path) -> Path:
    named = home / "CORPUS"
    source = home / named.read_text(encoding="utf-8").strip() if named.is_file() else home
    return (source / "corpus.jsonl.gz").resolve()


def _questions(path: Path) -> tuple[Question, ...]:
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
    return tuple(
        Question(row["id"], row["text"], row.get("description") or "", row.get("exclude") or "") for row in rows
    )


def read_corpus(path: Path) -> list[Paper]:
    """The documents of a corpus.jsonl.gz."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [Paper(row["id"], row.get("title") or "", row["text"]) for row in map(json.loads, lines)]


def write_run(path: Path, rankings: Mapping[str, Ranking]) -> None:
    """Write rankings as a run file."""
    with path.open("w", encoding="utf-8") as stream:
        for query, ranking in rankings.items():
            stream.writelines(f"{query}\t{document}\t{score:.6f}\n" for document, score in ranking)


def read_run(path: Path) -> dict[str, list[tuple[str, float]]]:
    """The rankings of a run file."""
    rankings: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for line in path.read_text(encoding="utf-8").splitlines():
        query, document, score = line.split("\t")
        rankings[query].append((document, float(score)))
    return rankings


def judge(judged: JudgedSet, rankings: Mapping[str, Ranking]) -> Quality:
    """Score rankings: by score, equal ones by document id; the question's own document is taken out first.

    nDCG@10 has gains of 2^grade - 1 and discounts of log2(rank + 1); the ideal has all graded documents.
    """
    totals = [0.0] * 5
    for question in judged.questions:
        good = judged.grades[question.id]
        ordered = sorted(rankings.get(question.id, ()), key=lambda one: (-one[1], one[0]))
        ranked = [document for document, _ in ordered if document != question.exclude]
        top = ranked[:_CUT]
        place = next((number for number, one in enumerate(top, start=1) if one in good), 0)
        scored = (
            _gain([good.get(one, 0) for one in top]) / _gain(sorted(good.values(), reverse=True)[:_CUT]),
            1 / place if place else 0.0,
            float(place == 1),
            float(place > 0),
            sum(one in good for one in ranked[:DEPTH]) / len(good),
        )
        totals = [total + value for total, value in zip(totals, scored, strict=True)]
    return Quality(*(total / len(judged.questions) for total in totals))


def _gain(grades: Sequence[int]) -> float:
    return float(sum((2**grade - 1) / math.log2(place + 2) for place, grade in enumerate(grades)))
