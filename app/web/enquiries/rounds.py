"""A buyer's round: the requests sent to several holders, on one page, and the list of rounds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.dependencies import ReadSession
from app.features.enquiries.rounds import list_rounds, round_record
from app.features.enquiries.states import status_for
from app.i18n import _
from app.models import QuoteRequest
from app.web.auth import SignedInActor
from app.web.enquiries.parts import status_badge
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge

router = APIRouter()


@dataclass(frozen=True)
class RoundRow:
    """One request of a round."""

    number: str
    holder: str
    listing_title: str
    listing_kind: str
    href: str
    status: Badge


@dataclass(frozen=True, kw_only=True)
class RoundPage(Page):
    """A round: whom it went to and how each stands."""

    template: ClassVar[str] = "enquiries/round.html"

    rows: Sequence[RoundRow]
    sent_at: datetime
    answer_by: date | None
    criteria: Sequence[str]
    quoted: int
    more_href: str


@dataclass(frozen=True, kw_only=True)
class RoundsPage(Page):
    """The reader's rounds, newest first."""

    template: ClassVar[str] = "enquiries/rounds.html"

    rounds: Sequence[tuple[str, str, datetime]]
    first: str
    next: str
    kept_href: str


def round_row(request: QuoteRequest) -> RoundRow:
    """A request as the buyer sees it."""
    return RoundRow(
        number=request.number,
        holder=request.holder_name,
        listing_title=request.listing_title,
        listing_kind=request.listing_kind,
        href=url("enquiry", number=request.number, side="buyer"),
        status=status_badge(status_for(state=request.state, awaits=request.awaits, side="buyer")),
    )


@router.get("/desk/rounds/{public_id}", name="quote_round")
def quote_round(request: Request, *, public_id: str, session: ReadSession, actor: SignedInActor) -> Response:
    """One round."""
    record = round_record(session, actor=actor, public_id=public_id)
    found = record.requests
    page = RoundPage(
        title=record.round.title,
        indexed=False,
        breadcrumbs=(
            Link(_("Hỏi giá"), url("enquiries")),
            Link(_("Các đợt hỏi giá"), url("quote_rounds")),
            Link(record.round.title, url("quote_round", public_id=public_id)),
        ),
        rows=[round_row(one) for one in found],
        sent_at=record.round.created_at,
        answer_by=found[-1].answer_by if found else None,
        criteria=found[-1].criteria if found else (),
        quoted=sum(one.state == "quoted" for one in found),
        more_href=url("kept"),
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
