"""admin: what only those with access to the machine do: first operators, newer reference tables, jobs given up."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from app.terminal import payments, synonyms
from app.terminal.mail_in import mail_in


def add_to(cli: typer.Typer) -> None:
    """Add admin and its verbs."""
    admin = typer.Typer(help="Operators, reference tables, jobs that were given up.", no_args_is_help=True)
    admin.command()(person)
    admin.command()(operator)
    admin.command()(broker)
    admin.command()(reference)
    admin.command()(mail_in)
    admin.command()(jobs)
    synonyms.add_to(admin)
    payments.add_to(admin)
    cli.add_typer(admin, name="admin")


def person(
    email: Annotated[str, typer.Argument(help="Address to sign in with.")],
    name: Annotated[str, typer.Argument(help="Name as others see it.")],
    *,
    is_operator: Annotated[bool, typer.Option("--operator", help="Make the account an operator's.")] = False,
    english: Annotated[bool, typer.Option("--english", help="Write letters in English.")] = False,
) -> None:
    """Make a confirmed account. Asks for the password; from a pipe it reads the first line."""
    from app import clock
    from app.errors import Invalid
    from app.features.accounts.commands import create_person
    from app.features.accounts.passwords import SHORTEST, is_guessable
    from app.features.accounts.schemas import GUESSABLE
    from app.identity import SYSTEM
    from app.operations.installation import opened

    with opened() as installation:
        if sys.stdin.isatty():
            password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
        else:
            password = sys.stdin.readline().rstrip("\n")
        if len(password) < SHORTEST or is_guessable(password, email, name):
            raise Invalid({"password": GUESSABLE})
        with installation.database.unit_of_work() as session:
            made = create_person(
                session,
                actor=SYSTEM,
                email=email,
                name=name,
                password=password,
                locale="en" if english else "vi",
                is_operator=is_operator,
                now=clock.now(),
            )
            typer.echo(f"{made.email} can sign in" + (" as operator" if is_operator else ""))


def operator(
    email: Annotated[str, typer.Argument(help="Address of an account there is.")],
    *,
    remove: Annotated[bool, typer.Option("--remove", help="No longer an operator.")] = False,
) -> None:
    """Make somebody an operator, or no longer one."""
    from app import clock
    from app.features.accounts.commands import set_operator
    from app.identity import SYSTEM
    from app.operations.installation import opened

    with opened() as installation, installation.database.unit_of_work() as session:
        changed = set_operator(session, actor=SYSTEM, email=email, is_operator=not remove, now=clock.now())
        typer.echo(f"{changed.email} is {'no longer' if remove else 'now'} an operator")


def broker(
    email: Annotated[str, typer.Argument(help="Address of an account there is.")],
    *,
    remove: Annotated[bool, typer.Option("--remove", help="No longer a broker.")] = False,
) -> None:
    """Make somebody a broker, who follows cases between firms and holders, or no longer one."""
    from app import clock
    from app.features.accounts.commands import set_broker
    from app.identity import SYSTEM
    from app.operations.installation import opened

    with opened() as installation, installation.database.unit_of_work() as session:
        changed = set_broker(session, actor=SYSTEM, email=email, is_broker=not remove, now=clock.now())
        typer.echo(f"{changed.email} is {'no longer' if remove else 'now'} a broker")


def reference(
    file: Annotated[Path, typer.Argument(help="A .csv or .xlsx table.", exists=True, dir_okay=False)],
    *,
    scheme: Annotated[str | None, typer.Option(help="Which table it is, when its manifest does not say.")] = None,
    version: Annotated[str | None, typer.Option(help="Name of the version, when its manifest does not say.")] = None,
    manifest: Annotated[Path | None, typer.Option(help="The .toml that describes it.", exists=True)] = None,
    keep_current: Annotated[bool, typer.Option("--keep-current", help="Load beside the version in use.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Only say what would change.")] = False,
) -> None:
    """Load a newer official table from a file (docs/reference-tables.md)."""
    from app import clock
    from app.i18n import use_locale
    from app.operations.installation import opened
    from app.reference.load import admin_load

    with opened() as installation, use_locale("vi" if os.environ.get("LANG", "").startswith("vi") else "en"):
        report = admin_load(
            installation.database,
            path=file,
            now=clock.now(),
            manifest=manifest,
            scheme=scheme,
            version=version,
            make_current=not keep_current,
            check_only=check,
        )
        for line in report.lines():
            typer.echo(line)


def jobs(
    *,
    retry: Annotated[bool, typer.Option("--retry", help="Try all of them again now.")] = False,
) -> None:
    """List the jobs that were given up after their last try, the newest first."""
    from sqlalchemy import select

    from app import clock
    from app.jobs.queue import revive
    from app.models.jobs import Job
    from app.operations.installation import opened
    from app.operations.logs import without_secrets

    with opened() as installation, installation.database.unit_of_work() as session:
        dead = session.scalars(select(Job).where(Job.state == "dead").order_by(Job.created_at.desc())).all()
        for job in dead:
            error = without_secrets((job.last_error or "").splitlines()[0] if job.last_error else "")
            typer.echo(f"{job.created_at:%Y-%m-%d %H:%M} UTC  {job.kind}  {job.id}  {job.attempts} tries  {error}")
            if retry:
                revive(session, job_id=job.id, now=clock.now())
        word = "will be tried again" if retry else "given up"
        typer.echo(f"{len(dead)} {word}" if dead else "no job was given up")
