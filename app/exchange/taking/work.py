"""What the worker does to take: asks whoever is due, makes pages, tries sources, tries quarantined records again."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from app.exchange.taking.files import take_file
from app.exchange.taking.harvest import work_on
from app.exchange.taking.incoming import Raw
from app.exchange.taking.singly import take_each
from app.exchange.taking.sources import source_of
from app.exchange.taking.trial import try_source
from app.exchange.taking.writing import terms_of
from app.features.partners.quarantine import RETRY_JOB
from app.features.partners.runs import (
    FILE_JOB,
    HARVEST_JOB,
    begin_run,
    due_partners,
    progress_of,
    take_up_abandoned,
)
from app.identity import SYSTEM
from app.integrations.storage import store_from
from app.jobs import JobContext, every, job
from app.models.partners import Partner
from app.models.taking import Quarantined, TakingRun

_RETRIED_AT_ONCE: Final = 100
# Shorter than a job's lease, so that no second worker begins while this one works.
_AT_ONCE: Final = timedelta(minutes=4)


@every(timedelta(minutes=1), "partners.due")
def ask_whoever_is_due(context: JobContext, _payload: dict[str, Any]) -> None:
    """Begin a harvest, or a sweep where one is due, with every live partner whose time has come; go on with what was
    left lying."""
    with context.database.unit_of_work() as session:
        take_up_abandoned(session, now=context.now)
        for partner in due_partners(session, now=context.now):
            progress = progress_of(session, partner.id)
            sweep = progress.next_sweep_at is not None and progress.next_sweep_at <= context.now
            begin_run(session, partner=partner, kind="sweep" if sweep else "harvest", actor=SYSTEM, now=context.now)
            # Set anew when the run ends; until then nobody is asked twice.
            progress.next_due_at = context.now + timedelta(minutes=max(partner.every_minutes, 60))


@job(HARVEST_JOB)
def take(context: JobContext, payload: dict[str, Any]) -> None:
    """Go on with a run, as far as one job may; the rest is asked for as another."""
    run_id = UUID(payload["run"])
    with context.database.read_only() as session:
        run = session.get(TakingRun, run_id)
    if run is None:
        return
    if run.kind == "trial":
        try_source(context.database, context.settings, run_id, now=context.now)
        return
    work_on(context.database, context.settings, run_id, until=context.now + _AT_ONCE)


@job(FILE_JOB)
def take_dropped_file(context: JobContext, payload: dict[str, Any]) -> None:
    """Read a partner's file from the store, take what it says, and forget it."""
    store = store_from(context.settings)
    try:
        path = store.path("partners", payload["key"])
    except FileNotFoundError:
        # Read before, by a worker that could not say so any more.
        return
    take_file(
        context.database,
        context.settings,
        UUID(payload["run"]),
        path=path,
        whole=bool(payload["whole"]),
        now=context.now,
    )
    store.delete("partners", payload["key"])


@job(RETRY_JOB)
def try_again(context: JobContext, payload: dict[str, Any]) -> None:
    """Take records out of quarantine as they came; those still wrong stay there, with what is wrong now."""
    partner_id = UUID(payload["partner"])
    named = [UUID(one) for one in payload["records"]]
    after = UUID(int=0)
    while True:
        with context.database.unit_of_work() as session:
            partner = session.get_one(Partner, partner_id)
            asked = select(Quarantined).where(
                Quarantined.partner_id == partner_id, Quarantined.state == "waiting", Quarantined.id > after
            )
            if named:
                asked = asked.where(Quarantined.id.in_(named))
            rows = session.scalars(asked.order_by(Quarantined.id).limit(_RETRIED_AT_ONCE)).all()
            if rows:
                take_each(
                    session,
                    partner=partner,
                    source=source_of(session, partner, now=context.now),
                    raws=[Raw.of_json(one.raw) for one in rows],
                    terms=terms_of(partner, own=context.settings.authority),
                    run_id=None,
                    now=context.now,
                )
                after = rows[-1].id
        if len(rows) < _RETRIED_AT_ONCE:
            return
