"""Taking what can be taken when the database, or a rule of ours, chokes on one record of many."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from psycopg.errors import ProgramLimitExceeded
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session

from app.exchange.taking.accepting import Terms
from app.exchange.taking.holdable import storable
from app.exchange.taking.incoming import Bad, Raw
from app.exchange.taking.understanding import Source
from app.exchange.taking.writing import Counts, lay_aside, take_batch
from app.models.partners import Partner

# What one record may end the writing of all in.
NOT_TAKEN: Final = (DBAPIError, ValueError, RecursionError)


def is_machines(fault: Exception) -> bool:
    """Whether the database itself is out of order, rather than what it is given."""
    if isinstance(fault, DBAPIError) and isinstance(fault.orig, ProgramLimitExceeded):
        # Beyond what it can hold, of which the driver makes the same kind of fault.
        return False
    return isinstance(fault, OperationalError | InterfaceError)


def reason_of(fault: Exception) -> str:
    """What was said when a record was refused, in one line."""
    said = fault.orig if isinstance(fault, DBAPIError) else fault
    return str(storable(str(said).strip().partition("\n")[0][:1_000])) or type(fault).__name__


def take_each(
    session: Session,
    *,
    partner: Partner,
    source: Source,
    raws: Sequence[Raw],
    terms: Terms,
    run_id: UUID | None,
    now: datetime,
    outcomes: dict[str, Mapping[str, str]] | None = None,
) -> Counts:
    """Take these records as `take_batch` does; when they are refused together, one by one, the bad ones laid aside."""
    told = outcomes if outcomes is not None else {}
    try:
        with session.begin_nested():
            return take_batch(
                session,
                partner=partner,
                source=source,
                raws=raws,
                terms=terms,
                run_id=run_id,
                now=now,
                outcomes=told,
            )
    except NOT_TAKEN as fault:
        if is_machines(fault):
            raise
    told.clear()
    counts = Counts()
    for raw in raws:
        try:
            with session.begin_nested():
                counts.add(
                    take_batch(
                        session,
                        partner=partner,
                        source=source,
                        raws=[raw],
                        terms=terms,
                        run_id=run_id,
                        now=now,
                        outcomes=told,
                    )
                )
        except NOT_TAKEN as fault:
            if is_machines(fault):
                raise
            bad = Bad("database", reason_of(fault))
            lay_aside(session, [(raw, bad)], partner_id=partner.id, run_id=run_id, now=now)
            told[raw.source_id] = {"outcome": "refused", "reason": bad.reason, "detail": bad.detail}
            counts.add(Counts(seen=1, quarantined=1))
    return counts
