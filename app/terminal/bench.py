"""bench: the project's own figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

Engine = Annotated[str, typer.Option(help="The engine to measure: embedded or meilisearch.")]
File = Annotated[
    Path | None, typer.Option(help="Listings to repeat (JSONL) in place of the demo content.", dir_okay=False)
]
Output = Annotated[
    Path | None,
    typer.Option(help="Write the tables to this file, between its marks where it has them.", dir_okay=False),
]
Plain = Annotated[bool, typer.Option("--bm25/--no-bm25", help="Compute plain BM25 beside (needs bm25s).")]
Runs = Annotated[Path | None, typer.Option(help="Keep the run files in this folder.", file_okay=False)]
Seed = Annotated[int, typer.Option(help="Which made-up listings and questions.")]
Sets = Annotated[
    list[Path] | None, typer.Option(help="A judged set, or a folder of them; may be repeated.", exists=True)
]


def add_to(cli: typer.Typer) -> None:
    """Add bench, with what it can measure by itself."""
    group = typer.Typer(invoke_without_command=True)
    group.callback()(bench)
    group.command()(search)
    group.command()(match)
    group.command()(exchange)
    group.command()(taking)
    cli.add_typer(group, name="bench")


def bench(
    context: typer.Context,
    *,
    sizes: Annotated[str, typer.Option(help="How many listings, several with commas.")] = "10000,50000",
    file: File = None,
    seconds: Annotated[float, typer.Option(help="How long eight clients ask each page.", min=1, max=60)] = 6,
    output: Output = None,
) -> None:
    """Measure import, indexing, pages and API at several sizes, beside the raw engine and a bare SELECT.

    Works in a temporary folder with a server of its own; your data is not touched. Takes minutes.
    """
    if context.invoked_subcommand is not None:
        return
    from app.bench.scenario import measure
    from app.bench.summary import summary

    figures = [measure(one, file=file, say=_say, seconds=seconds) for one in _sizes(sizes)]
    _tell(summary(figures, repeated=str(file.name) if file else "the demo content"), output, "bench")


def search(
    *,
    sets: Sets = None,
    bm25: Plain = True,
    runs: Runs = None,
    sizes: Annotated[
        str, typer.Option(help="How many made-up listings for the engine by itself; a million takes half an hour.")
    ] = "10000,100000",
    exchanges: Annotated[
        str, typer.Option(help="How many listings for pages and API, through the database; empty for none.")
    ] = "10000",
    engine: Engine = "embedded",
    seconds: Annotated[float, typer.Option(help="How long processes and clients ask.", min=1, max=60)] = 6,
    seed: Seed = 11,
    output: Output = None,
    pictures: Annotated[Path | None, typer.Option(help="Draw plots (SVG) into this folder.", file_okay=False)] = None,
) -> None:
    """Measure searching: how well on judged sets (--sets), how quickly by engine, page and API at several sizes.

    Works in temporary folders and with a server of its own; your data is not touched.
    """
    from app.bench import search_report
    from app.bench.engine_load import measure_engine
    from app.bench.scenario import measure

    parts = _quality(sets, task="search", engine=engine, runs=runs, bm25=bm25)
    alone = [measure_engine(one, engine=engine, seed=seed, seconds=seconds, say=_say) for one in _sizes(sizes)]
    whole: list[Any] = []

    def tell() -> None:
        said = [*parts]
        if alone:
            said.append(search_report.engine_text(alone))
        if whole:
            said.append(search_report.exchange_text(whole))
        if pictures is not None:
            pictures.mkdir(parents=True, exist_ok=True)
            for name, drawn in search_report.pictures(alone, whole).items():
                (pictures / name).write_text(drawn, encoding="utf-8")
        _tell("\n\n".join(said), output, "bench search")

    for one in _sizes(exchanges):
        if output is not None:
            # What was measured so far is kept, whatever becomes of the rest.
            tell()
        whole.append(measure(one, file=None, say=_say, seconds=seconds, engine=engine, seed=seed))
    tell()


def match(
    *,
    sets: Sets = None,
    bm25: Plain = True,
    runs: Runs = None,
    offers: Annotated[int, typer.Option(help="Among how many offers one change is made; 0 for none.", min=0)] = 2_000,
    needs: Annotated[int, typer.Option(help="And how many needs.", min=0)] = 200,
    engine: Engine = "embedded",
    output: Output = None,
) -> None:
    """Measure matching: how well whole needs and offers find what fits them (--sets), and what one change costs.

    Works in temporary folders and with a database of its own; your data is not touched.
    """
    from app.bench.match_load import measure_changes
    from app.bench.search_report import change_text

    parts = _quality(sets, task="match", engine=engine, runs=runs, bm25=bm25)
    if offers and needs:
        parts.append(change_text(measure_changes(offers, needs, engine=engine, say=_say)))
    _tell("\n\n".join(parts), output, "bench match")


def exchange(
    *,
    records: Annotated[int, typer.Option(help="How many records are given.", min=10)] = 200_000,
    peer: Annotated[
        Path | None, typer.Option(help="A Python that has pyoai: its server is measured beside.", dir_okay=False)
    ] = None,
    output: Output = None,
) -> None:
    """Measure giving records to partners: by OAI-PMH, from the feed, as a snapshot, beside a bare SELECT.

    Works in a temporary folder with a server of its own; your data is not touched.
    """
    from app.bench.giving import measure_giving
    from app.bench.giving_report import giving_text

    _tell(giving_text(measure_giving(records, peer=peer, say=_say)), output, "bench exchange")


def taking(
    *,
    records: Annotated[str, typer.Option(help="How many records are taken, several with commas.")] = "20000,200000",
    ways: Annotated[str, typer.Option(help="Of oai, feed and snapshot, those to measure.")] = "oai,feed,snapshot",
    output: Output = None,
) -> None:
    """Measure taking records from another exchange: OAI-PMH, feed of changes, snapshot, beside a bare INSERT.

    Works in a temporary folder with servers of its own; your data is not touched. 200,000 take a quarter of
    an hour by one way.
    """
    from app.bench.taking import WAYS, measure_taking
    from app.bench.taking_report import taking_text

    wanted = [one.strip() for one in ways.split(",")]
    if not set(wanted) <= set(WAYS):
        raise typer.BadParameter(f"of {', '.join(WAYS)}, with commas", param_hint="--ways")
    figures = [measure_taking(one, wanted, say=_say) for one in _sizes(records)]
    _tell(taking_text(figures), output, "bench taking")


def _quality(folders: list[Path] | None, *, task: str, engine: str, runs: Path | None, bm25: bool) -> list[str]:
    """The table of the judged sets among these that are for the task; nothing without folders."""
    import tempfile

    from app.bench.judged import BadSet, read_sets
    from app.bench.plain_bm25 import require
    from app.bench.quality import measure_quality, task_of
    from app.bench.search_report import quality_text

    if not folders:
        return []
    try:
        found = [one for folder in folders for one in read_sets(folder)]
    except BadSet as fault:
        raise typer.BadParameter(str(fault), param_hint="--sets") from None
    wanted = [one for one in found if task_of(one) == task]
    if not wanted:
        raise typer.BadParameter(f"none of the sets is for {task}ing", param_hint="--sets")
    if bm25:
        require()
    with tempfile.TemporaryDirectory(prefix="techmart-bench-") as place:
        judged = measure_quality(
            wanted, task=task_of(wanted[0]), engine=engine, runs=runs or Path(place), with_plain=bm25, say=_say
        )
    return [quality_text(judged, engine=engine)]


def _sizes(text: str) -> list[int]:
    try:
        return [int(one) for one in text.replace("_", "").split(",") if one.strip()]
    except ValueError:
        raise typer.BadParameter(f"“{text}” is not numbers with commas between them") from None


def _say(what: str) -> None:
    typer.echo(what, err=True)


def _tell(text: str, output: Path | None, name: str) -> None:
    from app.bench.search_report import write_into

    if output is None:
        typer.echo(text)
    else:
        write_into(output, name, text)
        typer.echo(f"written: {output}")
