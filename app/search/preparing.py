"""Documents made ready for the embedded index by several processes, since making them ready is most of building it.

Reading texts is plain Python, which one process does on one core however many threads it has; what comes back is
tantivy's own document, ready to be written. The children end with their parent, whatever ends it.
"""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection
from typing import Final

import tantivy

from app.search.embedded_schema import to_index
from app.search.port import SearchDocument, SearchUnavailable
from app.search.subjects import NO_SUBJECTS, Subjects, read_subjects

# Each holds about 100 MiB; the parent cannot keep many more than these at work.
_MOST_PROCESSES: Final = 4
_AHEAD: Final = 2

_subjects = NO_SUBJECTS

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
    pool = ProcessPoolExecutor(
        processes,
        # Not forked: the parent has threads, and a database connection that must not be shared.
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(subjects.written(),),
    )
    waiting: deque[Future[list[tantivy.Document]]] = deque()
    try:
        for batch in batches:
            waiting.append(pool.submit(_prepare, batch))
            if len(waiting) > processes * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as fault:
        raise SearchUnavailable from fault
    finally:
        pool.shutdown(cancel_futures=True)


def _cores() -> int:
    """Those this process may use, which in a container are fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _begin(written: bytes) -> None:
    """Get a child ready: with the subjects, deaf to Ctrl-C (the parent tells it when to end), bound to its parent."""
    global _subjects
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _subjects = read_subjects(written)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _prepare(batch: Batch) -> list[tantivy.Document]:
    return [to_index(document, _subjects) for document in batch]
