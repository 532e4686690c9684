"""The Atom feed of a saved search, at an address that only its person knows."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession
from app.errors import Gone
from app.features.alerts.queries import of_feed
from app.features.listings.queries import cards
from app.i18n import N_, _, current_locale
from app.search.service import engine_of
from app.web.alerts.criteria import ask, read_criteria
from app.web.pagecache import page_state
from app.web.storefront.feeds import FeedDocument, feed_entry
from app.web.templating import render_text
from app.web.urls import url

router = APIRouter()

_LENGTH = 50


class FeedClosed(Gone):
    """The address was taken back, or never led anywhere."""

    code = "feed-closed"
    title = N_("Địa chỉ nguồn tin này không còn dùng được")


@router.get("/alerts/feeds/{feed_key}.atom", name="alert_feed")
def alert_feed(request: Request, session: ReadSession, settings: AppSettings, feed_key: str) -> Response:
    """The newest fifty listings that answer the search, whenever they appeared.

    Raises:
        FeedClosed: no such feed (any more).
        SearchUnavailable: the search cannot be asked; readers of feeds try again by themselves.
    """
    found = of_feed(session, feed_key=feed_key)
    if found is None:
        raise FeedClosed
    state = page_state(session, settings, fragment=False)
    headers = {"ETag": state.etag, "Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex"}
    if state.settled and state.etag in {value.strip() for value in request.headers.get("if-none-match", "").split(",")}:
        return Response(status_code=304, headers=headers)
    answer = ask(
        session,
        engine_of(request.app),
        read_criteria(found.criteria),
        limit=_LENGTH,
        overdue_days=settings.confirm_after_days,
        language=current_locale(),
    )
    rows = cards(session, answer.public_ids)
    document = FeedDocument(
        id=f"tag:{settings.authority},2026:alert:{found.id}",
        title=_("%(name)s – mới trên %(site)s", name=found.name, site=settings.site_name),
        href=f"{settings.base_url}{url('search')}?{found.criteria}",
        self_href=settings.base_url + url("alert_feed", feed_key=feed_key),
        updated=max((row.updated_at for row in rows), default=state.changed_at or clock.now()),
        author=settings.site_name,
        entries=[feed_entry(row, settings) for row in rows],
    )
    return Response(render_text(document), media_type="application/atom+xml", headers=headers)
