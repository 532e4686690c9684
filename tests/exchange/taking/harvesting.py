"""Running harvests in tests: a live partner whose source is a server of the test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from app.database import Database
from app.exchange.taking.harvest import Step, work_on
from app.features.partners.commands import register_partner, set_keys
from app.features.partners.runs import begin_run
from app.features.partners.states import transition
from app.identity import SYSTEM
from app.models.journal import JournalEntry
from app.models.listings import PUBLIC_STATES, Listing
from app.models.partners import Partner
from app.models.taking import TakingProgress, TakingRun
from app.settings import Settings
from tests.exchange.taking.given import Elsewhere
from tests.factories import NOW
from tests.features.partners.given import agreement
from tests.odd_server import Answering, OddServer, odd_server


@dataclass
class Harvest:
    """A partner and its source's server."""

    database: Database
    settings: Settings
    partner: Partner
    server: OddServer

    def run(self, *, now: datetime = NOW, kind: str = "harvest") -> TakingRun:
        """Begin a run, or find the open one, and work on it until it ends or waits."""
        with self.database.unit_of_work() as session:
            partner = session.get_one(Partner, self.partner.id)
            begun = begin_run(session, partner=partner, kind=kind, actor=SYSTEM, now=now)
        self.step = self.work(begun, now=now)
        return self.found(begun)

    def work(self, run: TakingRun, *, now: datetime, **more: Any) -> Step:
        return work_on(self.database, self.settings, run.id, until=now + timedelta(days=1), now=lambda: now, **more)

    def found(self, run: TakingRun) -> TakingRun:
        with self.database.read_only() as session:
            return session.get_one(TakingRun, run.id)

    @property
    def progress(self) -> TakingProgress:
        with self.database.read_only() as session:
            return session.get_one(TakingProgress, self.partner.id)

    @property
    def titles(self) -> list[str]:
        """What is shown of the source's records, in order."""
        with self.database.read_only() as session:
            return list(
                session.scalars(
                    select(Listing.title)
                    .where(Listing.authority == self.partner.authority, Listing.state.in_(PUBLIC_STATES))
                    .order_by(Listing.title)
                )
            )

    @property
    def journal(self) -> int:
        with self.database.read_only() as session:
            return session.scalar(select(func.count()).select_from(JournalEntry)) or 0

    def asked(self) -> list[str]:
        """The queries asked since the last call."""
        paths = [one.path.partition("?")[2] for one in self.server.asked]
        self.server.asked.clear()
        return paths


@contextmanager
def harvesting(
    database: Database, settings: Settings, answering: Answering, *, elsewhere: Elsewhere | None = None, **given: Any
) -> Iterator[Harvest]:
    """A live partner that takes from a server which answers as `answering` says."""
    with odd_server(answering) as server:
        path = given.pop("path", "/oai")
        values = {"authority": "kho.test", "protocol": "oai_dc", "address": server.url + path} | given
        with database.unit_of_work() as session:
            made = register_partner(
                session, actor=SYSTEM, data=agreement(**values), own_authority=settings.authority, now=NOW
            )
            if elsewhere is not None:
                set_keys(session, actor=SYSTEM, public_id=made.public_id, keys=[elsewhere.key.public], now=NOW)
            transition(session, made, move="test", actor=SYSTEM, now=NOW)
            transition(session, made, move="go_live", actor=SYSTEM, now=NOW)
        ours = settings.model_copy(update={"outgoing": "loopback"})
        yield Harvest(database, ours, made, server)
