"""harvest: take from partners now, with progress; and what its neighbours in partners.py share with it."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from uuid import UUID

    from app.models.taking import TakingRun
    from app.operations.installation import Installation

_LONGEST_WAIT_S = 600
_LOOK_EVERY_S = 1.0
_COUNTS = ("created", "changed", "gone", "unchanged", "skipped", "quarantined", "absent")


def harvest(
    partner: Annotated[str, typer.Argument(help="One partner's authority or public id; all live ones without.")] = "",
    *,
    sweep: Annotated[bool, typer.Option("--sweep", help="Compare all identifiers instead.")] = False,
    whole: Annotated[bool, typer.Option("--whole", help="Take all there is, as the first time.")] = False,
) -> None:
    """Take from partners now, whatever their schedule says. Exit code 1 when a source failed."""
    from app.features.partners.commands import begin_whole
    from app.features.partners.queries import list_partners
    from app.features.partners.runs import begin_run
    from app.identity import SYSTEM

    failed = False
    with opened_here() as installation:
        names = [partner]
        if not partner:
            with installation.database.read_only() as session:
                found = list_partners(session, actor=SYSTEM, state="live", limit=10_000).items
                names = [one.authority for one in found if one.direction != "give" and one.protocol != "file"]
        for name in names:
            if whole and not sweep:
                run_id = begun(installation, name, begin=begin_whole)
            else:
                run_id = begun(installation, name, begin=begin_run, kind="sweep" if sweep else "harvest")
            _work(installation, run_id)
            failed = report(installation, run_id) in {"failed", "waiting"} or failed
    if failed:
        raise typer.Exit(1)


def begun(installation: "Installation", partner: str, *, begin: Any, **how: Any) -> "UUID":
    """Begin a run with a partner by one of the commands that do; its id."""
    from app import clock
    from app.features.partners.queries import find_partner
    from app.identity import SYSTEM

    with installation.database.unit_of_work() as session:
        found = find_partner(session, actor=SYSTEM, public_id=partner)
        run_id: UUID = begin(session, partner=found, actor=SYSTEM, now=clock.now(), **how).id
        return run_id


def _work(installation: "Installation", run_id: "UUID") -> None:
    """Work on the run, or watch whoever does, until it is over. Patience that a source asks for is had for some
    minutes; then the worker goes on."""
    from app import clock
    from app.exchange.taking.harvest import work_on
    from app.models.taking import TakingRun

    watched = False
    with told_of() as told:
        while True:
            step = work_on(
                installation.database,
                installation.settings,
                run_id,
                until=clock.now() + timedelta(days=1),
                told=told,
            )
            with installation.database.read_only() as session:
                run = session.get_one(TakingRun, run_id)
            told(run)
            if run.state not in {"running", "waiting"}:
                return
            if run.state == "waiting":
                seconds = (run.wait_until - clock.now()).total_seconds() if run.wait_until is not None else 0.0
                if seconds > _LONGEST_WAIT_S:
                    return
                time.sleep(max(_LOOK_EVERY_S, seconds))
            elif step == "lost":
                if not watched and run.leased_until is not None:
                    until = run.leased_until.astimezone()
                    typer.echo(f"another process works on it, or did and is gone: then until {until:%H:%M}", err=True)
                    watched = True
                time.sleep(_LOOK_EVERY_S)


@contextmanager
def told_of() -> Iterator[Any]:
    """Progress on standard error while a run goes on."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as shown:
        task = shown.add_task("records", total=None)

        def tell(run: "TakingRun") -> None:
            shown.update(task, completed=run.seen, total=run.whole)

        yield tell


def report(installation: "Installation", run_id: "UUID") -> str:
    """Say what became of a run; the state it is in."""
    from app.models.partners import Partner
    from app.models.taking import TakingRun

    with installation.database.read_only() as session:
        run = session.get_one(TakingRun, run_id)
        name = session.get_one(Partner, run.partner_id).authority
    typer.echo(f"{name}: {run.kind} {run.state}: {run.seen:,} records in {run.requests:,} requests: {counts_of(run)}")
    if run.snapshot:
        typer.echo(f"{name}: began with its snapshot {run.snapshot}")
    if run.state == "braked":
        typer.echo(f"{name}: {run.absent:,} were not found; your decision: techmart partner brake {name}", err=True)
    if run.fault:
        typer.echo(f"{name}: {run.fault}", err=True)
    return run.state


def counts_of(run: "TakingRun") -> str:
    return ", ".join(f"{getattr(run, name):,} {name}" for name in _COUNTS if getattr(run, name)) or "nothing new"


@contextmanager
def opened_here() -> Iterator["Installation"]:
    from app.i18n import use_locale
    from app.operations.installation import opened

    language = "vi" if os.environ.get("LANG", "").startswith("vi") else "en"
    with opened() as installation, use_locale(language):
        yield installation
