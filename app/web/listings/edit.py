"""Writing a listing: choose the kind, fill in the form, save as often as one likes, look at it, submit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.errors import Conflict, Invalid, NotFound, StaleVersion
from app.features.accounts.queries import SignedIn
from app.features.listings import commands, policies, queries
from app.features.listings.files import KeptFile
from app.features.listings.schemas import INPUTS, ListingInput
from app.features.listings.views import FileLine
from app.i18n import N_, _
from app.i18n.terms import term
from app.identity import Actor
from app.models.listings import KINDS, PUBLIC_STATES, Listing
from app.settings import Settings
from app.web.auth import CurrentActor, SignedInActor, SignedInVisitor, Visitor, chosen_seat, seat_named
from app.web.enquiries.returning import held_form, let_go
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.listings.form_page import (
    form_page,
    latest_return,
    readiness_fragment,
    stored_form,
    values_stored,
)
from app.web.listings.stages import is_editable
from app.web.listings.typed import read_typed, told_at
from app.web.listings.uploads import FormWithFiles, apply_files, keep_uploads
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import has_route, url

router = APIRouter()

STAY = "_stay"
DO = "do"
_WHAT_IT_IS = {
    "technology": N_("Quy trình, giải pháp, phần mềm sẵn sàng chuyển giao, ở bất cứ mức TRL nào"),
    "equipment": N_("Máy, dây chuyền để bán, cho thuê hoặc dùng chung theo giờ"),
    "patent": N_("Sáng chế, giải pháp hữu ích, kiểu dáng, nhãn hiệu, giống cây trồng, bí quyết"),
    "service": N_("Định giá, pháp lý, thử nghiệm, hiệu chuẩn, đào tạo, tư vấn"),
    "need": N_("Bài toán đang cần người giải; có thể đăng ẩn danh"),
}


@dataclass(frozen=True)
class KindChoice:
    """One kind to begin with, and what belongs to it."""

    kind: str
    name: str
    text: str
    href: str


@dataclass(frozen=True, kw_only=True)
class NewListingPage(Page):
    """What would you like to list? Without an organisation the page says what to do first."""

    template: ClassVar[str] = "listings/new.html"

    choices: Sequence[KindChoice]
    new_organisation: str
    seated: bool
    words_kept: bool = False


@router.get("/desk/listings/new", name="new_listing")
def choose_kind(request: Request, visitor: SignedInVisitor) -> Response:
    """The kinds, needs first where the address says so."""
    return render(request, _new_page(visitor))


def _new_page(visitor: SignedIn) -> NewListingPage:
    return NewListingPage(
        title=_("Đăng mới"),
        indexed=False,
        breadcrumbs=(Link(_("Tin đăng của tôi"), url("my_listings")), Link(_("Đăng mới"), url("new_listing"))),
        choices=[
            KindChoice(kind, term("kind", kind), _(_WHAT_IT_IS[kind]), url("begin_listing", kind=kind))
            for kind in KINDS
        ],
        new_organisation=url("new_organisation") if has_route("new_organisation") else "",
        seated=bool(visitor.seats),
    )


@router.get("/desk/needs/new", name="post_need")
def post_need() -> Response:
    """The short way from every page to the form of a need."""
    return RedirectResponse(url("begin_listing", kind="need"), status_code=303)


@router.get("/desk/listings/new/{kind}", name="begin_listing")
def begin(
    request: Request, kind: str, session: ReadSession, visitor: SignedInVisitor, settings: AppSettings
) -> Response:
    """The empty form of a kind, or with the words that were typed before there was a form."""
    if kind not in INPUTS:
        raise NotFound
    kept = held_form(request, session)
    if not visitor.seats:
        return render(request, replace(_new_page(visitor), words_kept=kept is not None))
    seat = chosen_seat(request, visitor)
    form = Form(values={"organisation": [seat.public_id if seat else ""], **(kept.values if kept else {})})
    page = _page_of_new(form, kind=kind, visitor=visitor, settings=settings)
    return render(request, replace(page, prefilled=kept is not None))


@router.post("/desk/listings/new/{kind}")
def create(
    request: Request,
    *,
    kind: str,
    session: WriteSession,
    visitor: SignedInVisitor,
    actor: SignedInActor,
    form: FormWithFiles,
    settings: AppSettings,
) -> Response:
    """Make the draft, whatever it lacks; a form that cannot be saved comes back with what was typed."""
    if kind not in INPUTS:
        raise NotFound
    if _only_shown(form):
        return render(request, _page_of_new(form.row_edited, kind=kind, visitor=visitor, settings=settings))
    data, form = read_typed(form, kind=kind, stored={})
    kept, form = keep_uploads(form, kind=kind, settings=settings)
    seat = seat_named(visitor, form.value("organisation")) or (visitor.seats[0] if len(visitor.seats) == 1 else None)
    if seat is None:
        form = form.with_errors({"organisation": _("Hãy chọn đơn vị đứng tên đăng.")})
    if data is None or seat is None or form.errors:
        page = _page_of_new(form, kind=kind, visitor=visitor, settings=settings)
        return render(request, page, status_code=422)
    now = clock.now()
    try:
        with session.begin_nested():
            listing = commands.create_draft(
                session, actor=actor, organisation_id=seat.organisation_id, data=data, settings=settings, now=now
            )
            apply_files(session, actor=actor, public_id=listing.public_id, form=form, present=(), kept=kept, now=now)
    except Invalid as fault:
        page = _page_of_new(told_at(form, fault.fields), kind=kind, visitor=visitor, settings=settings)
        return render(request, page, status_code=422)
    response = _after_saving(request, session, listing, actor=actor, form=form, settings=settings)
    return let_go(request, session, response)


@router.get("/desk/listings/{public_id}", name="edit_listing")
def edit(
    request: Request, public_id: str, session: ReadSession, actor: SignedInActor, settings: AppSettings
) -> Response:
    """The form of one's own listing; where nothing may be changed, its state."""
    listing = _own(session, actor, public_id)
    if not is_editable(listing.state):
        return RedirectResponse(url("listing_status", public_id=public_id), status_code=303)
    note, reasons = latest_return(session, actor=actor, listing=listing)
    form = stored_form(session, listing)
    if reasons:
        form = form.with_errors(reasons)
    return _shown(request, session, listing, actor=actor, form=form, settings=settings, note=note)


@router.post("/desk/listings/{public_id}")
def save(
    request: Request,
    *,
    public_id: str,
    session: WriteSession,
    actor: SignedInActor,
    form: FormWithFiles,
    settings: AppSettings,
) -> Response:
    """Save what was typed, then go where the pressed button leads: stay, preview, submit."""
    listing = _own(session, actor, public_id)
    if _only_shown(form):
        return _shown(request, session, listing, actor=actor, form=form.row_edited, settings=settings)
    stored = values_stored(session, listing)
    data, form = read_typed(form, kind=listing.kind, stored=stored)
    kept, form = keep_uploads(form, kind=listing.kind, settings=settings)
    if data is None or form.errors:
        return _shown(request, session, listing, actor=actor, form=form, settings=settings, status=422)
    try:
        with session.begin_nested():
            listing = _saved(session, listing, actor=actor, form=form, data=data, kept=kept)
    except Invalid as fault:
        form = told_at(form, fault.fields)
        return _shown(request, session, listing, actor=actor, form=form, settings=settings, status=422)
    except StaleVersion:
        session.refresh(listing)
        # What was typed is kept; saving again lays it over what the other person wrote.
        values = {**form.values, "version": [str(listing.version)]}
        return _shown(
            request,
            session,
            listing,
            actor=actor,
            form=Form(values=values),
            settings=settings,
            problem=_(
                "Người khác vừa sửa mục này. Nội dung bạn gõ vẫn còn dưới đây; bấm lưu lần nữa sẽ thay bản của họ."
            ),
            status=409,
        )
    except Conflict as fault:
        problem = _(fault.detail, **fault.params)
        return _shown(request, session, listing, actor=actor, form=form, settings=settings, problem=problem, status=409)
    return _after_saving(request, session, listing, actor=actor, form=form, settings=settings)


@router.post("/fragments/listings/readiness", name="listing_readiness")
def readiness(request: Request, posted: PostedForm) -> Response:
    """The questions that the chosen readiness level calls for, with what was typed in them."""
    return render(request, readiness_fragment(posted))


@dataclass(frozen=True, kw_only=True)
class OwnerFragment(Page):
    """For whom the listing is theirs, or who reviews: the ways on from the public page. Empty for everybody else."""

    template: ClassVar[str] = "listings/owner.html"

    edit: str
    review: str
    suggestions: str
    ask_matches: str
    overlay: str
    subject: str


@router.get("/fragments/listings/{public_id}/owner", name="listing_owner_fragment")
def owner_fragment(
    request: Request, public_id: str, session: ReadSession, visitor: Visitor, actor: CurrentActor
) -> Response:
    """What only some readers of a public page see, asked for by itself so that the page is the same for everybody."""
    nothing = Response(status_code=204, headers={"Cache-Control": "private, no-store"})
    if visitor is None:
        return nothing
    try:
        listing = queries.find(session, actor=actor, public_id=public_id)
    except NotFound:
        return nothing
    mine = policies.may_edit(actor, listing)
    if not (mine or actor.is_operator):
        return nothing
    page = OwnerFragment(
        title="",
        edit=url("edit_listing", public_id=public_id) if mine else "",
        review=url("review_listing", public_id=public_id) if actor.is_operator else "",
        suggestions=url("listing_suggestions", public_id=public_id) if listing.state in PUBLIC_STATES else "",
        # Of another exchange: named by its origin, not by us.
        overlay=url("overlay", public_id=public_id)
        if actor.is_operator and listing.local_id != listing.public_id
        else "",
        subject=url("subject", public_id=public_id) if actor.is_operator and listing.kind != "need" else "",
        ask_matches=url("ask_several", need=public_id)
        if mine and listing.kind == "need" and listing.state in PUBLIC_STATES and has_route("ask_several")
        else "",
    )
    return render(request, page)


def _only_shown(form: Form) -> bool:
    """Whether a button was pressed that only shows the form again: rows, or the questions of another level."""
    return STAY in form.values or form.row_edit_asked or form.value(DO) == "refresh"


def _own(session: Session, actor: Actor, public_id: str) -> Listing:
    """One's own listing: 404 for what may not be known, 403 for another organisation's."""
    listing = queries.find(session, actor=actor, public_id=public_id)
    policies.require_edit(actor, listing)
    return listing


def _saved(
    session: Session,
    listing: Listing,
    *,
    actor: Actor,
    form: Form,
    data: ListingInput,
    kept: Sequence[KeptFile],
) -> Listing:
    now = clock.now()
    version = form.value("version")
    saved = commands.update(
        session,
        actor=actor,
        public_id=listing.public_id,
        version=int(version) if version.isdecimal() else None,
        data=data,
        now=now,
    )
    present = _files(session, saved)
    apply_files(session, actor=actor, public_id=saved.public_id, form=form, present=present, kept=kept, now=now)
    return saved


def _files(session: Session, listing: Listing) -> Sequence[FileLine]:
    return queries.files_of(session, [listing.id]).get(listing.id, [])


def _after_saving(
    request: Request, session: Session, listing: Listing, *, actor: Actor, form: Form, settings: Settings
) -> Response:
    """Where the pressed button leads. The draft is saved in any case, also when it cannot be submitted yet."""
    here = url("edit_listing", public_id=listing.public_id)
    wanted = form.value(DO)
    if wanted == "preview":
        return RedirectResponse(url("preview_listing", public_id=listing.public_id), status_code=303)
    if wanted == "submit" and listing.state in {"draft", "returned"}:
        try:
            with session.begin_nested():
                commands.submit(
                    session, actor=actor, public_id=listing.public_id, version=listing.version, now=clock.now()
                )
        except Invalid as fault:
            session.refresh(listing)
            shown = told_at(stored_form(session, listing), fault.fields)
            return _shown(request, session, listing, actor=actor, form=shown, settings=settings, saved=True, status=422)
        text = _("Đã gửi duyệt. Bạn sẽ nhận thư khi có kết quả.")
        return redirect(request, url("listing_status", public_id=listing.public_id), text)
    text = _("Đã lưu thay đổi.") if listing.state in PUBLIC_STATES else _("Đã lưu bản nháp.")
    return redirect(request, here, text)


def _page_of_new(form: Form, *, kind: str, visitor: SignedIn, settings: Settings) -> Any:
    return form_page(
        form=form,
        kind=kind,
        settings=settings,
        action=url("begin_listing", kind=kind),
        seats=[(seat.public_id, seat.name) for seat in visitor.seats],
    )


def _shown(
    request: Request,
    session: Session,
    listing: Listing,
    *,
    actor: Actor,
    form: Form,
    settings: Settings,
    status: int = 200,
    **more: Any,
) -> Response:
    if "note" not in more and listing.state == "returned":
        more["note"] = latest_return(session, actor=actor, listing=listing)[0]
    page = form_page(
        form=form,
        kind=listing.kind,
        settings=settings,
        action=url("edit_listing", public_id=listing.public_id),
        listing=listing,
        files=_files(session, listing),
        **more,
    )
    return render(request, page, status_code=status)
