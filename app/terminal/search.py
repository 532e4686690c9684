"""reindex: the search index anew. match: what fits a listing, with the reasons."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from app.search.matching import Match


def add_to(cli: typer.Typer) -> None:
    """Add reindex and match."""
    cli.command()(reindex)
    cli.command()(match)


def reindex() -> None:
    """Build the search index anew from the database. Searching goes on in the old one until the new one is whole."""
    import time

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from app.operations.installation import opened
    from app.search.indexer import rebuild_index
    from app.search.service import make_engine

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    began = time.monotonic()
    with opened() as installation:
        engine = make_engine(installation.settings)
        try:
            with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as shown:
                task = shown.add_task("listings", total=None)
                read = rebuild_index(
                    installation.database,
                    engine,
                    progress=lambda done, of: shown.update(task, completed=done, total=of),
                )
        finally:
            engine.close()
    typer.echo(f"{read:,} listings indexed in {time.monotonic() - began:.1f} s")


def match(
    listing: Annotated[
        str, typer.Argument(help="The public id of a listing or need: the last 12 signs of its address.")
    ] = "",
    *,
    limit: Annotated[int, typer.Option(help="How many to show.", min=1, max=100)] = 10,
    every: Annotated[bool, typer.Option("--all", help="Show weak matches too, which pages leave out.")] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Show the sum each score is made of.")] = False,
    similar: Annotated[bool, typer.Option("--similar", help="Show similar listings instead.")] = False,
    evaluate: Annotated[
        bool, typer.Option("--evaluate", help="Compare the ranking with people's judgements of suggestions.")
    ] = False,
    refresh: Annotated[bool, typer.Option("--refresh", help="Make the kept lists of all open needs anew.")] = False,
) -> None:
    """For a need the offers that answer it, for an offer the needs that wait for it, each with its reasons."""
    if [bool(listing), evaluate, refresh].count(True) != 1:
        raise typer.BadParameter("name a listing, or give --evaluate or --refresh")
    if refresh:
        _refresh()
    elif evaluate:
        _evaluate()
    else:
        _show(listing, limit=limit, every=every, explain=explain, similar=similar)


def _refresh() -> None:
    import time

    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from app.operations.installation import opened
    from app.search.match_keeper import refresh
    from app.search.service import make_engine

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    began = time.monotonic()
    with opened() as installation:
        engine = make_engine(installation.settings)
        try:
            with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as shown:
                task = shown.add_task("needs", total=None)
                done = refresh(
                    installation.database,
                    engine,
                    weights=installation.settings.matching,
                    progress=lambda number, of: shown.update(task, completed=number, total=of),
                )
        finally:
            engine.close()
    typer.echo(f"{done:,} lists made anew in {time.monotonic() - began:.1f} s")


def _evaluate() -> None:
    from app import clock
    from app.operations.installation import opened
    from app.search.judgements import evaluate
    from app.search.service import make_engine

    def figure(value: float | None) -> str:
        return "not known yet" if value is None else f"{value:.3f}"

    with opened() as installation:
        engine = make_engine(installation.settings)
        weights = installation.settings.matching
        try:
            found = evaluate(installation.database, engine, weights=weights, now=clock.now())
        finally:
            engine.close()
    typer.echo(f"{found.given:,} judgements by {found.people:,} people: {found.pairs:,} pairs of {found.needs:,} needs")
    typer.echo(f"fit: {found.fits:,}; do not fit: {found.pairs - found.fits:,}")
    for why, count in found.because.items():
        typer.echo(f"  {why}: {count:,}")
    typer.echo(f"nDCG@10 of the present ranking: {figure(found.ndcg)}")
    typer.echo(f"of {found.shown:,} judged pairs that pages show, the share that fits: {figure(found.precision_shown)}")
    state = "on" if found.given >= found.needed and weights.judged else "off"
    typer.echo(
        f"the lean of judgements is {state} ({found.given:,} of {found.needed:,} needed, at most ±{weights.judged:g})"
    )
    typer.echo(f"nDCG@10 with it: {figure(found.ndcg_with_leans)}; it moves {found.moved:,} pairs")


def _show(listing: str, *, limit: int, every: bool, explain: bool, similar: bool) -> None:
    from sqlalchemy import select

    from app import clock
    from app.errors import NotFound
    from app.i18n import use_locale
    from app.i18n.formats import local_date
    from app.models.listings import Listing
    from app.operations.installation import opened
    from app.search.documents import documents_of
    from app.search.explain import sum_of
    from app.search.match_store import measures_by_public_id
    from app.search.matches import find_matches, find_similar
    from app.search.reasons import reason_text
    from app.search.records import records_of
    from app.search.service import make_engine

    language = "vi" if os.environ.get("LANG", "").startswith("vi") else "en"
    now = clock.now()
    with opened() as installation, use_locale(language):
        weights = installation.settings.matching
        engine = make_engine(installation.settings)
        try:
            with installation.database.read_only() as session:
                found_id = session.scalar(select(Listing.id).where(Listing.public_id == listing))
                documents = documents_of(session, listing_ids=[found_id], only_public=False) if found_id else []
                if not documents:
                    raise NotFound
                asked: dict[str, Any] = {
                    "today": local_date(now),
                    "language": language,
                    "limit": limit,
                    "least_score": 0 if every else weights.least_score,
                    "weights": weights,
                }
                if similar:
                    matches = find_similar(engine, documents[0], **asked)
                else:
                    matches = find_matches(
                        engine,
                        documents[0],
                        **asked,
                        records=records_of(session, weights=weights, now=now),
                        measures=lambda needs: measures_by_public_id(session, needs),
                    )
        finally:
            engine.close()
        typer.echo(f"{documents[0].title}")
        for one in matches:
            typer.echo(f"{one.score:>4}  {one.document.id}  {one.document.title}")
            for reason in one.reasons:
                typer.echo(f"        {'+' if reason.favourable else '-'} {reason_text(reason)}")
            if explain:
                for line in sum_of(one, weights):
                    typer.echo(f"          {line}")
        if documents[0].kind == "need" and not similar:
            _show_holders(matches)
        if not matches:
            typer.echo("nothing fits well enough" if not every else "nothing to compare it with")


def _show_holders(matches: "Sequence[Match]") -> None:
    """The organisations that fit a need, by the offers shown."""
    from app.search.holders import holders

    found = holders([(one.document.organisation_id, one.score) for one in matches])
    if found:
        typer.echo("organisations that fit, by the offers above:")
    for one in found:
        documents = [matches[place].document for place in one.places]
        named = ", ".join(document.id for document in documents)
        typer.echo(f"{one.score:>4}  {documents[0].organisation_name or one.organisation} ({named})")
