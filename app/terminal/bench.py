"""bench: the project's own figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def add_to(cli: typer.Typer) -> None:
    """Add bench."""
    cli.command()(bench)


def bench(
    *,
    sizes: Annotated[str, typer.Option(help="How many listings, several with commas.")] = "10000,50000",
    file: Annotated[
        Path | None, typer.Option(help="Listings to repeat (JSONL) in place of the demo content.", dir_okay=False)
    ] = None,
    seconds: Annotated[float, typer.Option(help="How long eight clients ask each page.", min=1, max=60)] = 6,
    output: Annotated[Path | None, typer.Option(help="Write the table to this file.", dir_okay=False)] = None,
) -> None:
    """Measure import, indexing, pages and API at several sizes, beside the raw engine and a bare SELECT.

    Works in a temporary folder with a server of its own; your data is not touched. Takes minutes.
    """
    from app.bench.scenario import measure
    from app.bench.summary import summary

    wanted = [int(one) for one in sizes.replace("_", "").split(",")]
    figures = [measure(one, file=file, say=lambda what: typer.echo(what, err=True), seconds=seconds) for one in wanted]
    told = summary(figures, repeated=str(file.name) if file else "the demo content")
    if output is None:
        typer.echo(told)
    else:
        output.write_text(told, encoding="utf-8")
        typer.echo(f"written: {output}")
