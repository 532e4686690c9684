"""What everybody who may know of a request sees of it, and the operator's page that shows nothing more."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from app.features.enquiries.queries import EnquiryRecord
from app.features.enquiries.states import (
    DECLINE_REASON_NAMES,
    MOVE_NAMES,
    REJECT_REASON_NAMES,
)
from app.i18n import _
from app.models import Organisation, QuoteRequestHistory
from app.web.enquiries.parts import breadcrumbs, listing_link, outside_badge
from app.web.templating import Page
from app.web.urls import has_route, url
from app.web.views.basics import Badge
from app.web.views.records import Step

_ENDED_BADLY = {"decline", "withdraw", "reject", "lapse"}


@dataclass(frozen=True)
class Party:
    """An organisation of the request: its name as the document has it, and its page today."""

    name: str
    href: str
    verified: bool
    mine: bool


@dataclass(frozen=True, kw_only=True)
class OutlinePage(Page):
    """A request as the operator sees it: who asked whom about what, and how far it has come."""

    template: ClassVar[str] = "enquiries/outline.html"

    number: str
    listing_title: str
    listing_kind: str
    listing_href: str
    buyer: Party
    holder: Party
    status: Badge
    steps: Sequence[Step]
    reason: str
    exchange: str


def party(organisation: Organisation, name: str, *, mine: bool) -> Party:
    """One side, with the name that the document has."""
    return Party(
        name=name,
        href=url("organisation", slug=organisation.slug, public_id=organisation.public_id)
        # An organisation that asks from another exchange has no page here.
        if has_route("organisation") and (organisation.imported or organisation.local_id == organisation.public_id)
        else "",
        verified=organisation.verified_at is not None,
        mine=mine,
    )


def steps_of(record: EnquiryRecord) -> list[Step]:
    """What happened, then what comes: the life of the request."""
    steps = [
        Step(
            label=_(MOVE_NAMES[one.move]),
            state="refused" if one.move in _ENDED_BADLY else "done",
            at=one.at,
        )
        for one in record.history
    ]
    state = record.request.state
    if state == "quoted":
        steps.append(Step(label=_("Bên hỏi giá quyết định"), state="current"))
    elif record.request.awaits is not None:
        steps.append(Step(label=_("Bên báo giá trả lời"), state="current"))
        steps.append(Step(label=_("Bên hỏi giá quyết định")))
    return steps


def reason_of(record: EnquiryRecord) -> tuple[str, str]:
    """Why it was declined or rejected, and the words beside it."""
    last: QuoteRequestHistory = record.history[-1]
    code = str(last.reasons.get("reason", ""))
    names = DECLINE_REASON_NAMES if last.move == "decline" else REJECT_REASON_NAMES
    return (_(names[code]) if code in names else ""), last.note


def outline(record: EnquiryRecord) -> OutlinePage:
    """The page for an operator who is no party."""
    request = record.request
    return OutlinePage(
        title=request.number,
        indexed=False,
        breadcrumbs=breadcrumbs(record),
        number=request.number,
        listing_title=request.listing_title,
        listing_kind=request.listing_kind,
        listing_href=listing_link(record.listing),
        buyer=party(record.buyer, request.buyer_name, mine=False),
        holder=party(record.holder, request.holder_name, mine=False),
        status=outside_badge(request.state, request.awaits),
        steps=steps_of(record),
        reason=reason_of(record)[0],
        exchange=record.carried.exchange_name if record.carried is not None else "",
    )
