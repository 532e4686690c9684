"""What has to be true of a database before anything is served from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.database import Database
    from app.settings import Settings

Say = Callable[[str], object]


def bring_tables_up(database: Database, *, say: Say) -> None:
    """Migrate when needed, and load the reference tables that ship with this version when they are not there."""
    from app import clock
    from app.migrate import migrate
    from app.operations.installation import schema_revisions
    from app.reference.load import load_shipped
    from app.reference.synonyms import load_shipped_pairs

    current, newest = schema_revisions(database)
    if current != newest:
        say("making the tables" if current is None else f"bringing the tables from {current} to {newest}")
        migrate(database)
    with database.unit_of_work() as session:
        reports = load_shipped(session, now=clock.now())
        pairs = load_shipped_pairs(session, now=clock.now())
    loaded = [report.scheme for report in reports if not report.nothing_new]
    if loaded:
        say(f"loaded reference tables: {', '.join(loaded)}")
    if pairs:
        say(f"loaded {pairs} pairs of terms in two languages")


def bring_up(settings: Settings, database_url: str, *, demo: bool, say: Say) -> None:
    """Make the database ready to serve from: tables, reference tables and, for `demo`, demo data in an empty one."""
    from app.database import Database

    database = Database(database_url, pool_size=5, statement_timeout_ms=0)
    try:
        bring_tables_up(database, say=say)
        if demo:
            _fill_if_empty(database, settings, say=say)
    finally:
        database.dispose()


def _fill_if_empty(database: Database, settings: Settings, *, say: Say) -> None:
    from app.demo.load import is_empty
    from app.terminal.demo import fill

    with database.read_only() as session:
        empty = is_empty(session)
    if empty:
        say("loading demo content")
        fill(database, settings)


def require_ready(settings: Settings, database_url: str) -> None:
    """Raises OperationFault when the tables are not at their newest form."""
    from app.database import Database
    from app.operations.installation import require_newest_schema

    database = Database(database_url, pool_size=2, statement_timeout_ms=settings.statement_timeout_ms)
    try:
        require_newest_schema(database)
    finally:
        database.dispose()
