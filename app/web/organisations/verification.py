"""The operator's desk for verifying organisations."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession, WriteSession
from app.features.organisations.queries import (
    AuditLine,
    awaiting_verification,
    find_for_operator,
    has_public_page,
    verification_history,
)
from app.features.organisations.schemas import RevocationInput, VerificationInput
from app.features.organisations.verification import revoke_verification, verify_organisation
from app.i18n import N_, _
from app.identity import Actor
from app.models import Organisation
from app.web.auth import OperatorActor
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.organisations.showing import definitions, href_of, place_of, verified_badge
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge
from app.web.views.records import Definition

router = APIRouter()

_PER_PAGE = 50
_ACTS = {
    "organisation.verified": N_("Xác minh"),
    "organisation.verification_revoked": N_("Gỡ dấu xác minh"),
    "organisation.verification_lapsed": N_("Hết hiệu lực vì hồ sơ đổi"),
}


@dataclass(frozen=True)
class WaitingLine:
    """An organisation nobody has verified."""

    one: Organisation
    place: str
    href: str


@dataclass(frozen=True)
class ActLine:
    """What was done about the organisation, and what was noted then."""

    act: str
    line: AuditLine
    note: str


@dataclass(frozen=True, kw_only=True)
class VerificationsPage(Page):
    """The queue."""

    template: ClassVar[str] = "organisations/verifications.html"

    rows: Sequence[WaitingLine]
    total: int
    first: str
    next: str
    indexed: bool = False


@dataclass(frozen=True, kw_only=True)
class VerificationPage(Page):
    """One organisation with everything to compare, and the form for the mark or for taking it away."""

    template: ClassVar[str] = "organisations/verification.html"

    one: Organisation
    facts: Sequence[Definition]
    badge: Badge | None
    public_page: str
    form: Form
    version: int
    history: Sequence[ActLine]
    indexed: bool = False


@router.get("/verification", name="verifications")
def show_queue(request: Request, session: ReadSession, actor: OperatorActor, after: str = "") -> Response:
    rows, total = awaiting_verification(session, actor=actor, after=after, limit=_PER_PAGE + 1)
    shown = rows[:_PER_PAGE]
    page = VerificationsPage(
        title=_("Tổ chức chờ xác minh"),
        rows=[WaitingLine(one, place_of(one), url("verification", public_id=one.public_id)) for one in shown],
        total=total,
        first=url("verifications") if after else "",
        next=url("verifications", after=shown[-1].public_id) if len(rows) > _PER_PAGE else "",
    )
    return render(request, page)


def _page(
    session: ReadSession, one: Organisation, actor: Actor, form: Form, *, version: int | None = None
) -> VerificationPage:
    history = [
        ActLine(
            _(_ACTS.get(line.action, line.action)),
            line,
            str(line.data.get("evidence") or line.data.get("reason") or ""),
        )
        for line in verification_history(session, actor=actor, organisation_id=one.id)
    ]
    here = url("verification", public_id=one.public_id)
    return VerificationPage(
        title=one.name,
        breadcrumbs=(Link(_("Tổ chức chờ xác minh"), url("verifications")), Link(one.name, here)),
        one=one,
        facts=definitions(one, for_its_people=True),
        badge=verified_badge(one),
        public_page=href_of(one) if has_public_page(session, organisation_id=one.id) else "",
        form=form,
        version=one.version if version is None else version,
        history=history,
    )


@router.get("/verification/{public_id}", name="verification")
def show_one(request: Request, session: ReadSession, actor: OperatorActor, public_id: str) -> Response:
    one = find_for_operator(session, actor=actor, public_id=public_id)
    return render(request, _page(session, one, actor, Form()))


@router.post("/verification/{public_id}/verify", name="verify_organisation")
def submit_verify(
    request: Request, session: WriteSession, actor: OperatorActor, public_id: str, posted: PostedForm
) -> Response:
    one = find_for_operator(session, actor=actor, public_id=public_id)
    typed = posted.value("version")
    version = int(typed) if typed.isascii() and typed.isdecimal() else 0
    checked = posted.check(VerificationInput)
    if checked.data is None:
        return render(request, _page(session, one, actor, checked.form, version=version), status_code=422)
    verify_organisation(
        session, actor=actor, organisation_id=one.id, version=version, data=checked.data, now=clock.now()
    )
    return redirect(request, url("verifications"), _("Đã xác minh %(name)s.", name=one.name))


@router.post("/verification/{public_id}/revoke", name="revoke_verification")
def submit_revoke(
    request: Request, session: WriteSession, actor: OperatorActor, public_id: str, posted: PostedForm
) -> Response:
    one = find_for_operator(session, actor=actor, public_id=public_id)
    checked = posted.check(RevocationInput)
    if checked.data is None:
        return render(request, _page(session, one, actor, checked.form), status_code=422)
    revoke_verification(session, actor=actor, organisation_id=one.id, data=checked.data, now=clock.now())
    return redirect(
        request, url("verification", public_id=public_id), _("Đã gỡ dấu xác minh của %(name)s.", name=one.name)
    )
