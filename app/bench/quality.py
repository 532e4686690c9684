"""How well is found what is looked for, on judged sets, beside plain BM25 in the same run."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from app.bench.engines import open_engine
from app.bench.judged import DEPTH, JudgedSet, Quality, Question, Ranking, judge, read_corpus, read_run, write_run
from app.bench.measure import Timing, timing
from app.bench.plain_bm25 import PlainBM25, Words
from app.search.port import CandidateQuery, SearchDocument, SearchEngine, SearchQuery

Task = Literal["search", "match"]
_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Judged:
    """What one set came to. `plain` is BM25 by words, empty where it was left out; times are one question's."""

    set_name: str
    variant: str
    way: str
    questions: int
    documents: int
    ours: Quality
    plain: dict[Words, Quality]
    took: Timing


def task_of(judged: JudgedSet) -> Task:
    """Whether a set is for matching: its questions are whole needs (with a description) or whole offers."""
    whole = any(one.description or one.exclude for one in judged.questions)
    return "match" if whole else "search"


def measure_quality(
    sets: Sequence[JudgedSet], *, task: Task, engine: str, runs: Path, with_plain: bool, say: Callable[[str], object]
) -> list[Judged]:
    """Rank, write the runs, read them again and judge them.

    Args:
        runs: folder for the run files, made where it is missing.
        with_plain: compute plain BM25 too. Raises OperationFault where its library is missing.
    """
    runs.mkdir(parents=True, exist_ok=True)
    found: list[Judged] = []
    by_corpus: dict[Path, list[JudgedSet]] = {}
    for one in sets:
        by_corpus.setdefault(one.corpus, []).append(one)
    for corpus, members in by_corpus.items():
        papers = read_corpus(corpus)
        plain: dict[Words, PlainBM25] = {}
        if with_plain:
            plain = {"exact": PlainBM25(papers, words="exact"), "folded": PlainBM25(papers, words="folded")}
        with tempfile.TemporaryDirectory(prefix="techmart-bench-") as folder, open_engine(engine, Path(folder)) as held:
            documents = [
                SearchDocument(id=one.id, kind="technology", state="published", title=one.title, body=one.text)
                for one in papers
            ]
            held.rebuild(_batches(documents), position=0, catch_up=lambda _: None)
            for judged in members:
                for way, questions in _ways(judged, task):
                    say(f"{judged.name} {judged.variant or 'as given'}{way and ', ' + way}")
                    asked = JudgedSet(judged.name, judged.variant, corpus, questions, judged.grades)
                    found.append(_judged(asked, way, held, plain, task=task, runs=runs, documents=len(papers)))
    return found


def _batches(documents: Sequence[SearchDocument]) -> Iterator[Sequence[SearchDocument]]:
    for start in range(0, len(documents), _BATCH):
        yield documents[start : start + _BATCH]


def _ways(judged: JudgedSet, task: Task) -> Iterator[tuple[str, tuple[Question, ...]]]:
    """The questions as given; needs that have a description also by their short text alone."""
    if task == "match" and any(one.description for one in judged.questions):
        yield "whole need", judged.questions
        yield "short text", tuple(Question(one.id, one.text, "", one.exclude) for one in judged.questions)
    else:
        yield "", judged.questions


def _judged(
    asked: JudgedSet,
    way: str,
    engine: SearchEngine,
    plain: dict[Words, PlainBM25],
    *,
    task: Task,
    runs: Path,
    documents: int,
) -> Judged:
    rank = _searched if task == "search" else _proposed
    rankings: dict[str, Ranking] = {}
    samples: list[float] = []
    for question in asked.questions:
        begun = time.perf_counter()
        rankings[question.id] = rank(engine, question)
        samples.append(time.perf_counter() - begun)
    label = "-".join(part for part in (asked.name, asked.variant, way.replace(" ", "-")) if part)
    return Judged(
        set_name=asked.name,
        variant=asked.variant,
        way=way,
        questions=len(asked.questions),
        documents=documents,
        ours=_written(asked, rankings, runs / f"{label}.techmart.tsv"),
        plain={
            words: _written(asked, index.rank(asked.questions), runs / f"{label}.bm25-{words}.tsv")
            for words, index in plain.items()
        },
        took=timing(samples),
    )


def _written(asked: JudgedSet, rankings: dict[str, Ranking], path: Path) -> Quality:
    # Judged by what is in the file, so that anybody who judges the file finds the same.
    write_run(path, rankings)
    return judge(asked, read_run(path))


def _searched(engine: SearchEngine, question: Question) -> Ranking:
    hits = engine.search(SearchQuery(text=question.text, limit=DEPTH, highlight=False)).hits
    # The engine's order is the ranking; among equal scores a run would be put in order by id.
    return [(hit.id, float(len(hits) - place)) for place, hit in enumerate(hits)]


def _proposed(engine: SearchEngine, question: Question) -> Ranking:
    title, body = question.text, question.description
    if not body:
        title, _, body = title.partition(". ")
    found = engine.candidates(CandidateQuery(title=title, body=body, limit=DEPTH + 1)).found
    return [(one.document.id, float(len(found) - place)) for place, one in enumerate(found)]
