"""Who acts for an organisation. It always keeps an owner."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import journal
from app.errors import Conflict, Forbidden, NotFound
from app.features.accounts.policies import require_in_person
from app.features.organisations.commands import lock
from app.features.organisations.policies import require_owner
from app.features.organisations.schemas import Role
from app.i18n import N_
from app.identity import Actor
from app.models import Membership

_LAST_OWNER = N_("Tổ chức phải luôn có ít nhất một chủ quản. Hãy giao quyền chủ quản cho người khác trước.")


def change_role(
    session: Session, *, actor: Actor, organisation_id: UUID, person_id: UUID, role: Role, now: datetime
) -> None:
    """Make a member owner or editor.

    Raises:
        Forbidden: the actor is no owner, or no longer.
        NotFound: no such member.
        Conflict: the last owner would become an editor.
    """
    require_owner(actor, organisation_id)
    lock(session, actor=actor, organisation_id=organisation_id)
    _still_owner(session, actor, organisation_id)
    member = _member(session, organisation_id, person_id)
    if member.role == role:
        return
    if member.role == "owner":
        _refuse_last_owner(session, organisation_id)
    member.role = role
    _journal(session, actor, organisation_id, action="member_role_changed", now=now, role=role)


def remove_member(session: Session, *, actor: Actor, organisation_id: UUID, person_id: UUID, now: datetime) -> None:
    """Take somebody's seat away; owners do so for anybody, and everybody for themselves.

    Raises:
        Forbidden: the actor is no owner and it is somebody else's seat.
        NotFound: no such member.
        Conflict: it is the last owner's seat.
    """
    own = require_in_person(actor) == person_id
    if not own:
        require_owner(actor, organisation_id)
    lock(session, actor=actor, organisation_id=organisation_id)
    if not own:
        _still_owner(session, actor, organisation_id)
    member = _member(session, organisation_id, person_id)
    if member.role == "owner":
        _refuse_last_owner(session, organisation_id)
    session.delete(member)
    _journal(session, actor, organisation_id, action="member_left" if own else "member_removed", now=now)


def _member(session: Session, organisation_id: UUID, person_id: UUID) -> Membership:
    found = session.get(Membership, (organisation_id, person_id), populate_existing=True)
    if found is None:
        raise NotFound
    return found


def _still_owner(session: Session, actor: Actor, organisation_id: UUID) -> None:
    """The actor was read before the organisation was locked: a role lost in between does not count."""
    mine = session.get(Membership, (organisation_id, actor.person_id), populate_existing=True)
    if mine is None or mine.role != "owner":
        raise Forbidden


def _refuse_last_owner(session: Session, organisation_id: UUID) -> None:
    owners = session.scalar(
        select(func.count())
        .select_from(Membership)
        .where(Membership.organisation_id == organisation_id, Membership.role == "owner")
    )
    if (owners or 0) <= 1:
        raise Conflict(_LAST_OWNER)


def _journal(
    session: Session, actor: Actor, organisation_id: UUID, *, action: str, now: datetime, role: str | None = None
) -> None:
    journal.append(
        session,
        entity="organisation",
        entity_id=organisation_id,
        action=action,
        actor_id=actor.person_id,
        at=now,
        data={"role": role} if role else None,
    )
