"""What the operator charges: order, end, and the invoices as PDF. The pages are not there while billing is off."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.errors import Conflict, NotFound
from app.features.accounts.queries import Seat
from app.features.payments.fees import (
    INVOICE_STATE_NAMES,
    PRODUCT_NAMES,
    STATE_NAMES,
    end_fee,
    fees_of,
    invoice_of,
    order_fee,
    price_of,
)
from app.i18n import _, current_locale
from app.i18n.formats import format_date, format_datetime, format_money
from app.integrations.paper import Paper
from app.models.operator_fees import OperatorInvoice
from app.models.payment_provider import PaymentCall
from app.settings import Settings
from app.web.auth import ActingSeat, SignedInActor
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.payments.card import way_to_stripe
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge

router = APIRouter()

_BADGES = {
    "ordered": ("plain", "clock"),
    "active": ("good", "check"),
    "past_due": ("warn", "alert"),
    "ended": ("plain", "close"),
    "open": ("plain", "clock"),
    "paid": ("good", "check"),
    "failed": ("warn", "alert"),
    "void": ("plain", "close"),
}


@dataclass(frozen=True)
class FeeLine:
    """One subscription."""

    name: str
    about: str
    badge: Badge
    until: str
    end: str


@dataclass(frozen=True)
class InvoiceLine:
    """One invoice in the list."""

    number: str
    what: str
    amount: str
    badge: Badge
    href: str


@dataclass(frozen=True, kw_only=True)
class FeesPage(Page):
    """What an organisation pays the operator. Addresses are empty for what is not on offer."""

    template: ClassVar[str] = "payments/fees.html"

    organisation: str
    fees: Sequence[FeeLine]
    invoices: Sequence[InvoiceLine]
    membership: str
    promotion: str
    listings: Sequence[tuple[str, str]]
    form: Form


def _badge(state: str, name: str) -> Badge:
    tone, icon = _BADGES[state]
    return Badge(_(name), tone, icon)  # type: ignore[arg-type]


def _required(settings: Settings, seat: Seat | None) -> Seat:
    if seat is None or not settings.billing:
        raise NotFound
    return seat


@router.get("/desk/fees", name="fees")
def show(
    request: Request, *, session: ReadSession, actor: SignedInActor, seat: ActingSeat, settings: AppSettings
) -> Response:
    """What the organisation has, and may order."""
    mine = _required(settings, seat)
    found = fees_of(session, actor=actor, organisation_id=mine.organisation_id)
    member = any(fee.product == "membership" and fee.state in {"active", "past_due"} for fee, _title in found.fees)
    page = FeesPage(
        title=_("Phí dịch vụ của sàn"),
        indexed=False,
        breadcrumbs=(Link(_("Bàn làm việc"), url("desk")), Link(_("Phí dịch vụ"), url("fees"))),
        organisation=mine.name,
        fees=[
            FeeLine(
                name=_(PRODUCT_NAMES[fee.product]),
                about=title,
                badge=_badge(fee.state, STATE_NAMES[fee.state]),
                until=(
                    _("kết thúc ngày %(day)s", day=format_date(fee.paid_until))
                    if fee.ends_with_period
                    else _("đã trả đến ngày %(day)s", day=format_date(fee.paid_until))
                )
                if fee.paid_until is not None and fee.state != "ended"
                else "",
                end=url("fee_end", fee_id=str(fee.id))
                if fee.state in {"active", "past_due"} and not fee.ends_with_period
                else "",
            )
            for fee, title in found.fees
        ],
        invoices=[
            InvoiceLine(
                number=one.number,
                what=f"{_(PRODUCT_NAMES[one.product])} · {format_date(one.issued_at)}",
                amount=format_money(one.total, one.currency),
                badge=_badge(one.state, INVOICE_STATE_NAMES[one.state]),
                href=url("fee_invoice", number=one.number),
            )
            for one in found.invoices
        ],
        membership=url("fee_order", product="membership") if price_of(settings, "membership") and not member else "",
        promotion=url("fee_order", product="promotion") if price_of(settings, "promotion") and found.listings else "",
        listings=[(one.public_id, one.title) for one in found.listings],
        form=Form(),
    )
    return render(request, page)


@router.get("/desk/fees/way", name="fee_way")
def way(
    request: Request, *, session: ReadSession, actor: SignedInActor, seat: ActingSeat, settings: AppSettings
) -> Response:
    """On to Stripe, once the page there is open."""
    mine = _required(settings, seat)
    if not actor.owns(mine.organisation_id):
        raise NotFound
    call = session.scalars(
        select(PaymentCall)
        .where(PaymentCall.organisation_id == mine.organisation_id, PaymentCall.kind == "fee_checkout")
        .order_by(PaymentCall.asked_at.desc(), PaymentCall.id.desc())
        .limit(1)
    ).one_or_none()
    crumbs = (Link(_("Phí dịch vụ"), url("fees")),)
    return way_to_stripe(
        request,
        settings,
        call,
        what=_(
            "Trang của Stripe nhận thông tin thẻ; sàn không thấy và không giữ số thẻ. "
            "Phí này trả cho đơn vị vận hành sàn và thu theo kỳ cho đến khi bạn kết thúc."
        ),
        refused=_("Stripe không nhận yêu cầu này, nên chưa có phí nào được thu. Hãy thử lại sau."),
        back=url("fees"),
        crumbs=crumbs,
    )


@router.post("/desk/fees/order/{product}", name="fee_order")
def order(
    request: Request,
    *,
    product: str,
    session: WriteSession,
    actor: SignedInActor,
    seat: ActingSeat,
    settings: AppSettings,
    form: PostedForm,
) -> Response:
    """An owner orders."""
    mine = _required(settings, seat)
    try:
        with session.begin_nested():
            order_fee(
                session,
                actor=actor,
                organisation_id=mine.organisation_id,
                product=product,
                listing_public_id=form.value("listing"),
                settings=settings,
                now=clock.now(),
            )
    except Conflict as fault:
        return redirect(request, url("fees"), _(fault.detail or fault.title), "warn")
    return redirect(request, url("fee_way"))


@router.post("/desk/fees/{fee_id}/end", name="fee_end")
def end(
    request: Request, *, fee_id: UUID, session: WriteSession, actor: SignedInActor, settings: AppSettings
) -> Response:
    """An owner ends it with the period that is paid."""
    if not settings.billing:
        raise NotFound
    try:
        with session.begin_nested():
            end_fee(session, actor=actor, fee_id=fee_id, now=clock.now())
    except Conflict as fault:
        return redirect(request, url("fees"), _(fault.detail or fault.title), "warn")
    return redirect(request, url("fees"), _("Dịch vụ kết thúc khi hết kỳ đã trả; không thu thêm."))


@router.get("/desk/fees/invoices/{number}", name="fee_invoice")
def invoice(*, number: str, session: ReadSession, actor: SignedInActor, settings: AppSettings) -> Response:
    """One invoice as PDF."""
    found = invoice_of(session, actor=actor, number=number)
    headers = {
        "Content-Disposition": f'attachment; filename="{found.number}.pdf"',
        "Cache-Control": "private, no-store",
    }
    return Response(_paper(found, settings), media_type="application/pdf", headers=headers)


def _paper(one: OperatorInvoice, settings: Settings) -> bytes:
    """The invoice, in the language of the moment. A request for payment, no tax invoice."""
    operator = settings.operator_name if current_locale() == "vi" else settings.operator_name_en
    paper = Paper(
        title=_("Phiếu thu phí %(number)s", number=one.number),
        language=current_locale(),
        foot=f"{one.number} · {settings.site_name} · {settings.authority}",
        at=one.paid_at or one.issued_at,
    )
    paper.heading(_("Phiếu thu phí dịch vụ"), 1)
    paper.facts(
        [
            (_("Số"), one.number),
            (_("Ngày"), format_date(one.issued_at)),
            (_("Bên thu"), operator + (f", {settings.operator_address}" if settings.operator_address else "")),
            (_("Bên trả"), one.organisation_name),
            (_("Mã số thuế"), one.tax_code or "–"),
            (_("Dịch vụ"), _(PRODUCT_NAMES[one.product])),
            (
                _("Tình trạng"),
                _(INVOICE_STATE_NAMES[one.state]) + (f" ({format_datetime(one.paid_at)})" if one.paid_at else ""),
            ),
        ]
    )
    paper.heading(_("Các khoản"))
    paper.facts(
        [
            (format_money(int(line["amount"]), one.currency), str(line["text"]) or _(PRODUCT_NAMES[one.product]))
            for line in one.lines
        ]
    )
    paper.facts(
        [
            (_("Trong đó thuế"), format_money(one.tax, one.currency)),
            (_("Tổng cộng"), format_money(one.total, one.currency)),
        ]
    )
    paper.paragraph(_("Phiếu này không thay hoá đơn điện tử theo quy định về thuế."), soft=True)
    return paper.data()
