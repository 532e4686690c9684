"""The forms a broker fills in for others: a need from a call, an introduction."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.errors import Invalid
from app.features.brokering.helping import draft_need, introduce
from app.features.brokering.queries import CaseRecord, case_record
from app.features.brokering.schemas import CallNeedInput, IntroductionInput
from app.i18n import _
from app.web.auth import SignedInActor
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class CaseNeedPage(Page):
    """A need to write down for a firm."""

    template: ClassVar[str] = "brokering/need.html"

    form: Form
    action: str
    back: str
    labels: dict[str, str]


@dataclass(frozen=True, kw_only=True)
class IntroducePage(Page):
    """Two sides to bring together."""

    template: ClassVar[str] = "brokering/introduce.html"

    form: Form
    action: str
    back: str
    labels: dict[str, str]


def _trail(record: CaseRecord, label: str, here: str) -> tuple[Link, ...]:
    case = record.case
    return (
        Link(_("Vụ việc môi giới"), url("cases")),
        Link(case.title, url("case", public_id=case.public_id)),
        Link(label, here),
    )


def _need_page(record: CaseRecord, form: Form) -> CaseNeedPage:
    here = url("case_need", public_id=record.case.public_id)
    title = _("Ghi nhu cầu cho đơn vị")
    return CaseNeedPage(
        title=title,
        indexed=False,
        breadcrumbs=_trail(record, title, here),
        form=form,
        action=here,
        back=url("case", public_id=record.case.public_id),
        labels={
            "organisation": _("Đơn vị"),
            "title": _("Cần gì"),
            "target": _("Mục tiêu"),
            "deadline": _("Hạn nhận lời giải"),
        },
    )


def _introduce_page(record: CaseRecord, form: Form) -> IntroducePage:
    here = url("case_introduce", public_id=record.case.public_id)
    title = _("Giới thiệu hai bên")
    return IntroducePage(
        title=title,
        indexed=False,
        breadcrumbs=_trail(record, title, here),
        form=form,
        action=here,
        back=url("case", public_id=record.case.public_id),
        labels={"organisation": _("Đơn vị có nhu cầu"), "listing": _("Mục được giới thiệu")},
    )


def _with_faults(form: Form, fault: Invalid) -> Form:
    return form.with_errors({path: _(message) for path, message in fault.fields.items()})


@router.get("/desk/cases/{public_id}/need", name="case_need")
def need(request: Request, *, public_id: str, session: ReadSession, actor: SignedInActor) -> Response:
    """The form, begun with what the case is called."""
    record = case_record(session, actor=actor, public_id=public_id)
    return render(request, _need_page(record, Form(values={"title": [record.case.title]})))


@router.post("/desk/cases/{public_id}/need")
def save_need(
    request: Request,
    *,
    public_id: str,
    session: WriteSession,
    actor: SignedInActor,
    form: PostedForm,
    settings: AppSettings,
) -> Response:
    """Give the firm a draft of its own."""
    record = case_record(session, actor=actor, public_id=public_id)
    checked = form.check(CallNeedInput)
    if checked.data is None:
        return render(request, _need_page(record, checked.form), status_code=422)
    try:
        with session.begin_nested():
            draft_need(session, actor=actor, public_id=public_id, data=checked.data, settings=settings, now=clock.now())
    except Invalid as fault:
        return render(request, _need_page(record, _with_faults(form, fault)), status_code=422)
    text = _("Đã gửi bản nháp cho đơn vị xác nhận.")
    return redirect(request, url("case", public_id=public_id), text)


@router.get("/desk/cases/{public_id}/introduce", name="case_introduce")
def introduction(request: Request, *, public_id: str, session: ReadSession, actor: SignedInActor) -> Response:
    """The form."""
    return render(request, _introduce_page(case_record(session, actor=actor, public_id=public_id), Form()))


@router.post("/desk/cases/{public_id}/introduce")
def send_introduction(
    request: Request, *, public_id: str, session: WriteSession, actor: SignedInActor, form: PostedForm
) -> Response:
    """Write to both sides."""
    record = case_record(session, actor=actor, public_id=public_id)
    checked = form.check(IntroductionInput)
    if checked.data is None:
        return render(request, _introduce_page(record, checked.form), status_code=422)
    try:
        with session.begin_nested():
            introduce(session, actor=actor, public_id=public_id, data=checked.data, now=clock.now())
    except Invalid as fault:
        return render(request, _introduce_page(record, _with_faults(form, fault)), status_code=422)
    return redirect(request, url("case", public_id=public_id), _("Đã gửi thư giới thiệu cho hai bên."))
