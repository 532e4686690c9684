"""An exchange in a process and database of its own, as the test of three needs them."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import func, select, update

from app import clock, journal
from app.database import Database
from app.exchange.outbox import exchange_consumer
from app.features.partners.commands import register_partner, set_keys
from app.features.partners.schemas import PartnerInput
from app.features.partners.states import transition
from app.i18n.formats import local_date
from app.identity import SYSTEM
from app.models.exchange import ExchangeRecord
from app.models.journal import JournalEntry
from app.models.listings import PUBLIC_STATES, Listing
from app.models.organisations import Organisation
from app.models.taking import TakenRecord, TakingRun
from app.settings import REPOSITORY, Settings
from tests import factories
from tests.database_server import fresh_database

# A process with a clock of its own: the one place that reads the time is told how far it is ahead.
_CLOCK = """
import sys
from datetime import timedelta
from app import clock

real, ahead = clock.now, timedelta(seconds=float(sys.argv[1]))
clock.now = lambda: real() + ahead
"""
_WEB = f"""{_CLOCK}
import uvicorn
from app.main import build

uvicorn.run(build(), host="127.0.0.1", port=int(sys.argv[2]), log_level="error")
"""
_HARVEST = f"""{_CLOCK}
from app.cli import main

sys.argv = ["techmart", "harvest"]
main()
"""


@dataclass
class Node:
    """One exchange: its database, its web process, and what its owners wrote (the model's part)."""

    authority: str
    url: str
    folder: Path
    port: int
    database: Database
    settings: Settings
    ahead: timedelta = timedelta(0)
    web: subprocess.Popen[bytes] | None = None
    written: dict[str, str] = field(default_factory=dict)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "TECHMART_DATABASE_URL": self.url,
            "TECHMART_DATA": str(self.folder),
            "TECHMART_AUTHORITY": self.authority,
            "TECHMART_PUBLIC_URL": self.base,
            "TECHMART_OUTGOING": "loopback",
            "TECHMART_RATE_LIMITS": "off",
            "TECHMART_EXCHANGE_RELAYS": "true",
            "TECHMART_DATABASE_POOL": "4",
        }

    @property
    def _seconds(self) -> str:
        return str(self.ahead.total_seconds())

    def start(self) -> None:
        """Serve pages and the exchange from a process of its own."""
        command = [sys.executable, "-c", _WEB, self._seconds, str(self.port)]
        self.web = subprocess.Popen(command, cwd=REPOSITORY, env=self.environment)
        # On a machine with other work a start beside three harvests takes its time.
        until = time.monotonic() + 180
        while True:
            try:
                urllib.request.urlopen(f"{self.base}/healthz", timeout=10).read()
            except OSError:
                assert self.web.poll() is None, "the web process ended"
                assert time.monotonic() < until, "the web process did not answer"
                time.sleep(0.1)
            else:
                return

    def kill(self) -> None:
        """End the web process as a power cut would."""
        if self.web is not None:
            self.web.kill()
            self.web.wait()
            self.web = None

    def harvest(self) -> subprocess.Popen[bytes]:
        """A process that takes from every partner once."""
        return subprocess.Popen(
            [sys.executable, "-c", _HARVEST, self._seconds],
            cwd=REPOSITORY,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def forget_leases(self) -> None:
        """What time does to the lease of a process that was killed."""
        with self.database.unit_of_work() as session:
            session.execute(update(TakingRun).values(leased_until=None))

    def give(self) -> None:
        """Bring the shared records up to date, as its worker does."""
        take_next = exchange_consumer(self.settings)
        with self.clock():
            while take_next(self.database):
                pass

    @contextmanager
    def clock(self) -> Iterator[None]:
        """Its time in this process too."""
        real = clock.now
        clock.now = lambda: real() + self.ahead
        try:
            yield
        finally:
            clock.now = real

    def owner(self) -> Organisation:
        with self.database.unit_of_work() as session:
            found = session.scalars(
                select(Organisation).where(Organisation.authority == self.authority, ~Organisation.imported)
            ).first()
            return found or factories.organisation(session, authority=self.authority)

    def create(self, owner: Organisation, number: int) -> None:
        """New listings of the exchange's own."""
        with self.database.unit_of_work() as session:
            for _ in range(number):
                made = factories.listing(session, of=owner, authority=self.authority)
                self.written[made.local_id] = made.title

    def change(self, local_ids: list[str], **values: Any) -> None:
        """Edit (title) or end (state) listings of the exchange's own."""
        with self.database.unit_of_work() as session:
            for local_id in local_ids:
                found = session.scalars(
                    select(Listing).where(Listing.authority == self.authority, Listing.local_id == local_id)
                ).one()
                for name, value in values.items():
                    setattr(found, name, f"{value} {local_id}" if name == "title" else value)
                found.version += 1
                journal.append(session, entity="listing", entity_id=found.id, action="updated", at=factories.NOW)
                if "title" in values:
                    self.written[local_id] = found.title
                if values.get("state") not in {None, *PUBLIC_STATES}:
                    self.written.pop(local_id)

    def shown(self) -> dict[tuple[str, str], str]:
        """Everything anybody sees here, own or of others."""
        with self.database.read_only() as session:
            rows = session.execute(
                select(Listing.authority, Listing.local_id, Listing.title).where(Listing.state.in_(PUBLIC_STATES))
            ).all()
        found = {(row.authority, row.local_id): row.title for row in rows}
        assert len(found) == len(rows), "a record is there twice"
        return found

    def taken(self) -> list[tuple[str, str, int]]:
        """The keys of what was taken, with the length of the way it came."""
        with self.database.read_only() as session:
            rows = session.execute(select(TakenRecord.authority, TakenRecord.local_id, TakenRecord.via)).all()
        return [(row.authority, row.local_id, len(row.via)) for row in rows]

    def given(self) -> int:
        """How many records it gives, its own and those that it passes on, tombstones too."""
        with self.database.read_only() as session:
            return session.scalar(select(func.count()).select_from(ExchangeRecord)) or 0

    def journal_size(self) -> int:
        with self.database.read_only() as session:
            return session.scalar(select(func.count()).select_from(JournalEntry)) or 0


def take_from(taker: Node, giver: Node, *, address: str, keys: list[Any], protocol: str = "techmart") -> None:
    """Have the one take from the other, live."""
    data = PartnerInput.model_validate(
        {
            "authority": giver.authority,
            "name": f"Sàn {giver.authority}",
            "address": address,
            "protocol": protocol,
            "relays": True,
            # Whatever the clock of who asks says.
            "starts_on": local_date(clock.now() - timedelta(days=1)),
        }
    )
    with taker.clock(), taker.database.unit_of_work() as session:
        now = clock.now()
        partner = register_partner(session, actor=SYSTEM, data=data, own_authority=taker.authority, now=now)
        set_keys(session, actor=SYSTEM, public_id=partner.public_id, keys=keys, now=now)
        transition(session, partner, move="test", actor=SYSTEM, now=now)
        transition(session, partner, move="go_live", actor=SYSTEM, now=now)


@contextmanager
def node(name: str, folder: Path, *, ahead: timedelta = timedelta(0)) -> Iterator[Node]:
    """An exchange with a database of its own, serving until the block ends. `ahead`: of the right time."""
    url = fresh_database(f"techmart_three_{name}_{os.getpid()}")
    authority = f"san-{name}.test"
    port = free_port()
    database = Database(url, pool_size=4)
    settings = Settings(
        data=folder,
        database_url=SecretStr(url),
        authority=authority,
        public_url=f"http://127.0.0.1:{port}",
        exchange_relays=True,
    )
    made = Node(authority, url, folder, port, database, settings, ahead=ahead)
    made.start()
    try:
        yield made
    finally:
        made.kill()
        database.dispose()


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
