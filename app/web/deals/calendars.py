"""The dates of deals for calendar programs: of one deal to save, of all one's deals at an address of one's own."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.errors import Gone
from app.features.deals.calendar import calendar_file, close_feed, dates_of, open_feed, reader_of_feed
from app.features.deals.queries import deal_record
from app.i18n import N_, _
from app.settings import Settings
from app.web.auth import SignedInActor
from app.web.flash import redirect
from app.web.urls import url

router = APIRouter()

_TYPE = "text/calendar; charset=utf-8"


class CalendarClosed(Gone):
    """The address was taken back, or never led anywhere."""

    code = "calendar-closed"
    title = N_("Địa chỉ lịch này không còn dùng được")


def _address(settings: Settings) -> str:
    return settings.base_url + url("deal", number="NUMBER").replace("NUMBER", "{number}")


@router.get("/desk/deals/{number}/calendar.ics", name="deal_calendar")
def one(*, number: str, session: ReadSession, actor: SignedInActor, settings: AppSettings) -> Response:
    """The dates of one deal, for its two sides."""
    record = deal_record(session, actor=actor, number=number)
    made = calendar_file(
        dates_of(session, actor=actor, number=number),
        name=f"{number} · {record.deal.listing_title}",
        authority=settings.authority,
        address=_address(settings),
        now=clock.now(),
    )
    headers = {"Content-Disposition": f'attachment; filename="{number}.ics"', "Cache-Control": "private, no-store"}
    return Response(made, media_type=_TYPE, headers=headers)


@router.get("/deals/calendars/{feed_key}.ics", name="deals_calendar")
def feed(*, feed_key: str, session: ReadSession, settings: AppSettings) -> Response:
    """The dates of all open deals of the person whose secret this is.

    Raises:
        CalendarClosed: no such feed (any more).
    """
    reader = reader_of_feed(session, feed_key=feed_key)
    if reader is None:
        raise CalendarClosed
    made = calendar_file(
        dates_of(session, actor=reader),
        name=_("Thương vụ trên %(site)s", site=settings.site_name),
        authority=settings.authority,
        address=_address(settings),
        now=clock.now(),
    )
    return Response(made, media_type=_TYPE, headers={"Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex"})


@router.post("/desk/deals/calendar", name="open_deals_calendar")
def begin(request: Request, *, session: WriteSession, actor: SignedInActor) -> Response:
    """A new address; the one before leads nowhere from now on."""
    open_feed(session, actor=actor, now=clock.now())
    return redirect(request, url("deals"), _("Đã mở địa chỉ lịch mới; địa chỉ trước không dùng được nữa."))


@router.post("/desk/deals/calendar/close", name="close_deals_calendar")
def end(request: Request, *, session: WriteSession, actor: SignedInActor) -> Response:
    """Close it."""
    close_feed(session, actor=actor)
    return redirect(request, url("deals"), _("Đã đóng địa chỉ lịch."))
