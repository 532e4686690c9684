"""The lists: what was sent, what was received, and for the operator how all of it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.dependencies import ReadSession
from app.features.enquiries.figures import ReasonCount, accepted_sums, count_by_state, reasons_counted
from app.features.enquiries.queries import (
    EnquiryRow,
    Show,
    count_waiting,
    list_enquiries,
    list_for_operator,
)
from app.features.enquiries.states import (
    DECLINE_REASON_NAMES,
    REJECT_REASON_NAMES,
    STATE_NAMES,
    Side,
    status_for,
)
from app.i18n import N_, _
from app.i18n.formats import format_money_short, format_number
from app.web.auth import SignedInActor
from app.web.enquiries.crossing import through
from app.web.enquiries.parts import outside_badge, status_badge
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import has_route, url
from app.web.views.basics import Badge
from app.web.views.records import Figure, Tab

router = APIRouter()

View = Literal["received", "sent", "all"]
_SIDES: dict[str, Side] = {"received": "holder", "sent": "buyer"}
_SHOWN: tuple[tuple[Show, str], ...] = (
    ("waiting", N_("Chờ bạn")),
    ("open", N_("Đang mở")),
    ("closed", N_("Đã khép lại")),
    ("all", N_("Tất cả")),
)


@dataclass(frozen=True)
class Row:
    """A request in a list. `other` is the other side; the operator's list names both. `through`: another exchange."""

    entry: EnquiryRow
    href: str
    other: str
    status: Badge
    through: str


@dataclass(frozen=True, kw_only=True)
class EnquiriesPage(Page):
    """One list with its tabs. `figures` are the operator's."""

    template: ClassVar[str] = "enquiries/list.html"

    view: str
    show: str
    tabs: Sequence[Tab]
    filters: Sequence[Link]
    rows: Sequence[Row]
    first: str
    next: str
    figures: Sequence[Figure]
    reasons: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    search: str


@router.get("/desk/enquiries", name="enquiries")
def enquiries(
    request: Request,
    *,
    session: ReadSession,
    actor: SignedInActor,
    side: str = "",
    show: str = "",
    after: str = "",
) -> Response:
    """Begins with what waits for the reader; unknown choices in the address mean the usual ones."""
    waiting = count_waiting(session, actor=actor)
    view: View = _view(
        side, is_operator=actor.is_operator, received=waiting["holder"].open, seated=bool(actor.organisations)
    )
    shown: Show = next((code for code, _name in _SHOWN if code == show), "all")
    if view == "all":
        if shown == "waiting":
            shown = "all"
        found = list_for_operator(session, actor=actor, show=shown, cursor=after)
        rows = [
            Row(
                entry=one,
                href=url("enquiry", number=one.number),
                other=f"{one.buyer_name} → {one.holder_name}",
                status=outside_badge(one.state, one.awaits),
                through=through(one.exchange, None),
            )
            for one in found.rows
        ]
    else:
        mine = _SIDES[view]
        found = list_enquiries(session, actor=actor, side=mine, show=shown, cursor=after)
        rows = [
            Row(
                entry=one,
                href=url("enquiry", number=one.number, side=mine),
                other=one.buyer_name if mine == "holder" else one.holder_name,
                status=status_badge(status_for(state=one.state, awaits=one.awaits, side=mine)),
                through=through(one.exchange, mine),
            )
            for one in found.rows
        ]
    tabs = [
        Tab(_("Nhận được"), url("enquiries", side="received"), view == "received", waiting["holder"].waiting or None),
        Tab(_("Đã gửi"), url("enquiries", side="sent"), view == "sent", waiting["buyer"].waiting or None),
    ]
    if actor.organisations:
        tabs.append(Tab(_("So sánh theo đợt"), url("quote_rounds")))
    if actor.is_operator:
        tabs.append(Tab(_("Toàn sàn"), url("enquiries", side="all"), view == "all"))
    page = EnquiriesPage(
        title=_("Hỏi giá"),
        indexed=False,
        view=view,
        show=shown,
        tabs=tabs,
        filters=[
            Link(_(name), url("enquiries", side=view, show=code), code == shown)
            for code, name in _SHOWN
            if view != "all" or code != "waiting"
        ],
        rows=rows,
        first=url("enquiries", side=view, show=shown) if after else "",
        next=url("enquiries", side=view, show=shown, after=found.next_cursor) if found.next_cursor else "",
        figures=_figures(count_by_state(session, actor=actor), accepted_sums(session, actor=actor))
        if view == "all"
        else (),
        reasons=_reasons(reasons_counted(session, actor=actor)) if view != "sent" and not after else (),
        search=url("search") if has_route("search") else "",
    )
    return render(request, page)


def _reasons(counted: Sequence[ReasonCount]) -> list[tuple[str, Sequence[tuple[str, str]]]]:
    """Headings with (reason, how often) under them."""
    headings = {
        "buyer": (_("Vì sao báo giá không được chọn"), REJECT_REASON_NAMES),
        "holder": (_("Vì sao bên báo giá từ chối"), DECLINE_REASON_NAMES),
    }
    found: list[tuple[str, Sequence[tuple[str, str]]]] = []
    for said_by, (heading, names) in headings.items():
        lines = [(_(names[one.reason]), format_number(one.count)) for one in counted if one.said_by == said_by]
        if lines:
            found.append((heading, lines))
    return found


def _view(side: str, *, is_operator: bool, received: int, seated: bool) -> View:
    """What was asked for, if there is such a view; else what has something in it."""
    for view in get_args(View):
        if view == side and (view != "all" or is_operator):
            return view  # type: ignore[no-any-return]
    if is_operator and not seated:
        return "all"
    return "received" if received else "sent"


def _figures(counted: Mapping[str, int], sums: Mapping[str, int]) -> list[Figure]:
    figures = [Figure(format_number(counted.get(state, 0)), _(name)) for state, name in STATE_NAMES.items()]
    worth = [Figure(format_money_short(total, currency), _("Giá trị đã chấp nhận")) for currency, total in sums.items()]
    return figures + worth
