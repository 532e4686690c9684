"""What either side does on the page of an agreement: end it, open parts, tell a name, take a reader off."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession, WriteSession
from app.errors import Conflict, Invalid, NotFound
from app.features.ndas.disclosing import open_parts, tell_contact, tell_name
from app.features.ndas.ending import decline_nda, remove_reader, revoke_nda, withdraw_nda
from app.features.ndas.policies import require_side
from app.features.ndas.schemas import NdaContactInput, NdaReasonInput
from app.features.ndas.states import Side
from app.i18n import _
from app.identity import Actor
from app.web.auth import SignedInActor
from app.web.enquiries.answer import ReasonPage
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.ndas.parts import back_with_fault, breadcrumbs, side_for
from app.web.ndas.record import page_of, record_for
from app.web.shell import Link
from app.web.templating import render
from app.web.urls import url

router = APIRouter()


def _reason_page(session: Session, *, actor: Actor, number: str, move: str, side: Side, form: Form) -> ReasonPage:
    record = record_for(session, actor=actor, number=number)
    require_side(actor, record.nda, side)
    titles = {
        "decline": _("Từ chối đề nghị"),
        "withdraw": _("Rút đề nghị"),
        "revoke": _("Chấm dứt thoả thuận"),
    }
    leads = {
        "decline": _("Bên nhận được biết lý do. Không có gì được mở."),
        "withdraw": _("Bên tiết lộ không phải trả lời nữa."),
        "revoke": _(
            "Phần bảo mật đóng lại ngay với mọi người của bên nhận. Nghĩa vụ giữ kín vẫn còn như văn bản đã ký. "
            "Việc này không quay lại được."
        ),
    }
    here = url(f"nda_{move}", number=number)
    return ReasonPage(
        title=titles[move],
        indexed=False,
        breadcrumbs=breadcrumbs(record, Link(titles[move], here)),
        form=form,
        action=url(f"nda_{move}", number=number, side=side),
        back=url("nda", number=number),
        lead=leads[move],
        reasons=(),
        reasons_label="",
        note_label=_("Lý do"),
        note_hint=_("Bên kia đọc được."),
        button=titles[move],
    )


def _ended(
    request: Request,
    session: Session,
    *,
    actor: Actor,
    number: str,
    move: str,
    side: Side,
    form: Form,
    act: Callable[[NdaReasonInput], Any],
    done: str,
) -> Response:
    checked = form.check(NdaReasonInput)
    if checked.data is None:
        page = _reason_page(session, actor=actor, number=number, move=move, side=side, form=checked.form)
        return render(request, page, status_code=422)
    try:
        with session.begin_nested():
            act(checked.data)
    except Conflict as fault:
        return back_with_fault(request, fault, number)
    return redirect(request, url("nda", number=number), done)


@router.get("/desk/ndas/{number}/decline", name="nda_decline")
def decline(request: Request, *, number: str, session: ReadSession, actor: SignedInActor) -> Response:
    """Ask the discloser why."""
    page = _reason_page(session, actor=actor, number=number, move="decline", side="discloser", form=Form())
    return render(request, page)


@router.post("/desk/ndas/{number}/decline")
def decline_now(
    request: Request, *, number: str, session: WriteSession, actor: SignedInActor, form: PostedForm
) -> Response:
    """The discloser declines."""
    return _ended(
        request,
        session,
        actor=actor,
        number=number,
        move="decline",
        side="discloser",
        form=Form(values={"note": form.values.get("note", [""])}),
        act=lambda data: decline_nda(session, actor=actor, number=number, data=data, now=clock.now()),
        done=_("Đã từ chối và báo cho bên nhận biết lý do."),
    )


@router.get("/desk/ndas/{number}/withdraw", name="nda_withdraw")
def withdraw(request: Request, *, number: str, session: ReadSession, actor: SignedInActor) -> Response:
    """Ask the recipient why."""
    page = _reason_page(session, actor=actor, number=number, move="withdraw", side="recipient", form=Form())
    return render(request, page)


@router.post("/desk/ndas/{number}/withdraw")
def withdraw_now(
    request: Request, *, number: str, session: WriteSession, actor: SignedInActor, form: PostedForm
) -> Response:
    """The recipient withdraws."""
    return _ended(
        request,
        session,
        actor=actor,
        number=number,
        move="withdraw",
        side="recipient",
        form=Form(values={"note": form.values.get("note", [""])}),
        act=lambda data: withdraw_nda(session, actor=actor, number=number, data=data, now=clock.now()),
        done=_("Đã rút đề nghị."),
    )


def _chosen(session: Session, *, actor: Actor, number: str, side: str) -> Side:
    return side_for(record_for(session, actor=actor, number=number), side)


@router.get("/desk/ndas/{number}/revoke", name="nda_revoke")
def revoke(request: Request, *, number: str, session: ReadSession, actor: SignedInActor, side: str = "") -> Response:
    """Ask why it is to end."""
    chosen = _chosen(session, actor=actor, number=number, side=side)
    page = _reason_page(session, actor=actor, number=number, move="revoke", side=chosen, form=Form())
    return render(request, page)


@router.post("/desk/ndas/{number}/revoke")
def revoke_now(
    request: Request, *, number: str, session: WriteSession, actor: SignedInActor, form: PostedForm, side: str = ""
) -> Response:
    """One side ends it."""
    chosen = _chosen(session, actor=actor, number=number, side=side)
    return _ended(
        request,
        session,
        actor=actor,
        number=number,
        move="revoke",
        side=chosen,
        form=Form(values={"note": form.values.get("note", [""])}),
        act=lambda data: revoke_nda(session, actor=actor, number=number, side=chosen, data=data, now=clock.now()),
        done=_("Đã chấm dứt thoả thuận. Phần bảo mật đã đóng lại."),
    )


@router.post("/desk/ndas/{number}/parts", name="nda_parts")
def parts(request: Request, *, number: str, session: WriteSession, actor: SignedInActor, form: PostedForm) -> Response:
    """Open what is ticked, close the rest."""
    file_ids = [path.removeprefix("file.") for path in form.values if path.startswith("file.")]
    try:
        with session.begin_nested():
            open_parts(
                session,
                actor=actor,
                number=number,
                text=form.value("text") == "true",
                file_ids=file_ids,
                now=clock.now(),
            )
    except Conflict as fault:
        return back_with_fault(request, fault, number)
    except Invalid as fault:
        message = next(iter(fault.fields.values()))
        return redirect(request, url("nda", number=number), _(message), "warn")
    return redirect(request, url("nda", number=number, side="discloser"), _("Đã lưu những phần được mở."))


@router.post("/desk/ndas/{number}/name", name="nda_tell_name")
def name(request: Request, *, number: str, session: WriteSession, actor: SignedInActor) -> Response:
    """The first step of an anonymous need."""
    try:
        with session.begin_nested():
            tell_name(session, actor=actor, number=number, now=clock.now())
    except Conflict as fault:
        return back_with_fault(request, fault, number)
    return redirect(request, url("nda", number=number), _("Bên nhận nay biết tên đơn vị bạn."))


@router.post("/desk/ndas/{number}/contact", name="nda_tell_contact")
def contact(
    request: Request, *, number: str, session: WriteSession, actor: SignedInActor, form: PostedForm
) -> Response:
    """The second step."""
    checked = form.check(NdaContactInput)
    if checked.data is None:
        record = record_for(session, actor=actor, number=number)
        side = require_side(actor, record.nda, "discloser")
        return render(request, page_of(record, side=side, actor=actor, form=checked.form), status_code=422)
    try:
        with session.begin_nested():
            tell_contact(session, actor=actor, number=number, data=checked.data, now=clock.now())
    except Conflict as fault:
        return back_with_fault(request, fault, number)
    return redirect(request, url("nda", number=number), _("Bên nhận nay biết đầu mối liên hệ."))


@router.post("/desk/ndas/{number}/readers/remove", name="nda_remove_reader")
def reader_off(
    request: Request, *, number: str, session: WriteSession, actor: SignedInActor, form: PostedForm
) -> Response:
    """Somebody reads no more."""
    side = _chosen(session, actor=actor, number=number, side=form.value("side"))
    try:
        person_id = UUID(form.value("person"))
    except ValueError:
        raise NotFound from None
    try:
        with session.begin_nested():
            remove_reader(session, actor=actor, number=number, side=side, person_id=person_id, now=clock.now())
    except Conflict as fault:
        return back_with_fault(request, fault, number)
    return redirect(request, url("nda", number=number, side=side), _("Người này không đọc được nữa."))
