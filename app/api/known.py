"""Answers to everybody that were given before, kept while nothing is written."""

from collections.abc import Callable, Hashable

from pydantic import BaseModel
from starlette.responses import Response

from app import clock
from app.api.caller import Call
from app.api.conditional import raw_answer
from app.database import Database
from app.i18n import current_locale
from app.i18n.formats import local_date
from app.operations.answers import KnownAnswer, known_answers
from app.operations.public_state import public_state


def known_or(call: Call, make: Callable[[], BaseModel]) -> Response:
    """The answer to a call whose answer is the same for everybody: as it was given before, or made now.

    The state is asked for first, so what is kept is never older than what it is kept under.
    """
    known = public_state(call.session)
    state = known.journal
    address = call.request.url
    today = local_date(clock.now())
    key: Hashable = (
        "api", state.committed, state.read, known.tables, current_locale(), today, address.path, address.query,
    )  # fmt: skip
    kept = known_answers(call.request.app)
    found = kept.get(key) if state.settled else None
    if found is None:
        made = make()
        Database.let_go(call.session)
        found = KnownAnswer(made.model_dump_json(by_alias=True).encode(), {})
        if state.settled:
            kept.put(key, found)
    else:
        Database.let_go(call.session)
    return raw_answer(call.request, found.body)
