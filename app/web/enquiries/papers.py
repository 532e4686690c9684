"""The documents as they are printed: request, quote, acceptance. They say what the records say, and fit A4."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.dependencies import ReadSession
from app.errors import NotFound
from app.features.enquiries.questions import texts
from app.i18n import _
from app.web.auth import SignedInActor
from app.web.enquiries.accept import SumsView, sum_lines, sums_view
from app.web.enquiries.parts import OfferLine, QuoteView, breadcrumbs, item_lines, party_record, quote_view
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url

router = APIRouter()

NONE = "–"


@dataclass(frozen=True, kw_only=True)
class Paper(Page):
    """What every printed document says at its head."""

    number: str
    back: str
    listing_title: str
    buyer_name: str
    holder_name: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class RequestPaper(Paper):
    """A quote request, printed."""

    template: ClassVar[str] = "enquiries/paper_request.html"

    need_title: str
    rows: Sequence[Sequence[str]]
    message: str
    wanted_date: date | None
    answer_by: date | None
    criteria: Sequence[str]
    questions: Sequence[str]
    files: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class QuotePaper(Paper):
    """One revision of a quote, printed. `standing` says so when it is not (or no longer) open."""

    template: ClassVar[str] = "enquiries/paper_quote.html"

    rows: Sequence[Sequence[str]]
    view: QuoteView
    valid_until: date | None
    terms: str
    note: str
    files: Sequence[str]
    standing: str


@dataclass(frozen=True, kw_only=True)
class AcceptancePaper(Paper):
    """An acceptance, printed."""

    template: ClassVar[str] = "enquiries/paper_acceptance.html"

    revision: int
    accepted_by: str
    rows: Sequence[Sequence[str]]
    sums: SumsView
    terms: str
    note: str


def _row(line: OfferLine) -> tuple[str, ...]:
    what = [line.item, line.role, line.description, line.terms]
    if not line.available:
        what += [_("Không cung cấp"), line.replacement]
    return (
        " · ".join(part for part in what if part),
        line.price or NONE,
        line.quantity_from or NONE,
        line.amount or NONE,
        line.lead_time or NONE,
    )


@router.get("/desk/enquiries/{number}/print", name="enquiry_paper")
def request_paper(request: Request, *, number: str, session: ReadSession, actor: SignedInActor) -> Response:
    """The request."""
    record = party_record(session, actor=actor, number=number)
    asked = record.request
    page = RequestPaper(
        title=_("Yêu cầu báo giá %(number)s", number=number),
        indexed=False,
        breadcrumbs=breadcrumbs(record, Link(_("Bản in"), url("enquiry_paper", number=number))),
        number=number,
        back=url("enquiry", number=number),
        listing_title=asked.listing_title,
        buyer_name=asked.buyer_name,
        holder_name=asked.holder_name,
        at=asked.sent_at,
        need_title=asked.need_title or "",
        rows=[
            (f"{one.position}. {one.description}", one.quantity, one.tiers or NONE, one.target or NONE)
            for one in item_lines(record.items)
        ],
        message=asked.message,
        wanted_date=asked.wanted_date,
        answer_by=asked.answer_by,
        criteria=asked.criteria,
        questions=[text for _code, text in texts(asked.questions, asked.listing_kind)],
        files=[one.filename for one in record.files],
    )
    return render(request, page)


@router.get("/desk/enquiries/{number}/quotes/{revision}/print", name="enquiry_quote_paper")
def quote_paper(
    request: Request, *, number: str, revision: int, session: ReadSession, actor: SignedInActor
) -> Response:
    """One revision of the quote."""
    record = party_record(session, actor=actor, number=number)
    quote = record.revision(revision)
    view = quote_view(quote, record.items, record.request)
    one = quote.quote
    standings = {
        "superseded": _("Đã có bản mới hơn"),
        "rejected": _("Không được chấp nhận"),
        "lapsed": _("Đã hết hạn"),
    }
    page = QuotePaper(
        title=_("Báo giá %(number)s, bản %(revision)s", number=number, revision=revision),
        indexed=False,
        breadcrumbs=breadcrumbs(
            record, Link(_("Bản in"), url("enquiry_quote_paper", number=number, revision=revision))
        ),
        number=number,
        back=url("enquiry", number=number),
        listing_title=record.request.listing_title,
        buyer_name=record.request.buyer_name,
        holder_name=record.request.holder_name,
        at=one.sent_at or one.created_at,
        rows=[_row(line) for line in view.lines],
        view=view,
        valid_until=one.valid_until,
        terms=one.terms,
        note=one.note,
        files=[file.filename for file in quote.files],
        standing=standings.get(one.state, ""),
    )
    return render(request, page)


@router.get("/desk/enquiries/{number}/acceptance/print", name="enquiry_acceptance_paper")
def acceptance_paper(request: Request, *, number: str, session: ReadSession, actor: SignedInActor) -> Response:
    """What was accepted."""
    record = party_record(session, actor=actor, number=number)
    if record.acceptance is None:
        raise NotFound
    accepted = record.acceptance.acceptance
    page = AcceptancePaper(
        title=_("Chấp nhận báo giá %(number)s", number=number),
        indexed=False,
        breadcrumbs=breadcrumbs(record, Link(_("Bản in"), url("enquiry_acceptance_paper", number=number))),
        number=number,
        back=url("enquiry", number=number),
        listing_title=record.request.listing_title,
        buyer_name=record.request.buyer_name,
        holder_name=record.request.holder_name,
        at=accepted.accepted_at,
        revision=record.acceptance.revision,
        accepted_by=accepted.accepted_by_name,
        rows=[
            (line.description, line.quantity, line.price, line.amount)
            for line in sum_lines(record.acceptance.lines, accepted.currency)
        ],
        sums=sums_view(
            net=accepted.net,
            tax_percent=accepted.tax_percent,
            tax=accepted.tax,
            total=accepted.total,
            currency=accepted.currency,
        ),
        terms=record.revision(record.acceptance.revision).quote.terms,
        note=accepted.note,
    )
    return render(request, page)
