"""Documents made ready for the embedded index by several processes, since making them ready is most of building it.

Reading texts is plain Python, which one process does on one core however many threads it has; what comes back are the
values of the index's fields. The subjects of an exchange are learnt from the first texts, so these are made ready
before there are any, and wait. The children end with their parent, whatever ends it.
"""

import contextlib
import itertools
import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any, Final

import tantivy

from app.search.embedded_schema import from_fields, with_place
from app.search.port import SearchUnavailable
from app.search.preparing_process import Batch, Made, make_ready, receive, send
from app.search.subjects import MOST_TEXTS, Learner, Subjects

# Each holds about 100 MiB; the parent cannot keep many more than these at work.
_MOST_PROCESSES: Final = 4
# Fewer documents are ready before processes would have started.
_WORTH_PROCESSES: Final = 1_000
_AHEAD: Final = 2
_ENDS_WITHIN_S: Final = 5
# With this process's own path, so that no folder it happens to stand in gives the children another program.
_CHILD: Final = "import sys; sys.path[:] = sys.argv[1:]; from app.search.preparing_process import main; main()"

# Given the subjects learnt, keeps them and returns them as they will be read from then on: written, they are rounded.
Keep = Callable[[Subjects], Subjects]


def prepared(batches: Iterable[Batch], keep: Keep) -> Generator[list[tantivy.Document]]:
    """The documents of the batches as the index holds them, in the same order, placed among what is learnt from them.

    Args:
        keep: called once, before anything is given.

    Raises:
        SearchUnavailable: one of the processes that help was ended from outside.
    """
    coming = iter(batches)
    first = _taken(coming, _WORTH_PROCESSES)
    processes = min(_MOST_PROCESSES, _cores())
    helped = processes >= 2 and sum(map(len, first)) >= _WORTH_PROCESSES
    everything = itertools.chain(first, coming)
    with (
        _side_by_side(processes) if helped else contextlib.nullcontext(_Alone()) as hands,
        # Closed first, so that who stops early does not wait for all that was asked of the processes.
        contextlib.closing(hands.make_ready(everything)) as made,
    ):
        waiting, learner = deque[Made](), Learner()
        for one in made:
            waiting.append(one)
            for counts in one.counts:
                learner.add(_unpacked(counts))
            if len(learner) >= MOST_TEXTS:
                break
        subjects = keep(learner.learn())
        hands.tell(subjects)
        while waiting:
            yield _read(waiting.popleft(), subjects)
        for one in made:
            yield _read(one, subjects)


def _taken(batches: Iterator[Batch], most: int) -> list[Batch]:
    """As many of the batches as hold so many documents."""
    taken, held = [], 0
    while held < most and (batch := next(batches, None)) is not None:
        taken.append(batch)
        held += len(batch)
    return taken


def _read(made: Made, subjects: Subjects) -> list[tantivy.Document]:
    if not made.counts:
        return [from_fields(_unpacked(one)) for one in made.fields]
    both = zip(made.fields, made.counts, strict=True)
    return [from_fields(with_place(_unpacked(held), _unpacked(counts), subjects)) for held, counts in both]


def _unpacked(written: bytes) -> Any:
    # By this process, or by one of our own over a pipe that nobody else has.
    return pickle.loads(written)  # noqa: S301


class _Alone:
    """This process makes ready."""

    _subjects: Subjects | None = None

    def tell(self, subjects: Subjects) -> None:
        """From now on documents are made ready with their places."""
        self._subjects = subjects

    def make_ready(self, batches: Iterator[Batch]) -> Generator[Made]:
        """What the batches come to, in their order."""
        return (make_ready(batch, self._subjects) for batch in batches)


class _SideBySide:
    """Processes that make ready, each batch by whichever is free."""

    def __init__(self, children: "list[_Child]", asking: ThreadPoolExecutor) -> None:
        self._subjects: bytes | None = None
        self._ahead = len(children) * _AHEAD
        self._asking = asking
        self._free: SimpleQueue[_Child] = SimpleQueue()
        for child in children:
            self._free.put(child)

    def tell(self, subjects: Subjects) -> None:
        """From now on documents are made ready with their places; those that are at work are not yet."""
        self._subjects = pickle.dumps(subjects.written())

    def make_ready(self, batches: Iterator[Batch]) -> Generator[Made]:
        """What the batches come to, in their order."""
        waiting: deque[Future[Made]] = deque()
        try:
            for batch in batches:
                waiting.append(self._asking.submit(self._ask, batch))
                if len(waiting) > self._ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for one in waiting:
                one.cancel()

    def _ask(self, batch: Batch) -> Made:
        child = self._free.get()
        try:
            return child.make_ready(batch, self._subjects)
        finally:
            self._free.put(child)


class _Child:
    """One process that makes ready, asked over its standard input and output.

    It has these to itself: were there one pipe for all, a process killed in the middle of an answer would leave its
    parent reading for ever.
    """

    def __init__(self, *, asked: IO[bytes], answers: IO[bytes]) -> None:
        self._asked = asked
        self._answers = answers
        self._told = False

    def make_ready(self, batch: Batch, subjects: bytes | None) -> Made:
        """Have a batch made ready, with places where the subjects are known; the first time, they are told.

        Raises:
            SearchUnavailable: the process has ended.
        """
        try:
            if subjects is not None and not self._told:
                self._told = True
                send(self._asked, subjects)
            send(self._asked, pickle.dumps(batch))
            answer = receive(self._answers)
        except (EOFError, OSError, ValueError) as fault:
            raise SearchUnavailable from fault
        made: Made | Exception = pickle.loads(answer)  # noqa: S301 - by a process of our own
        if isinstance(made, Exception):
            raise made
        return made


def _cores() -> int:
    """Those this process may use, which in a container are fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def _side_by_side(processes: int) -> Iterator[_SideBySide]:
    # Not forked, since this process has threads and a database connection; and not by multiprocessing, which would
    # import in each child all of the program that runs here: seconds of work for each.
    command = [sys.executable, "-P", "-c", _CHILD, *(str(Path(place).absolute()) for place in sys.path)]
    begun: list[subprocess.Popen[bytes]] = []
    try:
        children = []
        for _ in range(processes):
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            begun.append(process)
            if process.stdin is None or process.stdout is None:
                raise AssertionError("asked for above")
            children.append(_Child(asked=process.stdin, answers=process.stdout))
        with ThreadPoolExecutor(processes) as asking:
            yield _SideBySide(children, asking)
    finally:
        for process in begun:
            _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    try:
        process.wait(_ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
