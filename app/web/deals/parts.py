"""What the pages of one deal share: its head, whose side it is seen from, what happens after an act."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app.errors import Conflict, Invalid, NotFound, RateLimited
from app.features.deals.bands import bounds
from app.features.deals.queries import DealRecord
from app.features.deals.states import STATE_NAMES, Side
from app.i18n import _
from app.i18n.formats import format_money_short, minor_units, parse_number
from app.web.flash import redirect
from app.web.forms import Form
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge
from app.web.views.records import Tab

# What is answered to a proposal of the other side, or to one's own.
Answer = Literal["agree", "decline", "withdraw"]
_ANSWERS: Mapping[str, Answer] = {"agree": "agree", "decline": "decline", "withdraw": "withdraw"}
Section = Literal["deal", "deal_terms", "deal_legal", "deal_milestones", "deal_documents"]

_BADGES = {
    "agreed": ("info", "clock"),
    "checked": ("info", "clock"),
    "signed": ("info", "edit"),
    "registered": ("info", "edit"),
    "refused": ("warn", "alert"),
    "accepted": ("good", "check"),
    "paused": ("warn", "clock"),
    "disputed": ("warn", "alert"),
    "completed": ("good", "check"),
    "terminated": ("plain", "close"),
}


@dataclass(frozen=True)
class DealHead:
    """The head of every page of a deal: what it is, how it stands, its pages, and whose side it is seen from."""

    number: str
    title: str
    kind: str
    badge: Badge
    side: Side
    switch: Sequence[Link]
    tabs: Sequence[Tab]


def answer_of(form: Form) -> Answer:
    """The answer that was pressed. Raises NotFound for anything else."""
    answer = _ANSWERS.get(form.value("answer"))
    if answer is None:
        raise NotFound
    return answer


def state_badge(state: str) -> Badge:
    """How a deal stands, in words with a sign."""
    tone, icon = _BADGES[state]
    return Badge(_(STATE_NAMES[state]), tone, icon)  # type: ignore[arg-type]


def side_for(record: DealRecord, asked: str) -> Side:
    """The side the reader looks from; who acts for both may choose."""
    return next((side for side in record.sides if side == asked), record.sides[0])


def side_or_none(record: DealRecord, side: Side) -> Side | None:
    """The side for addresses: only who acts for both needs it there."""
    return side if len(record.sides) > 1 else None


def head(record: DealRecord, *, side: Side, section: Section) -> DealHead:
    """The head as seen from one side."""
    deal = record.deal
    asked = side_or_none(record, side)
    sections: list[tuple[Section, str, int | None]] = [
        ("deal", _("Tổng quan"), None),
        ("deal_terms", _("Điều khoản"), None),
        ("deal_legal", _("Pháp lý"), None),
        ("deal_milestones", _("Mốc thực hiện"), len(record.milestones)),
        ("deal_documents", _("Tài liệu"), None),
    ]
    return DealHead(
        number=deal.number,
        title=deal.listing_title,
        kind=deal.listing_kind,
        badge=state_badge(deal.state),
        side=side,
        switch=[
            Link(
                _("Với tư cách bên hỏi giá") if one == "buyer" else _("Với tư cách bên báo giá"),
                url(section, number=deal.number, side=one),
                one == side,
            )
            for one in record.sides
        ]
        if len(record.sides) > 1
        else (),
        tabs=[Tab(label, url(name, number=deal.number, side=asked), name == section, n) for name, label, n in sections],
    )


def crumbs(number: str, *more: Link) -> tuple[Link, ...]:
    """The way to a page of a deal."""
    return (Link(_("Thương vụ"), url("deals")), Link(number, url("deal", number=number)), *more)


def acted(
    request: Request,
    session: Session,
    *,
    act: Callable[[], Any],
    again: Callable[[Form], Page],
    form: Form,
    there: str,
    done: str,
) -> Response:
    """Do it and go on to `there`; what is wrong with a field is said at the field, on the page that `again` makes."""
    try:
        with session.begin_nested():
            act()
    except Invalid as fault:
        shown = form.with_errors({path: _(message) for path, message in fault.fields.items()})
        return render(request, again(shown), status_code=422)
    except Conflict as fault:
        return redirect(request, there, _(fault.detail or fault.title, **fault.params), "warn")
    except RateLimited as fault:
        return redirect(request, there, _(fault.detail or fault.title), "warn")
    return redirect(request, there, done)


def band_name(band: int, currency: str) -> str:
    """A span of values in words: “100–500 triệu ₫”."""
    edges = [format_money_short(bound, currency) for bound in bounds(currency)]
    if band == 0:
        return _("Dưới %(bound)s", bound=edges[0])
    if band >= len(edges):
        return _("Từ %(bound)s trở lên", bound=edges[-1])
    return _("Từ %(low)s đến dưới %(high)s", low=edges[band - 1], high=edges[band])


def only(form: Form, *names: str) -> Form:
    """The form with these fields (and rows) alone: models refuse what they do not know."""
    return Form(
        values={path: typed for path, typed in form.values.items() if path.partition(".")[0] in names},
        files=form.files,
    )


def in_minor_units(form: Form, currency: str, *names: str) -> Form:
    """Amounts as models take them; what is no amount of that currency is left for the model to refuse."""
    values = dict(form.values)
    for name in names:
        try:
            amount = Decimal(parse_number(form.value(name))) * minor_units(currency)
        except ValueError:
            continue
        values[name] = [str(int(amount)) if amount == int(amount) else str(amount)]
    return Form(values=values, files=form.files)
