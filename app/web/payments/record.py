"""The page of one payment: what is owed, how to pay it, what was seen, and what either side does."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.errors import Conflict, Invalid, NotFound
from app.features.payments import commands
from app.features.payments.banks import bank_name
from app.features.payments.card import can_be_paid_by_card, refundable_by_card
from app.features.payments.qr import picture, svg
from app.features.payments.queries import PaymentRecord, payment_record
from app.features.payments.schemas import AmountInput, NoteInput
from app.features.payments.states import MOVE_NAMES, PAYABLE, Side
from app.features.payments.vietqr import vietqr
from app.i18n import N_, _
from app.i18n.formats import format_date, format_money
from app.identity import Actor
from app.web.auth import SignedInActor
from app.web.enquiries.answer import ReasonPage
from app.web.enquiries.parts import key_of, with_key
from app.web.enquiries.typing_in import typed_amount
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.payments.names import ENTRY_NAMES, SOURCE_NAMES, signed
from app.web.payments.parts import check_amount, kind_name, only, state_badge
from app.web.payments.receipt import receipt
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge
from app.web.views.records import Definition, Step

router = APIRouter()

_REASONED = {
    "deny": (N_("Chưa thấy tiền"), N_("Đề nghị trở lại chờ thanh toán; bên mua đọc được lời nhắn của bạn.")),
    "cancel": (N_("Huỷ đề nghị"), N_("Bên mua không còn phải trả khoản này.")),
}


@dataclass(frozen=True)
class EntryView:
    """One line of the ledger in words."""

    when: str
    what: str
    source: str
    amount: str
    note: str


@dataclass(frozen=True, kw_only=True)
class PaymentPage(Page):
    """A payment as one of its sides sees it. Addresses are empty for what cannot be done now."""

    template: ClassVar[str] = "payments/payment.html"

    number: str
    side: Side
    badge: Badge
    kind: str
    description: str
    amount: str
    outstanding: str
    over: str
    facts: Sequence[Definition]
    deal_href: str
    bank: Sequence[Definition]
    qr: str
    qr_text: str
    reported: str
    received: str
    refund: str
    card: str
    card_refund: str
    confirming: bool
    moves: Sequence[Link]
    entries: Sequence[EntryView]
    receipt: str
    steps: Sequence[Step]
    currency: str
    form: Form


def page_of(
    record: PaymentRecord,
    *,
    side: Side,
    form: Form | None = None,
    by_card: bool = False,
    card_refundable: int = 0,
    confirming: bool = False,
) -> PaymentPage:
    """The payment as seen from one side.

    Args:
        by_card: the buyer can pay by card now.
        card_refundable: what one refund to a card may be at most, in minor units.
        confirming: the buyer comes from paying by card, and the money was not told yet.
    """
    payment, sums, number = record.payment, record.sums, record.payment.number
    payable = payment.state in PAYABLE
    outstanding = sums.outstanding(payment.amount)
    by_bank = payable and payment.bank_bin is not None and outstanding > 0
    by_transfer = sum(
        one.amount if one.kind == "charge" else -one.amount
        for one in record.entries
        if one.source != "stripe" and one.kind in {"charge", "refund"}
    )
    bank: list[Definition] = []
    if by_bank:
        bank = [
            Definition.of(_("Ngân hàng"), bank_name(payment.bank_bin or "")),
            Definition.of(_("Số tài khoản"), payment.bank_account or ""),
            Definition.of(_("Tên tài khoản"), payment.bank_holder or ""),
            Definition.of(_("Số tiền"), format_money(outstanding, payment.currency)),
            Definition.of(_("Nội dung chuyển khoản"), payment.reference),
        ]
    return PaymentPage(
        title=f"{number} · {kind_name(payment.kind)}",
        indexed=False,
        breadcrumbs=(
            Link(_("Thanh toán"), url("payments")),
            Link(number, url("payment", number=number)),
        ),
        number=number,
        side=side,
        badge=state_badge(payment.state),
        kind=kind_name(payment.kind),
        description=payment.description,
        amount=format_money(payment.amount, payment.currency),
        outstanding=format_money(outstanding, payment.currency) if payable and sums.charged else "",
        over=format_money(sums.over(payment.amount), payment.currency) if sums.over(payment.amount) else "",
        facts=[
            Definition.of(_("Bên trả"), payment.buyer_name),
            Definition.of(_("Bên nhận"), payment.holder_name),
            Definition(_("Hạn thanh toán"), [format_date(payment.due_on)] if payment.due_on else []),
            Definition.of(_("Thương vụ"), f"{payment.deal_number} · {payment.listing_title}"),
        ],
        deal_href=url("deal_payments", number=payment.deal_number),
        bank=bank,
        qr=url("payment_qr", number=number, kind="svg") if by_bank else "",
        qr_text=_("Mã VietQR: chuyển %(amount)s", amount=format_money(outstanding, payment.currency)),
        reported=url("payment_reported", number=number) if side == "buyer" and payment.state == "asked" else "",
        received=url("payment_received", number=number) if side == "holder" and payable and outstanding else "",
        refund=url("payment_refund", number=number) if side == "holder" and by_transfer > 0 else "",
        card=url("payment_card", number=number) if side == "buyer" and by_card and payable and outstanding else "",
        card_refund=url("payment_card_refund", number=number) if card_refundable else "",
        confirming=confirming and payable and outstanding > 0,
        moves=[
            Link(_(label), url("payment_move", number=number, move=move))
            for move, (label, _lead) in _REASONED.items()
            if side == "holder" and payment.state in ({"reported"} if move == "deny" else {"asked", "reported"})
        ],
        entries=[
            EntryView(
                when=format_date(one.happened_at),
                what=_(ENTRY_NAMES[one.kind]),
                source=_(SOURCE_NAMES[one.source]),
                amount=signed(one),
                note=one.note,
            )
            for one in record.entries
        ],
        receipt=url("payment_receipt", number=number) if sums.charged else "",
        steps=[
            Step(
                _(MOVE_NAMES[one.move]),
                "refused" if one.move in {"cancel", "dispute", "charge_back", "deny"} else "done",
                one.at,
                one.note,
            )
            for one in record.history
        ],
        currency=payment.currency,
        form=with_key(
            form
            or Form(
                values={
                    "amount": [typed_amount(outstanding, payment.currency)],
                    "back.amount": [typed_amount(by_transfer, payment.currency)],
                    "card.amount": [typed_amount(card_refundable, payment.currency)],
                }
            )
        ),
    )


def side_of(record: PaymentRecord, asked: str = "") -> Side:
    """The side to show: the one asked for where the reader acts for both, else theirs."""
    return next((side for side in record.sides if side == asked), record.sides[0])


def shown(
    request: Request, session: Session, record: PaymentRecord, *, asked: str = "", form: Form | None = None
) -> PaymentPage:
    """The page for the reader, with what cards allow now. Queries more only where card payments are on."""
    side = side_of(record, asked)
    settings = request.app.state.settings
    by_card = side == "buyer" and can_be_paid_by_card(session, settings, record.payment.holder_organisation_id)
    refundable = 0
    if side == "holder" and any(one.source == "stripe" for one in record.entries):
        refundable = max(refundable_by_card(session, record.payment).values(), default=0)
    return page_of(
        record,
        side=side,
        form=form,
        by_card=by_card,
        card_refundable=refundable,
        confirming=request.query_params.get("paid") == "1",
    )


@router.get("/desk/payments/{number}", name="payment")
def payment(request: Request, *, number: str, session: ReadSession, actor: SignedInActor, side: str = "") -> Response:
    """The payment, for its two sides only."""
    record = payment_record(session, actor=actor, number=number)
    return render(request, shown(request, session, record, asked=side))


@router.get("/desk/payments/{number}/qr.{kind}", name="payment_qr")
def qr(*, number: str, kind: str, session: ReadSession, actor: SignedInActor) -> Response:
    """The VietQR code for what is outstanding, as SVG or PNG."""
    record = payment_record(session, actor=actor, number=number)
    one = record.payment
    outstanding = record.sums.outstanding(one.amount)
    if one.bank_bin is None or one.bank_account is None or not outstanding or one.state not in PAYABLE:
        raise NotFound
    text = vietqr(bank_bin=one.bank_bin, account=one.bank_account, amount=outstanding, reference=one.reference)
    headers = {"Cache-Control": "private, no-store"}
    if kind == "svg":
        return Response(svg(text), media_type="image/svg+xml", headers=headers)
    if kind == "png":
        return Response(picture(text), media_type="image/png", headers=headers)
    raise NotFound


@router.get("/desk/payments/{number}/receipt", name="payment_receipt")
def download_receipt(*, number: str, session: ReadSession, actor: SignedInActor, settings: AppSettings) -> Response:
    """What was seen of this payment, as PDF."""
    record = payment_record(session, actor=actor, number=number)
    if not record.sums.charged:
        raise NotFound
    made = receipt(record, exchange=settings.site_name, authority=settings.authority)
    headers = {
        "Content-Disposition": f'attachment; filename="{number}.pdf"',
        "Cache-Control": "private, no-store",
    }
    return Response(made, media_type="application/pdf", headers=headers)


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
    label, lead = _REASONED[move]
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
    if move not in _REASONED:
        raise NotFound
    return render(request, _reason_page(payment_record(session, actor=actor, number=number), move=move, form=Form()))


@router.post("/desk/payments/{number}/{move}")
def do_move(
    request: Request, *, number: str, move: str, session: WriteSession, actor: SignedInActor, form: PostedForm
) -> Response:
    """Say that no money came, or ask no longer."""
    if move not in _REASONED:
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
