"""An engine by itself at one size: building, asking, several processes asking, memory, and changes being written.

The raw engine call of all figures is `engine.search` with words, every facet of the results page, and twenty hits
marked.
"""

import itertools
import multiprocessing
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Final, TypeVar

import psutil

from app.bench import made_up
from app.bench.engines import open_engine
from app.bench.measure import Timing, memory_mib, timing
from app.search.criteria import Criteria
from app.search.port import CandidateQuery, Changes, Eq, In, Range, SearchDocument, SearchEngine, SearchQuery

PROCESSES: Final = (1, 2, 4)
_QUESTIONS: Final = 200
_CHANGES: Final = 60
# What others change while it is measured when a change is found, a second.
WRITES_PER_S: Final = 10
_SPAWN: Final = multiprocessing.get_context("spawn")
_READY_WITHIN_S: Final = 120.0
_FOUND_WITHIN_S: Final = 60.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """One kind of question: wall and processor milliseconds. On a busy machine the second says more."""

    name: str
    wall: Timing
    processor: Timing


@dataclass(frozen=True, slots=True)
class Throughput:
    """Raw calls answered by so many processes at once, and what one of them holds in memory at the end.

    `own_mib` is what it shares with nobody; the rest of `resident_mib` is mostly the index, mapped from files.
    """

    processes: int
    per_second: float
    resident_mib: float
    own_mib: float


@dataclass(frozen=True, slots=True)
class EngineFigures:
    """What one size came to. `searchable` is from handing a change over until it is found, others writing meanwhile."""

    engine: str
    listings: int
    built_s: float
    built_processor_s: float
    build_peak_mib: float
    index_mib: float
    asked: tuple[Asked, ...]
    throughput: tuple[Throughput, ...]
    searchable: Timing

    @property
    def raw(self) -> Asked:
        return self.asked[0]


def measure_engine(
    count: int, *, engine: str, seed: int, seconds: float, say: Callable[[str], object]
) -> EngineFigures:
    """Measure at `count` made-up listings in a folder that is removed afterwards.

    Args:
        seconds: how long each number of processes asks.
    """
    with tempfile.TemporaryDirectory(prefix="techmart-bench-") as place:
        folder = Path(place)
        say(f"{count:,} listings: building the index")
        with open_engine(engine, folder) as held:
            begun, used = time.perf_counter(), _processor_s()
            with _watched() as memory:
                held.rebuild(made_up.batches(count, seed=seed), position=0, catch_up=lambda _: None)
            built, processor = time.perf_counter() - begun, _processor_s() - used
            size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20
            say(f"{count:,} listings: asking")
            asked = tuple(_asked(held, count, seed=seed))
        throughput = []
        for number in PROCESSES:
            say(f"{count:,} listings: {number} processes asking")
            throughput.append(_pressed(engine, folder, processes=number, seconds=seconds, seed=seed))
        say(f"{count:,} listings: changing while others write")
        with open_engine(engine, folder) as held:
            searchable = _searchable(held, seed=seed)
    return EngineFigures(
        engine=engine,
        listings=count,
        built_s=built,
        built_processor_s=processor,
        build_peak_mib=memory.peak_mib,
        index_mib=size,
        asked=asked,
        throughput=tuple(throughput),
        searchable=searchable,
    )


# Asking


def raw_query(text: str) -> SearchQuery:
    """The raw engine call: what the results page asks for these words."""
    return Criteria(text=text).query()


def _asked(engine: SearchEngine, count: int, *, seed: int) -> Iterator[Asked]:
    questions = made_up.questions(_QUESTIONS, seed=seed)
    yield _timed("raw call: words, all facets, 20 hits marked", engine.search, [raw_query(one) for one in questions])
    narrow = (In("kind", ("technology", "equipment")), Range("trl", 4, 9), Eq("verified", "true"))
    facets = ("kind", "trl", "region", "field", "transfer_form")
    filtered = [
        SearchQuery(text, narrow, facets, "newest" if number % 3 == 0 else "relevance")
        for number, text in enumerate(questions)
    ]
    yield _timed("words, 3 filters, 5 facets, 20 hits marked", engine.search, filtered)
    yield _timed("words alone, 20 hits marked", engine.search, [SearchQuery(one) for one in questions])
    yield _timed("nothing typed, all facets", engine.search, [raw_query("")] * 20)
    typed = [one[: 3 + number % 6] for number, one in enumerate(questions[:60])]
    yield _timed("suggest", engine.suggest, typed)
    needs = [one for one in made_up.listings(min(count, 600), seed=seed) if one.kind == "need"][:40]
    yield _timed("candidates of a whole need (100)", engine.candidates, [_need(one) for one in needs])


def _need(one: SearchDocument) -> CandidateQuery:
    return CandidateQuery(one.title, one.body)


def _timed(name: str, call: Callable[[T], object], given: Sequence[T]) -> Asked:
    for one in given[:20]:
        call(one)
    wall, processor = [], []
    for one in given:
        begun, used = time.perf_counter(), time.process_time()
        call(one)
        wall.append(time.perf_counter() - begun)
        processor.append(time.process_time() - used)
    return Asked(name, timing(wall), timing(processor))


# Several processes


def _pressed(engine: str, folder: Path, *, processes: int, seconds: float, seed: int) -> Throughput:
    ready = _SPAWN.Barrier(processes, timeout=_READY_WITHIN_S)
    with ProcessPoolExecutor(processes, _SPAWN, initializer=_hold, initargs=(ready,)) as pool:
        started = [pool.submit(_ask, engine, folder, seconds, seed + number) for number in range(processes)]
        told = [one.result() for one in started]
    return Throughput(
        processes=processes,
        per_second=sum(rate for rate, _, _ in told),
        resident_mib=max(resident for _, resident, _ in told),
        own_mib=max(own for _, _, own in told),
    )


_ready: Barrier


def _hold(ready: Barrier) -> None:
    """In a process that was just started: keep what all of them wait at."""
    global _ready
    _ready = ready


def _ask(engine: str, folder: Path, seconds: float, seed: int) -> tuple[float, float, float]:
    """In one of several processes: ask in turn once all are ready; calls a second and MiB held, all and its own."""
    questions = [raw_query(one) for one in made_up.questions(_QUESTIONS, seed=seed)]
    with open_engine(engine, folder) as held:
        for one in questions[:20]:
            held.search(one)
        _ready.wait()
        begun = time.perf_counter()
        count = 0
        while (spent := time.perf_counter() - begun) < seconds:
            held.search(questions[count % len(questions)])
            count += 1
        memory = psutil.Process().memory_full_info()
    return count / spent, memory.rss / 2**20, memory.uss / 2**20


# Writing


class _Waiting:
    """Changes that wait for the one writer, which takes all there are at a time, as the worker does."""

    def __init__(self, engine: SearchEngine) -> None:
        self._engine = engine
        self._guard = threading.Lock()
        self._changes: list[SearchDocument] = []
        self.over = threading.Event()

    def put(self, one: SearchDocument) -> None:
        with self._guard:
            self._changes.append(one)

    def write(self) -> None:
        while not self.over.is_set():
            with self._guard:
                batch, self._changes = self._changes, []
            if batch:
                self._engine.apply(Changes(upserts=batch))
            else:
                self.over.wait(0.005)

    def feed(self, pool: Sequence[SearchDocument]) -> None:
        """Put changes of others, so many a second."""
        for number in itertools.count():
            self.put(pool[number % len(pool)])
            if self.over.wait(1 / WRITES_PER_S):
                return


def _searchable(engine: SearchEngine, *, seed: int) -> Timing:
    """How long one change takes until it is found, while those of others are written too."""
    own, others = list(made_up.listings(_CHANGES, seed=seed)), list(made_up.listings(500, seed=seed))[_CHANGES:]
    waiting = _Waiting(engine)
    threads = [
        threading.Thread(target=waiting.write, daemon=True),
        threading.Thread(target=waiting.feed, args=(others,), daemon=True),
    ]
    for one in threads:
        one.start()
    samples = []
    try:
        for number, document in enumerate(own):
            word = f"thaydoi{number}"
            begun = time.perf_counter()
            waiting.put(replace(document, title=f"{document.title} {word}"))
            while not engine.search(SearchQuery(word, limit=1, highlight=False)).total:
                if time.perf_counter() - begun > _FOUND_WITHIN_S:
                    raise RuntimeError("a change was not found after a minute")
                time.sleep(0.002)
            samples.append(time.perf_counter() - begun)
    finally:
        waiting.over.set()
        for one in threads:
            one.join()
    return timing(samples)


# Memory


def _processor_s() -> float:
    """What this process used, and those that it started and that have ended."""
    used = psutil.Process().cpu_times()
    return float(used.user + used.system + used.children_user + used.children_system)


class _Memory:
    peak_mib: float = 0.0


@contextmanager
def _watched() -> Iterator[_Memory]:
    """Watches what this process and those it starts hold."""
    memory, over = _Memory(), threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            # One that ends just now may be gone between being listed and being asked.
            with suppress(psutil.NoSuchProcess):
                memory.peak_mib = max(memory.peak_mib, memory_mib(os.getpid()))

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield memory
    finally:
        over.set()
        watching.join()
