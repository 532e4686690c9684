"""One round of measuring at one size: import, index, serve, and what runs beside each."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psycopg
from sqlalchemy import text

from app import clock
from app.bench import corpus
from app.bench.measure import Load, Run, Timing, memory_mib, press, repeat, run
from app.database import Database
from app.features.insight.queries import newest_ids
from app.migrate import migrate
from app.operations import embedded_postgres
from app.reference.load import load_shipped
from app.search.criteria import Criteria
from app.search.indexer import rebuild_index
from app.search.service import make_engine
from app.settings import Settings

QUERIES = (
    "may say nong san",
    "xử lý nước thải",
    "máy sấy bơm nhiệt",
    "thi giac may",
    "chế phẩm vi sinh",
    "giảm điện năng",
    "cam bien do am",
    "vật liệu hấp phụ",
)
_READY = re.compile(r"ready: (http://\S+?)/? ")
_START_LIMIT_S = 90.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What one round found. Pages are by name: alone (one client) and under eight clients."""

    listings: int
    file_mib: float
    imported: Run
    indexed_s: float
    searchable_s: float
    bare_select: Timing
    raw_engine: Timing
    pages: dict[str, Timing]
    loads: dict[str, Load]
    serving_mib: float
    database_mib: float
    index_mib: float


def measure(count: int, *, file: Path | None, say: Callable[[str], object], seconds: float) -> Figures:
    """Measure at `count` listings in a folder and server of its own, removed afterwards.

    Args:
        seconds: how long each page is asked by eight clients.
    """
    with tempfile.TemporaryDirectory(prefix="techmart-bench-") as folder:
        data = Path(folder) / "data"
        with embedded_postgres.start(data) as server:
            return _measure(count, data, server.url(), file=file, say=say, seconds=seconds)


def _measure(
    count: int, data: Path, url: str, *, file: Path | None, say: Callable[[str], object], seconds: float
) -> Figures:
    settings = Settings(data=data)
    database = Database(url, statement_timeout_ms=0)
    migrate(database)
    with database.unit_of_work() as session:
        load_shipped(session, now=clock.now())
    source = data / "bench.jsonl"
    say(f"{count:,} listings: writing the file")
    size = corpus.write(source, count, file=file)
    environment = {
        **os.environ,
        "TECHMART_DATA": str(data),
        "TECHMART_DATABASE_URL": url,
        "TECHMART_RATE_LIMITS": "off",
        "TECHMART_LOG_LEVEL": "warning",
    }
    say(f"{count:,} listings: importing")
    imported = run([sys.executable, "-m", "app.cli", "import", str(source), "--publish"], environment)
    say(f"{count:,} listings: indexing")
    engine = make_engine(settings)
    begun = time.perf_counter()
    rebuild_index(database, engine)
    indexed = time.perf_counter() - begun
    raw = repeat(lambda n: engine.search(Criteria(text=QUERIES[n % len(QUERIES)]).query()), times=80)
    with psycopg.connect(url.replace("postgresql+psycopg://", "postgresql://")) as connection:
        bare = repeat(lambda _n: connection.execute("SELECT 1").fetchone(), times=400)
    with database.read_only() as session:
        some = newest_ids(session, kinds=("technology", "equipment", "patent", "service"), limit=40)
    with _serving(environment) as (base, pid):
        say(f"{count:,} listings: asking pages")
        paths = _paths(base, some)
        pages, loads = {}, {}
        with httpx2.Client(base_url=base, timeout=30) as client:
            for name, addresses in paths.items():
                pages[name] = repeat(_asking(client, addresses), times=60)
        for name, addresses in paths.items():
            loads[name] = press(base, addresses, clients=8, seconds=seconds)
        serving = memory_mib(pid)
        searchable = _until_searchable(database, base)
    with database.read_only() as session:
        stored = session.scalar(text("SELECT pg_database_size(current_database())")) or 0
    engine.close()
    database.dispose()
    return Figures(
        listings=count,
        file_mib=size / 2**20,
        imported=imported,
        indexed_s=indexed,
        searchable_s=searchable,
        bare_select=bare,
        raw_engine=raw,
        pages=pages,
        loads=loads,
        serving_mib=serving,
        database_mib=int(stored) / 2**20,
        index_mib=sum(one.stat().st_size for one in settings.search_folder.rglob("*") if one.is_file()) / 2**20,
    )


def _paths(base: str, public_ids: list[str]) -> dict[str, list[str]]:
    """Addresses by kind of page; listings by the address that old slugs lead to."""
    with httpx2.Client(base_url=base, timeout=30) as client:
        listings = [client.get(f"/vi/listings/x-{one}").headers["location"] for one in public_ids[:20]]
    return {
        "home": ["/vi/"],
        "results": [f"/vi/search?q={query.replace(' ', '+')}" for query in QUERIES],
        "listing": listings,
        "API search": [f"/api/v1/listings?q={query.replace(' ', '+')}" for query in QUERIES],
    }


def _asking(client: httpx2.Client, addresses: list[str]) -> Callable[[int], object]:
    return lambda number: client.get(addresses[number % len(addresses)]).raise_for_status()


@contextmanager
def _serving(environment: dict[str, str]) -> Iterator[tuple[str, int]]:
    """A server with its worker on a free port; yields its address and process id."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "serve", "--port", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield _address(process), process.pid
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


def _until_searchable(database: Database, base: str) -> float:
    """Seconds from the commit of a change until the results page shows it, the worker running as always."""
    from app import journal
    from app.models.listings import Listing

    word = "bachkimthuy"
    with database.unit_of_work() as session:
        one = session.query(Listing).filter(Listing.state == "published").limit(1).one()
        one.title = f"{one.title[:200]} {word}"
        journal.append(session, entity="listing", entity_id=one.id, action="updated")
    begun = time.perf_counter()
    with httpx2.Client(base_url=base, timeout=30) as client:
        while time.perf_counter() - begun < 120:
            if client.get(f"/vi/search?q={word}").text.count(word) > 2:
                return time.perf_counter() - begun
            time.sleep(0.02)
    raise RuntimeError("a change was not searchable after two minutes")
