"""Documents prepared by several processes are those that one makes, and nobody is left behind."""

import contextlib
import io
import itertools
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import tantivy

from app.search import preparing
from app.search.embedded_schema import Fields, to_index, with_place
from app.search.port import SearchDocument, SearchUnavailable
from app.search.preparing import prepared
from app.search.preparing_process import Made, receive, send
from app.search.subjects import Counts, Subjects, read_subjects
from tests.search.samples import document


@pytest.fixture(autouse=True)
def two_cores_are_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "_cores", lambda: 2)
    monkeypatch.setattr(preparing, "_WORTH_PROCESSES", 100)
    monkeypatch.setattr(preparing, "MOST_TEXTS", 300)


def batches() -> list[list[SearchDocument]]:
    things = (
        "máy sấy bơm nhiệt 200 kg/h",
        "rô bốt hàn khung thép 5 kW",
        "màng lọc nước thải 50 m³/ngày",
        "cân điện tử 0,1 g",
    )
    made = [
        document(
            f"d{number:04d}",
            title=f"{things[number % 4]} mẫu {number}",
            # Words enough to learn from.
            body=f"TRL 7, {things[number % 3]} cho dòng m{number % 70} và x{number % 90}",
            trl=7,
        )
        for number in range(800)
    ]
    return [made[start : start + 50] for start in range(0, 800, 50)]


def rounded(subjects: Subjects) -> Subjects:
    """As an index keeps them."""
    return read_subjects(subjects.written())


def ready_of(given: Iterable[list[SearchDocument]]) -> Generator[list[tantivy.Document]]:
    return prepared(given, rounded)


def preparing_children() -> list[psutil.Process]:
    alive = [one for one in psutil.Process().children() if one.status() != psutil.STATUS_ZOMBIE]
    return [one for one in alive if any("preparing_process" in word for word in one.cmdline())]


def listed(ready: Iterator[list[tantivy.Document]]) -> list[tantivy.Document]:
    return list(itertools.chain.from_iterable(ready))


def test_they_are_the_same_in_the_same_order(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Subjects] = []

    def keep(subjects: Subjects) -> Subjects:
        kept.append(rounded(subjects))
        return kept[-1]

    placed_here = 0

    def place(fields: Fields, counts: Counts, subjects: Subjects) -> Fields:
        nonlocal placed_here
        placed_here += 1
        return with_place(fields, counts, subjects)

    monkeypatch.setattr(preparing, "with_place", place)
    ready = prepared(batches(), keep)
    together = next(ready)
    assert len(preparing_children()) == 2
    assert kept[0].learnt_from == 300
    together += listed(ready)
    assert preparing_children() == []
    # Those that were ready before there were subjects; the children placed the others.
    assert 300 <= placed_here < 800
    monkeypatch.setattr(preparing, "_cores", lambda: 1)
    alone = listed(prepared(batches(), keep))
    assert [one.to_dict() for one in together] == [one.to_dict() for one in alone]
    # As one that is changed later is: with those that were ready before there were subjects.
    one_by_one = [to_index(one, kept[0]) for one in itertools.chain(*batches())]
    assert [one.to_dict() for one in alone] == [one.to_dict() for one in one_by_one]
    assert all(one.get_first("subject") for one in alone)


def test_few_documents_start_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "_side_by_side", lambda _processes: pytest.fail("a process was started"))
    assert len(listed(ready_of(batches()[:1]))) == 50
    assert listed(ready_of([])) == []


def test_no_more_is_read_than_can_be_prepared() -> None:
    read = 0

    def reading() -> Iterator[list[SearchDocument]]:
        nonlocal read
        for batch in batches():
            read += 1
            yield batch

    ready = ready_of(reading())
    next(ready)
    assert read < len(batches())
    assert len(listed(ready)) == 750


def test_who_stops_early_does_not_wait_for_all_that_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = 0
    make_ready = preparing._Child.make_ready

    def count(child: preparing._Child, batch: list[SearchDocument], subjects: bytes | None) -> Made:
        nonlocal answered
        made = make_ready(child, batch, subjects)
        answered += 1
        return made

    monkeypatch.setattr(preparing, "_AHEAD", 100)
    monkeypatch.setattr(preparing._Child, "make_ready", count)
    ready = ready_of(batches() * 20)
    next(ready)
    ready.close()
    assert preparing_children() == []
    assert answered < 100


def test_children_are_of_this_program_wherever_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text("raise AssertionError('another program')")
    monkeypatch.chdir(tmp_path)
    assert len(listed(ready_of(batches()))) == 800


def test_an_ended_process_is_a_fault_not_a_gap() -> None:
    ready = ready_of(batches())
    next(ready)
    children = preparing_children()
    assert len(children) == 2
    for child in children:
        child.kill()
    with pytest.raises(SearchUnavailable):
        listed(ready)
    assert preparing_children() == []


def test_half_an_answer_is_a_fault_not_a_wait_for_ever() -> None:
    asked, answers = io.BytesIO(), io.BytesIO()
    send(answers, pickle.dumps("an answer"))
    child = preparing._Child(asked=asked, answers=io.BytesIO(answers.getvalue()[:-3]))
    with pytest.raises(SearchUnavailable):
        child.make_ready([], None)
    assert pickle.loads(receive(io.BytesIO(asked.getvalue()))) == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals that stop a process")
def test_children_that_are_stopped_and_go_on_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    # As containers have it: what Python writes then goes straight to the pipe.
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    body = " ".join(f"dòng m{number}" for number in range(2_000))
    many = [[replace(one, body=body) for one in batch] for batch in batches()[:8]]
    over = threading.Event()

    def disturb() -> None:
        while not over.wait(0.003):
            # One may end meanwhile.
            with contextlib.suppress(psutil.NoSuchProcess):
                for child in preparing_children():
                    child.suspend()
                    child.resume()

    disturbing = threading.Thread(target=disturb)
    disturbing.start()
    try:
        made: Future[int] = Future()
        threading.Thread(target=lambda: made.set_result(len(listed(ready_of(many)))), daemon=True).start()
        assert made.result(timeout=60) == 400
    finally:
        over.set()
        disturbing.join()


def test_what_cannot_be_prepared_is_raised_here() -> None:
    broken = [*batches()[0] * 2, "no document"]
    with pytest.raises(AttributeError, match="'str' object"):
        listed(ready_of([broken]))  # type: ignore[list-item]
    assert preparing_children() == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals that cannot be caught")
def test_a_killed_parent_leaves_no_child() -> None:
    script = (
        "from app.search import preparing\n"
        "from tests.search.test_preparing import batches, ready_of\n"
        "preparing._cores, preparing._WORTH_PROCESSES = lambda: 2, 100\n"
        "ready = ready_of(batches())\n"
        "next(ready)\n"
        "print('ready', flush=True)\n"
        "input()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    children = psutil.Process(process.pid).children()
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    assert len(children) >= 2
    give_up = time.monotonic() + 60
    while any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in children):
        assert time.monotonic() < give_up
        time.sleep(0.05)
