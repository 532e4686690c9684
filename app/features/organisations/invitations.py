"""Inviting somebody by e-mail to act for an organisation."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import journal
from app.errors import Conflict, Forbidden, Gone, Invalid, NotFound
from app.features.accounts.attempts import INVITE_ORGANISATION, Refused, count_attempt
from app.features.accounts.policies import require_in_person
from app.features.accounts.tokens import digest, new_token
from app.features.messages import Recipient, send_message
from app.features.organisations.commands import lock
from app.features.organisations.policies import require_owner
from app.features.organisations.schemas import InvitationInput
from app.i18n import N_
from app.identity import Actor, uuid7
from app.models import Invitation, Membership, Organisation, Person

LIFETIME = timedelta(days=14)
MOST_OPEN = 50
_NOT_GOOD = N_("Lời mời đã được thu hồi, đã hết hạn hoặc liên kết bị cắt mất một đoạn. Hãy nhờ người mời gửi lại.")
InvitationState = Literal["open", "accepted", "revoked", "expired"]


class InvitationNotGood(Gone):
    """The invitation was taken back, has expired, was used by somebody, or never was."""

    code = "invitation-not-good"
    title = N_("Lời mời không còn dùng được")


def state_of(invitation: Invitation, *, now: datetime) -> InvitationState:
    """What has become of an invitation."""
    if invitation.accepted_at is not None:
        return "accepted"
    if invitation.revoked_at is not None:
        return "revoked"
    return "open" if invitation.expires_at > now else "expired"


def invite(
    session: Session, *, actor: Actor, organisation_id: UUID, data: InvitationInput, now: datetime
) -> Invitation | Refused:
    """Invite an address; an open invitation to it is renewed with the role given now. The letter carries the link.

    Returns:
        the invitation, or that the organisation invited too many people today.

    Raises:
        Forbidden: the actor is no owner.
        Invalid: the address belongs to a member, or too many invitations are open.
    """
    person_id = require_in_person(actor)
    require_owner(actor, organisation_id)
    organisation = lock(session, actor=actor, organisation_id=organisation_id)
    wait = count_attempt(session, INVITE_ORGANISATION, subject=str(organisation_id), now=now)
    if wait:
        return Refused("too_many", wait)
    is_member = session.scalar(
        select(func.count())
        .select_from(Membership)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.organisation_id == organisation_id, Person.email == data.email)
    )
    if is_member:
        raise Invalid({"email": N_("Người dùng địa chỉ này đã là thành viên.")})
    still_open = session.scalars(
        select(Invitation)
        .where(
            Invitation.organisation_id == organisation_id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > now,
        )
        .with_for_update()
    ).all()
    invitation = next((one for one in still_open if one.email == data.email), None)
    if invitation is None:
        if len(still_open) >= MOST_OPEN:
            raise Invalid({"email": N_("Đang có quá nhiều lời mời chưa trả lời. Hãy thu hồi bớt trước khi mời thêm.")})
        invitation = Invitation(
            id=uuid7(),
            organisation_id=organisation_id,
            email=data.email,
            # Nobody holds this one: the link's own token is made when the letter is sent.
            token_sha256=digest(new_token()),
            created_at=now,
        )
        session.add(invitation)
    invitation.role = data.role
    invitation.invited_by_id = person_id
    invitation.expires_at = now + LIFETIME
    session.flush()
    guest = session.scalars(select(Person).where(Person.email == data.email)).one_or_none()
    send_message(
        session,
        to=guest or Recipient(email=data.email, locale=actor.locale),
        template="organisation_invitation",
        context={
            "invitation_id": invitation.id,
            "organisation": organisation.name,
            "inviter": session.scalars(select(Person.name).where(Person.id == person_id)).one(),
            "role": data.role,
            "good_until": invitation.expires_at,
        },
        key=f"organisation_invitation:{uuid7()}",
        now=now,
    )
    return invitation


def revoke_invitation(
    session: Session, *, actor: Actor, organisation_id: UUID, invitation_id: UUID, now: datetime
) -> None:
    """Take an invitation back; one accepted or taken back before stays as it is.

    Raises:
        Forbidden: the actor is no owner.
        NotFound: the organisation has no such invitation.
    """
    require_owner(actor, organisation_id)
    invitation = session.scalars(
        select(Invitation)
        .where(Invitation.id == invitation_id, Invitation.organisation_id == organisation_id)
        .with_for_update()
    ).one_or_none()
    if invitation is None:
        raise NotFound
    if state_of(invitation, now=now) == "open":
        invitation.revoked_at = now


def find_invitation(session: Session, *, token: str) -> tuple[Invitation, Organisation] | None:
    """What the link of a letter opens, whatever has become of it; None when the link never was."""
    found = session.execute(
        select(Invitation, Organisation)
        .join(Organisation, Organisation.id == Invitation.organisation_id)
        .where(Invitation.token_sha256 == digest(token))
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def accept_invitation(session: Session, *, actor: Actor, token: str, now: datetime) -> Organisation:
    """Take the seat a letter's link offers. The link alone is not enough: the signed-in person's address must be the
    one invited.

    Raises:
        SignInRequired: nobody is signed in.
        InvitationNotGood: taken back, expired or unknown.
        Forbidden: it was sent to another address.
        Conflict: accepted before (also a moment ago, by another request).
    """
    return _accept(session, actor=actor, found=Invitation.token_sha256 == digest(token), now=now)


def accept_own_invitation(session: Session, *, actor: Actor, invitation_id: UUID, now: datetime) -> Organisation:
    """The same from the list of one's own invitations (queries.invitations_to), where no link is needed: a confirmed
    address is proof enough. Raises the same.
    """
    return _accept(session, actor=actor, found=Invitation.id == invitation_id, now=now)


def _accept(session: Session, *, actor: Actor, found: ColumnElement[bool], now: datetime) -> Organisation:
    person_id = require_in_person(actor)
    invitation = session.scalars(select(Invitation).where(found).with_for_update()).one_or_none()
    if invitation is None:
        raise InvitationNotGood(_NOT_GOOD)
    email = session.scalars(select(Person.email).where(Person.id == person_id)).one()
    if email != invitation.email:
        raise Forbidden(N_("Lời mời này được gửi cho một địa chỉ e-mail khác"))
    state = state_of(invitation, now=now)
    if state == "accepted":
        raise Conflict(N_("Lời mời này đã được nhận"))
    if state != "open":
        raise InvitationNotGood(_NOT_GOOD)
    invitation.accepted_at = now
    organisation = session.get_one(Organisation, invitation.organisation_id)
    seated = session.execute(
        insert(Membership)
        .values(organisation_id=organisation.id, person_id=person_id, role=invitation.role, created_at=now)
        .on_conflict_do_nothing()
        .returning(Membership.person_id)
    ).one_or_none()
    if seated is not None:
        journal.append(
            session,
            entity="organisation",
            entity_id=organisation.id,
            action="member_joined",
            actor_id=person_id,
            at=now,
            data={"role": invitation.role},
        )
    return organisation
