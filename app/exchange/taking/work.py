"""What the worker does to take: asks whoever is due, makes pages, tries sources, tries quarantined records again."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from app.exchange.taking.harvest import work_on
from app.exchange.taking.trial import try_source
from app.features.partners.runs import HARVEST_JOB, begin_run, due_partners, progress_of
from app.identity import SYSTEM
from app.jobs import JobContext, every, job
from app.models.taking import TakingRun

# Shorter than a job's lease, so that no second worker begins while this one works.
_AT_ONCE: Final = timedelta(minutes=4)


@every(timedelta(minutes=1), "partners.due")
def ask_whoever_is_due(context: JobContext, _payload: dict[str, Any]) -> None:
    """Begin a harvest, or a sweep where one is due, with every live partner whose time has come."""
    with context.database.unit_of_work() as session:
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
