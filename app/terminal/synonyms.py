"""admin synonyms: the pairs of terms in two languages, in and out as a file."""

import sys
from pathlib import Path
from typing import Annotated

import typer


def add_to(admin: typer.Typer) -> None:
    """Add synonyms and its verbs."""
    synonyms = typer.Typer(help="Terms in Vietnamese and English that searching knows.", no_args_is_help=True)
    synonyms.command("import")(import_file)
    synonyms.command("export")(export_file)
    admin.add_typer(synonyms, name="synonyms")


def import_file(
    file: Annotated[Path, typer.Argument(help="A .csv with the columns vi, en, field, state.", exists=True)],
    *,
    check: Annotated[bool, typer.Option("--check", help="Only say what would change.")] = False,
) -> None:
    """Take pairs into use, or retire those whose state is "retired". Pairs that the file does not name stay.

    Searching follows within seconds; nothing is built anew. Exit code 1 when a line was bad; the others went in.
    """
    from app import clock
    from app.features.synonyms.files import ImportReport, import_pairs
    from app.i18n import use_locale
    from app.identity import SYSTEM
    from app.operations.faults import OperationFault
    from app.operations.installation import opened

    class Checked(Exception):
        """Takes the transaction back."""

    report = ImportReport()
    with opened() as installation, use_locale("en"), file.open(encoding="utf-8-sig", newline="") as lines:
        try:
            with installation.database.unit_of_work() as session:
                report = import_pairs(session, actor=SYSTEM, lines=lines, now=clock.now())
                if check:
                    raise Checked
        except Checked:
            typer.echo("checked only, nothing was written")
        except ValueError as fault:
            raise OperationFault(f"{file}: {fault}", "save it as CSV with that first line") from fault
    for number, reason in report.bad:
        typer.echo(f"line {number}: {reason}", err=True)
    typer.echo(
        f"{report.added} added, {report.changed} changed, {report.retired} retired, "
        f"{report.same} as they were, {len(report.bad)} bad"
    )
    if report.bad:
        raise typer.Exit(1)


def export_file(
    file: Annotated[Path, typer.Argument(help='Where to write it; "-" for standard output.', allow_dash=True)],
) -> None:
    """Write all pairs, retired ones too, as a file that import reads."""
    from app.features.synonyms.files import export_pairs
    from app.features.synonyms.queries import all_pairs
    from app.identity import SYSTEM
    from app.operations.installation import opened

    with opened() as installation, installation.database.read_only() as session:
        pairs = all_pairs(session, actor=SYSTEM)
        if str(file) == "-":
            export_pairs(pairs, sys.stdout)
            return
        with file.open("w", encoding="utf-8", newline="") as to:
            typer.echo(f"{export_pairs(pairs, to)} pairs written to {file}")
