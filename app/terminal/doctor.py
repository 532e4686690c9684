"""doctor: what is wrong with this installation, and what to do."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from app.operations.doctor import Finding


def add_to(cli: typer.Typer) -> None:
    """Add doctor."""
    cli.command()(doctor)


def doctor() -> None:
    """Look at settings, disk, database, worker and search. Exits 1 when something is broken."""
    from rich.console import Console

    marks = {"ok": "[green]ok     [/]", "warning": "[yellow]warning[/]", "fault": "[red]fault  [/]"}
    console = Console(highlight=False, soft_wrap=True)
    worst = 0
    for finding in _findings():
        console.print(marks[finding.level], end=" ")
        console.print(f"{finding.subject}: {finding.words}", markup=False)
        if finding.remedy:
            console.print(f"        what to do: {finding.remedy}", markup=False)
        if finding.level == "fault":
            worst = 1
    raise typer.Exit(worst)


def _findings() -> "Iterator[Finding]":
    from app import clock
    from app.operations import doctor as examination
    from app.operations.faults import OperationFault
    from app.operations.installation import opened
    from app.search.service import make_engine
    from app.settings import get_settings

    settings = get_settings()
    yield from examination.examine_settings(settings)
    yield from examination.examine_machine(settings)
    try:
        with opened(check_schema=False) as installation:
            broken = False
            for finding in examination.examine_database(settings, installation.database):
                broken = broken or finding.level == "fault"
                yield finding
            if not broken:
                engine = make_engine(settings)
                yield from examination.examine_work(installation.database, engine, now=clock.now())
                engine.close()
    except OperationFault as fault:
        yield examination.Finding("fault", "installation", fault.happened, fault.remedy)
