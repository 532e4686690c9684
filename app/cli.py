"""The terminal: `techmart VERB`. Each module of app/terminal brings its verbs; this puts them together.

Exit codes: 0 done, 1 a fault (told in words), 2 wrong usage, 130 stopped by Ctrl-C.
"""

import importlib
import logging
import os
import pkgutil
import sys

import typer

from app import __version__, terminal
from app.errors import Invalid, TechmartError
from app.i18n import _, use_locale
from app.operations.faults import OperationFault

cli = typer.Typer(
    name="techmart",
    help="Techmart, a technology exchange. Settings come from the environment (docs/operations.md).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@cli.callback(invoke_without_command=True)
def about(
    *, version: bool = typer.Option(False, "--version", help="Say which version this is.", is_eager=True)
) -> None:
    if version:
        typer.echo(f"techmart {__version__}")
        raise typer.Exit


def verbs() -> typer.Typer:
    """The command line with every verb added. A module of app/terminal adds its own by `add_to(cli)`."""
    for module in sorted(found.name for found in pkgutil.iter_modules(terminal.__path__)):
        add = getattr(importlib.import_module(f"app.terminal.{module}"), "add_to", None)
        if add is not None:
            add(cli)
    return cli


def main() -> None:
    """Entry of the `techmart` command. Faults a person can mend are told without a traceback."""
    # Until a verb sets up its own log: warnings only, as plain lines.
    logging.basicConfig(level=logging.WARNING, format="techmart: %(message)s", stream=sys.stderr)
    try:
        verbs()(prog_name="techmart")
    except OperationFault as fault:
        _fail(fault.happened, fault.remedy)
    except TechmartError as fault:
        _fail(_told(fault), "")
    except BrokenPipeError:
        # Whoever read our output stopped reading, as `head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as fault:
        _fail_if_known(fault)
        raise


def _fail(happened: str, remedy: str) -> None:
    sys.stderr.write(f"techmart: {happened}\n")
    if remedy:
        sys.stderr.write(f"  What to do: {remedy}\n")
    sys.exit(1)


def _told(fault: TechmartError) -> str:
    """The fault in the terminal's language, field by field."""
    with use_locale("vi" if os.environ.get("LANG", "").startswith("vi") else "en"):
        lines = [_(fault.detail, **fault.params) if fault.detail else _(fault.title)]
        if isinstance(fault, Invalid):
            lines += [f"  {field}: {_(message)}" for field, message in fault.fields.items()]
    return "\n".join(lines)


def _fail_if_known(fault: Exception) -> None:
    """Faults of libraries and settings, imported only now to keep `--help` quick."""
    from sqlalchemy.exc import InterfaceError, OperationalError

    from app.operations.logs import without_secrets
    from app.settings import SettingsFault

    if isinstance(fault, SettingsFault):
        _fail(
            "These settings cannot be used:\n  " + str(fault).replace("\n", "\n  "),
            "Correct the variables named above; docs/operations.md lists what each may hold.",
        )
    if isinstance(fault, InterfaceError | OperationalError):
        _fail(
            "The database does not answer: " + without_secrets(str(fault).strip().splitlines()[0]),
            "Check TECHMART_DATABASE_URL and that the server runs; `techmart doctor` looks at every part.",
        )


if __name__ == "__main__":
    main()
