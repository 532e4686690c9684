"""Pages and API beside the raw engine call, in the same minute, and changes until they are found.

Every question is put to the engine in this process, then to the results page and the API, first as one that nobody has
asked since the last change, then again. The client is the plain one of the standard library over one open connection.
"""

import http.client
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote_plus, urlsplit

import psutil
from sqlalchemy import text

from app import journal
from app.bench import made_up
from app.bench.engine_load import raw_query
from app.bench.exchange import Exchange, Serving
from app.bench.measure import Timing, timing
from app.features.insight.queries import newest_ids
from app.models.listings import OFFER_KINDS, Listing
from app.search.port import SearchEngine, SearchQuery

RAW: Final = "raw call"
FRESH_PAGE: Final = "results page"
FRESH_API: Final = "API search"
LISTING: Final = "listing"
HOME: Final = "home"
_QUESTIONS: Final = 120
_AT_ONCE: Final = 12
_CHANGES: Final = 60
# What goes on being written while it is measured when a change is found.
_WRITES_PER_S: Final = 10.0
_GIVE_UP_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class PageFigure:
    """One kind of answer: wall milliseconds as the client saw them, and processor milliseconds per answer.

    The processor time is that of the process that answers (of this one for the raw call), without PostgreSQL's.
    """

    name: str
    wall: Timing
    processor: float


def measure_pages(exchange: Exchange, server: Serving, *, seed: int = made_up.SEED) -> list[PageFigure]:
    """Ask everything in turn, a dozen questions at a time; the first of the figures is the raw call's."""
    questions = made_up.questions(_QUESTIONS, seed=seed)
    with exchange.database.read_only() as session:
        public_ids = newest_ids(session, kinds=OFFER_KINDS, limit=_QUESTIONS)
    with _connected(server.base) as get:
        listings = [get(f"/vi/listings/x-{one}") for one in public_ids]
        samples: dict[str, list[float]] = {}
        spent: dict[str, float] = {}
        for start in range(0, _QUESTIONS, _AT_ONCE):
            asked = questions[start : start + _AT_ONCE]
            pages = [f"/vi/search?q={quote_plus(one)}" for one in asked]
            calls = [f"/api/v1/listings?q={quote_plus(one)}" for one in asked]
            turns: list[tuple[str, Callable[[str], object], Sequence[str], psutil.Process]] = [
                (RAW, _search(exchange.engine), asked, psutil.Process()),
                (FRESH_PAGE, get, pages, server.process),
                (f"{FRESH_PAGE}, asked again", get, pages, server.process),
                (FRESH_API, get, calls, server.process),
                (f"{FRESH_API}, asked again", get, calls, server.process),
                (LISTING, get, listings[start : start + _AT_ONCE], server.process),
                (HOME, get, ["/vi/"] * _AT_ONCE, server.process),
            ]
            for name, call, given, process in turns:
                before = _processor(process)
                for one in given:
                    begun = time.perf_counter()
                    call(one)
                    samples.setdefault(name, []).append(time.perf_counter() - begun)
                spent[name] = spent.get(name, 0.0) + _processor(process) - before
        samples["SELECT 1"], before = [], _processor(psutil.Process())
        with exchange.database.engine.connect() as connection:
            for _ in range(_QUESTIONS):
                begun = time.perf_counter()
                connection.execute(text("SELECT 1")).scalar_one()
                samples["SELECT 1"].append(time.perf_counter() - begun)
        spent["SELECT 1"] = _processor(psutil.Process()) - before
    return [PageFigure(name, timing(taken), spent[name] / len(taken) * 1000) for name, taken in samples.items()]


def pressed_paths(exchange: Exchange, server: Serving, *, seed: int = made_up.SEED) -> dict[str, list[str]]:
    """What eight clients ask in turn, by the names that one client's figures have."""
    questions = made_up.questions(_QUESTIONS, seed=seed)
    with exchange.database.read_only() as session:
        some = newest_ids(session, kinds=OFFER_KINDS, limit=20)
    with _connected(server.base) as get:
        listings = [get(f"/vi/listings/x-{one}") for one in some]
    return {
        FRESH_PAGE: [f"/vi/search?q={quote_plus(one)}" for one in questions],
        FRESH_API: [f"/api/v1/listings?q={quote_plus(one)}" for one in questions],
        LISTING: listings,
        HOME: ["/vi/"],
    }


def _search(engine: SearchEngine) -> Callable[[str], object]:
    return lambda words: engine.search(raw_query(words))


def _processor(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)


@contextmanager
def _connected(base: str) -> Iterator[Callable[[str], str]]:
    """Gets paths over one connection, compressed as browsers ask for it; returns where a redirect leads."""
    address = urlsplit(base)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)

    def get(path: str) -> str:
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{path} was answered {answer.status}")
        return answer.headers.get("location", path)

    try:
        yield get
    finally:
        connection.close()


def measure_searchable(exchange: Exchange) -> tuple[Timing, float]:
    """From the commit of a change until the engine finds it, the worker indexing, others writing all the while.

    Returns:
        The figures, and how many other changes were committed a second.
    """
    over = threading.Event()
    written = [0]
    with exchange.database.read_only() as session:
        ids = newest_ids(session, kinds=OFFER_KINDS, limit=1_000)

    def write() -> None:
        begun = time.perf_counter()
        while not over.is_set():
            _change(exchange, ids[_CHANGES + written[0] % (len(ids) - _CHANGES)], f"{written[0]}")
            written[0] += 1
            over.wait(max(0.0, written[0] / _WRITES_PER_S - (time.perf_counter() - begun)))

    writing = threading.Thread(target=write, daemon=True)
    begun = time.perf_counter()
    writing.start()
    try:
        samples = [_until_found(exchange, ids[number], f"thaydoi{number}") for number in range(_CHANGES)]
    finally:
        over.set()
        writing.join()
    return timing(samples), written[0] / (time.perf_counter() - begun)


def _until_found(exchange: Exchange, public_id: str, word: str) -> float:
    _change(exchange, public_id, word)
    committed = time.perf_counter()
    while not exchange.engine.search(SearchQuery(word, limit=1, highlight=False)).total:
        if time.perf_counter() - committed > _GIVE_UP_S:
            raise RuntimeError("a change was not found after a minute")
        time.sleep(0.005)
    return time.perf_counter() - committed


def _change(exchange: Exchange, public_id: str, word: str) -> None:
    with exchange.database.unit_of_work() as session:
        one = session.query(Listing).filter(Listing.public_id == public_id).one()
        one.title = f"{one.title[:200]} {word}"
        journal.append(session, entity="listing", entity_id=one.id, action="updated")
