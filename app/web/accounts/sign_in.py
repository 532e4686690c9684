"""Signing in and out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import clock
from app.dependencies import WriteSession
from app.features.accounts.attempts import Refused
from app.features.accounts.schemas import Credentials
from app.features.accounts.sign_in import sign_in, sign_out
from app.i18n import _
from app.web.accounts.notes import refusal_headers, refusal_status, refusal_text
from app.web.auth import Visitor, clear_session, client_address, session_token, set_session, way_back
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.templating import Page, render
from app.web.urls import has_route, url

router = APIRouter()


@dataclass(frozen=True)
class DemoPerson:
    """Somebody of the demonstration whom anybody may be, and what they show in both languages.

    `techmart serve` puts them into `app.state.demo_people` when TECHMART_DEMO is on.
    """

    email: str
    password: str
    name: str
    purpose: str
    purpose_en: str


@dataclass(frozen=True, kw_only=True)
class SignInPage(Page):
    """E-mail and password. `problem` says why nobody was let in; `next` is where to go afterwards."""

    template: ClassVar[str] = "accounts/sign_in.html"

    form: Form
    next: str
    problem: str = ""
    demo_people: Sequence[DemoPerson] = ()
    indexed: bool = False


def _page(request: Request, form: Form, *, next_: str, problem: str = "") -> SignInPage:
    settings = request.app.state.settings
    people = getattr(request.app.state, "demo_people", ()) if settings.demo else ()
    return SignInPage(title=_("Đăng nhập"), form=form, next=next_, problem=problem, demo_people=people)


def landing(*, has_seats: bool) -> str:
    """Where somebody goes who just signed in: to their desk, or first to an organisation to act for."""
    if has_seats and has_route("desk"):
        return url("desk")
    return url("my_organisations")


@router.get("/sign-in", name="sign_in")
def show_sign_in(request: Request, visitor: Visitor, next: str = "") -> Response:  # noqa: A002 - the parameter's name
    if visitor is not None:
        return RedirectResponse(way_back(next, landing(has_seats=bool(visitor.seats))), status_code=303)
    return render(request, _page(request, Form(), next_=way_back(next, "")))


@router.post("/sign-in")
def submit_sign_in(request: Request, session: WriteSession, posted: PostedForm) -> Response:
    next_ = way_back(posted.value("next"), "")
    checked = posted.check(Credentials)
    if checked.data is None:
        return render(request, _page(request, checked.form, next_=next_), status_code=422)
    now = clock.now()
    outcome = sign_in(
        session,
        data=checked.data,
        address=client_address(request),
        user_agent=request.headers.get("user-agent"),
        replaces=session_token(request),
        now=now,
    )
    if isinstance(outcome, Refused):
        return render(
            request,
            _page(request, posted, next_=next_, problem=refusal_text(outcome)),
            status_code=refusal_status(outcome),
            headers=refusal_headers(outcome),
        )
    # The sign-in page itself knows where a signed-in person belongs.
    response = RedirectResponse(next_ or url("sign_in"), status_code=303)
    set_session(request, response, token=outcome.token, expires_at=outcome.expires_at, now=now)
    return response


@router.post("/sign-out", name="sign_out")
def submit_sign_out(request: Request, session: WriteSession) -> Response:
    token = session_token(request)
    if token is not None:
        sign_out(session, token=token, now=clock.now())
    response = redirect(request, url("home") if has_route("home") else url("sign_in"), _("Bạn đã đăng xuất."))
    clear_session(request, response)
    return response
