"""One's own account: name and language, password and browsers, what one agreed to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession, WriteSession
from app.errors import Invalid
from app.features.accounts.commands import change_password, update_profile
from app.features.accounts.queries import SignedIn, own_consents, own_sign_ins
from app.features.accounts.schemas import PasswordChange, Profile
from app.features.accounts.sign_in import end_sign_in
from app.i18n import N_, _
from app.identity import Actor
from app.models import Consent, SignIn
from app.web.accounts.browsers import browser_name
from app.web.accounts.notes import refusal_headers, refusal_status, refusal_text
from app.web.auth import SignedInActor, SignedInVisitor
from app.web.flash import redirect
from app.web.forms import Form, PostedForm, form_of
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.records import Tab

router = APIRouter()

_TABS = (
    ("account", N_("Hồ sơ của tôi")),
    ("alerts", N_("Theo dõi và báo tin")),
    ("account_security", N_("Mật khẩu và đăng nhập")),
    ("access_tokens", N_("Mã truy cập API")),
)


def account_tabs(current: str) -> tuple[Tab, ...]:
    """The pages of an account."""
    return tuple(Tab(_(label), url(name), current=name == current) for name, label in _TABS)


@dataclass(frozen=True, kw_only=True)
class AccountPage(Page):
    """Name, language, what was agreed to."""

    template: ClassVar[str] = "accounts/account.html"

    tabs: Sequence[Tab]
    form: Form
    email: str
    consents: Sequence[Consent]
    indexed: bool = False


@dataclass(frozen=True)
class Browser:
    """One open sign-in. `current` is the one that asks."""

    id: UUID
    name: str
    sign_in: SignIn
    current: bool


@dataclass(frozen=True, kw_only=True)
class SecurityPage(Page):
    """Password, and where one is signed in."""

    template: ClassVar[str] = "accounts/security.html"

    tabs: Sequence[Tab]
    form: Form
    problem: str
    browsers: Sequence[Browser]
    indexed: bool = False


def _account_page(session: ReadSession, actor: Actor, visitor: SignedIn, form: Form) -> AccountPage:
    return AccountPage(
        title=_("Tài khoản"),
        tabs=account_tabs("account"),
        form=form,
        email=visitor.email,
        consents=own_consents(session, actor=actor),
    )


@router.get("/account", name="account")
def show_account(request: Request, session: ReadSession, actor: SignedInActor, visitor: SignedInVisitor) -> Response:
    form = form_of({"name": visitor.name, "locale": visitor.locale})
    return render(request, _account_page(session, actor, visitor, form))


@router.post("/account")
def submit_account(
    request: Request, session: WriteSession, actor: SignedInActor, visitor: SignedInVisitor, posted: PostedForm
) -> Response:
    checked = posted.check(Profile)
    if checked.data is None:
        return render(request, _account_page(session, actor, visitor, checked.form), status_code=422)
    update_profile(session, actor=actor, data=checked.data)
    return redirect(request, url("account"), _("Đã lưu."))


def _security_page(
    session: ReadSession, actor: Actor, visitor: SignedIn, form: Form, problem: str = ""
) -> SecurityPage:
    open_ones = own_sign_ins(session, actor=actor, now=clock.now())
    browsers = [
        Browser(one.id, browser_name(one.user_agent), one, current=one.id == visitor.sign_in_id) for one in open_ones
    ]
    return SecurityPage(
        title=_("Mật khẩu và đăng nhập"),
        tabs=account_tabs("account_security"),
        form=form,
        problem=problem,
        browsers=sorted(browsers, key=lambda one: not one.current),
    )


@router.get("/account/security", name="account_security")
def show_security(request: Request, session: ReadSession, actor: SignedInActor, visitor: SignedInVisitor) -> Response:
    return render(request, _security_page(session, actor, visitor, Form()))


@router.post("/account/security")
def submit_password(
    request: Request, session: WriteSession, actor: SignedInActor, visitor: SignedInVisitor, posted: PostedForm
) -> Response:
    checked = posted.check(PasswordChange)
    if checked.data is None:
        return render(request, _security_page(session, actor, visitor, checked.form), status_code=422)
    try:
        refused = change_password(
            session, actor=actor, data=checked.data, keep_sign_in=visitor.sign_in_id, now=clock.now()
        )
    except Invalid as fault:
        # Raised before anything but the count of attempts was written, which is to stay.
        form = posted.with_errors({path: _(message) for path, message in fault.fields.items()})
        return render(request, _security_page(session, actor, visitor, form), status_code=422)
    if refused is not None and refused.reason == "wrong":
        form = posted.with_errors({"current": _("Mật khẩu hiện nay chưa đúng.")})
        return render(request, _security_page(session, actor, visitor, form), status_code=422)
    if refused is not None:
        page = _security_page(session, actor, visitor, Form(), refusal_text(refused))
        return render(request, page, status_code=refusal_status(refused), headers=refusal_headers(refused))
    return redirect(request, url("account_security"), _("Đã đổi mật khẩu. Các trình duyệt khác đã bị đăng xuất."))


@router.post("/account/browsers/{sign_in_id}/end", name="end_sign_in")
def submit_end_sign_in(
    request: Request, session: WriteSession, actor: SignedInActor, visitor: SignedInVisitor, sign_in_id: UUID
) -> Response:
    end_sign_in(session, actor=actor, sign_in_id=sign_in_id, now=clock.now())
    if sign_in_id == visitor.sign_in_id:
        return redirect(request, url("sign_in"), _("Bạn đã đăng xuất."))
    return redirect(request, url("account_security"), _("Đã đăng xuất trình duyệt đó."))
