"""Answers to everybody that were given before, kept while nothing is written."""

from collections.abc import Callable, Hashable
from typing import Final

from pydantic import BaseModel
from sqlalchemy import select
from starlette.responses import Response

from app import clock
from app.api.caller import Call
from app.api.conditional import raw_answer
from app.i18n import current_locale
from app.i18n.formats import local_date
from app.journal.state import STATE_COLUMNS, state_of
from app.operations.answers import KnownAnswer, known_answers
from app.reference.current import refresh
from app.reference.store import mark as reference_mark

_STATE: Final = select(*STATE_COLUMNS, reference_mark().label("tables"))


def known_or(call: Call, make: Callable[[], BaseModel]) -> Response:
    """The answer to a call whose answer is the same for everybody: as it was given before, or made now.

    The state of the journal is asked for first, so what is kept is never older than what it is kept under. Labels of
    reference tables are brought up to date on the way.
    """
    row = call.session.connection().execute(_STATE).one()
    refresh(call.session, mark=row.tables)
    state = state_of(row)
    address = call.request.url
    today = local_date(clock.now())
    key: Hashable = (
        "api", state.committed, state.read, row.tables, current_locale(), today, address.path, address.query,
    )  # fmt: skip
    kept = known_answers(call.request.app)
    found = kept.get(key) if state.settled else None
    if found is None:
        found = KnownAnswer(make().model_dump_json(by_alias=True).encode(), {})
        if state.settled:
            kept.put(key, found)
    return raw_answer(call.request, found.body)
