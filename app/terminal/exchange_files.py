"""import, export: listings in and out as files."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.progress import Progress

_TOLD = 50


def add_to(cli: typer.Typer) -> None:
    """Add import and export."""
    cli.command("import")(import_listings)
    cli.command("export")(export_listings)


def import_listings(
    file: Annotated[Path, typer.Argument(help="A .jsonl, .jsonl.gz, .csv or .xlsx file.", dir_okay=False)],
    *,
    publish: Annotated[bool, typer.Option("--publish", help="Show the listings at once, not as drafts.")] = False,
    organisation: Annotated[
        str, typer.Option(help="Whose the lines are that name no organisation (the operator's by default).")
    ] = "",
) -> None:
    """Bring listings in. A line needs kind, title and description; the same file twice changes nothing.

    A bad line is told with its number and reason on standard error, the rest goes in. Exit code 1 when nothing did.
    """
    from app.features.listings.importing import ImportReport, import_file
    from app.i18n import use_locale
    from app.operations.installation import opened

    with (
        opened() as installation,
        use_locale(_language()),
        _bar() as progress,
    ):
        task = progress.add_task("reading", total=file.stat().st_size if file.is_file() else None)

        def show(report: ImportReport, position: int) -> None:
            progress.update(
                task,
                completed=position,
                description=f"{report.read:,} lines: {report.created:,} new, {report.updated:,} changed, "
                f"{report.bad:,} bad",
            )

        report = import_file(
            installation.database,
            file,
            settings=installation.settings,
            publish=publish,
            organisation=organisation,
            progress=show,
        )
    for one in report.told[:_TOLD]:
        typer.echo(f"line {one.line}: {one.reason}", err=True)
    if report.bad > _TOLD:
        typer.echo(f"… and {report.bad - _TOLD:,} bad lines more", err=True)
    typer.echo(
        f"{report.read:,} lines read: {report.created:,} new, {report.updated:,} changed, "
        f"{report.unchanged:,} unchanged, {report.bad:,} bad; {report.organisations:,} organisations made"
    )
    if report.read and report.bad == report.read:
        raise typer.Exit(1)


def export_listings(
    file: Annotated[Path, typer.Argument(help="Where to write: .jsonl, .jsonl.gz, .csv or .xlsx.", dir_okay=False)],
    *,
    kind: Annotated[
        list[str] | None, typer.Option(help="Only this kind; may be given several times.", show_default="all kinds")
    ] = None,
    organisation: Annotated[str, typer.Option(help="Only this organisation's listings, by its exact name.")] = "",
) -> None:
    """Write every public listing into a file that `techmart import` reads."""
    from app.features.listings.exporting import export_file
    from app.i18n import use_locale
    from app.models.listings import KINDS
    from app.operations.installation import opened

    unknown = sorted(set(kind or ()) - set(KINDS))
    if unknown:
        raise typer.BadParameter(f"no such kind: {', '.join(unknown)}; there are {', '.join(KINDS)}")
    with (
        opened() as installation,
        use_locale(_language()),
        _bar() as progress,
    ):
        task = progress.add_task("writing", total=None)
        written = export_file(
            installation.database,
            file,
            kinds=kind or (),
            organisation=organisation,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    typer.echo(f"{written:,} listings written to {file}")


def _language() -> str:
    return "vi" if os.environ.get("LANG", "").startswith("vi") else "en"


@contextmanager
def _bar() -> Iterator[Progress]:
    """A progress bar on standard error; where that is no terminal, nothing."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not sys.stderr.isatty(),
    ) as progress:
        yield progress
