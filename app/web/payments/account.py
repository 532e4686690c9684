"""Where an organisation takes transfers: shown to its owners, changed with the password given afresh."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession, WriteSession
from app.errors import NotFound
from app.features.accounts.attempts import Refused
from app.features.accounts.queries import Seat
from app.features.payments.accounts import bank_account, set_bank_account
from app.features.payments.banks import bank_list, bank_name
from app.features.payments.schemas import BankAccountInput
from app.i18n import _
from app.i18n.formats import format_date
from app.models.payments import BankAccount
from app.web.auth import ActingSeat, SignedInActor
from app.web.flash import redirect
from app.web.forms import Form, PostedForm, form_of
from app.web.ndas.parts import password_refused
from app.web.payments.parts import only
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.records import Definition

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class BankAccountPage(Page):
    """The account there is, and the form. `owner` is False for a member who may not change it."""

    template: ClassVar[str] = "payments/account.html"

    organisation: str
    owner: bool
    facts: Sequence[Definition]
    banks: Sequence[tuple[str, str]]
    list_date: str
    second_hand: bool
    form: Form


def _page(seat: Seat, account: BankAccount | None, form: Form | None = None) -> BankAccountPage:
    listed = bank_list()
    facts: list[Definition] = []
    if account is not None:
        facts = [
            Definition.of(_("Ngân hàng"), bank_name(account.bank_bin)),
            Definition.of(_("Số tài khoản"), account.number),
            Definition.of(_("Tên tài khoản"), account.holder),
            Definition.of(_("Xác nhận ngày"), format_date(account.confirmed_at)),
        ]
    if form is None and account is not None:
        form = form_of({"bank_bin": account.bank_bin, "number": account.number, "holder": account.holder})
    return BankAccountPage(
        title=_("Tài khoản nhận tiền"),
        indexed=False,
        breadcrumbs=(
            Link(_("Thanh toán"), url("payments")),
            Link(_("Tài khoản nhận tiền"), url("bank_account")),
        ),
        organisation=seat.name,
        owner=seat.role == "owner",
        facts=facts,
        banks=[(one.bin, f"{one.short} – {one.name}") for one in listed.banks.values()],
        list_date=format_date(listed.effective),
        second_hand=listed.second_hand,
        form=form or Form(),
    )


@router.get("/desk/bank-account", name="bank_account")
def show(request: Request, *, session: ReadSession, actor: SignedInActor, seat: ActingSeat) -> Response:
    """The account of the organisation one acts for."""
    if seat is None:
        raise NotFound
    account = bank_account(session, actor=actor, organisation_id=seat.organisation_id) if seat.role == "owner" else None
    return render(request, _page(seat, account))


@router.post("/desk/bank-account")
def change(
    request: Request, *, session: WriteSession, actor: SignedInActor, seat: ActingSeat, form: PostedForm
) -> Response:
    """Name another. Attempts with a wrong password are counted, whatever else happens."""
    if seat is None:
        raise NotFound
    before = bank_account(session, actor=actor, organisation_id=seat.organisation_id)
    password = form.value("password")
    checked = only(form, "bank_bin", "number", "holder").check(BankAccountInput)
    shown = checked.form if password else checked.form.with_errors({"password": _("Hãy nhập mật khẩu của bạn.")})
    if checked.data is None or not password:
        return render(request, _page(seat, before, shown), status_code=422)
    result = set_bank_account(
        session,
        actor=actor,
        organisation_id=seat.organisation_id,
        data=checked.data,
        password=password,
        now=clock.now(),
    )
    if isinstance(result, Refused):
        status = 429 if result.reason == "too_many" else 422
        shown = shown.with_errors({"password": password_refused(result)})
        headers = {"Retry-After": str(result.wait)} if result.wait else {}
        return render(request, _page(seat, before, shown), status_code=status, headers=headers)
    return redirect(request, url("bank_account"), _("Đã đặt tài khoản nhận tiền; mọi thành viên của tổ chức được báo."))
