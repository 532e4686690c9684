"""One round of measuring a whole exchange at one size: import, index, serve, and what runs beside each."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from app.bench import corpus, made_up
from app.bench.exchange import made_exchange, serving, settle
from app.bench.measure import Load, Run, Timing, memory_mib, press
from app.bench.pages import PageFigure, measure_pages, measure_searchable, pressed_paths


@dataclass(frozen=True, slots=True)
class Figures:
    """What one round found. `searchable` is of an exchange just imported, others writing; `pages` are of one client,
    `loads` of eight by name, when the worker has caught up."""

    listings: int
    file_mib: float
    imported: Run
    indexed_s: float
    pages: tuple[PageFigure, ...]
    loads: dict[str, Load]
    searchable: Timing
    written_per_s: float
    serving_mib: float
    database_mib: float
    index_mib: float


def measure(
    count: int,
    *,
    file: Path | None,
    say: Callable[[str], object],
    seconds: float,
    engine: str = "embedded",
    seed: int = made_up.SEED,
) -> Figures:
    """Measure at `count` listings in a folder and with a server of its own, removed afterwards.

    Args:
        seconds: how long each page is asked by eight clients.
    """
    with made_exchange(corpus.lines(count, file=file), engine=engine, say=say) as exchange:
        with serving(exchange) as server:
            # At once, while the worker still signs for partners what was imported.
            say(f"{count:,} listings: changing while others write")
            searchable, written = measure_searchable(exchange)
            say(f"{count:,} listings: waiting for the worker")
            settle(exchange)
            say(f"{count:,} listings: asking pages")
            pages = tuple(measure_pages(exchange, server, seed=seed))
            loads = {
                name: press(server.base, paths, clients=8, seconds=seconds)
                for name, paths in pressed_paths(exchange, server, seed=seed).items()
            }
            held = memory_mib(server.supervisor)
        with exchange.database.read_only() as session:
            stored = session.scalar(text("SELECT pg_database_size(current_database())")) or 0
        index = sum(one.stat().st_size for one in (exchange.data / "search").rglob("*") if one.is_file())
        return Figures(
            listings=count,
            file_mib=exchange.file_mib,
            imported=exchange.imported,
            indexed_s=exchange.indexed_s,
            pages=pages,
            loads=loads,
            searchable=searchable,
            written_per_s=written,
            serving_mib=held,
            database_mib=int(stored) / 2**20,
            index_mib=index / 2**20,
        )
