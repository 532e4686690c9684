"""Asking for an agreement, from the page of a listing; and how a reader's agreements about it stand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import clock
from app.dependencies import ReadSession, WriteSession
from app.errors import Conflict, Invalid, NotFound, RateLimited
from app.features.accounts.queries import Seat, SignedIn
from app.features.listings.policies import names_organisation, publicly_visible
from app.features.ndas.commands import NOT_ONESELF, request_nda
from app.features.ndas.queries import ndas_about, possible_readers
from app.features.ndas.schemas import NdaRequestInput
from app.features.ndas.states import OPEN_STATES
from app.i18n import _, current_locale
from app.identity import Actor
from app.models import Listing, Organisation
from app.web.auth import CurrentActor, SignedInActor, SignedInVisitor, Visitor, chosen_seat, seat_named
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.ndas.parts import key_of, listing_link, state_badge, title_of, unnamed, with_key
from app.web.shell import Link
from app.web.templating import Fragment, Page, render
from app.web.urls import url
from app.web.views.basics import Badge

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class AskNdaPage(Page):
    """The form. Without seats there is nobody to ask for, and the page says what to do."""

    template: ClassVar[str] = "ndas/ask.html"

    form: Form
    action: str
    listing_title: str
    listing_language: str
    listing_kind: str
    listing_href: str
    discloser_name: str
    anonymous: bool
    seats: Sequence[tuple[str, str]]
    readers: Sequence[tuple[str, str]]
    new_organisation: str
    already: Sequence[Link]
    problem: str = ""


@dataclass(frozen=True)
class Standing:
    """One agreement of the reader's, in a line."""

    number: str
    href: str
    badge: Badge


@dataclass(frozen=True, kw_only=True)
class NdaFragment(Fragment):
    """For somebody signed in: the agreements about a listing, and the way to ask for one, or to those of its own."""

    template: ClassVar[str] = "ndas/fragment.html"

    standings: Sequence[Standing]
    ask: str
    manage: str


def _listing(session: Session, public_id: str) -> Listing:
    listing = session.scalars(publicly_visible().where(Listing.public_id == public_id)).one_or_none()
    if listing is None:
        raise NotFound
    return listing


def _seats(visitor: SignedIn, listing: Listing) -> list[Seat]:
    return [seat for seat in visitor.seats if seat.organisation_id != listing.organisation_id]


def _page(
    session: Session, *, listing: Listing, visitor: SignedIn, actor: Actor, form: Form, seat: Seat | None
) -> AskNdaPage:
    title, language = title_of(listing)
    anonymous = not names_organisation(actor, visibility=listing.visibility, organisation_id=listing.organisation_id)
    discloser = session.get_one(Organisation, listing.organisation_id)
    here = url("ask_nda", slug=listing.slug or "tin", public_id=listing.public_id)
    name = discloser.name_en if current_locale() == "en" and discloser.name_en else discloser.name
    return AskNdaPage(
        title=_("Đề nghị thoả thuận bảo mật"),
        indexed=False,
        breadcrumbs=(Link(title, listing_link(listing)), Link(_("Đề nghị thoả thuận bảo mật"), here)),
        form=with_key(form),
        action=here,
        listing_title=title,
        listing_language=language,
        listing_kind=listing.kind,
        listing_href=listing_link(listing),
        discloser_name=unnamed() if anonymous else name,
        anonymous=anonymous,
        seats=[(one.public_id, one.name) for one in _seats(visitor, listing)],
        readers=[
            (str(person_id), name)
            for person_id, name in possible_readers(session, actor=actor, organisation_id=seat.organisation_id)
        ]
        if seat is not None
        else (),
        new_organisation=url("new_organisation"),
        already=[
            Link(one.number, url("nda", number=one.number))
            for one in ndas_about(session, actor=actor, listing_id=listing.id)
            if one.state in OPEN_STATES
        ],
    )


@router.get("/listings/{slug}-{public_id}/nda", name="ask_nda")
def ask(
    request: Request,
    *,
    slug: str,
    public_id: str,
    session: ReadSession,
    visitor: SignedInVisitor,
    actor: SignedInActor,
    organisation: str = "",
) -> Response:
    """The form; `organisation` is the one of the reader's in whose name it is asked."""
    listing = _listing(session, public_id)
    if slug != (listing.slug or "tin"):
        here = url("ask_nda", slug=listing.slug or "tin", public_id=public_id, organisation=organisation)
        return RedirectResponse(here, status_code=301)
    seats = _seats(visitor, listing)
    if visitor.seats and not seats:
        raise Conflict(NOT_ONESELF)
    acting = chosen_seat(request, visitor)
    seat = seat_named(visitor, organisation) or (acting if acting in seats else next(iter(seats), None))
    if seat not in seats:
        seat = next(iter(seats), None)
    values = {
        "organisation": [seat.public_id if seat else ""],
        "readers": [str(actor.person_id)],
    }
    form = Form(values=values)
    return render(request, _page(session, listing=listing, visitor=visitor, actor=actor, form=form, seat=seat))


@router.post("/listings/{slug}-{public_id}/nda")
def send(
    request: Request,
    *,
    slug: str,  # noqa: ARG001 - the id decides
    public_id: str,
    session: WriteSession,
    visitor: SignedInVisitor,
    actor: SignedInActor,
    form: PostedForm,
) -> Response:
    """Send it, or show it again with what is to be mended."""
    listing = _listing(session, public_id)
    seat = seat_named(visitor, form.value("organisation"))

    def again(shown: Form, status: int = 422, problem: str = "") -> Response:
        page = _page(session, listing=listing, visitor=visitor, actor=actor, form=shown, seat=seat)
        return render(request, replace(page, problem=problem), status_code=status)

    checked = form.check(NdaRequestInput)
    if seat is None:
        return again(checked.form.with_errors({"organisation": _("Hãy chọn tổ chức đứng tên.")}))
    if checked.data is None:
        return again(checked.form)
    try:
        with session.begin_nested():
            made = request_nda(
                session,
                actor=actor,
                listing_public_id=public_id,
                recipient_organisation_id=seat.organisation_id,
                data=checked.data,
                form_key=key_of(form),
                now=clock.now(),
            )
    except Invalid as fault:
        return again(form.with_errors({path: _(message) for path, message in fault.fields.items()}))
    except (Conflict, RateLimited) as fault:
        return again(form, fault.status, _(fault.detail, **fault.params))
    return redirect(request, url("nda", number=made.number), _("Đã gửi đề nghị %(number)s.", number=made.number))


@router.get("/fragments/listings/{public_id}/nda", name="nda_fragment")
def fragment(request: Request, public_id: str, session: ReadSession, visitor: Visitor, actor: CurrentActor) -> Response:
    """What a signed-in reader sees beside the listing; nothing changes for others (204)."""
    nothing = Response(status_code=204, headers={"Cache-Control": "private, no-store"})
    if visitor is None or not visitor.seats:
        return nothing
    try:
        listing = _listing(session, public_id)
    except NotFound:
        return nothing
    found = ndas_about(session, actor=actor, listing_id=listing.id)
    may_ask = bool(_seats(visitor, listing))
    return render(
        request,
        NdaFragment(
            standings=[
                Standing(one.number, url("nda", number=one.number), state_badge(one.state)) for one in found[:5]
            ],
            ask=url("ask_nda", slug=listing.slug or "tin", public_id=public_id) if may_ask else "",
            manage="" if may_ask else url("ndas", side="discloser"),
        ),
    )
