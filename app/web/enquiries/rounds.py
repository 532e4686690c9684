"""A buyer's round: whom it went to, the quotes side by side, what they weigh, a sheet and a print of it; all rounds."""

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession, WriteSession
from app.features.enquiries.comparing import Comparison, compare, set_wishes
from app.features.enquiries.revisions import MET_NAMES
from app.features.enquiries.rounds import list_rounds
from app.features.enquiries.schemas import WishesInput
from app.features.enquiries.scoring import HEAVIEST
from app.features.enquiries.states import status_for
from app.i18n import N_, _
from app.models import QuoteRequest
from app.web.auth import SignedInActor
from app.web.enquiries.compare_rows import Section, only_differences, sections
from app.web.enquiries.compare_sheet import MEDIA_TYPE, write_sheet
from app.web.enquiries.parts import status_badge
from app.web.enquiries.typing_in import check_amounts, filled, typed_amount
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge

router = APIRouter()

WEIGHTS = (
    (0, N_("Không tính")),
    (1, N_("Ít quan trọng")),
    (2, N_("Hơi quan trọng")),
    (3, N_("Quan trọng")),
    (4, N_("Khá quan trọng")),
    (HEAVIEST, N_("Rất quan trọng")),
)


@dataclass(frozen=True)
class RoundRow:
    """One request of a round."""

    number: str
    holder: str
    listing_title: str
    listing_kind: str
    href: str
    status: Badge


@dataclass(frozen=True)
class Head:
    """The head of one column: whose quote, and where it is answered."""

    holder: str
    number: str
    href: str
    revision: int


@dataclass(frozen=True)
class Judging:
    """One criterion to judge, and for each quote the path of its field, its request, and whose it is."""

    criterion: str
    quotes: Sequence[tuple[str, str, str]]


@dataclass(frozen=True, kw_only=True)
class RoundPage(Page):
    """A round: how each request stands, and its quotes side by side."""

    template: ClassVar[str] = "enquiries/round.html"

    rows: Sequence[RoundRow]
    sent_at: datetime
    answer_by: date | None
    waiting: int
    heads: Sequence[Head]
    sections: Sequence[Section]
    only_differences: bool
    all_href: str
    differences_href: str
    sheet_href: str
    print_href: str
    form: Form
    wishes_action: str
    currency: str
    criteria: Sequence[str]
    weights: Sequence[tuple[str, str]]
    judging: Sequence[Judging]
    fulfilments: Sequence[tuple[str, str]]
    more_href: str


@dataclass(frozen=True, kw_only=True)
class ComparisonPaper(Page):
    """The comparison, printed."""

    template: ClassVar[str] = "enquiries/paper_comparison.html"

    at: datetime
    back: str
    heads: Sequence[Head]
    sections: Sequence[Section]


@dataclass(frozen=True, kw_only=True)
class RoundsPage(Page):
    """The reader's rounds, newest first."""

    template: ClassVar[str] = "enquiries/rounds.html"

    rounds: Sequence[tuple[str, str, datetime]]
    first: str
    next: str
    kept_href: str


def _row(request: QuoteRequest) -> RoundRow:
    return RoundRow(
        number=request.number,
        holder=request.holder_name,
        listing_title=request.listing_title,
        listing_kind=request.listing_kind,
        href=url("enquiry", number=request.number, side="buyer"),
        status=status_badge(status_for(state=request.state, awaits=request.awaits, side="buyer")),
    )


def _heads(comparison: Comparison) -> list[Head]:
    """One a quote; a holder with several is told apart by the request's number."""
    names = Counter(one.request.holder_name for one in comparison.quoted)
    return [
        Head(
            holder=one.request.holder_name
            if names[one.request.holder_name] == 1
            else f"{one.request.holder_name} ({one.request.number})",
            number=one.request.number,
            href=url("enquiry", number=one.request.number, side="buyer"),
            revision=one.quote.revision,
        )
        for one in comparison.quoted
        if one.quote is not None
    ]


def _breadcrumbs(comparison: Comparison, *more: Link) -> tuple[Link, ...]:
    return (
        Link(_("Hỏi giá"), url("enquiries")),
        Link(_("Các đợt hỏi giá"), url("quote_rounds")),
        Link(comparison.round.title, url("quote_round", public_id=comparison.round.public_id)),
        *more,
    )


def _wishes_form(comparison: Comparison) -> Form:
    wishes, currency = comparison.wishes, comparison.currency
    values: dict[str, object] = {
        "years": wishes.years,
        "yearly_revenue": typed_amount(wishes.yearly_revenue, currency) if wishes.yearly_revenue else "",
        "currency": currency,
        "cost": wishes.cost,
        "lead_time": wishes.lead_time,
    }
    for place, criterion in enumerate(comparison.criteria):
        values[f"criteria.{place}.weight"] = wishes.weight_of(criterion)
        for at, column in enumerate(comparison.quoted):
            values[f"criteria.{place}.judged.{at}.met"] = column.judged.get(criterion)
    return filled(values)


def _page(comparison: Comparison, form: Form, *, only: bool) -> RoundPage:
    public_id = comparison.round.public_id
    requests = [one.request for one in comparison.columns]
    found = sections(comparison)
    return RoundPage(
        title=comparison.round.title,
        indexed=False,
        breadcrumbs=_breadcrumbs(comparison),
        rows=[_row(one) for one in requests],
        sent_at=comparison.round.created_at,
        answer_by=max((one.answer_by for one in requests if one.answer_by), default=None),
        waiting=sum(one.state == "quoted" for one in requests),
        heads=_heads(comparison),
        sections=only_differences(found) if only else found,
        only_differences=only,
        all_href=url("quote_round", public_id=public_id),
        differences_href=url("quote_round", public_id=public_id, show="differences"),
        sheet_href=url("quote_round_sheet", public_id=public_id),
        print_href=url("quote_round_paper", public_id=public_id),
        form=form,
        wishes_action=url("quote_round_wishes", public_id=public_id),
        currency=comparison.currency,
        criteria=comparison.criteria,
        weights=[(str(weight), _(name)) for weight, name in WEIGHTS],
        judging=[
            Judging(
                criterion,
                [
                    (f"criteria.{place}.judged.{at}", column.request.number, column.request.holder_name)
                    for at, column in enumerate(comparison.quoted)
                    if criterion in (column.met or {})
                ],
            )
            for place, criterion in enumerate(comparison.criteria)
        ],
        fulfilments=[(code, _(name)) for code, name in MET_NAMES.items()],
        more_href=url("kept"),
    )


@router.get("/desk/rounds/{public_id}", name="quote_round")
def quote_round(
    request: Request, *, public_id: str, session: ReadSession, actor: SignedInActor, show: str = ""
) -> Response:
    """One round; `show=differences` leaves out where all quotes say the same."""
    comparison = compare(session, actor=actor, public_id=public_id)
    return render(request, _page(comparison, _wishes_form(comparison), only=show == "differences"))


@router.post("/desk/rounds/{public_id}/wishes", name="quote_round_wishes")
def wishes(
    request: Request, *, public_id: str, session: WriteSession, actor: SignedInActor, form: PostedForm
) -> Response:
    """Keep weights, years and revenue, and show what they come to."""
    comparison = compare(session, actor=actor, public_id=public_id)
    checked = check_amounts(form, WishesInput)
    if checked.data is None:
        return render(request, _page(comparison, checked.form, only=False), status_code=422)
    set_wishes(
        session, actor=actor, public_id=public_id, data=checked.data, criteria=comparison.criteria, now=clock.now()
    )
    there = url("quote_round", public_id=public_id)
    return redirect(request, f"{there}#compare", _("Đã lưu cách bạn so sánh; điểm được tính lại."))


@router.get("/desk/rounds/{public_id}/comparison.xlsx", name="quote_round_sheet")
def sheet(*, public_id: str, session: ReadSession, actor: SignedInActor) -> Response:
    """The comparison as a sheet: amounts of the round's currency are numbers to go on reckoning with."""
    comparison = compare(session, actor=actor, public_id=public_id)
    found = sections(comparison)
    heads = [f"{one.holder} ({one.number})" for one in _heads(comparison)]
    buffer = io.BytesIO()
    write_sheet(buffer, title=comparison.round.title, currency=comparison.currency, heads=heads, sections=found)
    return Response(
        buffer.getvalue(),
        media_type=MEDIA_TYPE,
        headers={
            "Content-Disposition": f'attachment; filename="so-sanh-{public_id}.xlsx"',
            "Cache-Control": "private, no-store",
        },
    )


@router.get("/desk/rounds/{public_id}/print", name="quote_round_paper")
def paper(request: Request, *, public_id: str, session: ReadSession, actor: SignedInActor) -> Response:
    """The comparison on paper."""
    comparison = compare(session, actor=actor, public_id=public_id)
    back = url("quote_round", public_id=public_id)
    page = ComparisonPaper(
        title=_("So sánh báo giá: %(title)s", title=comparison.round.title),
        indexed=False,
        breadcrumbs=_breadcrumbs(comparison, Link(_("Bản in"), url("quote_round_paper", public_id=public_id))),
        at=clock.now(),
        back=back,
        heads=_heads(comparison),
        sections=sections(comparison),
    )
    return render(request, page)


@router.get("/desk/rounds", name="quote_rounds")
def quote_rounds(request: Request, *, session: ReadSession, actor: SignedInActor, after: str = "") -> Response:
    """All of them, a page at a time."""
    found = list_rounds(session, actor=actor, cursor=after)
    page = RoundsPage(
        title=_("Các đợt hỏi giá"),
        indexed=False,
        breadcrumbs=(Link(_("Hỏi giá"), url("enquiries")), Link(_("Các đợt hỏi giá"), url("quote_rounds"))),
        rounds=[(one.title, url("quote_round", public_id=one.public_id), one.created_at) for one in found.rows],
        first=url("quote_rounds") if after else "",
        next=url("quote_rounds", after=found.next_cursor) if found.next_cursor else "",
        kept_href=url("kept"),
    )
    return render(request, page)
