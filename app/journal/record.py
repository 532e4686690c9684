"""Writing to the journal."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from app import clock
from app.models.journal import JournalEntry

NOTED = "journal_noted"


def append(
    session: Session,
    *,
    entity: str,
    entity_id: UUID,
    action: str,
    actor_id: UUID | None = None,
    at: datetime | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Note, in this transaction, that an entity changed.

    Flushes first: SQLAlchemy may otherwise emit the journal INSERT before the UPDATE it describes, and the row lock
    that the UPDATE takes is what puts two changes of one entity in order.

    Args:
        entity: the kind of record ("listing", "organisation", "quote_request" …).
        entity_id: its primary key.
        action: what happened, a past participle ("published", "updated").
        data: small facts readers need though the record may have changed since. Never personal, never confidential.
    """
    session.flush()
    session.add(
        JournalEntry(
            entity=entity,
            entity_id=entity_id,
            action=action,
            actor_id=actor_id,
            at=at or clock.now(),
            data=data or {},
        )
    )
    session.flush()
    session.info.setdefault(NOTED, set()).add((entity, entity_id))


def append_many(
    session: Session,
    *,
    entity: str,
    entity_ids: Sequence[UUID],
    action: str,
    actor_id: UUID | None = None,
    at: datetime | None = None,
    data: dict[str, Any] | None = None,
    data_of: Mapping[UUID, dict[str, Any]] | None = None,
) -> None:
    """Note the same change of many entities at once, in the order of `entity_ids`: for bulk work.

    As with `append`, the rows must be changed before, so that their locks put changes of one entity in order.

    Args:
        data: of all of them; `data_of` that of each which is named there instead.
    """
    session.flush()
    if not entity_ids:
        return
    moment = at or clock.now()
    session.execute(
        insert(JournalEntry),
        [
            {
                "entity": entity,
                "entity_id": entity_id,
                "action": action,
                "actor_id": actor_id,
                "at": moment,
                "data": (data_of or {}).get(entity_id, data or {}),
            }
            for entity_id in entity_ids
        ],
    )
    session.info.setdefault(NOTED, set()).update((entity, entity_id) for entity_id in entity_ids)
