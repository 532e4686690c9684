"""The operator's mark that an organisation is who it says it is."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import journal
from app.errors import Conflict
from app.features.accounts.policies import require_operator
from app.features.messages import send_message
from app.features.organisations.commands import lock
from app.features.organisations.schemas import RevocationInput, VerificationInput
from app.i18n import N_
from app.identity import Actor
from app.models import AuditEntry, Membership, Organisation, Person


def verify_organisation(
    session: Session, *, actor: Actor, organisation_id: UUID, version: int, data: VerificationInput, now: datetime
) -> Organisation:
    """Mark an organisation verified, noting what was compared; its people are told.

    Args:
        version: of the profile the operator looked at.

    Raises:
        Forbidden: the actor is no operator.
        NotFound: no such organisation.
        Conflict: verified already, or its profile changed since the operator looked.
    """
    require_operator(actor)
    found = lock(session, actor=actor, organisation_id=organisation_id)
    if found.verified_at is not None:
        raise Conflict(N_("Tổ chức này đã được xác minh"))
    if found.version != version:
        raise Conflict(N_("Hồ sơ đã đổi sau khi bạn mở trang. Hãy xem lại rồi xác minh."))
    found.verified_at = now
    found.verified_by_id = actor.person_id
    _record(session, actor, found, action="verified", now=now, data={"evidence": data.evidence})
    _tell(session, found, template="organisation_verified", now=now)
    return found


def revoke_verification(
    session: Session, *, actor: Actor, organisation_id: UUID, data: RevocationInput, now: datetime
) -> Organisation:
    """Take the mark away, with the reason; its people are told.

    Raises:
        Forbidden: the actor is no operator.
        NotFound: no such organisation.
        Conflict: it is not verified.
    """
    require_operator(actor)
    found = lock(session, actor=actor, organisation_id=organisation_id)
    if found.verified_at is None:
        raise Conflict(N_("Tổ chức này chưa được xác minh"))
    found.verified_at = None
    found.verified_by_id = None
    _record(session, actor, found, action="verification_revoked", now=now, data={"reason": data.reason})
    _tell(session, found, template="organisation_verification_revoked", now=now, reason=data.reason)
    return found


def _record(
    session: Session, actor: Actor, found: Organisation, *, action: str, now: datetime, data: dict[str, str]
) -> None:
    found.version += 1
    found.updated_at = now
    session.add(
        AuditEntry(
            at=now,
            actor_id=actor.person_id,
            action=f"organisation.{action}",
            entity="organisation",
            entity_id=found.id,
            address=actor.address,
            data=data,
        )
    )
    journal.append(session, entity="organisation", entity_id=found.id, action=action, actor_id=actor.person_id, at=now)


def _members(session: Session, organisation_id: UUID) -> Sequence[Person]:
    return session.scalars(
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.organisation_id == organisation_id, Person.disabled_at.is_(None))
        .order_by(Person.id)
    ).all()


def _tell(session: Session, found: Organisation, *, template: str, now: datetime, **more: str) -> None:
    for person in _members(session, found.id):
        send_message(
            session,
            to=person,
            template=template,
            context={"organisation": found.name, "public_id": found.public_id, "at": now, **more},
            key=f"{template}:{found.id}:{found.version}:{person.id}",
            now=now,
        )
