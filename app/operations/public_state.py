"""What everything shown to everybody depends on: the state of the journal and the mark of the reference tables."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.orm import Session

from app.journal.state import STATE_COLUMNS, JournalState, state_of
from app.reference.current import refresh
from app.reference.store import mark

# With its values written out: PostgreSQL plans a statement that has parameters anew each time it is sent, which for
# this one takes longer than answering it. Every public page and call asks it.
_STATE: Final = str(
    select(*STATE_COLUMNS, mark().label("tables")).compile(
        # As the driver reads it, in which a percent sign is written twice.
        dialect=PGDialect_psycopg(),  # type: ignore[no-untyped-call]
        compile_kwargs={"literal_binds": True},
    )
)


@dataclass(frozen=True, slots=True)
class PublicState:
    """`tables` differs after every load of a reference table and every change of a pair of terms."""

    journal: JournalState
    tables: str


def public_state(session: Session) -> PublicState:
    """Ask for it, in one query. Labels of reference tables are brought up to date on the way: here this process hears
    of new ones."""
    row = session.connection().exec_driver_sql(_STATE).one()
    refresh(session, mark=row.tables)
    return PublicState(state_of(row), row.tables)
