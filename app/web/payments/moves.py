"""What either side does with a payment: report a transfer, confirm or deny it, record a refund, ask no longer."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession, WriteSession
from app.errors import Conflict, Invalid, NotFound
from app.features.payments import commands
from app.features.payments.queries import PaymentRecord, payment_record
from app.features.payments.schemas import AmountInput, NoteInput
from app.i18n import _
from app.identity import Actor
from app.web.auth import SignedInActor
from app.web.enquiries.answer import ReasonPage
from app.web.enquiries.parts import key_of
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.payments.parts import check_amount, only
from app.web.payments.record import REASONED, shown
from app.web.shell import Link
from app.web.templating import render
from app.web.urls import url

router = APIRouter()


def acted(
    request: Request,
    session: Session,
    *,
    actor: Actor,
    number: str,
    act: Callable[[], Any],
    done: str,
    form: Form | None = None,
    at: str = "",
) -> Response:
    """Do it and go back to the payment; what is wrong with a field is said at the field, under `at`."""
    try:
        with session.begin_nested():
            act()
    except Invalid as fault:
        record = payment_record(session, actor=actor, number=number)
        wrong = {f"{at}{path}": _(message) for path, message in fault.fields.items()}
        page = shown(request, session, record, asked="holder", form=(form or Form()).with_errors(wrong))
        return render(request, page, status_code=422)
    except Conflict as fault:
        return redirect(request, url("payment", number=number), _(fault.detail or fault.title, **fault.params), "warn")
    return redirect(request, url("payment", number=number), done)


@router.post("/desk/payments/{number}/reported", name="payment_reported")
def reported(request: Request, *, number: str, session: WriteSession, actor: SignedInActor) -> Response:
    """The buyer says that the transfer is on its way."""
    return acted(
        request,
        session,
        actor=actor,
        number=number,
        act=lambda: commands.report_transfer(session, actor=actor, number=number, now=clock.now()),
        done=_("Đã báo cho bên bán."),
    )


def _with_amount(
    request: Request,
    session: Session,
    *,
    actor: Actor,
    number: str,
    form: Form,
    command: Callable[..., Any],
    done: str,
    at: str = "",
) -> Response:
    record = payment_record(session, actor=actor, number=number)
    typed = Form(values={"amount": form.chosen(f"{at}amount"), "note": form.chosen(f"{at}note")})
    data, checked = check_amount(typed, AmountInput, currency=record.payment.currency)
    if data is None:
        wrong = {f"{at}{path}": message for path, message in checked.errors.items()}
        page = shown(request, session, record, asked="holder", form=form.with_errors(wrong))
        return render(request, page, status_code=422)
    return acted(
        request,
        session,
        actor=actor,
        number=number,
        form=form,
        act=lambda: command(session, actor=actor, number=number, data=data, form_key=key_of(form), now=clock.now()),
        done=done,
        at=at,
    )


@router.post("/desk/payments/{number}/received", name="payment_received")
def received(
    request: Request, *, number: str, session: WriteSession, actor: SignedInActor, form: PostedForm
) -> Response:
    """The seller saw the money."""
    return _with_amount(
        request,
        session,
        actor=actor,
        number=number,
        form=form,
        command=commands.confirm_received,
        done=_("Đã ghi nhận tiền đến; bên mua được báo."),
    )


@router.post("/desk/payments/{number}/refund", name="payment_refund")
def refund(request: Request, *, number: str, session: WriteSession, actor: SignedInActor, form: PostedForm) -> Response:
    """The seller sent money back by transfer."""
    return _with_amount(
        request,
        session,
        actor=actor,
        number=number,
        form=form,
        command=commands.record_refund,
        done=_("Đã ghi nhận khoản hoàn."),
        at="back.",
    )


def _reason_page(record: PaymentRecord, *, move: str, form: Form) -> ReasonPage:
    label, lead = REASONED[move]
    number = record.payment.number
    return ReasonPage(
        title=_(label),
        indexed=False,
        breadcrumbs=(Link(_("Thanh toán"), url("payments")), Link(number, url("payment", number=number))),
        form=form,
        action=url("payment_move", number=number, move=move),
        back=url("payment", number=number),
        lead=_(lead),
        reasons=(),
        reasons_label="",
        note_label=_("Lời nhắn"),
        note_hint=_("Bên kia đọc được."),
        button=_(label),
    )


@router.get("/desk/payments/{number}/{move}", name="payment_move")
def ask_move(request: Request, *, number: str, move: str, session: ReadSession, actor: SignedInActor) -> Response:
    """Ask why."""
    if move not in REASONED:
        raise NotFound
    return render(request, _reason_page(payment_record(session, actor=actor, number=number), move=move, form=Form()))


@router.post("/desk/payments/{number}/{move}")
def do_move(
    request: Request, *, number: str, move: str, session: WriteSession, actor: SignedInActor, form: PostedForm
) -> Response:
    """Say that no money came, or ask no longer."""
    if move not in REASONED:
        raise NotFound
    record = payment_record(session, actor=actor, number=number)
    checked = only(form, "note").check(NoteInput)
    data = checked.data
    if data is None:
        return render(request, _reason_page(record, move=move, form=checked.form), status_code=422)
    command = commands.deny_transfer if move == "deny" else commands.cancel_payment
    return acted(
        request,
        session,
        actor=actor,
        number=number,
        act=lambda: command(session, actor=actor, number=number, data=data, now=clock.now()),
        done=_("Đã ghi nhận."),
    )
