"""Opening an account and confirming its address."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.features.accounts.links import LinkState, link_state
from app.features.accounts.registration import confirm_email, register
from app.features.accounts.schemas import Registration
from app.i18n import _, current_locale
from app.settings import Settings
from app.web.accounts.notes import refusal_headers, refusal_status, refusal_text
from app.web.auth import client_address
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.templating import Page, render
from app.web.urls import url

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class RegisterPage(Page):
    """Name, address, password and two consents, none of them ticked."""

    template: ClassVar[str] = "accounts/register.html"

    form: Form
    regulation_version: str
    privacy_version: str
    problem: str = ""
    indexed: bool = False


@dataclass(frozen=True, kw_only=True)
class MailSentPage(Page):
    """Look into your mailbox: the same page whether there is such an account or not."""

    template: ClassVar[str] = "accounts/mail_sent.html"

    text: str
    mail_box: str
    indexed: bool = False


@dataclass(frozen=True, kw_only=True)
class ConfirmPage(Page):
    """A button that uses the link up. Opening the page does not, since mail scanners open every link."""

    template: ClassVar[str] = "accounts/confirm.html"

    token: str
    state: LinkState
    indexed: bool = False


def mail_box(settings: Settings) -> str:
    """Where development shows what was sent; "" elsewhere."""
    return url("mail_box") if settings.environment == "development" and settings.mail_url is None else ""


def _page(settings: AppSettings, form: Form, problem: str = "") -> RegisterPage:
    return RegisterPage(
        title=_("Mở tài khoản"),
        form=form,
        regulation_version=settings.regulation_version,
        privacy_version=settings.privacy_version,
        problem=problem,
    )


@router.get("/register", name="register")
def show_register(request: Request, settings: AppSettings, email: str = "") -> Response:
    return render(request, _page(settings, Form(values={"email": [email[:254]]} if email else {})))


@router.post("/register")
def submit_register(request: Request, session: WriteSession, settings: AppSettings, posted: PostedForm) -> Response:
    checked = posted.check(Registration)
    if checked.data is None:
        return render(request, _page(settings, checked.form), status_code=422)
    refused = register(
        session,
        data=checked.data,
        versions={"regulation": settings.regulation_version, "privacy": settings.privacy_version},
        locale=current_locale(),
        address=client_address(request),
        limit_addresses=settings.rate_limits == "on",
        now=clock.now(),
    )
    if refused is not None:
        return render(
            request,
            _page(settings, posted, refusal_text(refused)),
            status_code=refusal_status(refused),
            headers=refusal_headers(refused),
        )
    return redirect(request, url("registered"))


@router.get("/register/sent", name="registered")
def show_registered(request: Request, settings: AppSettings) -> Response:
    text = _(
        "Chúng tôi đã gửi thư đến địa chỉ bạn nhập. Hãy mở liên kết trong thư và bấm nút xác nhận trong vòng hai ngày, "
        "rồi đăng nhập."
    )
    return render(request, MailSentPage(title=_("Hãy xem hộp thư của bạn"), text=text, mail_box=mail_box(settings)))


@router.get("/confirm/{token}", name="confirm_email")
def show_confirm(request: Request, session: ReadSession, token: str) -> Response:
    state = link_state(session, token=token, purpose="confirm", now=clock.now())
    page = ConfirmPage(title=_("Xác nhận địa chỉ e-mail"), token=token, state=state)
    return render(request, page, status_code=200 if state == "good" else 410)


@router.post("/confirm/{token}")
def submit_confirm(request: Request, session: WriteSession, token: str) -> Response:
    confirm_email(session, token=token, now=clock.now())
    return redirect(request, url("sign_in"), _("Địa chỉ e-mail đã được xác nhận. Mời bạn đăng nhập."))
