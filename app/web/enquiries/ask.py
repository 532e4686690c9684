"""Asking for a quote, from the page of a listing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import ClassVar

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.errors import Conflict, Gone, Invalid, NotFound
from app.features.accounts.queries import Seat, SignedIn
from app.features.enquiries.asking import NOT_ONESELF, askable_listing, once_public_listing, send_request
from app.features.enquiries.crossing import CarryInput
from app.features.enquiries.own import open_requests_about
from app.features.enquiries.schemas import RequestInput
from app.features.partners.origins import is_named_elsewhere, origin_of
from app.i18n import N_, _, current_locale
from app.identity import Actor
from app.models import Listing, Organisation
from app.settings import Settings
from app.web.auth import CurrentActor, SignedInActor, SignedInVisitor, Visitor, chosen_seat, seat_named
from app.web.enquiries.ask_fields import RequestFields, criteria_text, labels, request_fields
from app.web.enquiries.attachments import FormWithFiles, kept, read_files
from app.web.enquiries.parts import STAY, key_of, listing_link, party_record, with_key
from app.web.enquiries.returning import held_form, let_go, sign_in_first
from app.web.enquiries.typing_in import check_amounts, filled, typed_amount, typed_number
from app.web.flash import redirect
from app.web.forms import Form
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import has_route, url

router = APIRouter()

# The unit people usually ask in, to begin with.
UNITS = {"technology": N_("gói"), "equipment": N_("chiếc"), "patent": N_("giấy phép"), "service": N_("gói")}


@dataclass(frozen=True, kw_only=True)
class Crossing:
    """Where a request about a listing of another exchange goes, and the e-mail that may go along."""

    exchange: str
    authority: str
    landing: str
    email: str


@dataclass(frozen=True, kw_only=True)
class AskPage(Page):
    """The form of a quote request. Without seats there is nobody to ask for, and the page says what to do."""

    template: ClassVar[str] = "enquiries/ask.html"

    form: Form
    action: str
    listing_title: str
    listing_language: str
    listing_kind: str
    listing_href: str
    holder_name: str
    holder_verified: bool
    seats: Sequence[tuple[str, str]]
    new_organisation: str
    already: Sequence[Link]
    request_fields: RequestFields
    labels: dict[str, str]
    crossing: Crossing | None = None
    problem: str = ""


def _title(listing: Listing) -> tuple[str, str]:
    """The title and its language, the reader's own where there is one."""
    if current_locale() == "en" and listing.title_en:
        return listing.title_en, "en"
    return listing.title, listing.language


def _first_form(
    listing: Listing,
    seats: Sequence[Seat],
    acting: Seat | None,
    *,
    need: str,
    criteria: str,
    earlier: Mapping[str, object],
) -> Form:
    chosen = acting if acting in seats else next(iter(seats), None)
    return filled(
        {
            "organisation": chosen.public_id if chosen else "",
            "need": need,
            "criteria": criteria,
            "items.0.description": _title(listing)[0],
            "items.0.quantity": "1",
            "items.0.unit": _(UNITS[listing.kind]),
            **earlier,
        }
    )


def _form_again(session: Session, *, actor: Actor, listing: Listing, number: str) -> Mapping[str, object]:
    """What an earlier request of the reader's own asked of this listing; nothing when it is none of theirs."""
    try:
        record = party_record(session, actor=actor, number=number)
    except NotFound:
        return {}
    if "buyer" not in record.sides or record.request.listing_id != listing.id:
        return {}
    request = record.request
    values: dict[str, object] = {
        "message": request.message,
        "currency": record.items[0].currency,
        "criteria": "\n".join(request.criteria),
    }
    for row, item in enumerate(record.items):
        values |= {
            f"items.{row}.description": item.description,
            f"items.{row}.quantity": typed_number(item.quantity),
            f"items.{row}.unit": item.unit,
            f"items.{row}.tiers": "; ".join(typed_number(Decimal(tier)) for tier in item.tiers),
            f"items.{row}.target_price": typed_amount(item.target_price, item.currency),
        }
    return values


def _seats(visitor: SignedIn, listing: Listing) -> list[Seat]:
    """Those the listing may be asked about for: every one but its own organisation."""
    return [seat for seat in visitor.seats if seat.organisation_id != listing.organisation_id]


def _page(
    session: Session, *, listing: Listing, visitor: SignedIn, actor: Actor, form: Form, settings: Settings
) -> AskPage:
    holder = session.get_one(Organisation, listing.organisation_id)
    title, language = _title(listing)
    seats = _seats(visitor, listing)
    return AskPage(
        title=_("Yêu cầu báo giá"),
        indexed=False,
        breadcrumbs=(
            Link(title, listing_link(listing)),
            Link(_("Yêu cầu báo giá"), url("ask", slug=listing.slug or "tin", public_id=listing.public_id)),
        ),
        form=with_key(form),
        action=url("ask", slug=listing.slug or "tin", public_id=listing.public_id),
        listing_title=title,
        listing_language=language,
        listing_kind=listing.kind,
        listing_href=listing_link(listing),
        holder_name=holder.name_en if current_locale() == "en" and holder.name_en else holder.name,
        holder_verified=holder.verified_at is not None,
        seats=[(seat.public_id, seat.name) for seat in seats],
        new_organisation=url("new_organisation") if has_route("new_organisation") else "",
        already=[
            Link(number, url("enquiry", number=number))
            for number in open_requests_about(session, actor=actor, listing_id=listing.id)
        ],
        request_fields=request_fields(session, actor=actor, kinds=[listing.kind], settings=settings),
        labels=labels(form),
        crossing=_crossing(session, listing, visitor),
    )


def _crossing(session: Session, listing: Listing, visitor: SignedIn) -> Crossing | None:
    found = origin_of(session, listing_id=listing.id, now=clock.now()) if is_named_elsewhere(listing) else None
    if found is None:
        return None
    return Crossing(exchange=found.name, authority=found.authority, landing=found.landing, email=visitor.email)


@router.get("/listings/{slug}-{public_id}/ask", name="ask")
def ask(
    request: Request,
    *,
    slug: str,
    public_id: str,
    session: ReadSession,
    visitor: SignedInVisitor,
    actor: SignedInActor,
    settings: AppSettings,
    need: str = "",
    again: str = "",
) -> Response:
    """The form, begun with what is known.

    `need` names the reader's own need that led here, `again` an earlier request to begin from.
    """
    listing = askable_listing(session, public_id=public_id, now=clock.now())
    if slug != (listing.slug or "tin"):
        here = url("ask", slug=listing.slug or "tin", public_id=public_id, need=need)
        return RedirectResponse(here, status_code=301)
    seats = _seats(visitor, listing)
    if visitor.seats and not seats:
        raise Conflict(NOT_ONESELF)
    form = held_form(request, session)
    if form is None:
        earlier = _form_again(session, actor=actor, listing=listing, number=again) if again else {}
        criteria = criteria_text(session, actor=actor, need=need)
        form = _first_form(listing, seats, chosen_seat(request, visitor), need=need, criteria=criteria, earlier=earlier)
    return render(request, _page(session, listing=listing, visitor=visitor, actor=actor, form=form, settings=settings))


@router.post("/listings/{slug}-{public_id}/ask")
def send(
    request: Request,
    *,
    slug: str,  # noqa: ARG001 - the id decides
    public_id: str,
    session: WriteSession,
    visitor: Visitor,
    actor: CurrentActor,
    form: FormWithFiles,
    settings: AppSettings,
) -> Response:
    """Send it, or show it again with what is to be mended."""
    only_shown = STAY in form.values or form.row_edit_asked
    form = form.row_edited
    if visitor is None:
        return sign_in_first(request, session, form, back_to=request.url.path)
    person = visitor
    listing = once_public_listing(session, public_id=public_id)

    def again(shown: Form, status: int = 422, problem: str = "") -> Response:
        page = _page(session, listing=listing, visitor=person, actor=actor, form=shown, settings=settings)
        return render(request, replace(page, problem=problem), status_code=status)

    if only_shown:
        return again(form, 200)
    checked = check_amounts(form, RequestInput)
    documents, form = read_files(checked.form, "files", settings)
    seat = seat_named(visitor, form.value("organisation"))
    if seat is None:
        form = form.with_errors({"organisation": _("Hãy chọn tổ chức đứng tên hỏi giá.")})
    if checked.data is None or seat is None or form.errors:
        return again(form)
    try:
        with kept(documents, settings) as files, session.begin_nested():
            sent = send_request(
                session,
                actor=actor,
                listing_public_id=public_id,
                buyer_organisation_id=seat.organisation_id,
                data=checked.data,
                form_key=key_of(form),
                now=clock.now(),
                need_public_id=form.value("need") or None,
                files=files,
                carrying=CarryInput(
                    consent=form.value("carry_consent") == "true", email=form.value("carry_email") == "true"
                ),
            )
    except Invalid as fault:
        return again(form.with_errors({path: _(message) for path, message in fault.fields.items()}))
    except (Gone, Conflict) as fault:
        return again(form, fault.status, _(fault.detail, **fault.params))
    text = _("Đã gửi yêu cầu %(number)s đến %(holder)s.", number=sent.number, holder=sent.holder_name)
    if is_named_elsewhere(listing):
        text = _("Yêu cầu %(number)s đang được chuyển đến %(holder)s.", number=sent.number, holder=sent.holder_name)
    return let_go(request, session, redirect(request, url("enquiry", number=sent.number), text))
