"""What the pages of a request share: who is who, how it stands, its tables ready to be read."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy.orm import Session

from app.errors import NotFound
from app.features.enquiries.ownership import cost_of_ownership
from app.features.enquiries.queries import EnquiryRecord, QuoteRecord, enquiry_record
from app.features.enquiries.questions import texts
from app.features.enquiries.revisions import ROLE_NAMES, met_text, ownership_lines, rate_text
from app.features.enquiries.states import Side, Status, Tone, state_name, status_for
from app.features.enquiries.sums import line_amount
from app.i18n import _
from app.i18n.formats import format_money, format_number, format_percent
from app.identity import Actor, new_public_id
from app.models import Listing, QuoteRequest, QuoteRequestItem
from app.models.listings import PUBLIC_STATES
from app.web.forms import Form
from app.web.shell import Link
from app.web.urls import has_route, url
from app.web.views.basics import Badge

_BADGES = {
    "turn": ("warn", "clock"),
    "waiting": ("plain", "send"),
    "good": ("good", "check"),
    "closed": ("plain", "close"),
}

# Names of fields every form of these pages has beside its own.
FORM_KEY = "form_key"
STAY = "_stay"


def status_badge(status: Status) -> Badge:
    """A party's status with its sign."""
    tone, icon = _BADGES[status.tone]
    return Badge(status.text, tone, icon)  # type: ignore[arg-type]


def outside_badge(state: str, awaits: str | None) -> Badge:
    """The state with its sign, as somebody who is no party sees it."""
    tone: Tone = "waiting" if awaits is not None else "good" if state == "accepted" else "closed"
    return status_badge(Status(state_name(state), tone))


def with_key(form: Form) -> Form:
    """The form with the key that makes it count once, however often it is sent."""
    if form.value(FORM_KEY):
        return form
    return Form(values={**form.values, FORM_KEY: [new_public_id()]}, errors=form.errors, files=form.files)


def key_of(form: Form) -> str:
    """The key the form was given; a new one for a form without (from a program, say)."""
    return form.value(FORM_KEY)[:64] or new_public_id()


def party_record(session: Session, *, actor: Actor, number: str) -> EnquiryRecord:
    """The request, for somebody who is a party to it.

    Raises:
        NotFound: there is none, or the actor is no party (an operator included: its page is the outline).
    """
    record = enquiry_record(session, actor=actor, number=number)
    if not record.sides:
        raise NotFound
    return record


def side_for(record: EnquiryRecord, wanted: str = "") -> Side:
    """The side to show the request from: the one asked for, else the one whose turn it is, else the buyer's."""
    if len(record.sides) == 1:
        return record.sides[0]
    for side in record.sides:
        if side == wanted:
            return side
    return "holder" if record.request.awaits == "holder" and not wanted else "buyer"


def breadcrumbs(record: EnquiryRecord, *more: Link) -> tuple[Link, ...]:
    """The way from the list to this page."""
    here = (Link(record.request.number, url("enquiry", number=record.request.number)), *more)
    return (Link(_("Hỏi giá"), url("enquiries")), *here)


def status_of(record: EnquiryRecord, side: Side) -> Badge:
    request = record.request
    return status_badge(status_for(state=request.state, awaits=request.awaits, side=side))


def listing_link(listing: Listing | None) -> str:
    """Where a listing can be read, "" when it is not on show (any more) or there is none."""
    if listing is None or listing.state not in PUBLIC_STATES or listing.visibility == "invitation":
        return ""
    if not has_route("listing"):
        return ""
    return url("listing", slug=listing.slug or "tin", public_id=listing.public_id)


@dataclass(frozen=True)
class ItemLine:
    """One thing asked for, in words."""

    position: int
    description: str
    quantity: str
    tiers: str
    target: str


def item_lines(items: Sequence[QuoteRequestItem]) -> list[ItemLine]:
    return [
        ItemLine(
            position=item.position,
            description=item.description,
            quantity=f"{format_number(item.quantity)} {item.unit}",
            tiers="; ".join(format_number(Decimal(tier)) for tier in item.tiers),
            target="" if item.target_price is None else format_money(item.target_price, item.currency),
        )
        for item in items
    ]


@dataclass(frozen=True)
class OfferLine:
    """One line of a quote, in words. `amount` is the price of the quantity asked for, where the offer takes it."""

    item: str
    description: str
    price: str
    quantity_from: str
    amount: str
    lead_time: str
    terms: str
    role: str
    available: bool
    replacement: str


@dataclass(frozen=True)
class QuoteView:
    """One revision, in words."""

    revision: int
    lines: Sequence[OfferLine]
    tax: str
    rate: str
    ownership: Sequence[tuple[str, str]]
    ownership_total: str
    fulfilment: Sequence[tuple[str, str]]
    replies: Sequence[tuple[str, str]]


def quote_view(record: QuoteRecord, items: Sequence[QuoteRequestItem], request: QuoteRequest) -> QuoteView:
    """A revision as its table shows it."""
    by_id = {item.id: item for item in items}
    currency = record.quote.currency
    lines = []
    for offer in record.offers:
        item = by_id[offer.item_id]
        fits = offer.unit_price is not None and item.quantity >= offer.quantity_from
        lines.append(
            OfferLine(
                item=f"{item.position}. {item.description}",
                description=offer.description,
                price="" if offer.unit_price is None else format_money(offer.unit_price, currency),
                quantity_from=f"{format_number(offer.quantity_from)} {item.unit}" if offer.available else "",
                amount=format_money(line_amount(quantity=item.quantity, unit_price=offer.unit_price), currency)
                if fits and offer.unit_price is not None
                else "",
                lead_time=""
                if offer.lead_time_days is None
                else _("%(num)s ngày", num=format_number(offer.lead_time_days)),
                terms=offer.terms,
                role="" if offer.role == "main" else _(ROLE_NAMES[offer.role]),
                available=offer.available,
                replacement=offer.replacement,
            )
        )
    percent = record.quote.tax_percent
    return QuoteView(
        revision=record.quote.revision,
        lines=lines,
        tax=_("Chưa gồm thuế; báo giá không nêu thuế suất")
        if percent is None
        else _("Chưa gồm thuế %(percent)s", percent=format_percent(percent)),
        ownership=ownership_lines(record),
        ownership_total=_ownership_total(record),
        rate=rate_text(record.quote),
        fulfilment=[
            (criterion, met_text(record.quote.fulfilment[place] if place < len(record.quote.fulfilment) else {}))
            for place, criterion in enumerate(request.criteria)
        ],
        replies=[
            (question, record.quote.replies.get(code) or _("Chưa trả lời"))
            for code, question in texts(request.questions, request.listing_kind)
        ],
    )


def _ownership_total(record: QuoteRecord) -> str:
    """What owning costs over the years stated, beside the price: “… trong 5 năm”."""
    costs = record.quote.ownership_costs
    years = costs.get("years")
    if years is None or len(costs) < 2:
        return ""
    currency = record.quote.currency
    # Royalties by percentage depend on the buyer's revenue: they come in when the buyer compares.
    owning = cost_of_ownership(
        price=0, costs=costs, years=years, yearly_revenue=0, source=currency, target=currency, rate=None
    )
    if owning is None or not owning.total:
        return ""
    return _("%(amount)s trong %(years)s năm", amount=format_money(owning.total, currency), years=format_number(years))
