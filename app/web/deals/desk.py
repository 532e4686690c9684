"""The list of deals; for the operator the figures that count."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.dependencies import AppSettings, ReadSession
from app.features.deals.calendar import feed_of
from app.features.deals.queries import DealFigures, deal_figures, list_deals
from app.i18n import _
from app.i18n.formats import format_money_short, format_number
from app.web.auth import SignedInActor
from app.web.deals.parts import state_badge
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge
from app.web.views.records import Figure

router = APIRouter()


@dataclass(frozen=True)
class Row:
    """A deal in a list."""

    number: str
    href: str
    listing_title: str
    listing_kind: str
    other: str
    badge: Badge
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class DealsPage(Page):
    """Deals of one's organisations. `figures` are the operator's."""

    template: ClassVar[str] = "deals/list.html"

    rows: Sequence[Row]
    first: str
    next: str
    figures: Sequence[Figure]
    figures_href: str
    calendar: str
    open_calendar: str
    close_calendar: str


@router.get("/desk/deals", name="deals")
def deals(
    request: Request, *, session: ReadSession, actor: SignedInActor, settings: AppSettings, after: str = ""
) -> Response:
    """Newest activity first."""
    found = list_deals(session, actor=actor, cursor=after)
    page = DealsPage(
        title=_("Thương vụ"),
        indexed=False,
        rows=[
            Row(
                number=one.number,
                href=url("deal", number=one.number),
                listing_title=one.listing_title,
                listing_kind=one.listing_kind,
                other=one.other,
                badge=state_badge(one.state),
                updated_at=one.updated_at,
            )
            for one in found.rows
        ],
        first=url("deals") if after else "",
        next=url("deals", after=found.next_cursor) if found.next_cursor else "",
        calendar=settings.base_url + url("deals_calendar", feed_key=key)
        if (key := feed_of(session, actor=actor))
        else "",
        figures_href=url("deal_figures"),
        open_calendar=url("open_deals_calendar"),
        close_calendar=url("close_deals_calendar"),
        figures=_figures(deal_figures(session, actor=actor)) if actor.is_operator else (),
    )
    return render(request, page)


def _figures(counted: DealFigures) -> list[Figure]:
    worth = [
        Figure(format_money_short(total, currency), _("Giá trị hai bên cùng công bố"))
        for currency, total in counted.sums.items()
    ]
    return [
        Figure(format_number(counted.counted), _("Thương vụ hai bên xác nhận")),
        *worth,
        Figure(format_number(counted.one_sided), _("Mới một bên báo, chưa tính")),
        Figure(format_number(counted.open), _("Đang thực hiện")),
    ]
