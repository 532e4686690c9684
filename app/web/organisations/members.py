"""Seats of an organisation: members, invitations, and answering one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession, WriteSession
from app.errors import Invalid
from app.features.accounts.attempts import Refused
from app.features.organisations.invitations import (
    InvitationState,
    accept_invitation,
    accept_own_invitation,
    find_invitation,
    invite,
    revoke_invitation,
    state_of,
)
from app.features.organisations.members import change_role, remove_member
from app.features.organisations.queries import Member, find_own, members, open_invitations
from app.features.organisations.schemas import InvitationInput, RoleChange
from app.i18n import _
from app.identity import Actor
from app.models import Invitation, Organisation
from app.web.accounts.notes import refusal_headers, refusal_status, refusal_text
from app.web.auth import SignedInActor, Visitor, set_acting
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.organisations.desk import ROLE_NAMES, organisation_tabs
from app.web.organisations.showing import name_of, trail
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.records import Tab

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class MembersPage(Page):
    """Who acts for the organisation, who is invited; for owners the form to invite."""

    template: ClassVar[str] = "organisations/members.html"

    public_id: str
    tabs: Sequence[Tab]
    people: Sequence[Member]
    invitations: Sequence[Invitation]
    roles: dict[str, str]
    form: Form
    problem: str
    decides: bool
    me: UUID | None
    indexed: bool = False


@dataclass(frozen=True, kw_only=True)
class InvitationPage(Page):
    """What the link of an invitation opens. `signed_in_as` is "" for nobody."""

    template: ClassVar[str] = "organisations/invitation.html"

    token: str
    state: InvitationState | None
    organisation: str
    email: str
    role: str
    signed_in_as: str
    indexed: bool = False


def role_names() -> dict[str, str]:
    """Roles in the language of the moment."""
    return {role: _(name) for role, name in ROLE_NAMES.items()}


def _page(session: ReadSession, one: Organisation, actor: Actor, form: Form, problem: str = "") -> MembersPage:
    here = url("organisation_members", public_id=one.public_id)
    return MembersPage(
        title=_("Thành viên"),
        breadcrumbs=trail(
            Link(one.name, url("edit_organisation", public_id=one.public_id)), Link(_("Thành viên"), here)
        ),
        public_id=one.public_id,
        tabs=organisation_tabs(one.public_id, "organisation_members"),
        people=members(session, actor=actor, organisation_id=one.id),
        invitations=open_invitations(session, actor=actor, organisation_id=one.id, now=clock.now()),
        roles=role_names(),
        form=form,
        problem=problem,
        decides=actor.owns(one.id),
        me=actor.person_id,
    )


@router.get("/desk/organisations/{public_id}/members", name="organisation_members")
def show_members(request: Request, session: ReadSession, actor: SignedInActor, public_id: str) -> Response:
    one = find_own(session, actor=actor, public_id=public_id)
    return render(request, _page(session, one, actor, Form()))


@router.post("/desk/organisations/{public_id}/members")
def submit_invitation(
    request: Request, session: WriteSession, actor: SignedInActor, public_id: str, posted: PostedForm
) -> Response:
    one = find_own(session, actor=actor, public_id=public_id)
    checked = posted.check(InvitationInput)
    if checked.data is None:
        return render(request, _page(session, one, actor, checked.form), status_code=422)
    try:
        outcome = invite(session, actor=actor, organisation_id=one.id, data=checked.data, now=clock.now())
    except Invalid as fault:
        # Raised before anything but the count of invitations was written, which is to stay.
        form = posted.with_errors({path: _(message) for path, message in fault.fields.items()})
        return render(request, _page(session, one, actor, form), status_code=422)
    if isinstance(outcome, Refused):
        page = _page(session, one, actor, posted, refusal_text(outcome))
        return render(request, page, status_code=refusal_status(outcome), headers=refusal_headers(outcome))
    return redirect(
        request,
        url("organisation_members", public_id=public_id),
        _("Đã gửi lời mời đến %(email)s.", email=outcome.email),
    )


@router.post("/desk/organisations/{public_id}/members/{person_id}/role", name="change_member_role")
def submit_role(
    request: Request,
    *,
    session: WriteSession,
    actor: SignedInActor,
    public_id: str,
    person_id: UUID,
    posted: PostedForm,
) -> Response:
    one = find_own(session, actor=actor, public_id=public_id)
    checked = posted.check(RoleChange)
    if checked.data is None:
        raise Invalid(checked.form.errors)
    change_role(
        session, actor=actor, organisation_id=one.id, person_id=person_id, role=checked.data.role, now=clock.now()
    )
    return redirect(request, url("organisation_members", public_id=public_id), _("Đã đổi vai trò."))


@router.post("/desk/organisations/{public_id}/members/{person_id}/remove", name="remove_member")
def submit_remove(
    request: Request, session: WriteSession, actor: SignedInActor, public_id: str, person_id: UUID
) -> Response:
    one = find_own(session, actor=actor, public_id=public_id)
    remove_member(session, actor=actor, organisation_id=one.id, person_id=person_id, now=clock.now())
    if person_id == actor.person_id:
        return redirect(request, url("my_organisations"), _("Bạn đã rời %(name)s.", name=one.name))
    return redirect(request, url("organisation_members", public_id=public_id), _("Đã bỏ thành viên."))


@router.post("/desk/organisations/{public_id}/invitations/{invitation_id}/revoke", name="revoke_invitation")
def submit_revoke(
    request: Request, session: WriteSession, actor: SignedInActor, public_id: str, invitation_id: UUID
) -> Response:
    one = find_own(session, actor=actor, public_id=public_id)
    revoke_invitation(session, actor=actor, organisation_id=one.id, invitation_id=invitation_id, now=clock.now())
    return redirect(request, url("organisation_members", public_id=public_id), _("Đã thu hồi lời mời."))


@router.get("/invitations/{token}", name="invitation")
def show_invitation(request: Request, session: ReadSession, visitor: Visitor, token: str) -> Response:
    found = find_invitation(session, token=token)
    state = state_of(found[0], now=clock.now()) if found else None
    page = InvitationPage(
        title=_("Lời mời đại diện cho tổ chức"),
        token=token,
        state=state,
        organisation=name_of(found[1]) if found else "",
        email=found[0].email if found else "",
        role=role_names()[found[0].role] if found else "",
        signed_in_as=visitor.email if visitor else "",
    )
    return render(request, page, status_code=200 if state == "open" else 410)


@router.post("/invitations/{token}")
def submit_accept(request: Request, session: WriteSession, actor: SignedInActor, token: str) -> Response:
    return _welcome(request, accept_invitation(session, actor=actor, token=token, now=clock.now()))


@router.post("/desk/invitations/{invitation_id}/accept", name="accept_own_invitation")
def submit_accept_own(request: Request, session: WriteSession, actor: SignedInActor, invitation_id: UUID) -> Response:
    return _welcome(request, accept_own_invitation(session, actor=actor, invitation_id=invitation_id, now=clock.now()))


def _welcome(request: Request, one: Organisation) -> Response:
    response = redirect(request, url("my_organisations"), _("Bạn đã là thành viên của %(name)s.", name=one.name))
    set_acting(request, response, public_id=one.public_id)
    return response
