"""A worker that dies at a named place while it deals with payments: run as a program of its own, ended by os._exit.

    python -m tests.features.payments.dying <seam> <settings as JSON> <now as ISO>

Nothing is cleaned up, as when the power goes: open transactions end with their connection.
"""

import json
import os
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn

from app.database import Database
from app.features.payments import calling, inbox, seeing
from app.jobs import queue
from app.jobs.worker import run_due
from app.settings import Settings
from app.terminal.work import consumers

DEAD = 9


def _die(*_args: Any, **_kwargs: Any) -> NoReturn:
    os._exit(DEAD)


def _then_die(real: Callable[..., Any]) -> Callable[..., Any]:
    def once(*args: Any, **kwargs: Any) -> NoReturn:
        real(*args, **kwargs)
        os._exit(DEAD)

    return once


def _dies_when_finishing(kind: str) -> None:
    """After the work was committed, before its job is marked done."""
    handler = calling.make_call if kind == "call" else inbox.handle_event
    name = "payments.call" if kind == "call" else "payments.event"
    from app.jobs.registry import handlers

    def then_dies_at_the_end(context: Any, payload: Any) -> None:
        handler(context, payload)
        queue.finish = _die

    handlers[name] = then_dies_at_the_end


SEAMS: dict[str, Callable[[], None]] = {
    "call: before it is made": lambda: setattr(calling, "_made", _die),
    "call: answered, not written": lambda: setattr(calling, "_made", _then_die(calling._made)),
    "call: written, not committed": lambda: setattr(calling, "record_answer", _then_die(calling.record_answer)),
    "call: committed, job not done": lambda: _dies_when_finishing("call"),
    "event: before it is read": lambda: setattr(inbox, "see", _die),
    "event: entered, not committed": lambda: setattr(inbox, "see", _then_die(seeing.see)),
    "event: committed, job not done": lambda: _dies_when_finishing("event"),
}


def main() -> None:
    seam, settings, now = sys.argv[1:]
    chosen = Settings.model_validate(json.loads(settings))
    consumers(chosen)
    assert chosen.database_url is not None
    database = Database(chosen.database_url.get_secret_value(), pool_size=2)
    SEAMS[seam]()
    run_due(database, chosen, now=datetime.fromisoformat(now))


if __name__ == "__main__":
    main()
