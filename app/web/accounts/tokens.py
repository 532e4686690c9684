"""Personal access tokens: made, shown once, revoked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession, WriteSession
from app.features.accounts.access_tokens import create_access_token, revoke_access_token
from app.features.accounts.queries import own_access_tokens
from app.features.accounts.schemas import SCOPES, TOKEN_DAYS, NewAccessToken
from app.i18n import N_, _, ngettext
from app.identity import Actor
from app.models import AccessToken
from app.web.accounts.account import account_tabs
from app.web.auth import SignedInActor
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge
from app.web.views.records import Tab

router = APIRouter()

SCOPE_NAMES = {
    "listings:read": N_("Đọc tin đăng và bản nháp của tổ chức mình"),
    "listings:write": N_("Tạo, sửa, gửi duyệt và rút tin đăng"),
    "enquiries:read": N_("Đọc yêu cầu báo giá và báo giá"),
    "enquiries:write": N_("Gửi yêu cầu, báo giá và trả lời"),
}


@dataclass(frozen=True)
class TokenLine:
    """A token as its owner sees it afterwards: never the token itself."""

    row: AccessToken
    status: Badge
    revocable: bool
    scopes: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class TokensPage(Page):
    """Tokens and the form for a new one. `fresh` is a token just made, seen on this answer only."""

    template: ClassVar[str] = "accounts/tokens.html"

    tabs: Sequence[Tab]
    form: Form
    tokens: Sequence[TokenLine]
    scope_choices: Sequence[tuple[str, str, str]]
    day_choices: Sequence[tuple[int, str]]
    fresh: str = ""
    indexed: bool = False


def _status(row: AccessToken, now: datetime) -> Badge:
    if row.revoked_at is not None:
        return Badge(_("Đã thu hồi"), "plain", "close")
    if row.expires_at is not None and row.expires_at <= now:
        return Badge(_("Đã hết hạn"), "warn", "clock")
    return Badge(_("Đang dùng được"), "good", "check")


def _page(session: ReadSession, actor: Actor, form: Form, fresh: str = "") -> TokensPage:
    now = clock.now()
    lines = []
    for row in own_access_tokens(session, actor=actor):
        status = _status(row, now)
        scopes = [_(SCOPE_NAMES[scope]) for scope in row.scopes if scope in SCOPE_NAMES]
        lines.append(TokenLine(row, status, revocable=status.tone == "good", scopes=scopes))
    return TokensPage(
        title=_("Mã truy cập API"),
        tabs=account_tabs("access_tokens"),
        form=form,
        tokens=lines,
        scope_choices=[(scope, _(SCOPE_NAMES[scope]), scope) for scope in SCOPES],
        day_choices=[(days, ngettext("%(num)s ngày", "%(num)s ngày", days)) for days in TOKEN_DAYS],
        fresh=fresh,
    )


@router.get("/account/tokens", name="access_tokens")
def show_tokens(request: Request, session: ReadSession, actor: SignedInActor) -> Response:
    return render(request, _page(session, actor, Form()))


@router.post("/account/tokens")
def submit_token(request: Request, session: WriteSession, actor: SignedInActor, posted: PostedForm) -> Response:
    """Answers with the token itself instead of leading on: nothing may carry it to another page."""
    checked = posted.check(NewAccessToken)
    if checked.data is None:
        return render(request, _page(session, actor, checked.form), status_code=422)
    _row, token = create_access_token(session, actor=actor, data=checked.data, now=clock.now())
    return render(request, _page(session, actor, Form(), fresh=token), status_code=201)


@router.post("/account/tokens/{token_id}/revoke", name="revoke_access_token")
def submit_revoke(request: Request, session: WriteSession, actor: SignedInActor, token_id: UUID) -> Response:
    revoke_access_token(session, actor=actor, token_id=token_id, now=clock.now())
    return redirect(request, url("access_tokens"), _("Đã thu hồi mã. Chương trình dùng mã này không còn vào được."))
