"""The record of what officials did, and of reads that must be accounted for. Written once, never changed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.features.listings.policies import require_review
from app.identity import Actor
from app.models.accounts import Person
from app.models.audit import AuditEntry


def record(
    session: Session,
    *,
    actor: Actor,
    action: str,
    entity: str,
    entity_id: UUID | None,
    now: datetime,
    data: dict[str, Any] | None = None,
) -> None:
    """Note, in this transaction, what was done to which record and from where.

    Args:
        action: what was done, as the state table or policy names it ("publish", "return", "verify").
        data: small facts; never confidential content.
    """
    session.add(
        AuditEntry(
            at=now,
            actor_id=actor.person_id,
            action=action,
            entity=entity,
            entity_id=entity_id,
            address=actor.address,
            data=data or {},
        )
    )


def entries_of(
    session: Session, *, actor: Actor, entity: str, entity_id: UUID, limit: int = 100
) -> list[tuple[AuditEntry, str | None]]:
    """What was done to one record, newest first, with the names of who did it; for operators.

    Raises:
        Forbidden: for anybody else.
    """
    require_review(actor)
    rows = session.execute(
        select(AuditEntry, Person.name)
        .outerjoin(Person, Person.id == AuditEntry.actor_id)
        .where(AuditEntry.entity == entity, AuditEntry.entity_id == entity_id)
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(limit)
    )
    return [(entry, name) for entry, name in rows]
