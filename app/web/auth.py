"""Who asks: from the session cookie to an Actor, in one query per request and none for a visitor without a cookie.

    def page(session: ReadSession, actor: CurrentActor): ...        anybody; ANONYMOUS when nobody is signed in
    def page(session: ReadSession, actor: SignedInActor): ...       a person; else 401, and a page leads to sign-in
    def page(session: ReadSession, actor: OperatorActor): ...       an operator; else 401 or 403
    def page(visitor: SignedInVisitor, seat: ActingSeat): ...       name, organisations, the one acted for

The query runs in the request's own session, so a request never holds two connections.
"""

from datetime import datetime
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession, WriteSession
from app.errors import SignInRequired
from app.features.accounts.policies import require_operator
from app.features.accounts.queries import Seat, SignedIn, signed_in
from app.i18n import current_locale
from app.identity import ANONYMOUS, Actor
from app.settings import Settings

ACTING_COOKIE = "techmart_acting_for"
_YEAR = 365 * 24 * 3600
_READING = {"GET", "HEAD", "OPTIONS"}


def session_cookie(settings: Settings) -> str:
    """The cookie's name. Over https it takes the prefix that browsers accept for this very host only (RFC 6265bis)."""
    return "__Host-techmart_session" if settings.secure_cookies else "techmart_session"


def session_token(request: Request) -> str | None:
    """What the browser holds, if it holds anything."""
    return request.cookies.get(session_cookie(request.app.state.settings)) or None


def client_address(request: Request) -> str | None:
    """The network address of the browser, as the server (told which proxies to trust) knows it."""
    return request.client.host if request.client else None


def set_session(request: Request, response: Response, *, token: str, expires_at: datetime, now: datetime) -> None:
    """Have the browser keep the token of a fresh sign-in."""
    settings: Settings = request.app.state.settings
    response.set_cookie(
        session_cookie(settings),
        token,
        max_age=int((expires_at - now).total_seconds()),
        path="/",
        httponly=True,
        samesite="lax",
        secure=settings.secure_cookies,
    )


def clear_session(request: Request, response: Response) -> None:
    """Have the browser forget who it was signed in as, and for whom it acted."""
    settings: Settings = request.app.state.settings
    for name in (session_cookie(settings), ACTING_COOKIE):
        response.delete_cookie(name, path="/", httponly=True, samesite="lax", secure=settings.secure_cookies)


def set_acting(request: Request, response: Response, *, public_id: str) -> None:
    """Have the browser remember for which organisation its person acts."""
    settings: Settings = request.app.state.settings
    response.set_cookie(
        ACTING_COOKIE,
        public_id,
        max_age=_YEAR,
        path="/",
        httponly=True,
        samesite="lax",
        secure=settings.secure_cookies,
    )


# Only what asks the database is a plain function: FastAPI sends those to a thread and back.


def _visitor(request: Request, reading: ReadSession, writing: WriteSession) -> SignedIn | None:
    token = session_token(request)
    if token is None:
        return None
    # Sessions take a connection with their first query: the one not used costs nothing.
    session = reading if request.method in _READING else writing
    return signed_in(session, token=token, now=clock.now())


Visitor = Annotated[SignedIn | None, Depends(_visitor)]
"""The person behind the cookie with the organisations they act for, or None."""


async def _actor(request: Request, visitor: Visitor) -> Actor:
    if visitor is None:
        return ANONYMOUS
    return visitor.actor(address=client_address(request), locale=current_locale())


CurrentActor = Annotated[Actor, Depends(_actor)]
"""Whoever asks; ANONYMOUS when nobody is signed in."""


async def _signed_in_visitor(visitor: Visitor) -> SignedIn:
    if visitor is None:
        raise SignInRequired
    return visitor


SignedInVisitor = Annotated[SignedIn, Depends(_signed_in_visitor)]
"""The person behind the cookie.

Raises:
    SignInRequired: there is none.
"""


async def _signed_in_actor(_visitor: SignedInVisitor, actor: CurrentActor) -> Actor:
    return actor


SignedInActor = Annotated[Actor, Depends(_signed_in_actor)]
"""The person who asks, as policies know them.

Raises:
    SignInRequired: nobody is signed in.
"""


async def _operator(actor: SignedInActor) -> Actor:
    require_operator(actor)
    return actor


OperatorActor = Annotated[Actor, Depends(_operator)]
"""An operator.

Raises:
    SignInRequired: nobody is signed in.
    Forbidden: somebody who is no operator.
"""


def chosen_seat(request: Request, visitor: SignedIn) -> Seat | None:
    """The organisation the person acts for: chosen in this browser, else one they own, else any; None without one."""
    chosen = request.cookies.get(ACTING_COOKIE)
    for seat in visitor.seats:
        if seat.public_id == chosen:
            return seat
    owned = [seat for seat in visitor.seats if seat.role == "owner"]
    return next(iter(owned or visitor.seats), None)


async def _acting_seat(request: Request, visitor: SignedInVisitor) -> Seat | None:
    return chosen_seat(request, visitor)


ActingSeat = Annotated[Seat | None, Depends(_acting_seat)]
"""The organisation the person acts for now, or None for a person of no organisation.

Raises:
    SignInRequired: nobody is signed in.
"""


def seat_named(visitor: SignedIn, public_id: str | None) -> Seat | None:
    """The person's seat in the organisation with this public id, as a form's choice names it; None when not theirs."""
    return next((seat for seat in visitor.seats if seat.public_id == public_id), None)


def way_back(path: str, otherwise: str) -> str:
    """The path to go on to after signing in: `path` if it lies on this site, else `otherwise`.

    Browsers read "//host" and "/\\\\host" as another site, and drop tabs and line ends before they do.
    """
    if not path.startswith("/") or path[1:2] in {"/", "\\"} or not path.isprintable():
        return otherwise
    return path
