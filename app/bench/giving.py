"""How quickly, and in how much memory, records are given: by OAI-PMH, from the feed, as a snapshot; and what is beside.

A thousand listings are imported and shared as usual; their rows are then copied under new names up to the number asked
for, so that making them takes seconds. The client only reads bytes and looks for the token: it costs as little as one
can.
"""

import http.client
import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

import psutil
from pydantic import SecretStr
from sqlalchemy import text

from app import clock
from app.bench import corpus
from app.bench.exchange import Exchange, Serving, made_exchange, serving
from app.bench.measure import memory_mib
from app.database import Database
from app.exchange.outbox import exchange_consumer
from app.exchange.snapshots import make_snapshot
from app.settings import Settings

IMPORTED: Final = 1_000
_PEER: Final = Path(__file__).with_name("pyoai_peer.py")
_TOKEN: Final = re.compile(rb"<resumptionToken[^>]*>([^<]+)</resumptionToken>")
_CURSOR: Final = re.compile(rb'"next_cursor":"([^"]+)","more":true')
# LATERAL, since “(f(…)).*” would work f out anew for every column.
_COPY_LISTINGS: Final = """
    INSERT INTO listing
    SELECT made.* FROM listing AS one, generate_series(1, :times) AS n,
    LATERAL jsonb_populate_record(one, jsonb_build_object(
        'id', gen_random_uuid(), 'external_id', NULL, 'import_sha256', NULL,
        'public_id', one.public_id || '.' || n, 'local_id', one.local_id || '.' || n)) AS made
"""
_COPY_RECORDS: Final = """
    INSERT INTO exchange_record
    SELECT made.* FROM (
        SELECT id, local_id, split_part(local_id, '.', 1) AS of, row_number() OVER (ORDER BY id) AS n
        FROM listing WHERE local_id LIKE '%.%') AS copy
    JOIN exchange_record AS one ON one.local_id = copy.of,
    LATERAL jsonb_populate_record(one, jsonb_build_object(
        'id', gen_random_uuid(), 'listing_id', copy.id, 'local_id', copy.local_id,
        'position', :after + copy.n, 'datestamp', one.datestamp - make_interval(secs => (copy.n % 3600)::int),
        'envelope', jsonb_set(one.envelope, '{key,local_id}', to_jsonb(copy.local_id)))) AS made
"""


@dataclass(frozen=True, slots=True)
class Given:
    """One way: how many records in how long, and the most memory that who gives held (0: not watched)."""

    way: str
    records: int
    seconds: float
    peak_mib: float
    sent_mib: float


def measure_giving(count: int, *, peer: Path | None, say: Callable[[str], object]) -> list[Given]:
    """Give `count` records in every way, in a folder and with a server of its own.

    Args:
        peer: a Python that has pyoai, whose server is then measured by the same client.
    """
    with made_exchange(corpus.lines(min(IMPORTED, count)), engine="embedded", say=say) as exchange:
        address = SecretStr(exchange.database.url.render_as_string(hide_password=False))
        settings = Settings(data=exchange.data, database_url=address)
        records = share(exchange, settings, count, say=say)
        found = [_selected(exchange.database)]
        with serving(exchange) as server:
            for prefix in ("oai_dc", "techmart"):
                say(f"{records:,} records: {prefix}")
                path = f"/oai?verb=ListRecords&metadataPrefix={prefix}"
                found.append(_read(f"OAI-PMH, {prefix}", server, path, b"<record>", _next_page))
            say(f"{records:,} records: feed of changes")
            found.append(_read("feed of changes", server, "/exchange/v1/changes", b'"origin":{', _next_changes))
        say(f"{records:,} records: snapshot")
        found.append(_snapshot(exchange, settings, records))
        if peer is not None:
            say(f"{records:,} records: pyoai's server")
            found.append(_by_peer(exchange, peer))
    for one in found:
        if one.records != records:
            raise RuntimeError(f"{one.way}: {one.records} of {records} records were given")
    return found


def share(exchange: Exchange, settings: Settings, count: int, *, say: Callable[[str], object]) -> int:
    """Share what was imported, and copy it up to about `count` records; returns how many there are."""
    take_next = exchange_consumer(settings)
    while take_next(exchange.database):
        pass
    say(f"{count:,} records: copying")
    return _multiply(exchange.database, count)


def _multiply(database: Database, count: int) -> int:
    with database.engine.begin() as connection:
        shared = connection.execute(text("SELECT count(*), max(position) FROM exchange_record")).one()
        times = max(0, -(-count // shared[0]) - 1)
        connection.execute(text(_COPY_LISTINGS), {"times": times})
        connection.execute(text("ANALYZE listing"))
        connection.execute(text(_COPY_RECORDS), {"after": shared[1]})
        connection.execute(text("UPDATE exchange_progress SET position = (SELECT max(position) FROM exchange_record)"))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
        return int(connection.execute(text("SELECT count(*) FROM exchange_record")).scalar_one())


def _selected(database: Database) -> Given:
    """The same rows read bare, a hundred at a time in the order of a harvest, as they lie there."""
    page = text(
        "SELECT datestamp, id, envelope::text FROM exchange_record WHERE (datestamp, id) > (:datestamp, :id) "
        "ORDER BY datestamp, id LIMIT 100"
    )
    begun, read, size = time.perf_counter(), 0, 0
    last: dict[str, object] = {"datestamp": "-infinity", "id": "00000000-0000-0000-0000-000000000000"}
    with database.engine.connect() as connection:
        while rows := connection.execute(page, last).all():
            read += len(rows)
            size += sum(len(row[2]) for row in rows)
            last = {"datestamp": rows[-1][0], "id": rows[-1][1]}
    return Given("bare SELECT, 100 rows at a time", read, time.perf_counter() - begun, 0.0, size / 2**20)


def _next_page(body: bytes) -> str:
    found = _TOKEN.search(body[-2_000:])
    return f"/oai?verb=ListRecords&resumptionToken={quote(found[1].decode(), safe='')}" if found else ""


def _next_changes(body: bytes) -> str:
    found = _CURSOR.search(body[-200:])
    return f"/exchange/v1/changes?cursor={found[1].decode()}" if found else ""


def _read(way: str, server: Serving, path: str, record: bytes, following: Callable[[bytes], str]) -> Given:
    return _harvest(way, server.base, path, record, following, watched=server.supervisor)


def _harvest(
    way: str, base: str, path: str, record: bytes, following: Callable[[bytes], str], *, watched: int
) -> Given:
    """Read to the end by one connection, each answer whole, nothing of it understood."""
    parts = urlsplit(base)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=120)
    begun, records, size, peak = time.perf_counter(), 0, 0, 0.0
    pages = 0
    while path:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:500]!r}")
        records += body.count(record)
        size += len(body)
        path = following(body)
        if pages % 50 == 0:
            peak = max(peak, memory_mib(watched))
        pages += 1
    connection.close()
    return Given(way, records, time.perf_counter() - begun, peak, size / 2**20)


def _snapshot(exchange: Exchange, settings: Settings, records: int) -> Given:
    process = psutil.Process()
    before, begun = process.memory_info().rss, time.perf_counter()
    name = make_snapshot(exchange.database, settings, now=clock.now())
    took = time.perf_counter() - begun
    folder = settings.data / "snapshots" / str(name) / "all"
    size = sum(one.stat().st_size for one in folder.glob("*.gz"))
    grown = max(0, process.memory_info().rss - before)
    return Given("snapshot, written and packed (growth of memory)", records, took, grown / 2**20, size / 2**20)


def _by_peer(exchange: Exchange, python: Path) -> Given:
    """pyoai's server with the same records' Dublin Core in its memory: no database is asked."""
    source = exchange.data / "peer.jsonl"
    with source.open("w", encoding="utf-8") as lines, exchange.database.engine.connect() as connection:
        rows = connection.execution_options(stream_results=True).execute(
            text(
                "SELECT local_id, extract(epoch FROM datestamp)::bigint, envelope FROM exchange_record "
                "ORDER BY datestamp, id"
            )
        )
        for local_id, moment, envelope in rows:
            content = envelope["content"]
            told = {
                "title": [content["title"]],
                "description": [content[name] for name in ("benefit", "summary", "description") if name in content],
                "subject": content.get("keywords", []),
                "identifier": [envelope["origin"]["landing"]],
                "language": [envelope["lang"]],
            }
            lines.write(json.dumps([local_id, moment, told]) + "\n")
    with _peer_serving(python, source) as (base, pid):
        path = "/?verb=ListRecords&metadataPrefix=oai_dc"

        def following(body: bytes) -> str:
            found = _TOKEN.search(body[-2_000:])
            return f"/?verb=ListRecords&resumptionToken={quote(found[1].decode(), safe='')}" if found else ""

        return _harvest("pyoai's server, oai_dc, records in memory", base, path, b"<record>", following, watched=pid)


@contextmanager
def _peer_serving(python: Path, source: Path) -> Iterator[tuple[str, int]]:
    command: Sequence[str] = [str(python), "-W", "ignore", str(_PEER), str(source)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None  # noqa: S101 - asked for above
            port = process.stdout.readline().strip()
            if not port:
                raise RuntimeError("pyoai's server did not start")
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()
