"""The registry of partners: the list, and the agreement's form."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.errors import Conflict, Invalid
from app.features.partners.commands import change_agreement, register_partner
from app.features.partners.policies import require_dealing
from app.features.partners.queries import find_partner, list_partners
from app.features.partners.schemas import PartnerInput
from app.features.partners.states import STATE_NAMES
from app.i18n import _, current_locale
from app.i18n.formats import local_date
from app.models.partners import Partner
from app.reference.current import current_tables
from app.web.auth import OperatorActor
from app.web.flash import redirect
from app.web.forms import Form, PostedForm, form_of
from app.web.partners.parts import (
    ACCEPTING_NAMES,
    DIRECTION_NAMES,
    PROTOCOL_NAMES,
    WITHHELD_NAMES,
    crumbs,
    kind_choices,
    named,
    state_badge,
)
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge
from app.web.views.records import Tab

router = APIRouter()


@dataclass(frozen=True)
class PartnerRow:
    """One partner of the list."""

    name: str
    authority: str
    href: str
    protocol: str
    direction: str
    badge: Badge


@dataclass(frozen=True, kw_only=True)
class PartnersPage(Page):
    """The registry; those that ended under a tab of their own."""

    template: ClassVar[str] = "partners/list.html"

    tabs: Sequence[Tab]
    rows: Sequence[PartnerRow]
    first: str
    next: str
    indexed: bool = False


@dataclass(frozen=True, kw_only=True)
class AgreementPage(Page):
    """The agreement's form, new or of a partner that there is."""

    template: ClassVar[str] = "partners/form.html"

    action: str
    version: int
    registered: bool
    form: Form
    protocols: Sequence[tuple[str, str]]
    directions: Sequence[tuple[str, str]]
    accepting: Sequence[tuple[str, str]]
    withheld: Sequence[tuple[str, str]]
    kinds: Sequence[tuple[str, str]]
    research_fields: Sequence[tuple[str, str]]
    problem: str = ""
    indexed: bool = False


@router.get("/desk/partners", name="partner_registry")
def partners(
    request: Request, *, session: ReadSession, actor: OperatorActor, state: str = "", after: str = ""
) -> Response:
    """Everybody the agreement with whom has not ended."""
    chosen = state if state in STATE_NAMES else ""
    found = list_partners(session, actor=actor, state=chosen, after=after)
    tabs = [Tab(_("Tất cả"), url("partner_registry"), not chosen)]
    tabs += [Tab(_(name), url("partner_registry", state=code), code == chosen) for code, name in STATE_NAMES.items()]
    page = PartnersPage(
        title=_("Đối tác trao đổi"),
        breadcrumbs=(Link(_("Bàn làm việc"), url("desk")), *crumbs()),
        tabs=tabs,
        rows=[
            PartnerRow(
                name=one.name,
                authority=one.authority,
                href=url("partner", public_id=one.public_id),
                protocol=_(PROTOCOL_NAMES[one.protocol]),
                direction=_(DIRECTION_NAMES[one.direction]),
                badge=state_badge(one.state),
            )
            for one in found.items
        ],
        first=url("partner_registry", state=chosen or None) if after else "",
        next=url("partner_registry", state=chosen or None, after=found.next) if found.next else "",
    )
    return render(request, page)


def _form_page(form: Form, partner: Partner | None = None, *, version: int = 0, problem: str = "") -> AgreementPage:
    table = current_tables().get("research-field")
    fields = [one for one in table if one.parent is None] if table is not None else []
    locale = current_locale()
    return AgreementPage(
        title=_("Thêm đối tác") if partner is None else _("Thoả thuận với %(name)s", name=partner.name),
        breadcrumbs=crumbs()
        if partner is None
        else crumbs(Link(partner.name, url("partner", public_id=partner.public_id))),
        action=url("new_partner") if partner is None else url("agreement", public_id=partner.public_id),
        version=version,
        registered=partner is not None,
        form=form,
        protocols=named(PROTOCOL_NAMES),
        directions=named(DIRECTION_NAMES),
        accepting=named(ACCEPTING_NAMES),
        withheld=named(WITHHELD_NAMES),
        kinds=kind_choices(),
        research_fields=[(one.code, one.label(locale)) for one in fields],
        problem=problem,
    )


@router.get("/desk/partners/new", name="new_partner")
def new_partner(request: Request, actor: OperatorActor) -> Response:
    """An empty form that begins today."""
    require_dealing(actor)
    return render(request, _form_page(Form(values={"starts_on": [local_date(clock.now()).isoformat()]})))


@router.post("/desk/partners/new")
def submit_new(
    request: Request, session: WriteSession, actor: OperatorActor, settings: AppSettings, posted: PostedForm
) -> Response:
    """Register it."""
    checked = posted.check(PartnerInput)
    if checked.data is None:
        return render(request, _form_page(checked.form), status_code=422)
    try:
        partner = register_partner(
            session, actor=actor, data=checked.data, own_authority=settings.authority, now=clock.now()
        )
    except Invalid as fault:
        return render(request, _form_page(checked.form.with_errors(fault.fields)), status_code=422)
    return redirect(request, url("partner", public_id=partner.public_id), _("Đã thêm đối tác."))


@router.get("/desk/partners/{public_id}/agreement", name="agreement")
def agreement(request: Request, session: ReadSession, actor: OperatorActor, public_id: str) -> Response:
    """The agreement as it stands."""
    partner = find_partner(session, actor=actor, public_id=public_id)
    return render(request, _form_page(form_of(PartnerInput.values_of(partner)), partner, version=partner.version))


@router.post("/desk/partners/{public_id}/agreement")
def submit_agreement(
    request: Request, session: WriteSession, actor: OperatorActor, public_id: str, posted: PostedForm
) -> Response:
    """Change it."""
    partner = find_partner(session, actor=actor, public_id=public_id)
    typed = posted.value("version")
    version = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 10 else 0
    checked = posted.check(PartnerInput)
    if checked.data is None:
        return render(request, _form_page(checked.form, partner, version=version), status_code=422)
    try:
        with session.begin_nested():
            change_agreement(
                session, actor=actor, public_id=public_id, version=version, data=checked.data, now=clock.now()
            )
    except Invalid as fault:
        form = checked.form.with_errors(fault.fields)
        return render(request, _form_page(form, partner, version=version), status_code=422)
    except Conflict as fault:
        page = _form_page(checked.form, partner, version=version, problem=_(fault.detail))
        return render(request, page, status_code=409)
    return redirect(request, url("partner", public_id=public_id), _("Đã lưu thoả thuận."))
