"""partner: the registry and what is done with one partner."""

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.terminal.harvest import begun, counts_of, harvest, opened_here, report, told_of

if TYPE_CHECKING:
    from app.features.partners.schemas import PartnerInput


def add_to(cli: typer.Typer) -> None:
    """Add partner, its verbs, and harvest."""
    partner = typer.Typer(help="Partner exchanges: register, try, go live, keys, files.", no_args_is_help=True)
    partner.command("list")(list_all)
    partner.command("add")(add)
    partner.command("show")(show)
    partner.command("try")(try_one)
    partner.command("move")(move)
    partner.command("key")(key)
    partner.command("file")(file)
    partner.command("brake")(brake)
    partner.command("retry")(retry)
    partner.command("carrying")(carrying)
    cli.add_typer(partner, name="partner")
    cli.command()(harvest)


Named = Annotated[str, typer.Argument(help="The partner's authority (its DNS name) or public id.")]


def list_all() -> None:
    """Every partner: authority, state, direction, way of taking, name."""
    from app.features.partners.queries import list_partners
    from app.identity import SYSTEM

    with opened_here() as installation, installation.database.read_only() as session:
        for state in ("draft", "tested", "live", "paused", "ended"):
            after = ""
            while True:
                page = list_partners(session, actor=SYSTEM, state=state, after=after)
                for one in page.items:
                    typer.echo(f"{one.authority}\t{one.state}\t{one.direction}\t{one.protocol}\t{one.name}")
                after = page.next
                if not after:
                    break


def add(
    authority: Annotated[str, typer.Argument(help="Its DNS name, such as techmart.danang.vn.")],
    name: Annotated[str, typer.Argument(help="Its name.")],
    *,
    address: Annotated[str, typer.Option(help="OAI-PMH base URL, or the address of its feed of changes.")] = "",
    protocol: Annotated[str, typer.Option(help="techmart, oai_dc, changes or file.")] = "techmart",
    direction: Annotated[str, typer.Option(help="give, take or both.")] = "both",
    keys_url: Annotated[str, typer.Option(help="Where its public key set is.")] = "",
    relays: Annotated[bool, typer.Option("--relays", help="It may bring signed records of others.")] = False,
    review: Annotated[bool, typer.Option("--review", help="What it brings waits for the operator.")] = False,
    every: Annotated[int, typer.Option(help="Minutes between harvests.", min=5, max=10_080)] = 60,
    starts: Annotated[datetime | None, typer.Option(help="First day.", formats=["%Y-%m-%d"])] = None,
) -> None:
    """Register a partner, in state draft; the rest of the agreement is filled in on its page."""
    from app import clock
    from app.features.partners.commands import register_partner
    from app.identity import SYSTEM

    first: date = (starts or clock.now()).date()
    said = {
        "authority": authority,
        "name": name,
        "address": address,
        "protocol": protocol,
        "direction": direction,
        "keys_url": keys_url,
        "relays": relays,
        "accepting": "review" if review else "publish",
        "every_minutes": every,
        "starts_on": first,
    }
    with opened_here() as installation, installation.database.unit_of_work() as session:
        data = _agreement(said)
        made = register_partner(
            session, actor=SYSTEM, data=data, own_authority=installation.settings.authority, now=clock.now()
        )
        typer.echo(f"{made.authority} registered as {made.public_id}")


def show(partner: Named) -> None:
    """How it goes with a partner: progress, counts, the last runs, what waits."""
    from app.features.partners.health import beginning_of, health_of
    from app.features.partners.queries import find_partner
    from app.identity import SYSTEM

    with opened_here() as installation, installation.database.read_only() as session:
        found = find_partner(session, actor=SYSTEM, public_id=partner)
        health = health_of(session, actor=SYSTEM, partner=found)
        typer.echo(f"{found.name} ({found.authority}): {found.state}")
        typer.echo(f"{health.living:,} records shown, {health.gone:,} gone, {health.waiting:,} in quarantine")
        progress = health.progress
        if progress is not None:
            typer.echo(f"last good run: {progress.last_ok_at or '–'}; next: {progress.next_due_at or '–'}")
            beginning = beginning_of(progress)
            if beginning is not None and beginning.given_up:
                typer.echo(f"its snapshot is no good, it is read page by page: {beginning.given_up}")
            elif beginning is not None:
                typer.echo(
                    f"in its snapshot: {beginning.files_done:,} of {beginning.files:,} files, "
                    f"{beginning.records_done:,} of {beginning.records:,} records"
                )
            if progress.fault:
                typer.echo(f"last fault ({progress.failures} in a row): {progress.fault}")
        if health.braked is not None:
            typer.echo(f"a sweep waits: {health.braked.absent:,} records were not found; techmart partner brake …")
        for one in health.runs[:10]:
            typer.echo(f"{one.started_at:%Y-%m-%d %H:%M} {one.kind} {one.state}: {counts_of(one)} {one.fault}".rstrip())


def try_one(partner: Named) -> None:
    """Ask for the first page and report what would become of it. Exit code 1 when nothing of it could be taken."""
    from app import clock
    from app.exchange.taking.trial import try_source
    from app.features.partners.runs import begin_run
    from app.models.taking import TakingRun

    with opened_here() as installation:
        run_id = begun(installation, partner, begin=begin_run, kind="trial")
        try_source(installation.database, installation.settings, run_id, now=clock.now())
        with installation.database.read_only() as session:
            run = session.get_one(TakingRun, run_id)
    for one in run.samples:
        if one["what"] == "bad":
            typer.echo(f"{one['raw']['source_id']}: {one['reason']}: {one['detail']}", err=True)
    typer.echo(f"{run.state}: {counts_of(run)}")
    if run.state != "done":
        typer.echo(run.fault, err=True)
        raise typer.Exit(1)


def move(
    partner: Named, to: Annotated[str, typer.Argument(help="go_live, open (of one we only give to), pause or end.")]
) -> None:
    """Make a move of the agreement."""
    from app import clock
    from app.features.partners.commands import move_partner
    from app.features.partners.queries import find_partner
    from app.identity import SYSTEM

    if to not in {"go_live", "open", "pause", "end"}:
        raise typer.BadParameter("one of go_live, open, pause, end", param_hint="to")
    with opened_here() as installation, installation.database.unit_of_work() as session:
        found = find_partner(session, actor=SYSTEM, public_id=partner)
        moved = move_partner(session, actor=SYSTEM, public_id=found.public_id, move=to, now=clock.now())
        typer.echo(f"{moved.authority}: {moved.state}")


def key(
    partner: Named,
    *,
    kind: Annotated[str, typer.Option(help="api_key or oauth_client.")] = "api_key",
    days: Annotated[int, typer.Option(help="How long it is good.", min=1, max=1_100)] = 365,
    overlap: Annotated[
        int | None, typer.Option(help="End those there are so many hours from now.", min=0, max=1_440)
    ] = None,
) -> None:
    """Issue a key for the partner to show us. It is printed once and kept as a hash only."""
    from app import clock
    from app.features.partners.credentials import issue_credential
    from app.features.partners.queries import find_partner
    from app.features.partners.schemas import IssueInput
    from app.identity import SYSTEM

    if kind not in {"api_key", "oauth_client"}:
        raise typer.BadParameter("api_key or oauth_client", param_hint="--kind")
    with opened_here() as installation, installation.database.unit_of_work() as session:
        found = find_partner(session, actor=SYSTEM, public_id=partner)
        data = IssueInput(kind=kind, days=days, overlap_hours=overlap)  # type: ignore[arg-type]  # checked above
        made = issue_credential(session, actor=SYSTEM, public_id=found.public_id, data=data, now=clock.now())
        if kind == "oauth_client":
            typer.echo(f"client id: {made.name}")
        typer.echo(made.secret)


def file(
    partner: Named,
    path: Annotated[Path, typer.Argument(help="A .jsonl, .jsonl.gz, .csv or .xlsx.", exists=True, dir_okay=False)],
    *,
    whole: Annotated[bool, typer.Option("--whole", help="It has every listing of the partner.")] = False,
) -> None:
    """Take a file of a partner that gives files."""
    from app import clock
    from app.errors import Conflict
    from app.exchange.taking.files import take_file
    from app.features.partners.queries import find_partner
    from app.i18n import N_
    from app.identity import SYSTEM, uuid7
    from app.models.taking import TakingRun

    with opened_here() as installation:
        now = clock.now()
        with installation.database.unit_of_work() as session:
            found = find_partner(session, actor=SYSTEM, public_id=partner)
            if found.protocol != "file" or found.state == "ended":
                raise Conflict(N_("Đối tác này không gửi tệp"))
            run = TakingRun(id=uuid7(), partner_id=found.id, kind="file", started_at=now)
            session.add(run)
        with told_of() as told:
            take_file(installation.database, installation.settings, run.id, path=path, whole=whole, now=now, told=told)
        report(installation, run.id)


def brake(
    partner: Named,
    *,
    let_go: Annotated[bool, typer.Option("--let-go/--keep", help="Take the records down, or keep them.")],
) -> None:
    """Decide about a sweep that did not find many records."""
    from app import clock
    from app.errors import NotFound
    from app.features.partners.health import health_of
    from app.features.partners.queries import find_partner
    from app.features.partners.sweeping import decide_brake
    from app.identity import SYSTEM

    with opened_here() as installation, installation.database.unit_of_work() as session:
        found = find_partner(session, actor=SYSTEM, public_id=partner)
        waiting = health_of(session, actor=SYSTEM, partner=found).braked
        if waiting is None:
            raise NotFound
        run = decide_brake(session, actor=SYSTEM, run_id=waiting.id, let_go=let_go, now=clock.now())
        typer.echo(f"{run.gone:,} records taken down" if let_go else "all kept")


def retry(partner: Named) -> None:
    """Have everything in a partner's quarantine tried again by the worker."""
    from app import clock
    from app.features.partners.quarantine import retry as ask
    from app.features.partners.queries import find_partner
    from app.identity import SYSTEM

    with opened_here() as installation, installation.database.unit_of_work() as session:
        found = find_partner(session, actor=SYSTEM, public_id=partner)
        typer.echo(f"{ask(session, actor=SYSTEM, partner=found, ids=[], now=clock.now()):,} records will be tried")


def carrying(
    partner: Named,
    *,
    out: Annotated[bool | None, typer.Option("--out/--no-out", help="Our buyers' requests are carried to it.")] = None,
    in_: Annotated[bool | None, typer.Option("--in/--no-in", help="It may bring its buyers' requests.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Have what failed tried again.")] = False,
) -> None:
    """Quote requests carried to and from a partner: how many, what is stuck; the agreement's two switches."""
    from app import clock
    from app.features.carrying.overview import carrying_with, send_again
    from app.features.partners.commands import change_agreement
    from app.features.partners.queries import find_partner
    from app.features.partners.schemas import PartnerInput
    from app.identity import SYSTEM

    now = clock.now()
    wanted = {name: value for name, value in (("enquiries_out", out), ("enquiries_in", in_)) if value is not None}
    with opened_here() as installation, installation.database.unit_of_work() as session:
        found = find_partner(session, actor=SYSTEM, public_id=partner)
        if wanted:
            found = change_agreement(
                session,
                actor=SYSTEM,
                public_id=found.public_id,
                version=found.version,
                data=_agreement(PartnerInput.values_of(found) | wanted),
                now=now,
            )
        going, coming = (("on" if one else "off") for one in (found.enquiries_out, found.enquiries_in))
        typer.echo(f"{found.authority}: out {going}, in {coming}")
        told = carrying_with(session, actor=SYSTEM, partner_id=found.id)
        typer.echo(f"{told.sent:,} requests sent, {told.received:,} received; {told.waiting:,} messages on their way")
        for one in told.stuck:
            typer.echo(f"{one.number}\t{one.act}\t{one.state}\t{one.status or '–'}\t{one.fault}")
            if again and one.state == "failed":
                send_again(session, actor=SYSTEM, public_id=found.public_id, delivery_id=one.delivery_id, now=now)
                typer.echo(f"{one.number}: tried again")


def _agreement(said: dict[str, Any]) -> "PartnerInput":
    """The agreement, checked as on its page.

    Raises:
        Invalid: by field.
    """
    from pydantic import ValidationError

    from app.errors import Invalid
    from app.features.listings.schemas import problems_of
    from app.features.partners.schemas import PartnerInput

    try:
        return PartnerInput.model_validate(said)
    except ValidationError as fault:
        raise Invalid(problems_of(fault)) from None
