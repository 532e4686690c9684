"""demo: content to look around in, and people to sign in as."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.database import Database
    from app.settings import Settings


def add_to(cli: typer.Typer) -> None:
    """Add demo."""
    cli.command()(demo)


def demo(
    *,
    reset: Annotated[bool, typer.Option("--reset", help="First remove everything there is, and start afresh.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before removing.")] = False,
) -> None:
    """Fill an empty exchange with demo content: organisations, listings, needs, quote requests, people."""
    from app.demo.load import is_empty
    from app.demo.load import reset as remove_everything
    from app.operations.installation import opened

    with opened() as installation:
        database, settings = installation.database, installation.settings
        if reset:
            with database.read_only() as session:
                empty = is_empty(session)
            if settings.environment == "production" and not settings.demo:
                typer.echo(
                    "techmart: this is a production installation; --reset works with TECHMART_DEMO=1 only", err=True
                )
                raise typer.Exit(1)
            if not empty and not yes:
                typer.confirm(f"Remove everything in {settings.data.absolute()} and its database?", abort=True)
            remove_everything(database)
        fill(database, settings)


def fill(database: Database, settings: Settings) -> Mapping[str, int]:
    """Load the demo content with a progress bar, and index it. Raises NotEmpty."""
    from rich.console import Console
    from rich.progress import Progress

    from app import clock
    from app.demo.load import load_demo
    from app.integrations.storage import store_from
    from app.search.indexer import rebuild_index
    from app.search.service import make_engine

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        tasks = {}

        def show(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=of)
            bar.update(tasks[what], completed=done)

        made = load_demo(database, settings, files=store_from(settings), now=clock.now(), progress=show)
    engine = make_engine(settings)
    rebuild_index(database, engine)
    engine.close()
    typer.echo("demo content: " + ", ".join(f"{count} {what}" for what, count in made.items()))
    return made
