"""Saying yes or no: the buyer accepts or rejects a quote or takes the request back, the holder declines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession, WriteSession
from app.errors import Conflict, Invalid
from app.features.carrying.deciding import reject_there, withdraw_there
from app.features.enquiries.commands import decline as decline_request
from app.features.enquiries.commands import withdraw as withdraw_request
from app.features.enquiries.policies import require_side
from app.features.enquiries.queries import EnquiryRecord
from app.features.enquiries.quoting import reject as reject_quote
from app.features.enquiries.schemas import DeclineInput, RejectInput, WithdrawInput
from app.features.enquiries.states import DECLINE_REASON_NAMES, REJECT_REASON_NAMES, Side
from app.i18n import _
from app.identity import Actor
from app.web.auth import CurrentActor, SignedInActor, Visitor
from app.web.enquiries.crossing import is_asked_elsewhere
from app.web.enquiries.parts import breadcrumbs, party_record
from app.web.enquiries.record import back_with_fault
from app.web.enquiries.returning import held_form, let_go, sign_in_first
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class ReasonPage(Page):
    """One question before something ends: why. `reasons` is empty where words alone will do."""

    template: ClassVar[str] = "enquiries/reason.html"

    form: Form
    action: str
    back: str
    lead: str
    reasons: Sequence[tuple[str, str]]
    reasons_label: str
    note_label: str
    note_hint: str
    button: str


def _reasons(names: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(code, _(name)) for code, name in names.items()]


def _decline_page(record: EnquiryRecord, form: Form) -> ReasonPage:
    number = record.request.number
    return ReasonPage(
        title=_("Từ chối báo giá"),
        indexed=False,
        breadcrumbs=breadcrumbs(record, Link(_("Từ chối báo giá"), url("enquiry_decline", number=number))),
        form=form,
        action=url("enquiry_decline", number=number),
        back=url("enquiry", number=number),
        lead=_("%(buyer)s sẽ được biết lý do bạn chọn. Yêu cầu khép lại ngay.", buyer=record.request.buyer_name),
        reasons=_reasons(DECLINE_REASON_NAMES),
        reasons_label=_("Vì sao bạn không báo giá?"),
        note_label=_("Nói rõ hơn"),
        note_hint=_("Bắt buộc khi chọn “Lý do khác”. Bên hỏi giá đọc được."),
        button=_("Từ chối báo giá"),
    )


def _withdraw_page(record: EnquiryRecord, form: Form) -> ReasonPage:
    number = record.request.number
    return ReasonPage(
        title=_("Rút yêu cầu"),
        indexed=False,
        breadcrumbs=breadcrumbs(record, Link(_("Rút yêu cầu"), url("enquiry_withdraw", number=number))),
        form=form,
        action=url("enquiry_withdraw", number=number),
        back=url("enquiry", number=number),
        lead=_("%(holder)s sẽ không phải trả lời nữa. Yêu cầu khép lại ngay.", holder=record.request.holder_name),
        reasons=(),
        reasons_label="",
        note_label=_("Lời nhắn cho bên báo giá"),
        note_hint="",
        button=_("Rút yêu cầu"),
    )


def _reject_page(record: EnquiryRecord, form: Form, revision: int) -> ReasonPage:
    number = record.request.number
    here = url("enquiry_reject", number=number, revision=revision)
    return ReasonPage(
        title=_("Không chấp nhận báo giá"),
        indexed=False,
        breadcrumbs=breadcrumbs(record, Link(_("Không chấp nhận báo giá"), here)),
        form=form,
        action=here,
        back=url("enquiry", number=number),
        lead=_(
            "%(holder)s sẽ được biết lý do bạn chọn. Yêu cầu khép lại; nếu chỉ muốn thương lượng, hãy nhắn cho họ.",
            holder=record.request.holder_name,
        ),
        reasons=_reasons(REJECT_REASON_NAMES),
        reasons_label=_("Vì sao bạn không chọn báo giá này?"),
        note_label=_("Nói rõ hơn"),
        note_hint=_("Bắt buộc khi chọn “Lý do khác”. Bên báo giá đọc được."),
        button=_("Không chấp nhận"),
    )


def record_for(session: ReadSession, *, actor: Actor, number: str, side: Side) -> EnquiryRecord:
    """The request, for somebody on that side of it.

    Raises:
        NotFound, Forbidden.
    """
    record = party_record(session, actor=actor, number=number)
    require_side(actor, record.request, side)
    return record


def _done(request: Request, session: WriteSession, number: str, text: str) -> Response:
    return let_go(request, session, redirect(request, url("enquiry", number=number), text))


def _with_faults(form: Form, fault: Invalid) -> Form:
    return form.with_errors({path: _(message) for path, message in fault.fields.items()})


@router.get("/desk/enquiries/{number}/decline", name="enquiry_decline")
def decline(request: Request, *, number: str, session: ReadSession, actor: SignedInActor) -> Response:
    """Ask the holder why."""
    record = record_for(session, actor=actor, number=number, side="holder")
    return render(request, _decline_page(record, held_form(request, session) or Form()))


@router.post("/desk/enquiries/{number}/decline")
def decline_now(
    request: Request, *, number: str, session: WriteSession, visitor: Visitor, actor: CurrentActor, form: PostedForm
) -> Response:
    """The holder declines."""
    if visitor is None:
        return sign_in_first(request, session, form, back_to=request.url.path)
    record = record_for(session, actor=actor, number=number, side="holder")
    checked = form.check(DeclineInput)
    if checked.data is None:
        return render(request, _decline_page(record, checked.form), status_code=422)
    try:
        with session.begin_nested():
            decline_request(session, actor=actor, number=number, data=checked.data, now=clock.now())
    except Invalid as fault:
        return render(request, _decline_page(record, _with_faults(form, fault)), status_code=422)
    except Conflict as fault:
        return back_with_fault(request, fault, number)
    return _done(request, session, number, _("Đã từ chối báo giá và báo cho bên hỏi giá biết lý do."))


@router.get("/desk/enquiries/{number}/withdraw", name="enquiry_withdraw")
def withdraw(request: Request, *, number: str, session: ReadSession, actor: SignedInActor) -> Response:
    """Ask the buyer whether it is meant."""
    record = record_for(session, actor=actor, number=number, side="buyer")
    return render(request, _withdraw_page(record, held_form(request, session) or Form()))


@router.post("/desk/enquiries/{number}/withdraw")
def withdraw_now(
    request: Request, *, number: str, session: WriteSession, visitor: Visitor, actor: CurrentActor, form: PostedForm
) -> Response:
    """The buyer takes the request back."""
    if visitor is None:
        return sign_in_first(request, session, form, back_to=request.url.path)
    record = record_for(session, actor=actor, number=number, side="buyer")
    checked = form.check(WithdrawInput)
    if checked.data is None:
        return render(request, _withdraw_page(record, checked.form), status_code=422)
    try:
        with session.begin_nested():
            undo = withdraw_there if is_asked_elsewhere(record) else withdraw_request
            undo(session, actor=actor, number=number, data=checked.data, now=clock.now())
    except Conflict as fault:
        return back_with_fault(request, fault, number)
    return _done(request, session, number, _("Đã rút yêu cầu."))


@router.get("/desk/enquiries/{number}/quotes/{revision}/reject", name="enquiry_reject")
def reject(request: Request, *, number: str, revision: int, session: ReadSession, actor: SignedInActor) -> Response:
    """Ask the buyer why."""
    record = record_for(session, actor=actor, number=number, side="buyer")
    record.revision(revision)
    return render(request, _reject_page(record, held_form(request, session) or Form(), revision))


@router.post("/desk/enquiries/{number}/quotes/{revision}/reject")
def reject_now(
    request: Request,
    *,
    number: str,
    revision: int,
    session: WriteSession,
    visitor: Visitor,
    actor: CurrentActor,
    form: PostedForm,
) -> Response:
    """The buyer rejects the quote."""
    if visitor is None:
        return sign_in_first(request, session, form, back_to=request.url.path)
    record = record_for(session, actor=actor, number=number, side="buyer")
    checked = form.check(RejectInput)
    if checked.data is None:
        return render(request, _reject_page(record, checked.form, revision), status_code=422)
    try:
        with session.begin_nested():
            refuse = reject_there if is_asked_elsewhere(record) else reject_quote
            refuse(session, actor=actor, number=number, revision=revision, data=checked.data, now=clock.now())
    except Invalid as fault:
        return render(request, _reject_page(record, _with_faults(form, fault), revision), status_code=422)
    except Conflict as fault:
        return back_with_fault(request, fault, number)
    if is_asked_elsewhere(record):
        return _done(request, session, number, _("Đang chuyển quyết định của bạn đến sàn gốc."))
    return _done(request, session, number, _("Đã báo cho bên báo giá biết bạn không chọn, cùng lý do."))
