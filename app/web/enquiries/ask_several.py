"""Asking several holders at once: from a search, a comparison, one's own list, or the matches of one's need.

/desk/ask?ids=…&ids=… (or ids=a,b) names listings; need=… names the reader's own need, whose matches are offered when no
ids are given. Every holder gets a request of its own and hears of no other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.errors import Conflict, Invalid
from app.features.accounts.queries import SignedIn
from app.features.enquiries.asking import MOST_HOLDERS, own_need, send_round
from app.features.enquiries.schemas import RequestInput
from app.features.listings.queries import cards
from app.features.listings.views import Card
from app.i18n import _, current_locale, ngettext
from app.i18n.formats import local_date
from app.i18n.terms import term
from app.identity import Actor
from app.search.documents import documents_of
from app.search.matches import find_matches
from app.search.port import SearchUnavailable
from app.search.service import engine_of
from app.settings import Settings
from app.web.auth import CurrentActor, Visitor, chosen_seat, seat_named
from app.web.enquiries.ask import UNITS
from app.web.enquiries.ask_fields import RequestFields, criteria_text, labels, request_fields
from app.web.enquiries.attachments import FormWithFiles, kept, read_files
from app.web.enquiries.parts import STAY, key_of, with_key
from app.web.enquiries.returning import held_form, let_go, sign_in_first
from app.web.enquiries.typing_in import check_amounts, filled
from app.web.flash import redirect
from app.web.forms import Form
from app.web.listing_cards import organisation_name
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import has_route, url

router = APIRouter()

# Of the matches of a need, how many are ticked to begin with.
TICKED_MATCHES = 5


@dataclass(frozen=True, kw_only=True)
class AskSeveralPage(Page):
    """One form for several holders. `listings` are (id, title, holder); `left_out` titles that cannot be asked."""

    template: ClassVar[str] = "enquiries/ask_several.html"

    form: Form
    action: str
    ids: str
    listings: Sequence[tuple[str, str, str]]
    left_out: Sequence[str]
    seats: Sequence[tuple[str, str]]
    new_organisation: str
    request_fields: RequestFields
    most: int
    labels: dict[str, str]
    kept_href: str
    search_href: str
    back: str
    problem: str = ""


def read_ids(given: Sequence[str]) -> list[str]:
    """Public ids from an address: repeated, or with commas between; each once, at most four times what may be asked."""
    ids = [one.strip() for part in given for one in part.split(",")]
    return list(dict.fromkeys(one for one in ids if one and len(one) <= 40))[: 4 * MOST_HOLDERS]


def _askable(card: Card, visitor: SignedIn) -> bool:
    """Whether some organisation of the reader's may ask about it: it is supply, and not of their only organisation."""
    holder = card.organisation.public_id if card.organisation is not None else ""
    return card.kind != "need" and [seat.public_id for seat in visitor.seats] != [holder]


def _page(
    session: Session, *, ids: Sequence[str], visitor: SignedIn, actor: Actor, form: Form, settings: Settings
) -> AskSeveralPage:
    found = cards(session, ids)
    asked = [card for card in found if _askable(card, visitor)]
    locale = current_locale()
    return AskSeveralPage(
        title=_("Hỏi giá nhiều bên một lượt"),
        indexed=False,
        breadcrumbs=(Link(_("Hỏi giá"), url("enquiries")), Link(_("Hỏi nhiều bên"), url("ask_several"))),
        form=with_key(form),
        action=url("ask_several"),
        ids=",".join(card.public_id for card in asked),
        listings=[
            (
                card.public_id,
                card.text("title", locale)[0],
                " · ".join(part for part in (term("kind", card.kind), organisation_name(card)) if part),
            )
            for card in asked
        ],
        left_out=[card.text("title", locale)[0] for card in found if card not in asked],
        seats=[(seat.public_id, seat.name) for seat in visitor.seats],
        new_organisation=url("new_organisation") if has_route("new_organisation") else "",
        request_fields=request_fields(session, actor=actor, kinds=[card.kind for card in asked], settings=settings),
        most=MOST_HOLDERS,
        labels=labels(form),
        kept_href=url("kept"),
        search_href=url("search") if has_route("search") else "",
        back=url("enquiries", side="sent"),
    )


def _first_form(
    request: Request, session: Session, *, visitor: SignedIn, actor: Actor, ids: list[str], need: str
) -> tuple[Form, list[str]]:
    """The form to begin with, and the listings it offers: those named, else the matches of the need."""
    wanted = own_need(session, actor=actor, public_id=need) if need else None
    ticked = ids
    if wanted is not None and not ids:
        ids = _match_ids(request, session, wanted.id)
        ticked = ids[:TICKED_MATCHES]
    found = cards(session, ids)
    first = found[0] if found else None
    seat = chosen_seat(request, visitor)
    title = wanted.title if wanted is not None else first.text("title", current_locale())[0] if first else ""
    form = filled(
        {
            "organisation": seat.public_id if seat else "",
            "need": need if wanted is not None else "",
            "criteria": criteria_text(session, actor=actor, need=need),
            "items.0.description": title,
            "items.0.quantity": "1",
            "items.0.unit": _(UNITS[first.kind]) if first is not None and first.kind in UNITS else "",
        }
    )
    return replace(form, values={**form.values, "listings": ticked[:MOST_HOLDERS]}), ids


def _match_ids(request: Request, session: Session, need_id: UUID) -> list[str]:
    """Public ids of what fits the need, the best first; none while search is down."""
    documents = documents_of(session, listing_ids=[need_id])
    weights = request.app.state.settings.matching
    try:
        found = find_matches(
            engine_of(request.app),
            documents[0],
            today=local_date(clock.now()),
            language=current_locale(),
            limit=MOST_HOLDERS,
            least_score=weights.least_score,
            weights=weights,
        )
    except (SearchUnavailable, IndexError):
        return []
    return [one.document.id for one in found]


@router.get("/desk/ask", name="ask_several")
def ask_several(
    request: Request,
    *,
    session: ReadSession,
    visitor: Visitor,
    actor: CurrentActor,
    settings: AppSettings,
    ids: Annotated[list[str], Query()] = [],  # noqa: B006 - FastAPI reads it and never changes it
    need: str = "",
) -> Response:
    """The form, begun with what is known."""
    if visitor is None:
        here = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
        return RedirectResponse(url("sign_in", next=here), status_code=303)
    form = held_form(request, session)
    if form is not None:
        offered = read_ids([form.value("ids")])
    else:
        form, offered = _first_form(request, session, visitor=visitor, actor=actor, ids=read_ids(ids), need=need)
    page = _page(session, ids=offered, visitor=visitor, actor=actor, form=form, settings=settings)
    return render(request, page)


@router.post("/desk/ask")
def send_several(
    request: Request,
    *,
    session: WriteSession,
    visitor: Visitor,
    actor: CurrentActor,
    form: FormWithFiles,
    settings: AppSettings,
) -> Response:
    """Send to every holder chosen, or show it again with what is to be mended."""
    only_shown = STAY in form.values or form.row_edit_asked
    form = form.row_edited
    if visitor is None:
        return sign_in_first(request, session, form, back_to=request.url.path)
    person = visitor
    offered = read_ids([form.value("ids")])

    def again(shown: Form, status: int = 422, problem: str = "") -> Response:
        page = _page(session, ids=offered, visitor=person, actor=actor, form=shown, settings=settings)
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
            made, requests = send_round(
                session,
                actor=actor,
                listing_public_ids=form.chosen("listings"),
                buyer_organisation_id=seat.organisation_id,
                data=checked.data,
                title=checked.data.items[0].description,
                form_key=key_of(form),
                now=clock.now(),
                need_public_id=form.value("need") or None,
                files=files,
            )
    except Invalid as fault:
        return again(form.with_errors({path: _(message) for path, message in fault.fields.items()}))
    except Conflict as fault:
        return again(form, fault.status, _(fault.detail, **fault.params))
    text = ngettext("Đã gửi %(num)s yêu cầu báo giá.", "Đã gửi %(num)s yêu cầu báo giá.", len(requests))
    return let_go(request, session, redirect(request, url("quote_round", public_id=made.public_id), text))
