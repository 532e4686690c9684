"""Counting the statements a piece of work sends, so that each page can state its budget.

with count_queries(database) as sent:
    client.get("/vi/")
assert len(sent) <= 6, sent
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from app.database import Database

_NOT_QUERIES = ("SAVEPOINT", "RELEASE", "ROLLBACK")


@contextmanager
def count_queries(database: Database) -> Iterator[list[str]]:
    """The statements sent on any connection of the pool inside the block, in order. Threads included."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.lstrip().upper().startswith(_NOT_QUERIES):
            sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
