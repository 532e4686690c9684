"""Public pages are the same for everybody until something is written, so browsers and proxies may keep them.

Their ETag names the state of the journal and of what reads it (the search index above all), the language, the build
and the day (deadlines count down). A reader who already has that state gets 304 before any other query is made.
"""

import hashlib
from datetime import datetime

from fastapi import Depends, Request
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession
from app.i18n import current_locale
from app.i18n.formats import local_date
from app.models.journal import JournalCursor, JournalEntry
from app.reference.current import refresh
from app.reference.store import mark as reference_mark
from app.web.assets import build_id
from app.web.flash import COOKIE as FLASH_COOKIE


class NotModified(Exception):
    """The reader's copy is still right; answered 304 by `not_modified`."""

    def __init__(self, etag: str) -> None:
        super().__init__(etag)
        self.etag = etag


def not_modified(_request: Request, fault: Exception) -> Response:
    """The 304 for a NotModified."""
    etag = fault.etag if isinstance(fault, NotModified) else ""
    return Response(
        status_code=304,
        headers={"ETag": etag, "Cache-Control": "public, no-cache", "Vary": "Accept-Encoding, HX-Request"},
    )


def page_state(session: Session, *, fragment: bool) -> tuple[str, datetime | None]:
    """The weak ETag of every public page at this moment, in the language of the moment; and when data last changed."""
    head, readers, tables, changed_at = session.execute(
        select(
            select(func.coalesce(func.max(JournalEntry.position), 0)).scalar_subquery(),
            select(func.coalesce(func.sum(JournalCursor.position), 0)).scalar_subquery(),
            reference_mark(),
            select(JournalEntry.at)
            .where(JournalEntry.position.is_not(None))
            .order_by(JournalEntry.position.desc())
            .limit(1)
            .scalar_subquery(),
        )
    ).one()
    # Labels on pages come from what this process holds of the reference tables: here it hears of new ones.
    refresh(session, mark=tables)
    today = local_date(clock.now())
    state = f"{head}/{readers}/{tables}/{current_locale()}/{build_id()}/{today}/{fragment}"
    return f'W/"{hashlib.sha256(state.encode()).hexdigest()[:20]}"', changed_at


def public_page(request: Request, session: ReadSession) -> None:
    """Dependency of GET pages that are the same for everybody; `render` then marks the answer cacheable.

    Raises:
        NotModified: the reader's copy (If-None-Match) is still right.
    """
    etag, changed_at = page_state(session, fragment=request.headers.get("hx-request") == "true")
    known = {value.strip() for value in request.headers.get("if-none-match", "").split(",")}
    if etag in known and FLASH_COOKIE not in request.cookies:
        raise NotModified(etag)
    request.state.page_etag = etag
    request.state.data_as_of = changed_at


PublicPage = Depends(public_page)
"""For the decorator: @router.get("/search", name="search", dependencies=[PublicPage])."""

__all__ = ["NotModified", "PublicPage", "not_modified", "page_state", "public_page"]
