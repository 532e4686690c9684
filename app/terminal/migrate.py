"""migrate: the tables and the shipped reference tables."""

from typing import Annotated

import typer


def add_to(cli: typer.Typer) -> None:
    """Add migrate."""
    cli.command()(migrate)


def migrate(
    *,
    check: Annotated[bool, typer.Option("--check", help="Only say whether there is something to do (exit 1).")] = False,
) -> None:
    """Bring the database's tables, and the reference tables in them, to their newest form."""
    from app.operations.installation import opened, schema_revisions
    from app.terminal.preparation import bring_tables_up

    with opened(check_schema=False) as installation:
        current, newest = schema_revisions(installation.database)
        if check:
            typer.echo(f"at {current or 'nothing'}, newest is {newest}")
            raise typer.Exit(0 if current == newest else 1)
        bring_tables_up(installation.database, say=typer.echo)
        typer.echo(f"the database is at {newest}")
