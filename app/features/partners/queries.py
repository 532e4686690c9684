"""Reading the registry of partners, for operators."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.features.partners.policies import require_dealing, visible_to
from app.identity import Actor
from app.models.accounts import Person
from app.models.partners import Partner, PartnerCredential, PartnerHistory

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class PartnerPage:
    """A stretch of the registry in the order of names; `next` is the public id to go on from, "" at the end."""

    items: Sequence[Partner]
    next: str


def list_partners(
    session: Session, *, actor: Actor, state: str = "", after: str = "", limit: int = PER_PAGE
) -> PartnerPage:
    """The partners, those that ended only when asked for.

    Raises:
        Forbidden: the actor is no operator.
    """
    require_dealing(actor)
    asked = visible_to(actor).where(Partner.state == state if state else Partner.state != "ended")
    order = (Partner.name, Partner.id)
    if after:
        here = select(*order).where(Partner.public_id == after).scalar_subquery()
        asked = asked.where(tuple_(*order) > here)
    rows = session.scalars(asked.order_by(*order).limit(limit + 1)).all()
    return PartnerPage(rows[:limit], rows[limit - 1].public_id if len(rows) > limit else "")


def find_partner(session: Session, *, actor: Actor, public_id: str) -> Partner:
    """One partner, by its public id or its authority.

    Raises:
        Forbidden, NotFound.
    """
    require_dealing(actor)
    found = session.scalars(
        visible_to(actor).where((Partner.public_id == public_id) | (Partner.authority == public_id))
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def credentials_of(session: Session, *, actor: Actor, partner_id: UUID) -> Sequence[PartnerCredential]:
    """A partner's credentials, newest first, also those revoked.

    Raises:
        Forbidden: the actor is no operator.
    """
    require_dealing(actor)
    return session.scalars(
        select(PartnerCredential)
        .where(PartnerCredential.partner_id == partner_id)
        .order_by(PartnerCredential.created_at.desc(), PartnerCredential.id.desc())
        .limit(100)
    ).all()


def history_of(session: Session, *, actor: Actor, partner_id: UUID) -> list[tuple[PartnerHistory, str | None]]:
    """The moves of a partner, newest first, with who made them.

    Raises:
        Forbidden: the actor is no operator.
    """
    require_dealing(actor)
    rows = session.execute(
        select(PartnerHistory, Person.name)
        .outerjoin(Person, Person.id == PartnerHistory.actor_id)
        .where(PartnerHistory.partner_id == partner_id)
        .order_by(PartnerHistory.sequence.desc())
        .limit(100)
    )
    return [(move, name) for move, name in rows]
