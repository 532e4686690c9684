"""The list of payments, and those of one deal with the form to ask for another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.errors import Conflict, Invalid, RateLimited
from app.features.deals.states import BEFORE_CONTRACT, RUNNING_STATES
from app.features.payments.banks import bank_name
from app.features.payments.card import can_be_paid_by_card
from app.features.payments.commands import ask_payment
from app.features.payments.queries import DealPayments, PaymentRow, deal_payments, list_payments
from app.features.payments.schemas import PaymentInput
from app.features.payments.states import KIND_NAMES, Sums
from app.i18n import _
from app.i18n.formats import format_date, format_money, local_date
from app.models.payments import Payment
from app.web.auth import SignedInActor
from app.web.enquiries.parts import key_of, with_key
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.payments.parts import check_amount, kind_name, only, state_badge
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge

router = APIRouter()


@dataclass(frozen=True)
class Row:
    """A payment in a list."""

    number: str
    href: str
    kind: str
    description: str
    listing_title: str
    other: str
    amount: str
    remark: str
    due_on: date | None
    badge: Badge
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class PaymentsPage(Page):
    """Payments of one's organisations."""

    template: ClassVar[str] = "payments/list.html"

    rows: Sequence[Row]
    first: str
    next: str
    ways: Sequence[Link]


@dataclass(frozen=True, kw_only=True)
class DealPaymentsPage(Page):
    """Payments of one deal. `form` is the seller's; None for whom cannot ask now, `account` where transfers go."""

    template: ClassVar[str] = "payments/deal.html"

    number: str
    listing_title: str
    deal_href: str
    total: str
    received: str
    rows: Sequence[Row]
    asking: bool
    account: str
    account_href: str
    by_card: bool
    currency: str
    kinds: Sequence[tuple[str, str]]
    milestones: Sequence[tuple[str, str]]
    today: date
    form: Form


def _row(payment: Payment, *, other: str, sums: Sums | None = None) -> Row:
    remark = ""
    if sums is not None and sums.charged and sums.net != payment.amount:
        remark = _("bên bán đang giữ %(amount)s", amount=format_money(sums.net, payment.currency))
    return Row(
        number=payment.number,
        href=url("payment", number=payment.number),
        kind=kind_name(payment.kind),
        description=payment.description,
        listing_title=payment.listing_title,
        other=other,
        amount=format_money(payment.amount, payment.currency),
        remark=remark,
        due_on=payment.due_on if payment.state in {"asked", "part_paid"} else None,
        badge=state_badge(payment.state),
        updated_at=payment.updated_at,
    )


def _listed(row: PaymentRow) -> Row:
    one = row.payment
    return _row(one, other=one.holder_name if row.side == "buyer" else one.buyer_name)


@router.get("/desk/payments", name="payments")
def payments(
    request: Request, *, session: ReadSession, actor: SignedInActor, settings: AppSettings, after: str = ""
) -> Response:
    """Newest activity first."""
    found = list_payments(session, actor=actor, cursor=after)
    page = PaymentsPage(
        title=_("Thanh toán"),
        indexed=False,
        breadcrumbs=(Link(_("Bàn làm việc"), url("desk")), Link(_("Thanh toán"), url("payments"))),
        rows=[_listed(one) for one in found.rows],
        first=url("payments") if after else "",
        next=url("payments", after=found.next_cursor) if found.next_cursor else "",
        ways=(
            Link(_("Tài khoản nhận tiền"), url("bank_account")),
            Link(_("Đối chiếu sao kê"), url("statements")),
            Link(_("Nhận thanh toán bằng thẻ"), url("card_payments")),
            *((Link(_("Phí dịch vụ của sàn"), url("fees")),) if settings.billing else ()),
        ),
    )
    return render(request, page)


def _page(found: DealPayments, form: Form, *, by_card: bool) -> DealPaymentsPage:
    deal = found.deal
    selling = "holder" in found.sides
    received = sum(one.net for one in found.sums.values())
    account = found.account if deal.currency == "VND" else None
    return DealPaymentsPage(
        title=_("Thanh toán của thương vụ %(number)s", number=deal.number),
        indexed=False,
        breadcrumbs=(
            Link(_("Thương vụ"), url("deals")),
            Link(deal.number, url("deal", number=deal.number)),
            Link(_("Thanh toán"), url("deal_payments", number=deal.number)),
        ),
        number=deal.number,
        listing_title=deal.listing_title,
        deal_href=url("deal", number=deal.number),
        total=format_money(deal.total, deal.currency),
        received=format_money(received, deal.currency),
        rows=[
            _row(one, other=one.buyer_name if selling else one.holder_name, sums=found.sums.get(one.id))
            for one in found.payments
        ],
        asking=selling and deal.state in BEFORE_CONTRACT | RUNNING_STATES | {"completed"},
        account=f"{bank_name(account.bank_bin)} · {account.number}" if account else "",
        account_href=url("bank_account") if selling else "",
        by_card=by_card,
        currency=deal.currency,
        kinds=[(kind, _(name)) for kind, name in KIND_NAMES.items() if deal.state != "completed" or kind == "royalty"],
        milestones=[(one.public_id, f"{one.title} ({format_date(one.due_on)})") for one in found.milestones],
        today=local_date(clock.now()),
        form=with_key(form),
    )


@router.get("/desk/deals/{number}/payments", name="deal_payments")
def of_deal(
    request: Request, *, number: str, session: ReadSession, actor: SignedInActor, settings: AppSettings
) -> Response:
    """What was asked for on a deal, for its two sides."""
    found = deal_payments(session, actor=actor, deal_number=number)
    by_card = can_be_paid_by_card(session, settings, found.deal.holder_organisation_id)
    return render(request, _page(found, Form(), by_card=by_card))


@router.post("/desk/deals/{number}/payments")
def ask(
    request: Request,
    *,
    number: str,
    session: WriteSession,
    actor: SignedInActor,
    settings: AppSettings,
    form: PostedForm,
) -> Response:
    """The seller asks for a payment."""
    found = deal_payments(session, actor=actor, deal_number=number)
    by_card = can_be_paid_by_card(session, settings, found.deal.holder_organisation_id)
    key = key_of(form)
    data, shown = check_amount(
        only(form, "kind", "description", "amount", "due_on", "milestone"), PaymentInput, currency=found.deal.currency
    )
    shown = Form(values=form.values, errors=shown.errors)
    if data is not None:
        try:
            with session.begin_nested():
                made = ask_payment(
                    session,
                    actor=actor,
                    deal_number=number,
                    data=data,
                    form_key=key,
                    by_card=by_card,
                    now=clock.now(),
                )
            return redirect(request, url("payment", number=made.number), _("Đã gửi đề nghị thanh toán cho bên mua."))
        except Invalid as fault:
            shown = shown.with_errors({path: _(message) for path, message in fault.fields.items()})
        except (Conflict, RateLimited) as fault:
            return redirect(
                request, url("deal_payments", number=number), _(fault.detail or fault.title, **fault.params), "warn"
            )
    return render(request, _page(found, shown, by_card=by_card), status_code=422)
