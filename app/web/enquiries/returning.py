"""Somebody who sends a form without being signed in (any more) signs in and finds it as they left it."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import clock
from app.errors import SignInRequired
from app.features.enquiries import held
from app.i18n import _
from app.settings import Settings
from app.web.flash import redirect
from app.web.forms import Form
from app.web.urls import has_route, url

COOKIE = "techmart_held_form"


def sign_in_first(request: Request, session: Session, form: Form, *, back_to: str) -> Response:
    """Keep what was typed into the form at the path `back_to`, and lead to sign-in and back there.

    Raises:
        SignInRequired: this installation has no sign-in page.
    """
    if not has_route("sign_in"):
        raise SignInRequired
    token = held.hold(session, path=back_to, fields=form.values, now=clock.now())
    text = _("Hãy đăng nhập để gửi. Những gì bạn đã nhập được giữ lại trong một giờ; tệp thì cần chọn lại.")
    if token is None:
        text = _("Hãy đăng nhập để gửi. Nội dung quá dài nên không giữ lại được.")
    return _remembering(request, redirect(request, url("sign_in", next=back_to), text, tone="info"), token)


def begin_form(request: Request, session: Session, form: Form, *, at: str) -> Response:
    """Lead to the form at the path `at`, filled in beforehand; also after signing in, within the hour."""
    token = held.hold(session, path=at, fields=form.values, now=clock.now())
    return _remembering(request, RedirectResponse(at, status_code=303), token)


def _remembering(request: Request, response: Response, token: str | None) -> Response:
    if token is not None:
        settings: Settings = request.app.state.settings
        response.set_cookie(
            COOKIE,
            token,
            max_age=int(held.KEPT_FOR.total_seconds()),
            path="/",
            httponly=True,
            samesite="lax",
            secure=settings.secure_cookies,
        )
    return response


def held_form(request: Request, session: Session) -> Form | None:
    """What was typed into this very page before signing in, if anything was."""
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    fields = held.held(session, token=token, path=request.url.path, now=clock.now())
    return None if fields is None else Form(values=fields)


def let_go(request: Request, session: Session, response: Response) -> Response:
    """Forget what was kept: the form was sent."""
    token = request.cookies.get(COOKIE)
    if token:
        held.let_go(session, token=token)
        response.delete_cookie(COOKIE, path="/")
    return response
