"""backup and restore: the whole installation in one file."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer


def add_to(cli: typer.Typer) -> None:
    """Add backup and restore."""
    cli.command()(backup)
    cli.command()(restore)


def backup(
    target: Annotated[
        Path | None, typer.Argument(help="File to write; techmart-DATE.tar in this folder when left out.")
    ] = None,
) -> None:
    """Write database, files and signing key into one tar file. Serving goes on meanwhile."""
    from app import clock
    from app.operations.backup import write_backup
    from app.operations.installation import opened

    now = clock.now()
    path = target or Path(f"techmart-{now:%Y%m%d-%H%M%S}.tar")
    with opened() as installation, _progress() as progress:
        manifest = write_backup(
            path.absolute(),
            database=installation.database,
            database_url=installation.database_url,
            files_folder=installation.settings.files_folder.absolute(),
            authority=installation.settings.authority,
            now=now,
            key_file=installation.settings.exchange_key_file,
            progress=progress,
        )
    typer.echo(f"{path}: {path.stat().st_size / 1e6:.1f} MB, revision {manifest.revision}, {manifest.files} files")


def restore(
    source: Annotated[Path, typer.Argument(help="A file that `techmart backup` wrote.", exists=True, dir_okay=False)],
    *,
    replace: Annotated[bool, typer.Option("--replace", help="Replace what the database holds now.")] = False,
) -> None:
    """Bring back a backup, and its tables to the form this version needs. Stop serving first."""
    from app.operations.backup import is_empty, read_manifest, restore_backup
    from app.operations.faults import OperationFault
    from app.operations.installation import alone_in, opened
    from app.terminal.preparation import bring_tables_up

    read_manifest(source)
    with opened(check_schema=False) as installation, alone_in(installation.settings.data):
        if not replace and not is_empty(installation.database):
            raise OperationFault(
                "The database is not empty; restoring replaces everything in it.",
                "Take a backup of what is there, then say so: techmart restore --replace FILE",
            )
        with _progress() as progress:
            manifest = restore_backup(
                source,
                database=installation.database,
                database_url=installation.database_url,
                files_folder=installation.settings.files_folder.absolute(),
                authority=installation.settings.authority,
                key_file=installation.settings.exchange_key_file,
                progress=progress,
            )
        bring_tables_up(installation.database, say=typer.echo)
    typer.echo(f"restored the backup of {manifest.taken_at} with {manifest.files} files; now run: techmart reindex")


@contextmanager
def _progress() -> Iterator[Callable[[str, int], None]]:
    """A line per part with the bytes done, on a terminal."""
    from rich.console import Console
    from rich.progress import DownloadColumn, Progress, SpinnerColumn, TaskID, TextColumn, TransferSpeedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), DownloadColumn(), TransferSpeedColumn())
    console = Console(stderr=True)
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as shown:

        def advance(what: str, count: int) -> None:
            if what not in tasks:
                tasks[what] = shown.add_task(what, total=None)
            shown.advance(tasks[what], count)

        yield advance
