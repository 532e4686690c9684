"""Documents made ready for the embedded index by several processes, since making them ready is most of building it.

Reading texts is plain Python, which one process does on one core however many threads it has; what comes back are the
values of the index's fields. The children end with their parent, whatever ends it.
"""

import contextlib
import multiprocessing
import os
import pickle
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Final

import tantivy

from app.search.embedded_schema import Fields, fields_of, from_fields, to_index
from app.search.port import SearchDocument, SearchUnavailable
from app.search.subjects import Subjects, read_subjects

# Each holds about 100 MiB; the parent cannot keep many more than these at work.
_MOST_PROCESSES: Final = 4
_AHEAD: Final = 2
_ENDS_WITHIN_S: Final = 5

Batch = Sequence[SearchDocument]


def prepared(batches: Iterable[Batch], subjects: Subjects) -> Iterator[list[tantivy.Document]]:
    """The documents of the batches as the index holds them, in this process, in the same order."""
    for batch in batches:
        yield [to_index(document, subjects) for document in batch]


def prepared_side_by_side(batches: Iterable[Batch], subjects: Subjects) -> Iterator[list[tantivy.Document]]:
    """As `prepared`, by a process for every core. Starting them takes about two seconds: for many documents.

    Raises:
        SearchUnavailable: one of the processes was ended from outside.
    """
    processes = min(_MOST_PROCESSES, _cores())
    if processes < 2:
        yield from prepared(batches, subjects)
        return
    waiting: deque[Future[bytes]] = deque()
    with _children(processes) as children, ThreadPoolExecutor(processes) as asking:
        free: SimpleQueue[Connection] = SimpleQueue()
        written = subjects.written()
        for child in children:
            asking.submit(_greet, child, written, free)
        try:
            for batch in batches:
                waiting.append(asking.submit(_ask, free, pickle.dumps(batch)))
                if len(waiting) > processes * _AHEAD:
                    yield _read(waiting.popleft().result())
            while waiting:
                yield _read(waiting.popleft().result())
        finally:
            for one in waiting:
                one.cancel()


def _cores() -> int:
    """Those this process may use, which in a container are fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def _children(number: int) -> Iterator[Sequence[Connection]]:
    """Processes that prepare, by the pipes to them.

    A pipe for each: with one for all, a process killed in the middle of an answer leaves its parent reading for ever.
    """
    # Not forked: the parent has threads, and a database connection that must not be shared.
    context = multiprocessing.get_context("spawn")
    begun = []
    try:
        for _ in range(number):
            here, there = context.Pipe()
            process = context.Process(target=_prepare_all, args=(there,), daemon=True)
            begun.append((process, here))
            process.start()
            # Else its end would be no end of the pipe.
            there.close()
        yield [here for _, here in begun]
    finally:
        for _, here in begun:
            here.close()
        for process, _ in begun:
            if process.pid is not None:
                process.join(_ENDS_WITHIN_S)
                process.kill()
                process.join()


def _greet(child: Connection, subjects_written: bytes, free: "SimpleQueue[Connection]") -> None:
    """Tell a child the subjects, and others that it can be asked. They are too large to be given at its start, when it
    may end before it has read them: only this pipe tells of that."""
    with contextlib.suppress(OSError):
        child.send_bytes(subjects_written)
    free.put(child)


def _ask(free: "SimpleQueue[Connection]", batch: bytes) -> bytes:
    connection = free.get()
    try:
        connection.send_bytes(batch)
        return connection.recv_bytes()
    except (EOFError, OSError) as fault:
        raise SearchUnavailable from fault
    finally:
        free.put(connection)


def _read(answer: bytes) -> list[tantivy.Document]:
    # Written by a process of our own, over a pipe that nobody else has.
    made: list[Fields] | Exception = pickle.loads(answer)  # noqa: S301
    if isinstance(made, Exception):
        raise made
    return [from_fields(one) for one in made]


def _prepare_all(connection: Connection) -> None:
    """What a child does until its parent closes the pipe, or ends. Deaf to Ctrl-C: the parent tells it when to end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(EOFError, OSError):
        subjects = read_subjects(connection.recv_bytes())
        while True:
            connection.send_bytes(pickle.dumps(_prepare(connection.recv_bytes(), subjects)))


def _prepare(written: bytes, subjects: Subjects) -> list[Fields] | Exception:
    try:
        batch: Batch = pickle.loads(written)  # noqa: S301 - by our own parent
        return [fields_of(document, subjects) for document in batch]
    except Exception as fault:  # noqa: BLE001 - raised in the parent
        return fault
