"""Paying by card and taking cards: each asks for a call to Stripe, waits for the worker to make it, and goes on there.

The way to Stripe is a page of ours that goes on by itself (Refresh), not a redirect: the answer to a form may not lead
off this site (form-action of the content security policy).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from fastapi import APIRouter
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.errors import Conflict, Invalid, NotFound, RateLimited
from app.features.payments.card import ask_card_refund, ask_checkout, ask_onboarding, seller_of_cards
from app.features.payments.queries import payment_record
from app.features.payments.schemas import AmountInput
from app.i18n import N_, _
from app.i18n.formats import format_date, format_money
from app.models.payment_provider import PaymentCall
from app.settings import Settings
from app.web.auth import ActingSeat, SignedInActor
from app.web.enquiries.parts import key_of
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.payments.parts import check_amount
from app.web.payments.record import shown
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge
from app.web.views.records import Column, Table

router = APIRouter()

_AGAIN_S: Final = 2
_PAYOUTS: Final = {
    "pending": N_("Đang chuẩn bị"),
    "in_transit": N_("Đang chuyển"),
    "paid": N_("Đã chuyển"),
    "failed": N_("Không chuyển được"),
    "canceled": N_("Đã huỷ"),
}


@dataclass(frozen=True, kw_only=True)
class WayPage(Page):
    """On the way to Stripe. `onward` is empty while the worker still asks for the address; `what` tells of its page."""

    template: ClassVar[str] = "payments/way.html"

    onward: str
    lead: str
    what: str
    back: str


@dataclass(frozen=True, kw_only=True)
class CardPaymentsPage(Page):
    """How a seller stands with Stripe. `action` is empty for whom cannot change it."""

    template: ClassVar[str] = "payments/cards.html"

    organisation: str
    available: bool
    owner: bool
    begun: bool
    badges: Sequence[Badge]
    action: str
    payouts: Table | None


def leads_to_stripe(settings: Settings, address: str) -> bool:
    """Whether an address that Stripe gave is one to send a browser to."""
    own = settings.stripe_api
    return address.startswith("https://") or (bool(own) and address.startswith(f"{own}/"))


def way_to_stripe(
    request: Request,
    settings: Settings,
    call: PaymentCall | None,
    *,
    what: str,
    refused: str,
    back: str,
    crumbs: tuple[Link, ...],
) -> Response:
    """Wait, go on, or go back with what was wrong.

    Args:
        what: what happens on the page at Stripe, and where money goes.
        refused: what to say and advise when Stripe does not open one.
    """
    if call is None or call.state == "refused" or (call.url and not leads_to_stripe(settings, call.url)):
        return redirect(request, back, refused, "warn")
    onward = (call.url or "") if call.state == "done" else ""
    page = WayPage(
        title=_("Sang Stripe"),
        indexed=False,
        breadcrumbs=crumbs,
        onward=onward,
        lead=_("Bạn đang được đưa sang trang của Stripe.") if onward else _("Đang chuẩn bị trang của Stripe…"),
        what=what,
        back=back,
    )
    return render(request, page, headers={"Refresh": f"0;url={onward}" if onward else str(_AGAIN_S)})


@router.post("/desk/payments/{number}/card")
def pay(
    request: Request, *, number: str, session: WriteSession, actor: SignedInActor, settings: AppSettings
) -> Response:
    """The buyer wants to pay by card."""
    try:
        with session.begin_nested():
            ask_checkout(session, actor=actor, number=number, settings=settings, now=clock.now())
    except (Conflict, RateLimited) as fault:
        return redirect(request, url("payment", number=number), _(fault.detail or fault.title), "warn")
    return redirect(request, url("payment_card", number=number))


@router.get("/desk/payments/{number}/card", name="payment_card")
def pay_there(
    request: Request, *, number: str, session: ReadSession, actor: SignedInActor, settings: AppSettings
) -> Response:
    """On to Stripe, for the buyer, once the page there is open."""
    record = payment_record(session, actor=actor, number=number)
    if "buyer" not in record.sides:
        raise NotFound
    call = session.scalars(
        select(PaymentCall)
        .where(PaymentCall.payment_id == record.payment.id, PaymentCall.kind == "checkout")
        .order_by(PaymentCall.asked_at.desc(), PaymentCall.id.desc())
        .limit(1)
    ).one_or_none()
    if call is not None and call.expires_at is not None and call.expires_at <= clock.now():
        return redirect(request, url("payment", number=number))
    here = url("payment", number=number)
    crumbs = (Link(_("Thanh toán"), url("payments")), Link(number, here))
    return way_to_stripe(
        request,
        settings,
        call,
        what=_(
            "Trang của Stripe nhận thông tin thẻ; sàn không thấy và không giữ số thẻ. "
            "Tiền đi thẳng đến tài khoản của bên bán."
        ),
        refused=_("Stripe không nhận yêu cầu này. Hãy thử lại sau hoặc trả bằng chuyển khoản."),
        back=here,
        crumbs=crumbs,
    )


@router.post("/desk/payments/{number}/card-refund", name="payment_card_refund")
def refund(request: Request, *, number: str, session: WriteSession, actor: SignedInActor, form: PostedForm) -> Response:
    """The seller sends back what came by card."""
    record = payment_record(session, actor=actor, number=number)
    typed = Form(values={"amount": form.chosen("card.amount")})
    data, checked = check_amount(typed, AmountInput, currency=record.payment.currency)
    wrong = dict(checked.errors)
    if data is not None:
        try:
            with session.begin_nested():
                ask_card_refund(session, actor=actor, number=number, data=data, form_key=key_of(form), now=clock.now())
            text = _("Đã gửi lệnh hoàn tiền cho Stripe; trang này cập nhật khi Stripe trả lời.")
            return redirect(request, url("payment", number=number), text)
        except RateLimited as fault:
            return redirect(request, url("payment", number=number), _(fault.title), "warn")
        except Invalid as fault:
            wrong = {path: _(message) for path, message in fault.fields.items()}
    wrong = {f"card.{path}": message for path, message in wrong.items()}
    page = shown(request, session, record, asked="holder", form=form.with_errors(wrong))
    return render(request, page, status_code=422)


@router.get("/desk/card-payments", name="card_payments")
def card_payments(
    request: Request, *, session: ReadSession, actor: SignedInActor, seat: ActingSeat, settings: AppSettings
) -> Response:
    """How the organisation one acts for stands with Stripe."""
    if seat is None:
        raise NotFound
    account, payouts = seller_of_cards(session, actor=actor, organisation_id=seat.organisation_id)
    badges: list[Badge] = []
    if account is not None:
        badges = [
            Badge(_("Nhận được thẻ"), "good", "check")
            if account.charges_enabled
            else Badge(_("Chưa nhận được thẻ: hồ sơ ở Stripe chưa xong"), "warn", "clock"),
            Badge(_("Stripe chuyển tiền về ngân hàng của bạn"), "good", "check")
            if account.payouts_enabled
            else Badge(_("Stripe chưa chuyển được tiền về ngân hàng của bạn"), "warn", "clock"),
        ]
    table = Table(
        caption=_("Stripe chuyển về ngân hàng"),
        caption_seen=True,
        columns=[Column(_("Ngày đến")), Column(_("Số tiền"), numeric=True), Column(_("Tình trạng"))],
        rows=[
            [
                format_date(one.arrives_on),
                format_money(one.amount, one.currency),
                _(_PAYOUTS.get(one.state, _PAYOUTS["pending"])),
            ]
            for one in payouts
        ],
    )
    page = CardPaymentsPage(
        title=_("Nhận thanh toán bằng thẻ"),
        indexed=False,
        breadcrumbs=(Link(_("Thanh toán"), url("payments")), Link(_("Thẻ"), url("card_payments"))),
        organisation=seat.name,
        available=settings.stripe_key is not None,
        owner=seat.role == "owner",
        begun=account is not None,
        badges=badges,
        action=url("card_payments") if settings.stripe_key is not None and seat.role == "owner" else "",
        payouts=table if payouts else None,
    )
    return render(request, page)


@router.post("/desk/card-payments")
def begin(
    request: Request, *, session: WriteSession, actor: SignedInActor, seat: ActingSeat, settings: AppSettings
) -> Response:
    """An owner opens the organisation's account at Stripe, or goes on with it."""
    if seat is None or settings.stripe_key is None:
        raise NotFound
    ask_onboarding(
        session,
        actor=actor,
        organisation_id=seat.organisation_id,
        base_url=f"{settings.base_url}/{actor.locale}",
        now=clock.now(),
    )
    return redirect(request, url("card_payments_way"))


@router.get("/desk/card-payments/way", name="card_payments_way")
def begin_there(
    request: Request, *, session: ReadSession, actor: SignedInActor, seat: ActingSeat, settings: AppSettings
) -> Response:
    """On to Stripe, for an owner, once it gave the address."""
    if seat is None or not actor.owns(seat.organisation_id):
        raise NotFound
    call = session.scalars(
        select(PaymentCall)
        .where(
            PaymentCall.organisation_id == seat.organisation_id,
            PaymentCall.kind.in_(["account", "account_link"]),
        )
        .order_by(PaymentCall.asked_at.desc(), PaymentCall.id.desc())
        .limit(1)
    ).one_or_none()
    here = url("card_payments")
    return way_to_stripe(
        request,
        settings,
        call,
        what=_(
            "Trang của Stripe hỏi hồ sơ và tài khoản ngân hàng nhận tiền của tổ chức; "
            "sàn không thấy giấy tờ bạn gửi ở đó."
        ),
        refused=_("Stripe không mở được trang hồ sơ. Hãy thử lại sau; bên mua vẫn có thể chuyển khoản cho bạn."),
        back=here,
        crumbs=(Link(_("Thanh toán"), url("payments")), Link(_("Thẻ"), here)),
    )
