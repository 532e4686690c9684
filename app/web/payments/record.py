"""The page of one payment: what is owed, how to pay it, what was seen, and what either side does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.dependencies import AppSettings, ReadSession
from app.errors import NotFound
from app.features.payments.banks import bank_name
from app.features.payments.card import can_be_paid_by_card, refundable_by_card
from app.features.payments.qr import picture, svg
from app.features.payments.queries import PaymentRecord, payment_record
from app.features.payments.states import MOVE_NAMES, PAYABLE, Side
from app.features.payments.vietqr import vietqr
from app.i18n import N_, _
from app.i18n.formats import format_date, format_money
from app.web.auth import SignedInActor
from app.web.enquiries.parts import with_key
from app.web.enquiries.typing_in import typed_amount
from app.web.forms import Form
from app.web.payments.names import ENTRY_NAMES, SOURCE_NAMES, signed
from app.web.payments.parts import kind_name, state_badge
from app.web.payments.receipt import receipt
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge
from app.web.views.records import Definition, Step

router = APIRouter()

REASONED = {
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
    ended: bool
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
    ended = record.deal_state == "terminated"
    payable = payment.state in PAYABLE
    outstanding = sums.outstanding(payment.amount)
    by_bank = payable and not ended and payment.bank_bin is not None and outstanding > 0
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
        card=url("payment_card", number=number)
        if side == "buyer" and by_card and payable and outstanding and not ended
        else "",
        card_refund=url("payment_card_refund", number=number) if card_refundable else "",
        confirming=confirming and payable and outstanding > 0,
        ended=ended and payable,
        moves=[
            Link(_(label), url("payment_move", number=number, move=move))
            for move, (label, _lead) in REASONED.items()
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
    fits = record.sums.outstanding(record.payment.amount) <= settings.stripe_largest
    by_card = side == "buyer" and fits and can_be_paid_by_card(session, settings, record.payment.holder_organisation_id)
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
    if (
        record.deal_state == "terminated"
        or one.bank_bin is None
        or one.bank_account is None
        or not outstanding
        or one.state not in PAYABLE
    ):
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
