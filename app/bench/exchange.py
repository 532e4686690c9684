"""A whole exchange to measure: imported, indexed and served in a folder of its own, removed afterwards."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil
from sqlalchemy import delete, func, select, text

from app import clock
from app.bench import corpus
from app.bench.engines import open_engine
from app.bench.measure import Run, run
from app.database import Database
from app.journal import sequence_all
from app.migrate import migrate
from app.models.matching import MatchDue
from app.operations import embedded_postgres, health
from app.reference.load import load_shipped
from app.search.indexer import rebuild_index
from app.search.match_keeper import read_next
from app.search.port import SearchEngine

_READY: Final = re.compile(r"ready: (http://\S+?)/? ")
_START_LIMIT_S: Final = 90.0


@dataclass(frozen=True, slots=True)
class Exchange:
    """An exchange that is ready to be served, and what making it took."""

    listings: int
    data: Path
    database: Database
    engine: SearchEngine
    environment: dict[str, str]
    file_mib: float
    imported: Run
    indexed_s: float


@contextmanager
def made_exchange(lines: Iterable[dict[str, Any]], *, engine: str, say: Callable[[str], object]) -> Iterator[Exchange]:
    """An exchange of published listings, imported from such lines (app.bench.corpus)."""
    with tempfile.TemporaryDirectory(prefix="techmart-bench-") as folder:
        data = Path(folder) / "data"
        with embedded_postgres.start(data) as server, open_engine(engine, data) as held:
            database = Database(server.url(), statement_timeout_ms=0)
            migrate(database)
            with database.unit_of_work() as session:
                load_shipped(session, now=clock.now())
            source = data / "bench.jsonl"
            count = corpus.write(source, lines)
            environment = {
                **os.environ,
                "TECHMART_DATA": str(data),
                "TECHMART_DATABASE_URL": server.url(),
                "TECHMART_SEARCH_ENGINE": engine,
                "TECHMART_RATE_LIMITS": "off",
                "TECHMART_LOG_LEVEL": "warning",
            }
            say(f"{count:,} listings: importing")
            imported = run([sys.executable, "-m", "app.cli", "import", str(source), "--publish"], environment)
            _clean_up(database)
            say(f"{count:,} listings: indexing")
            begun = time.perf_counter()
            rebuild_index(database, held)
            indexed = time.perf_counter() - begun
            _leave_matches(database, held)
            yield Exchange(count, data, database, held, environment, source.stat().st_size / 2**20, imported, indexed)
            database.dispose()


def _clean_up(database: Database) -> None:
    """What is done anyway in the minutes after an import, and would be measured with whatever comes next."""
    sequence_all(database)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))


def _leave_matches(database: Database, engine: SearchEngine) -> None:
    """Let the import's matches be. The worker would make the lists of thousands of needs beside what is measured."""
    while read_next(database, engine):
        pass
    with database.unit_of_work() as session:
        session.execute(delete(MatchDue))


def settle(exchange: Exchange, *, within_s: float = 1_800.0) -> None:
    """Wait until the worker has done what there was to do: the records of an import signed, matches worked out.

    Raises:
        RuntimeError: it has not in that time.
    """
    give_up = time.monotonic() + within_s
    while not _is_settled(exchange.database):
        if time.monotonic() > give_up:
            raise RuntimeError("the worker did not come to the end of its work")
        time.sleep(1)


def _is_settled(database: Database) -> bool:
    state = health.readiness(database, None, now=clock.now())
    figures = {part.name: part.figures for part in state.parts}
    with database.read_only() as session:
        matches = session.scalar(select(func.count()).select_from(MatchDue))
    behind = figures["lag"]
    # A reader that never read anything has no cursor yet.
    return "exchange" in behind and not matches and not any(behind.values()) and not figures["jobs"]["due"]


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that answers: its address, its supervisor, and the process that makes the answers."""

    base: str
    supervisor: int
    process: psutil.Process


@contextmanager
def serving(exchange: Exchange) -> Iterator[Serving]:
    """A server with its worker on a free port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "serve", "--port", "0"],
        env=exchange.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        base = _address(process)
        answering = next(one for one in psutil.Process(process.pid).children() if "serve-process" in one.cmdline())
        yield Serving(base, process.pid, answering)
    finally:
        process.terminate()
        process.communicate(timeout=60)


def _address(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None  # noqa: S101 - asked for above
    stop_at = time.monotonic() + _START_LIMIT_S
    said = ""
    while time.monotonic() < stop_at:
        line = process.stdout.readline()
        said += line
        found = _READY.search(line)
        if found:
            return found[1]
        if process.poll() is not None:
            break
    raise RuntimeError(f"the server did not start:\n{said[-2000:]}")
