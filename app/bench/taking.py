"""How quickly, and in how much memory, another Techmart's records are taken: by OAI-PMH, from its feed, its snapshot.

An exchange gives, as in app/bench/giving.py, its copied records signed anew; another one, on the same PostgreSQL with a
database for each way, takes by `techmart harvest` as a process of its own, whose memory is watched. Beside stands the
bare INSERT of the rows that came.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from pydantic import SecretStr
from sqlalchemy import Table, func, insert, select, text

from app import clock
from app.bench import corpus
from app.bench.exchange import Exchange, made_exchange, serving
from app.bench.giving import IMPORTED, share
from app.bench.measure import run
from app.database import Base, Database
from app.exchange.envelope import sign
from app.exchange.keys import signing_key
from app.exchange.snapshots import make_snapshot
from app.exchange.taking.snapshot import given_up
from app.features.partners.commands import register_partner, set_keys
from app.features.partners.runs import progress_of
from app.features.partners.schemas import PartnerInput
from app.features.partners.states import transition
from app.i18n.formats import local_date
from app.identity import SYSTEM
from app.migrate import migrate
from app.models.taking import TakenRecord, TakingRun
from app.reference.load import load_shipped
from app.settings import Settings

_AT_ONCE: Final = 500
# What a record taken is written to, in an order that foreign keys allow.
_TABLES: Final = (
    "partner",
    "organisation",
    "listing",
    "listing_classification",
    "listing_history",
    "taken_record",
    "journal",
)
# By the name of a way: what it is called in the table, the partner's protocol, and where it is asked.
WAYS: Final = {
    "oai": ("OAI-PMH, techmart", "techmart", "/oai"),
    "feed": ("feed of changes", "changes", "/exchange/v1/changes"),
    "snapshot": ("snapshot, then feed", "changes", "/exchange/v1/changes"),
}


@dataclass(frozen=True, slots=True)
class Taken:
    """One way: how many records in how long, and of the process that takes processor time and most memory.

    Both are 0 where they were not watched.
    """

    way: str
    records: int
    seconds: float
    processor_s: float
    peak_mib: float


def measure_taking(count: int, ways: Sequence[str] = tuple(WAYS), *, say: Callable[[str], object]) -> list[Taken]:
    """Take `count` records in these of WAYS, and put the rows of the last in bare.

    Raises:
        RuntimeError: a way did not take all of them.
    """
    with made_exchange(corpus.lines(min(IMPORTED, count)), engine="embedded", say=say) as giver:
        address = SecretStr(giver.database.url.render_as_string(hide_password=False))
        settings = Settings(data=giver.data, database_url=address)
        records = share(giver, settings, count, say=say)
        say(f"{records:,} records: signing the copies")
        _sign_copies(giver.database, settings)
        found: list[Taken] = []
        with serving(giver) as server:
            for number, name in enumerate(ways):
                way, protocol, path = WAYS[name]
                by_snapshot = name == "snapshot"
                if by_snapshot:
                    make_snapshot(giver.database, settings, now=clock.now())
                with _taker(giver, f"taker{number}") as taker:
                    _partner(taker, settings, f"{server.base}{path}", protocol, snapshot=by_snapshot)
                    say(f"{records:,} records: {way}")
                    found.append(_harvest(taker, way, records))
                    say(f"  {found[-1].records / found[-1].seconds:,.0f} a second, {found[-1].peak_mib:,.0f} MiB")
                    if number == len(ways) - 1:
                        with _taker(giver, "bare") as other:
                            say(f"{records:,} records: bare INSERT")
                            found.insert(0, _inserted(taker.database, other.database, records))
    return found


@dataclass(frozen=True, slots=True)
class _Taker:
    database: Database
    environment: dict[str, str]


@contextmanager
def _taker(giver: Exchange, name: str) -> Iterator[_Taker]:
    """An exchange with nothing in it, in a database of its own that is dropped afterwards."""
    admin = giver.database.engine.execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    address = giver.database.url.set(database=name).render_as_string(hide_password=False)
    database = Database(address, statement_timeout_ms=0)
    try:
        migrate(database)
        with database.unit_of_work() as session:
            load_shipped(session, now=clock.now())
        folder = giver.data / name
        folder.mkdir()
        environment = {
            **os.environ,
            "TECHMART_DATA": str(folder),
            "TECHMART_DATABASE_URL": address,
            "TECHMART_AUTHORITY": f"{name}.test",
            "TECHMART_OUTGOING": "loopback",
            "TECHMART_LOG_LEVEL": "warning",
        }
        yield _Taker(database, environment)
    finally:
        database.dispose()
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def _sign_copies(database: Database, settings: Settings) -> None:
    """A copy has another key than what was signed."""
    key, after = signing_key(settings), "00000000-0000-0000-0000-000000000000"
    page = text(
        "SELECT id::text, envelope FROM exchange_record WHERE id > CAST(:after AS uuid) AND local_id LIKE '%.%' "
        "ORDER BY id LIMIT 1000"
    )
    update = text("UPDATE exchange_record SET envelope = CAST(:envelope AS jsonb) WHERE id = CAST(:id AS uuid)")
    while True:
        with database.engine.begin() as connection:
            rows = connection.execute(page, {"after": after}).all()
            if not rows:
                return
            signed = ((row[0], sign(row[1], key)) for row in rows)
            made = [{"id": one, "envelope": json.dumps(said, ensure_ascii=False)} for one, said in signed]
            connection.execute(update, made)
            after = rows[-1][0]


def _partner(taker: _Taker, giver: Settings, address: str, protocol: str, *, snapshot: bool) -> None:
    now = clock.now()
    data = PartnerInput.model_validate(
        {
            "authority": giver.authority,
            "name": "Sàn cho",
            "address": address,
            "protocol": protocol,
            "starts_on": local_date(now),
        }
    )
    with taker.database.unit_of_work() as session:
        own = taker.environment["TECHMART_AUTHORITY"]
        partner = register_partner(session, actor=SYSTEM, data=data, own_authority=own, now=now)
        keys = [signing_key(giver).public]
        set_keys(session, actor=SYSTEM, public_id=partner.public_id, keys=keys, now=now)
        transition(session, partner, move="test", actor=SYSTEM, now=now)
        transition(session, partner, move="go_live", actor=SYSTEM, now=now)
        if not snapshot:
            progress_of(session, partner.id).snapshot = given_up("another way is measured")


def _harvest(taker: _Taker, way: str, records: int) -> Taken:
    told = run([sys.executable, "-m", "app.cli", "harvest"], taker.environment)
    with taker.database.read_only() as session:
        count = session.scalar(select(func.count()).select_from(TakenRecord)) or 0
        began = session.scalars(select(TakingRun.snapshot)).one()
    if count != records or bool(began) != way.startswith("snapshot"):
        raise RuntimeError(f"{way}: {count} of {records} records were taken, snapshot {began!r}")
    return Taken(way, count, told.seconds, told.processor_s, told.peak_mib)


def _inserted(source: Database, target: Database, records: int) -> Taken:
    """The same rows, indexes and foreign keys, in the same batches: only the INSERTs are timed."""
    tables = [Base.metadata.tables[name] for name in _TABLES]
    seconds = 0.0
    for table in tables:
        for rows in _rows(source, table):
            begun = time.perf_counter()
            with target.engine.begin() as connection:
                connection.execute(insert(table), rows)
            seconds += time.perf_counter() - begun
    return Taken("bare INSERT of the same rows", records, seconds, 0.0, 0.0)


def _rows(source: Database, table: Table) -> Iterator[Sequence[dict[str, Any]]]:
    """The table's rows, _AT_ONCE at a time; numbers that the database gives itself are left to it."""
    columns = [one for one in table.columns if one.identity is None]
    with source.engine.connect().execution_options(stream_results=True) as connection:
        for some in connection.execute(select(*columns)).mappings().partitions(_AT_ONCE):
            yield [dict(one) for one in some]
