"""Public pages are the same for everybody until something is written, so browsers, proxies and we ourselves keep them.

Their ETag names the state of the journal and of what reads it (the search index above all), the language, the build,
the settings and the day (deadlines count down). A reader who already has that state gets 304 before any other query is
made; others get the page as it was made for the last one who asked for this address.
"""

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime

from fastapi import Depends, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from app import clock
from app.database import Database
from app.dependencies import ReadSession
from app.i18n import current_locale
from app.i18n.formats import local_date
from app.identity import new_public_id
from app.operations.answers import KnownAnswer, known_answers
from app.operations.public_state import public_state
from app.settings import Settings
from app.web.assets import build_id
from app.web.flash import COOKIE as FLASH_COOKIE


class NotModified(Exception):
    """The reader's copy is still right; answered 304 by `not_modified`."""

    def __init__(self, etag: str) -> None:
        super().__init__(etag)
        self.etag = etag


async def not_modified(_request: Request, fault: Exception) -> Response:
    """The 304 for a NotModified."""
    etag = fault.etag if isinstance(fault, NotModified) else ""
    return Response(
        status_code=304,
        headers={"ETag": etag, "Cache-Control": "public, no-cache", "Vary": "Accept-Encoding, HX-Request"},
    )


class AlreadyMade(Exception):
    """The page is known as it stands; answered by `already_made`."""

    def __init__(self, answer: KnownAnswer) -> None:
        super().__init__()
        self.answer = answer


async def already_made(_request: Request, fault: Exception) -> Response:
    """The page of an AlreadyMade."""
    assert isinstance(fault, AlreadyMade)  # noqa: S101 - registered for this class
    return fault.answer.response()


@dataclass(frozen=True, slots=True)
class PageState:
    """What every public page depends on at this moment, in the language of the moment.

    `etag` is the weak ETag they all have. `settled` is False while two states may look alike (app.journal.state).
    """

    etag: str
    changed_at: datetime | None
    settled: bool


def page_state(session: Session, settings: Settings, *, fragment: bool) -> PageState:
    """Ask for it, in one query."""
    known = public_state(session)
    state = known.journal
    today = local_date(clock.now())
    made_by = f"{build_id()}/{settings.mark}"
    named = f"{state.committed}/{state.read}/{known.tables}/{current_locale()}/{made_by}/{today}/{fragment}"
    if not state.settled:
        # So many wait for their position that one more would change nothing of this name: nobody may keep the page.
        named += f"/{new_public_id()}"
    etag = f'W/"{hashlib.sha256(named.encode()).hexdigest()[:20]}"'
    return PageState(etag, state.changed_at, state.settled)


def public_page(request: Request, session: ReadSession) -> None:
    """Dependency of GET pages that are the same for everybody; `render` then marks the answer cacheable and keeps it.

    Raises:
        NotModified: the reader's copy (If-None-Match) is still right.
        AlreadyMade: the page was made before and nothing has changed since.
    """
    fragment = request.headers.get("hx-request") == "true"
    state = page_state(session, request.app.state.settings, fragment=fragment)
    if FLASH_COOKIE not in request.cookies:
        known = {value.strip() for value in request.headers.get("if-none-match", "").split(",")}
        if state.etag in known:
            Database.let_go(session)
            raise NotModified(state.etag)
        if state.settled:
            packed = "gzip" in request.headers.get("accept-encoding", "")
            key: Hashable = (state.etag, request.url.path, request.url.query, packed)
            if answer := known_answers(request.app).get(key):
                Database.let_go(session)
                raise AlreadyMade(answer)
            request.state.page_key = key
    request.state.page_etag = state.etag
    request.state.data_as_of = state.changed_at


def keep(request: Request, response: Response) -> None:
    """Keep a public page that was just made, for the next one who asks for it."""
    key = getattr(request.state, "page_key", None)
    if key is not None:
        headers = {name: value for name, value in response.headers.items() if name != "content-length"}
        known_answers(request.app).put(key, KnownAnswer(bytes(response.body), headers))


def not_the_whole_page(request: Request) -> None:
    """Something is missing from this page for the moment: nobody is to keep it, whatever its address promises."""
    request.state.page_etag = request.state.page_key = None


PublicPage = Depends(public_page)
"""For the decorator: @router.get("/search", name="search", dependencies=[PublicPage])."""

__all__ = [
    "AlreadyMade",
    "NotModified",
    "PublicPage",
    "already_made",
    "keep",
    "not_modified",
    "not_the_whole_page",
    "page_state",
    "public_page",
]
