"""The desk: one's organisations, their profiles, and for which of them one acts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.errors import Invalid, NotFound, StaleVersion
from app.features.accounts.queries import Seat
from app.features.organisations.commands import create_organisation, update_organisation
from app.features.organisations.queries import find_own, has_public_page, invitations_to
from app.features.organisations.schemas import OrganisationInput
from app.i18n import N_, _
from app.i18n.terms import options
from app.identity import Actor
from app.models import Invitation, Organisation
from app.web.auth import SignedInActor, SignedInVisitor, chosen_seat, seat_named, set_acting, way_back
from app.web.flash import redirect
from app.web.forms import Form, PostedForm, form_of
from app.web.organisations.showing import href_of, region_choices, sector_choices, trail, verified_badge
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge
from app.web.views.records import Tab

router = APIRouter()

ROLE_NAMES = {"owner": N_("Chủ quản"), "editor": N_("Biên tập")}


@dataclass(frozen=True, kw_only=True)
class MyOrganisationsPage(Page):
    """Whom one acts for, and who invites one."""

    template: ClassVar[str] = "organisations/mine.html"

    seats: Sequence[Seat]
    acting: Seat | None
    invitations: Sequence[tuple[Invitation, Organisation]]
    roles: dict[str, str]
    indexed: bool = False


@dataclass(frozen=True, kw_only=True)
class ProfileFormPage(Page):
    """The profile as a form. `version` guards against writing over another's change."""

    template: ClassVar[str] = "organisations/profile_form.html"

    form: Form
    action: str
    version: int
    tabs: Sequence[Tab]
    types: Sequence[tuple[str, str]]
    regions: Sequence[tuple[str, str]]
    sectors: Sequence[tuple[str, str]]
    problem: str
    badge: Badge | None
    decides: bool
    public_page: str
    hidden_yet: bool
    indexed: bool = False


def organisation_tabs(public_id: str, current: str) -> tuple[Tab, ...]:
    """The desk pages of one organisation."""
    pages = (("edit_organisation", _("Hồ sơ")), ("organisation_members", _("Thành viên")))
    return tuple(Tab(label, url(name, public_id=public_id), current=name == current) for name, label in pages)


@router.get("/desk/organisations", name="my_organisations")
def show_mine(request: Request, session: ReadSession, actor: SignedInActor, visitor: SignedInVisitor) -> Response:
    page = MyOrganisationsPage(
        title=_("Tổ chức của tôi"),
        seats=visitor.seats,
        acting=chosen_seat(request, visitor),
        invitations=invitations_to(session, actor=actor, now=clock.now()),
        roles={role: _(name) for role, name in ROLE_NAMES.items()},
    )
    return render(request, page)


@router.post("/desk/act-for", name="act_for")
def submit_act_for(request: Request, visitor: SignedInVisitor, posted: PostedForm) -> Response:
    """Remember in this browser for which organisation its person acts, and go back to where they were."""
    seat = seat_named(visitor, posted.value("organisation"))
    if seat is None:
        raise NotFound
    response = redirect(
        request,
        way_back(posted.value("next"), url("my_organisations")),
        _("Từ giờ bạn đại diện cho %(name)s.", name=seat.name),
    )
    set_acting(request, response, public_id=seat.public_id)
    return response


def _form_page(
    form: Form,
    *,
    title: str,
    action: str,
    breadcrumb: Link,
    one: Organisation | None = None,
    actor: Actor | None = None,
    version: int = 0,
    problem: str = "",
    is_public: bool = False,
) -> ProfileFormPage:
    return ProfileFormPage(
        title=title,
        breadcrumbs=trail(breadcrumb),
        form=form,
        action=action,
        version=version,
        tabs=organisation_tabs(one.public_id, "edit_organisation") if one else (),
        types=options("organisation_type"),
        regions=region_choices(),
        sectors=sector_choices(),
        problem=problem,
        badge=verified_badge(one) if one else None,
        decides=one is None or actor is None or actor.owns(one.id),
        public_page=href_of(one) if one and is_public else "",
        hidden_yet=one is not None and not is_public,
    )


def _new_page(form: Form, problem: str = "") -> ProfileFormPage:
    here = url("new_organisation")
    title = _("Lập hồ sơ tổ chức")
    return _form_page(form, title=title, action=here, breadcrumb=Link(title, here), problem=problem)


@router.get("/desk/organisations/new", name="new_organisation")
def show_new(request: Request, _actor: SignedInActor) -> Response:
    return render(request, _new_page(Form()))


@router.post("/desk/organisations/new")
def submit_new(
    request: Request, session: WriteSession, settings: AppSettings, actor: SignedInActor, posted: PostedForm
) -> Response:
    checked = posted.check(OrganisationInput)
    if checked.data is None:
        return render(request, _new_page(checked.form), status_code=422)
    try:
        with session.begin_nested():
            made = create_organisation(
                session, actor=actor, data=checked.data, authority=settings.authority, now=clock.now()
            )
    except Invalid as fault:
        return render(request, _new_page(_told(posted, fault)), status_code=422)
    response = redirect(
        request,
        url("edit_organisation", public_id=made.public_id),
        _("Đã lập hồ sơ. Đơn vị vận hành sẽ đối chiếu để xác minh."),
    )
    set_acting(request, response, public_id=made.public_id)
    return response


def _told(posted: Form, fault: Invalid) -> Form:
    return posted.with_errors({path: _(message) for path, message in fault.fields.items()})


def _edit_page(
    session: ReadSession, one: Organisation, actor: Actor, form: Form, *, version: int | None = None, problem: str = ""
) -> ProfileFormPage:
    here = url("edit_organisation", public_id=one.public_id)
    return _form_page(
        form,
        title=one.name,
        action=here,
        breadcrumb=Link(one.name, here),
        one=one,
        actor=actor,
        version=one.version if version is None else version,
        problem=problem,
        is_public=has_public_page(session, organisation_id=one.id),
    )


@router.get("/desk/organisations/{public_id}", name="edit_organisation")
def show_edit(request: Request, session: ReadSession, actor: SignedInActor, public_id: str) -> Response:
    one = find_own(session, actor=actor, public_id=public_id)
    form = form_of({name: getattr(one, name) for name in OrganisationInput.model_fields})
    return render(request, _edit_page(session, one, actor, form))


@router.post("/desk/organisations/{public_id}")
def submit_edit(
    request: Request, session: WriteSession, actor: SignedInActor, public_id: str, posted: PostedForm
) -> Response:
    one = find_own(session, actor=actor, public_id=public_id)
    typed = posted.value("version")
    version = int(typed) if typed.isascii() and typed.isdecimal() else 0
    checked = posted.check(OrganisationInput)
    if checked.data is None:
        return render(request, _edit_page(session, one, actor, checked.form, version=version), status_code=422)
    was_verified = one.verified_at is not None
    try:
        with session.begin_nested():
            changed = update_organisation(
                session, actor=actor, organisation_id=one.id, data=checked.data, version=version, now=clock.now()
            )
    except StaleVersion as fault:
        session.refresh(one)
        problem = _(
            "Trong lúc bạn sửa, người khác đã đổi hồ sơ này. Những gì bạn nhập còn nguyên dưới đây; "
            "hãy xem lại rồi lưu lần nữa để thay bằng nội dung của bạn."
        )
        page = _edit_page(session, one, actor, posted, problem=problem)
        return render(request, page, status_code=fault.status)
    except Invalid as fault:
        session.refresh(one)
        page = _edit_page(session, one, actor, _told(posted, fault), version=version)
        return render(request, page, status_code=422)
    here = url("edit_organisation", public_id=public_id)
    if was_verified and changed.verified_at is None:
        text = _("Đã lưu. Vì đổi tên, loại hình hoặc mã số thuế, tổ chức cần được xác minh lại.")
        return redirect(request, here, text, tone="warn")
    return redirect(request, here, _("Đã lưu hồ sơ."))
