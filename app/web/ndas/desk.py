"""The lists: agreements in which one's organisations disclose, and in which they receive."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.dependencies import ReadSession
from app.features.ndas.queries import count_waiting, list_ndas
from app.features.ndas.states import Side
from app.i18n import _
from app.web.auth import SignedInActor
from app.web.ndas.parts import state_badge, unnamed
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge
from app.web.views.records import Tab

router = APIRouter()


@dataclass(frozen=True)
class Row:
    """An agreement in a list. `other` is the other side."""

    number: str
    href: str
    listing_title: str
    listing_kind: str
    other: str
    badge: Badge
    active_until: date | None
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class NdasPage(Page):
    """One list with its tabs."""

    template: ClassVar[str] = "ndas/list.html"

    side: Side
    tabs: Sequence[Tab]
    rows: Sequence[Row]
    first: str
    next: str


@router.get("/desk/ndas", name="ndas")
def ndas(request: Request, *, session: ReadSession, actor: SignedInActor, side: str = "", after: str = "") -> Response:
    """Begins where something waits; unknown choices in the address mean the usual ones."""
    waiting = count_waiting(session, actor=actor)
    chosen: Side
    if side in {"discloser", "recipient"}:
        chosen = "discloser" if side == "discloser" else "recipient"
    else:
        chosen = "discloser" if waiting["discloser"] and not waiting["recipient"] else "recipient"
    found = list_ndas(session, actor=actor, side=chosen, cursor=after)
    page = NdasPage(
        title=_("Thoả thuận bảo mật"),
        indexed=False,
        side=chosen,
        tabs=[
            Tab(
                _("Bạn xin đọc"),
                url("ndas", side="recipient"),
                chosen == "recipient",
                waiting["recipient"] or None,
            ),
            Tab(
                _("Người khác xin đọc"),
                url("ndas", side="discloser"),
                chosen == "discloser",
                waiting["discloser"] or None,
            ),
        ],
        rows=[
            Row(
                number=one.number,
                href=url("nda", number=one.number, side=chosen),
                listing_title=one.listing_title,
                listing_kind=one.listing_kind,
                other=one.other or unnamed(),
                badge=state_badge(one.state),
                active_until=one.active_until if one.state == "active" else None,
                updated_at=one.updated_at,
            )
            for one in found.rows
        ],
        first=url("ndas", side=chosen) if after else "",
        next=url("ndas", side=chosen, after=found.next_cursor) if found.next_cursor else "",
    )
    return render(request, page)
