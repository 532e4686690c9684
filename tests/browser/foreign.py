"""A partner of the served demo: tried, live, harvested from a repository in this process, and paused again, so that no
worker asks for it once that is gone."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.database import Database
from app.features.partners.commands import move_partner, register_partner
from app.features.partners.runs import begin_run
from app.i18n.formats import local_date
from app.identity import Actor
from app.jobs.worker import run_due
from app.models import Listing, Partner, TakingRun
from app.settings import Settings
from tests.exchange.taking.oai_source import OaiSource
from tests.features.partners.given import agreement
from tests.odd_server import odd_server


def partner(database: Database, settings: Settings, *, operator: Actor) -> dict[str, str]:
    """Parts of addresses: the partner, its last run, a listing taken from it. One of its records is in quarantine."""
    reaching = settings.model_copy(update={"outgoing": "loopback"})
    source = OaiSource(page=10)
    for name in "abc":
        source.add(name)
    source.add("d", title="")

    def worked(kind: str) -> str:
        with database.unit_of_work() as session:
            run = begin_run(session, partner=_partner(session), kind=kind, actor=operator, now=clock.now())
            run_id = str(run.id)
        run_due(database, reaching, now=clock.now())
        return run_id

    with odd_server(source) as server:
        with database.unit_of_work() as session:
            given = agreement(
                authority="kho.test",
                protocol="oai_dc",
                direction="take",
                address=f"{server.url}/oai",
                starts_on=local_date(clock.now()),
                ends_on=None,
            )
            public_id = register_partner(
                session, actor=operator, data=given, own_authority=settings.authority, now=clock.now()
            ).public_id
        run_id = worked("trial")
        for move, kind in (("go_live", "harvest"), ("pause", "")):
            with database.unit_of_work() as session:
                move_partner(session, actor=operator, public_id=public_id, move=move, now=clock.now())
            run_id = worked(kind) if kind else run_id
    with database.unit_of_work() as session:
        given = agreement(
            authority="bang.test", name="Hội Cơ khí Tam Đồng", protocol="file", direction="take", address=""
        )
        of_files = register_partner(
            session, actor=operator, data=given, own_authority=settings.authority, now=clock.now()
        ).public_id
    with database.read_only() as session:
        taken = session.scalars(select(Listing).where(Listing.title == "Máy a")).one()
        state = session.scalars(select(TakingRun.state).where(TakingRun.id == run_id)).one()
        assert state == "done", state
        places = {"partner": public_id, "partner_of_files": of_files, "run": run_id}
        return places | {"foreign_id": taken.public_id, "foreign": f"{taken.slug}-{taken.public_id}"}


def _partner(session: Session) -> Partner:
    return session.scalars(select(Partner).where(Partner.authority == "kho.test")).one()
