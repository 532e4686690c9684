"""A new password for who forgot theirs."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.errors import Invalid
from app.features.accounts.commands import request_reset, reset_password
from app.features.accounts.links import LinkState, link_state
from app.features.accounts.schemas import EmailOnly, PasswordReset
from app.i18n import _
from app.web.accounts.notes import refusal_headers, refusal_status, refusal_text
from app.web.accounts.register import MailSentPage, mail_box
from app.web.auth import clear_session, client_address
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.templating import Page, render
from app.web.urls import url

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class ResetRequestPage(Page):
    """Where to send the link."""

    template: ClassVar[str] = "accounts/reset_request.html"

    form: Form
    problem: str = ""
    indexed: bool = False


@dataclass(frozen=True, kw_only=True)
class ResetPage(Page):
    """The new password, for who holds a good link."""

    template: ClassVar[str] = "accounts/reset.html"

    form: Form
    token: str
    state: LinkState
    indexed: bool = False


@router.get("/reset", name="reset_request")
def show_reset_request(request: Request, email: str = "") -> Response:
    form = Form(values={"email": [email[:254]]} if email else {})
    return render(request, ResetRequestPage(title=_("Quên mật khẩu"), form=form))


@router.post("/reset")
def submit_reset_request(
    request: Request, session: WriteSession, settings: AppSettings, posted: PostedForm
) -> Response:
    checked = posted.check(EmailOnly)
    if checked.data is None:
        return render(request, ResetRequestPage(title=_("Quên mật khẩu"), form=checked.form), status_code=422)
    refused = request_reset(
        session,
        data=checked.data,
        address=client_address(request),
        limit_addresses=settings.rate_limits == "on",
        now=clock.now(),
    )
    if refused is not None:
        page = ResetRequestPage(title=_("Quên mật khẩu"), form=posted, problem=refusal_text(refused))
        return render(request, page, status_code=refusal_status(refused), headers=refusal_headers(refused))
    return redirect(request, url("reset_sent"))


@router.get("/reset-sent", name="reset_sent")
def show_reset_sent(request: Request, settings: AppSettings) -> Response:
    text = _(
        "Nếu địa chỉ bạn nhập có tài khoản, thư có liên kết đặt mật khẩu mới đang trên đường đến. "
        "Liên kết dùng được trong hai giờ."
    )
    return render(request, MailSentPage(title=_("Hãy xem hộp thư của bạn"), text=text, mail_box=mail_box(settings)))


def _page(form: Form, token: str, state: LinkState) -> ResetPage:
    return ResetPage(title=_("Đặt mật khẩu mới"), form=form, token=token, state=state)


@router.get("/reset/{token}", name="reset_password")
def show_reset(request: Request, session: ReadSession, token: str) -> Response:
    state = link_state(session, token=token, purpose="reset", now=clock.now())
    return render(request, _page(Form(), token, state), status_code=200 if state == "good" else 410)


@router.post("/reset/{token}")
def submit_reset(request: Request, session: WriteSession, token: str, posted: PostedForm) -> Response:
    checked = posted.check(PasswordReset)
    if checked.data is None:
        return render(request, _page(checked.form, token, "good"), status_code=422)
    try:
        with session.begin_nested():
            reset_password(session, token=token, data=checked.data, now=clock.now())
    except Invalid as fault:
        fields = {path: _(message) for path, message in fault.fields.items()}
        return render(request, _page(posted.with_errors(fields), token, "good"), status_code=422)
    response = redirect(request, url("sign_in"), _("Mật khẩu mới đã được đặt. Mời bạn đăng nhập."))
    clear_session(request, response)
    return response
