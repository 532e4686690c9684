"""key: the keys this exchange signs with. A change takes two steps, so that partners know a new key before it signs."""

from typing import Annotated

import typer


def add_to(cli: typer.Typer) -> None:
    """Add key and its verbs."""
    key = typer.Typer(help="The keys this exchange signs with: show, prepare, use, drop.", no_args_is_help=True)
    key.command("show")(show)
    key.command("prepare")(prepare)
    key.command("use")(use)
    key.command("drop")(drop)
    cli.add_typer(key, name="key")


def show() -> None:
    """Every published key by its name (kid), and what it is for."""
    from app.exchange.keys import next_key, own_keys
    from app.settings import get_settings

    settings = get_settings()
    keys, coming = own_keys(settings), next_key(settings)
    for place, one in enumerate(keys):
        typer.echo(f"{one.kid}\t{'former' if place else 'signs'}")
    if coming is not None:
        typer.echo(f"{coming.kid}\tnext")


def prepare() -> None:
    """Make the next key and publish it. Let partners fetch it before it is used: two days are plenty."""
    from app.exchange.keys import prepare_next
    from app.settings import get_settings

    made = prepare_next(get_settings())
    typer.echo(f"{made.kid} is published; when partners have fetched it: techmart key use")


def use() -> None:
    """Let the next key sign from now on. The one before stays published."""
    from app.exchange.keys import use_next
    from app.settings import get_settings

    typer.echo(f"{use_next(get_settings()).kid} signs from now on; take a backup")


def drop(
    kid: Annotated[str, typer.Argument(help="Which former key, by its name.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Forget a former key: partners will no longer believe what it signed. For one that got into wrong hands."""
    from app.exchange.keys import drop_key, own_keys
    from app.settings import get_settings

    settings = get_settings()
    if own_keys(settings)[-1].kid == kid and not yes:
        typer.confirm(
            "Access tokens and the secrets of partners' pings hang on this key and end with it. Go on?", abort=True
        )
    drop_key(settings, kid)
    typer.echo(f"{kid} is forgotten")
