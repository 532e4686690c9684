"""Who calls: a personal access token in the Authorization header, or nobody. Cookies are never looked at.

def read(session: ReadSession, caller: Caller): ...            anybody; a token that opens nothing is refused
def mine(session: ReadSession, caller: Reader): ...            a token with listings:read
def change(session: WriteSession, caller: Writer): ...         a token with listings:write
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import Depends
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from app import clock
from app.api.faults import InsufficientScope, InvalidToken, TokenRequired
from app.dependencies import AppSettings, ReadSession, WriteSession, get_database
from app.features.accounts.access_tokens import note_access_token_use
from app.features.accounts.queries import actor_from_access_token
from app.features.accounts.tokens import digest
from app.i18n import current_locale
from app.identity import ANONYMOUS, Actor
from app.search.port import SearchEngine
from app.search.service import engine_of
from app.settings import Settings

READ: Final = "listings:read"
WRITE: Final = "listings:write"
_READING: Final = {"GET", "HEAD"}
# That a token was used is noted by each process this often at most, so that a call costs no write.
_NOTED_EVERY: Final = timedelta(minutes=10)
_MOST_REMEMBERED: Final = 10_000


def bearer_token(request: Request) -> str | None:
    """The token in the Authorization header (RFC 6750, section 2.1); None without the header.

    Raises:
        InvalidToken: another scheme, or no token behind it.
    """
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _space, token = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise InvalidToken
    return token.strip()


async def _caller(request: Request, session: ReadSession) -> Actor:
    token = bearer_token(request)
    if token is None:
        # Nobody to be looked for, so no thread is needed either.
        return ANONYMOUS
    return await run_in_threadpool(_holder, request, session, token)


def _holder(request: Request, session: Session, token: str) -> Actor:
    now = clock.now()
    noted: dict[str, datetime] = request.app.state.api_tokens_noted
    key = digest(token)
    if key in noted and now - noted[key] < _NOTED_EVERY:
        if request.method in _READING:
            actor = actor_from_access_token(session, token=token, now=now)
        else:
            with get_database(request).read_only() as own:
                actor = actor_from_access_token(own, token=token, now=now)
    else:
        # In a transaction of its own that is over before the request takes a connection for itself.
        with get_database(request).unit_of_work() as own:
            actor = actor_from_access_token(own, token=token, now=now)
            if actor is not None:
                note_access_token_use(own, token=token, now=now)
        if actor is not None:
            if len(noted) >= _MOST_REMEMBERED:
                noted.clear()
            noted[key] = now
    if actor is None:
        raise InvalidToken
    address = request.client.host if request.client else None
    return replace(actor, address=address, locale=current_locale())


TokenHolder = Annotated[Actor, Depends(_caller)]


@dataclass(frozen=True, slots=True)
class Call:
    """One call: what was asked, by whom, and the session of its one transaction."""

    request: Request
    session: Session
    settings: Settings
    actor: Actor

    @property
    def base_url(self) -> str:
        """The address people reach this exchange at."""
        return self.settings.base_url

    @property
    def search(self) -> SearchEngine:
        """The search engine of this process."""
        return engine_of(self.request.app)


def _require(scope: str, actor: Actor) -> None:
    if actor.is_anonymous:
        raise TokenRequired
    if not actor.may(scope):
        raise InsufficientScope(scope)


async def _public_call(request: Request, session: ReadSession, settings: AppSettings, actor: TokenHolder) -> Call:
    # A token that may not read its organisations' listings sees what everybody sees.
    return Call(request, session, settings, actor if actor.may(READ) else ANONYMOUS)


async def _reader_call(request: Request, session: ReadSession, settings: AppSettings, actor: TokenHolder) -> Call:
    _require(READ, actor)
    return Call(request, session, settings, actor)


async def _writer_call(request: Request, session: WriteSession, settings: AppSettings, actor: TokenHolder) -> Call:
    _require(WRITE, actor)
    return Call(request, session, settings, actor)


PublicCall = Annotated[Call, Depends(_public_call)]
"""A call by anybody, with their organisations if they have a token that may read their listings."""

ReaderCall = Annotated[Call, Depends(_reader_call)]
"""A call with the scope listings:read.

Raises:
    TokenRequired, InsufficientScope: otherwise.
"""

WriterCall = Annotated[Call, Depends(_writer_call)]
"""A call with the scope listings:write.

Raises:
    TokenRequired, InsufficientScope: otherwise.
"""
