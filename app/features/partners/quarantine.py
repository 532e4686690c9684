"""Records that were not taken: looked at by the operator, tried again or put away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.orm import Session

from app import jobs
from app.features.moderation import audit
from app.features.partners.policies import require_dealing
from app.identity import Actor
from app.models.partners import Partner
from app.models.taking import Quarantined

RETRY_JOB: Final = "partners.retry"
PER_PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class QuarantinePage:
    """A stretch of what waits, what came last first; `next` is the id to go on from, "" at the end."""

    items: Sequence[Quarantined]
    next: str
    counts: Sequence[tuple[str, int]]


def list_quarantine(
    session: Session, *, actor: Actor, partner: Partner, reason: str = "", after: str = "", limit: int = PER_PAGE
) -> QuarantinePage:
    """What of a partner waits in quarantine, with how many there are of each reason.

    Raises:
        Forbidden: the actor is no operator.
    """
    require_dealing(actor)
    waiting = (Quarantined.partner_id == partner.id, Quarantined.state == "waiting")
    counted = session.execute(
        select(Quarantined.reason, func.count())
        .where(*waiting)
        .group_by(Quarantined.reason)
        .order_by(func.count().desc(), Quarantined.reason)
    ).all()
    asked = select(Quarantined).where(*waiting)
    if reason:
        asked = asked.where(Quarantined.reason == reason)
    order = (Quarantined.last_at, Quarantined.id)
    if place := _uuid(after):
        here = select(*order).where(Quarantined.id == place).scalar_subquery()
        asked = asked.where(tuple_(*order) < here)
    rows = session.scalars(asked.order_by(*(one.desc() for one in order)).limit(limit + 1)).all()
    return QuarantinePage(
        rows[:limit],
        str(rows[limit - 1].id) if len(rows) > limit else "",
        [(row[0], row[1]) for row in counted],
    )


def retry(session: Session, *, actor: Actor, partner: Partner, ids: Sequence[UUID], now: datetime) -> int:
    """Have records tried again as they came: after a key, the mapping or the agreement was put right.

    Args:
        ids: which; none for all that wait.

    Returns:
        how many will be tried.

    Raises:
        Forbidden: the actor is no operator.
    """
    require_dealing(actor)
    asked = select(Quarantined.id).where(Quarantined.partner_id == partner.id, Quarantined.state == "waiting")
    if ids:
        asked = asked.where(Quarantined.id.in_(ids))
    found = session.scalars(asked.order_by(Quarantined.id)).all()
    if found:
        jobs.enqueue(
            session,
            kind=RETRY_JOB,
            payload={"partner": str(partner.id), "records": [str(one) for one in found] if ids else []},
            now=now,
        )
        _account(session, partner, actor=actor, action="retry", count=len(found), now=now)
    return len(found)


def dismiss(session: Session, *, actor: Actor, partner: Partner, ids: Sequence[UUID], now: datetime) -> int:
    """Put records away; should they come again wrong, they are told again.

    Raises:
        Forbidden: the actor is no operator.
    """
    require_dealing(actor)
    gone = session.execute(
        update(Quarantined)
        .where(Quarantined.partner_id == partner.id, Quarantined.state == "waiting", Quarantined.id.in_(ids))
        .values(state="dismissed", ended_at=now)
        .returning(Quarantined.id)
    ).all()
    if gone:
        _account(session, partner, actor=actor, action="dismiss", count=len(gone), now=now)
    return len(gone)


def _account(session: Session, partner: Partner, *, actor: Actor, action: str, count: int, now: datetime) -> None:
    audit.record(
        session,
        actor=actor,
        action=f"partner.quarantine_{action}",
        entity="partner",
        entity_id=partner.id,
        now=now,
        data={"records": count},
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
