"""Ending letters from a letter: one click in the mail program (RFC 8058), or this page. Nobody needs to sign in.

Opening the address changes nothing, since mail scanners open every link; only its POST does. It is answered by a page,
never by a redirect, which mail programs do not follow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession, WriteSession
from app.features.alerts.commands import stop_letter
from app.features.alerts.queries import StoppableLetter, named, stoppable
from app.i18n import _
from app.web.alerts.wording import KINDS, RHYTHMS, followed_name
from app.web.forms import Form, PostedForm
from app.web.templating import Page, render

router = APIRouter()

Choice = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True)
class StopPage(Page):
    """What a letter told of, to be ended.

    `state`: open (may be ended), done (just ended), over (ended before), unknown (no such letter). `choices` are
    subscriptions as (id, name, how they are told).
    """

    template: ClassVar[str] = "alerts/stop.html"

    state: str
    token: str
    choices: Sequence[Choice]
    form: Form
    indexed: bool = False


def _choices(session: ReadSession, letter: StoppableLetter) -> list[Choice]:
    return [
        (str(row.id), followed_name(one), f"{_(KINDS[row.kind])} · {_(RHYTHMS[row.rhythm])}")
        for one in named(session, letter.subscriptions)
        for row in [one.subscription]
    ]


def _page(state: str, token: str = "", choices: Sequence[Choice] = (), form: Form | None = None) -> StopPage:
    return StopPage(title=_("Thôi nhận thư báo tin"), state=state, token=token, choices=choices, form=form or Form())


def _answer(request: Request, page: StopPage) -> Response:
    return render(request, page, status_code=410 if page.state == "unknown" else 200)


@router.get("/alerts/stop/{token}", name="stop_alerts")
def show_stop(request: Request, session: ReadSession, token: str) -> Response:
    letter = stoppable(session, token=token)
    if letter is None:
        return _answer(request, _page("unknown"))
    choices = _choices(session, letter)
    return _answer(request, _page("open" if choices or not letter.stopped else "over", token, choices))


@router.post("/alerts/stop/{token}")
def submit_stop(request: Request, session: WriteSession, token: str, posted: PostedForm) -> Response:
    """Without a choice (a mail program's one click) every letter of this sort ends."""
    only: list[UUID] | None = None
    if posted.value("which") == "some":
        only = [UUID(one) for one in posted.chosen("only") if _is_id(one)]
        if not only:
            letter = stoppable(session, token=token)
            if letter is not None:
                form = posted.with_errors({"only": _("Hãy chọn ít nhất một mục.")})
                return render(request, _page("open", token, _choices(session, letter), form), status_code=422)
    stopped = stop_letter(session, token=token, only=only, now=clock.now())
    return _answer(request, _page("done" if stopped is not None else "unknown"))


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
