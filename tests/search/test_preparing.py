"""Documents prepared by several processes are those that one makes, and nobody is left behind."""

import itertools
import multiprocessing
import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from queue import SimpleQueue

import psutil
import pytest
import tantivy

from app.search import preparing
from app.search.port import SearchDocument, SearchUnavailable
from app.search.preparing import prepared, prepared_side_by_side
from app.search.subjects import Learner, Subjects, counts_of_document, read_subjects
from tests.search.samples import document


@pytest.fixture(autouse=True)
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preparing, "_cores", lambda: 2)


def batches() -> list[list[SearchDocument]]:
    things = (
        "máy sấy bơm nhiệt 200 kg/h",
        "rô bốt hàn khung thép 5 kW",
        "màng lọc nước thải 50 m³/ngày",
        "cân điện tử 0,1 g",
    )
    made = [
        document(
            f"d{number:04d}", title=f"{things[number % 4]} mẫu {number}", body=f"TRL 7, {things[number % 3]}", trl=7
        )
        for number in range(400)
    ]
    return [made[start : start + 50] for start in range(0, 400, 50)]


def learnt() -> Subjects:
    learner = Learner()
    for one in itertools.chain(*batches()):
        learner.add(counts_of_document(one))
    return read_subjects(learner.learn().written())


def preparing_children() -> list[psutil.Process]:
    return [one for one in psutil.Process().children() if any("spawn_main" in word for word in one.cmdline())]


def listed(ready: Iterator[list[tantivy.Document]]) -> list[tantivy.Document]:
    return list(itertools.chain.from_iterable(ready))


def test_they_are_the_same_in_the_same_order() -> None:
    subjects = learnt()
    alone = listed(prepared(batches(), subjects))
    together = listed(prepared_side_by_side(batches(), subjects))
    assert len(alone) == 400
    assert [one.to_dict() for one in together] == [one.to_dict() for one in alone]
    assert preparing_children() == []


def test_no_more_is_read_than_can_be_prepared() -> None:
    read = 0

    def reading() -> Iterator[list[SearchDocument]]:
        nonlocal read
        for batch in batches():
            read += 1
            yield batch

    ready = prepared_side_by_side(reading(), learnt())
    next(ready)
    assert read < len(batches())
    assert len(listed(ready)) == 350


def test_an_ended_process_is_a_fault_not_a_gap() -> None:
    ready = prepared_side_by_side(batches(), learnt())
    next(ready)
    for child in preparing_children():
        child.kill()
    with pytest.raises(SearchUnavailable):
        listed(ready)
    assert preparing_children() == []


def test_half_an_answer_is_a_fault_not_a_wait_for_ever() -> None:
    here, there = multiprocessing.Pipe()
    free: SimpleQueue[Connection] = SimpleQueue()
    free.put(here)

    def die_in_the_middle() -> None:
        there.recv_bytes()
        # The length of what will come, as the library writes it, and less than that.
        os.write(there.fileno(), struct.pack("!i", 1_000) + b"half")
        there.close()

    dying = threading.Thread(target=die_in_the_middle)
    dying.start()
    with pytest.raises(SearchUnavailable):
        preparing._ask(free, b"batch")
    dying.join()
    here.close()


def test_what_cannot_be_prepared_is_raised_here() -> None:
    broken = [*batches()[0], "no document"]
    with pytest.raises(AttributeError, match="'str' object"):
        listed(prepared_side_by_side([broken], learnt()))  # type: ignore[list-item]
    assert preparing_children() == []


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals that cannot be caught")
def test_a_killed_parent_leaves_no_child() -> None:
    script = (
        "from app.search import preparing\n"
        "from tests.search.test_preparing import batches, learnt\n"
        "preparing._cores = lambda: 2\n"
        "ready = preparing.prepared_side_by_side(batches(), learnt())\n"
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
