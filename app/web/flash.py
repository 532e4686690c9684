"""A line shown once on the next page, after a form was accepted and the browser sent on (303).

It travels in a short-lived cookie. A page that shows one is answered private, so no cache keeps it.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.settings import Settings

COOKIE = "techmart_flash"
Tone = Literal["good", "info", "warn", "bad"]
_SECONDS = 120
_LONGEST = 600


@dataclass(frozen=True)
class Flash:
    """One line for the person, already in their language. The tone is also said by a sign, not by colour alone."""

    text: str
    tone: Tone = "good"


def read_flash(request: Request) -> Flash | None:
    """The line waiting for this person, if one is."""
    raw = request.cookies.get(COOKIE)
    if not raw:
        return None
    try:
        tone, text = json.loads(base64.urlsafe_b64decode(raw.encode()))
    except (ValueError, binascii.Error, TypeError):
        return None
    if tone not in {"good", "info", "warn", "bad"} or not isinstance(text, str):
        return None
    return Flash(text=text[:_LONGEST], tone=tone)


def set_flash(request: Request, response: Response, text: str, tone: Tone = "good") -> None:
    """Have `text` shown on the page the person sees next."""
    settings: Settings = request.app.state.settings
    value = base64.urlsafe_b64encode(json.dumps([tone, text[:_LONGEST]], ensure_ascii=False).encode()).decode()
    response.set_cookie(
        COOKIE, value, max_age=_SECONDS, path="/", httponly=True, samesite="lax", secure=settings.secure_cookies
    )


def redirect(request: Request, to: str, flash: str = "", tone: Tone = "good") -> Response:
    """303 to the path `to` after a form was accepted, with a line to show there."""
    response = RedirectResponse(to, status_code=303)
    if flash:
        set_flash(request, response, flash, tone)
    return response
