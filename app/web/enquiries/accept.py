"""Accepting a quote in two looks: choose offers and quantities, then see the sums and say yes.

The choice travels in the address (nothing happens by looking at sums); only the yes is posted, with the total that was
seen, so that what is accepted is what was read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import ReadSession, WriteSession
from app.errors import Conflict, Invalid
from app.features.carrying.deciding import accept_there
from app.features.enquiries.queries import EnquiryRecord, QuoteRecord
from app.features.enquiries.quoting import EXPIRED, NOT_THE_OPEN_ONE, choose
from app.features.enquiries.quoting import accept as accept_quote
from app.features.enquiries.revisions import ROLE_NAMES
from app.features.enquiries.schemas import AcceptInput, NoteInput
from app.features.enquiries.sums import Sums
from app.i18n import _
from app.i18n.formats import format_money, format_number, format_percent, local_date
from app.models import AcceptanceLine, QuoteOffer
from app.web.auth import SignedInActor
from app.web.enquiries.answer import record_for
from app.web.enquiries.crossing import is_asked_elsewhere
from app.web.enquiries.parts import breadcrumbs
from app.web.enquiries.record import back_with_fault
from app.web.enquiries.typing_in import filled, typed_number
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url

router = APIRouter()


@dataclass(frozen=True)
class Choice:
    """One offer to tick. `at` is the path of its row in the form."""

    at: str
    offer: int
    description: str
    price: str
    quantity_from: str
    lead_time: str
    terms: str
    unit: str


@dataclass(frozen=True)
class ItemChoices:
    """What was asked for, and the offers that answer it; none with a word on what may replace it."""

    position: int
    description: str
    asked: str
    choices: Sequence[Choice]
    replacement: str


@dataclass(frozen=True, kw_only=True)
class ChoosePage(Page):
    """Offers to tick and quantities to fill in."""

    template: ClassVar[str] = "enquiries/choose.html"

    form: Form
    action: str
    back: str
    revision: int
    items: Sequence[ItemChoices]
    valid_until: date | None
    labels: dict[str, str]


@dataclass(frozen=True)
class SumLine:
    """One accepted line, in words."""

    description: str
    quantity: str
    price: str
    amount: str


@dataclass(frozen=True)
class SumsView:
    """The sums under the lines, in words. `tax` is empty where the quote does not state tax."""

    net: str
    tax_name: str
    tax: str
    total: str


@dataclass(frozen=True, kw_only=True)
class ReviewPage(Page):
    """The sums, and the yes."""

    template: ClassVar[str] = "enquiries/review.html"

    form: Form
    action: str
    back: str
    revision: int
    holder_name: str
    lines: Sequence[SumLine]
    sums: SumsView
    hidden: Sequence[tuple[str, str]]


def sum_lines(lines: Sequence[AcceptanceLine], currency: str) -> list[SumLine]:
    """Accepted lines as tables show them."""
    return [
        SumLine(
            description=line.description,
            quantity=f"{format_number(line.quantity)} {line.unit}",
            price=format_money(line.unit_price, currency),
            amount=format_money(line.amount, currency),
        )
        for line in lines
    ]


def sums_view(*, net: int, tax_percent: Decimal | None, tax: int, total: int, currency: str) -> SumsView:
    """The sums as tables show them."""
    return SumsView(
        net=format_money(net, currency),
        tax_name="" if tax_percent is None else _("Thuế %(percent)s", percent=format_percent(tax_percent)),
        tax="" if tax_percent is None else format_money(tax, currency),
        total=format_money(total, currency),
    )


def _open_one(record: EnquiryRecord, revision: int) -> QuoteRecord:
    """The revision, if it may be accepted now.

    Raises:
        NotFound: there is no such revision; Conflict: it is not open (any more).
    """
    quote = record.revision(revision)
    if quote.quote.state != "sent":
        raise Conflict(NOT_THE_OPEN_ONE)
    if quote.quote.valid_until is not None and quote.quote.valid_until < local_date(clock.now()):
        raise Conflict(EXPIRED)
    return quote


def _items(record: EnquiryRecord, quote: QuoteRecord) -> list[ItemChoices]:
    found = []
    for item in record.items:
        offers = [offer for offer in quote.offers if offer.item_id == item.id]
        found.append(
            ItemChoices(
                position=item.position,
                description=item.description,
                asked=f"{format_number(item.quantity)} {item.unit}",
                choices=[
                    Choice(
                        at=f"lines.{offer.position}",
                        offer=offer.position,
                        description=" · ".join(
                            part
                            for part in (
                                "" if offer.role == "main" else _(ROLE_NAMES[offer.role]),
                                offer.description or item.description,
                            )
                            if part
                        ),
                        price=format_money(offer.unit_price, quote.quote.currency),
                        quantity_from=f"{format_number(offer.quantity_from)} {item.unit}",
                        lead_time=""
                        if offer.lead_time_days is None
                        else _("%(num)s ngày", num=format_number(offer.lead_time_days)),
                        terms=offer.terms,
                        unit=item.unit,
                    )
                    for offer in offers
                    if offer.unit_price is not None
                ],
                replacement=next((offer.replacement for offer in offers if not offer.available), ""),
            )
        )
    return found


def _usual_choice(record: EnquiryRecord, quote: QuoteRecord) -> Form:
    """For each item the offer meant for the quantity asked: of those that take it, the one from the most on."""
    values: dict[str, object] = {}
    for item in record.items:
        fitting: list[QuoteOffer] = [
            offer for offer in quote.offers if offer.item_id == item.id and offer.unit_price is not None
        ]
        taken = [offer for offer in fitting if offer.quantity_from <= item.quantity]
        best = max(taken, key=lambda offer: offer.quantity_from, default=None)
        for offer in fitting:
            at = f"lines.{offer.position}"
            values[f"{at}.quantity"] = typed_number(max(item.quantity, offer.quantity_from))
            if offer is best:
                values[f"{at}.take"] = "true"
    return filled(values)


def _labels(items: Sequence[ItemChoices]) -> dict[str, str]:
    labels = {"lines": _("Lựa chọn")}
    for item in items:
        for one in item.choices:
            labels[f"{one.at}.quantity"] = labels[f"{one.at}.offer"] = _("Hạng mục %(number)s", number=item.position)
    return labels


def _choose_page(record: EnquiryRecord, quote: QuoteRecord, form: Form) -> ChoosePage:
    number, revision = record.request.number, quote.quote.revision
    items = _items(record, quote)
    return ChoosePage(
        title=_("Chấp nhận báo giá"),
        indexed=False,
        breadcrumbs=breadcrumbs(
            record, Link(_("Chấp nhận báo giá"), url("enquiry_accept", number=number, revision=revision))
        ),
        form=form,
        action=url("enquiry_accept_review", number=number, revision=revision),
        back=url("enquiry", number=number),
        revision=revision,
        items=items,
        valid_until=quote.quote.valid_until,
        labels=_labels(items),
    )


def _ticked(form: Form) -> tuple[Form, list[int]]:
    """The form with the ticked rows only, each naming its offer, and those rows' numbers in order."""
    rows = [row for row in form.rows("lines", at_least=0) if form.value(f"lines.{row}.take") == "true"]
    values = {path: typed for path, typed in form.values.items() if not path.startswith("lines.")}
    for row in rows:
        values[f"lines.{row}.offer"] = [str(row)]
        values[f"lines.{row}.quantity"] = form.values.get(f"lines.{row}.quantity", [""])
    return Form(values=values), rows


def _read_choice(record: EnquiryRecord, quote: QuoteRecord, form: Form) -> tuple[AcceptInput | None, Form]:
    """What was chosen, checked with its sums; or None and the form with its messages."""
    ticked, rows = _ticked(form)
    if not rows:
        return None, form.with_errors({"lines": _("Hãy chọn ít nhất một dòng.")})
    checked = ticked.check(AcceptInput)
    if checked.data is None:
        return None, form.with_errors(checked.form.errors)
    try:
        _sums(record, quote, checked.data)
    except Invalid as fault:
        return None, form.with_errors({_typed_path(path, rows): _(message) for path, message in fault.fields.items()})
    return checked.data, form


def _typed_path(path: str, rows: Sequence[int]) -> str:
    """The command counts lines; the form names them by offer: lines.0.quantity → lines.3.quantity."""
    head, _dot, rest = path.partition(".")
    place, _dot, part = rest.partition(".")
    return f"{head}.{rows[int(place)]}.{part}" if place else path


def _sums(record: EnquiryRecord, quote: QuoteRecord, data: AcceptInput) -> tuple[list[AcceptanceLine], Sums]:
    return choose(
        data,
        quote=quote.quote,
        offers={offer.position: offer for offer in quote.offers},
        items={item.id: item for item in record.items},
    )


@router.get("/desk/enquiries/{number}/quotes/{revision}/accept", name="enquiry_accept")
def accept(request: Request, *, number: str, revision: int, session: ReadSession, actor: SignedInActor) -> Response:
    """Choose; what fits the quantities asked for is ticked already."""
    record = record_for(session, actor=actor, number=number, side="buyer")
    try:
        quote = _open_one(record, revision)
    except Conflict as fault:
        return back_with_fault(request, fault, number)
    form = _from_address(request)
    return render(request, _choose_page(record, quote, form if form.values else _usual_choice(record, quote)))


def _from_address(request: Request) -> Form:
    values: dict[str, list[str]] = {}
    for path, typed in request.query_params.multi_items():
        if path.startswith("lines."):
            values.setdefault(path, []).append(typed)
    return Form(values=values)


@router.get("/desk/enquiries/{number}/quotes/{revision}/accept/review", name="enquiry_accept_review")
def review(request: Request, *, number: str, revision: int, session: ReadSession, actor: SignedInActor) -> Response:
    """See the sums of a choice."""
    record = record_for(session, actor=actor, number=number, side="buyer")
    try:
        quote = _open_one(record, revision)
    except Conflict as fault:
        return back_with_fault(request, fault, number)
    data, form = _read_choice(record, quote, _from_address(request))
    if data is None:
        return render(request, _choose_page(record, quote, form), status_code=422)
    return render(request, _review_page(record, quote, data, form))


def _review_page(record: EnquiryRecord, quote: QuoteRecord, data: AcceptInput, form: Form) -> ReviewPage:
    number, revision, currency = record.request.number, quote.quote.revision, quote.quote.currency
    lines, sums = _sums(record, quote, data)
    kept = [
        (f"lines.{line.offer}.{name}", value)
        for line in data.lines
        for name, value in (("take", "true"), ("quantity", typed_number(line.quantity)))
    ]
    return ReviewPage(
        title=_("Chấp nhận báo giá"),
        indexed=False,
        breadcrumbs=breadcrumbs(
            record, Link(_("Chấp nhận báo giá"), url("enquiry_accept", number=number, revision=revision))
        ),
        form=form,
        action=url("enquiry_accept_now", number=number, revision=revision),
        back=url("enquiry_accept", number=number, revision=revision, **dict(kept)),
        revision=revision,
        holder_name=record.request.holder_name,
        lines=sum_lines(lines, currency),
        sums=sums_view(net=sums.net, tax_percent=sums.tax_percent, tax=sums.tax, total=sums.total, currency=currency),
        hidden=[*kept, ("seen_total", str(sums.total))],
    )


@router.post("/desk/enquiries/{number}/quotes/{revision}/accept/now", name="enquiry_accept_now")
def accept_now(
    request: Request, *, number: str, revision: int, session: WriteSession, actor: SignedInActor, form: PostedForm
) -> Response:
    """The yes. Sent twice it counts once."""
    record = record_for(session, actor=actor, number=number, side="buyer")
    quote = record.revision(revision)
    data, form = _read_choice(record, quote, form)
    if data is None:
        return render(request, _choose_page(record, quote, form), status_code=422)
    seen = form.value("seen_total")
    noted = Form(values={"note": form.values.get("note", [""])}).check(NoteInput)
    if noted.data is None:
        page = _review_page(record, quote, data, form.with_errors(noted.form.errors))
        return render(request, page, status_code=422)
    what = data.model_copy(update={"note": noted.data.note})
    total_seen = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 20 else -1
    try:
        with session.begin_nested():
            if is_asked_elsewhere(record):
                accept_there(
                    session,
                    actor=actor,
                    number=number,
                    revision=revision,
                    data=what,
                    now=clock.now(),
                    seen_total=total_seen,
                )
                there = _("Đang chuyển việc chấp nhận đến sàn gốc; bạn được báo khi sàn gốc xác nhận.")
                return redirect(request, url("enquiry", number=number), there)
            accepted = accept_quote(
                session,
                actor=actor,
                number=number,
                revision=revision,
                data=what,
                now=clock.now(),
                seen_total=total_seen,
            )
    except Conflict as fault:
        return back_with_fault(request, fault, number)
    total = format_money(accepted.total, accepted.currency)
    return redirect(request, url("enquiry", number=number), _("Đã chấp nhận báo giá, tổng %(total)s.", total=total))
