"""One's own listings: the list, the state of one with what may be done, and how everybody would see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession
from app.features.listings import policies, queries
from app.features.listings.states import MOVES
from app.features.listings.views import Card
from app.i18n import N_, _, current_locale
from app.identity import Actor
from app.models.listings import PUBLIC_STATES, Listing
from app.web.auth import SignedInActor, SignedInVisitor
from app.web.forms import Form
from app.web.listings.form_page import listing_tabs
from app.web.listings.questions import labels_of
from app.web.listings.stages import WITHDRAWALS, is_editable, move_name, state_badge, steps_of
from app.web.shell import Link
from app.web.storefront.listing_page import page_of
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge
from app.web.views.records import Step, Tab

router = APIRouter()

GROUPS: Mapping[str, tuple[str, ...]] = {
    "drafts": ("draft", "returned"),
    "waiting": ("submitted",),
    "shown": ("published", "due", "stale"),
    "due": ("due", "stale"),
    "closed": ("archived", "withdrawn", "suspended", "transferred"),
}
_GROUP_NAMES = {
    "": N_("Tất cả"),
    "drafts": N_("Đang soạn"),
    "waiting": N_("Chờ duyệt"),
    "shown": N_("Đang đăng"),
    "due": N_("Cần xác nhận"),
    "closed": N_("Đã đóng"),
}


@dataclass(frozen=True)
class ListingRow:
    """One listing in the list; `confirm` is where “still valid” posts to, "" where that is not asked."""

    kind: str
    title: str
    language: str
    href: str
    state: Badge
    organisation: str
    changed_at: datetime
    due_at: datetime | None
    confirm: str


@dataclass(frozen=True, kw_only=True)
class MyListingsPage(Page):
    """The list of one's own, by groups of states."""

    template: ClassVar[str] = "listings/mine.html"

    rows: Sequence[ListingRow]
    tabs: Sequence[Tab]
    group: str
    due: int
    due_href: str
    first: str
    next: str
    new: str
    several: bool


@dataclass(frozen=True)
class HistoryRow:
    """One move, with what the operator asked to mend under the names people know the fields by."""

    move: str
    at: datetime
    who: str
    note: str
    reasons: Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class ListingStatusPage(Page):
    """Where one's own listing stands, what happened to it, and what may be done. `may` holds the allowed moves."""

    template: ClassVar[str] = "listings/status.html"

    public_id: str
    version: int
    kind: str
    state: Badge
    steps: Sequence[Step]
    tabs: Sequence[Tab]
    history: Sequence[HistoryRow]
    may: frozenset[str]
    editable: bool
    public_href: str
    reasons: Sequence[tuple[str, str]]
    form: Form
    problem: str


@router.get("/desk/listings", name="my_listings")
def my_listings(
    request: Request,
    *,
    session: ReadSession,
    visitor: SignedInVisitor,
    actor: SignedInActor,
    show: str = "",
    after: str = "",
) -> Response:
    """Newest change first; an unknown group means all."""
    group = show if show in GROUPS else ""
    found = queries.my_listings(session, actor=actor, states=GROUPS.get(group, ()), after=after)
    counts = queries.my_counts(session, actor=actor)
    due = sum(counts.get(state, 0) for state in GROUPS["due"])
    tabs = [
        Tab(_(name), url("my_listings", show=code), group == code, _count(counts, code) or None)
        for code, name in _GROUP_NAMES.items()
        if code != "due" or due or group == "due"
    ]
    page = MyListingsPage(
        title=_("Tin đăng của tôi"),
        indexed=False,
        rows=[_row(card) for card in found.items],
        tabs=tabs,
        group=group,
        due=due,
        due_href=url("my_listings", show="due"),
        first=url("my_listings", show=group) if after else "",
        next=url("my_listings", show=group, after=found.next) if found.next else "",
        new=url("new_listing"),
        several=len(visitor.seats) > 1,
    )
    return render(request, page)


def _count(counts: Mapping[str, int], group: str) -> int:
    states = GROUPS.get(group)
    return sum(counts.values()) if states is None else sum(counts.get(state, 0) for state in states)


def _row(card: Card) -> ListingRow:
    title, language = card.text("title", current_locale())
    wanted = card.state in GROUPS["due"]
    view = "edit_listing" if is_editable(card.state) else "listing_status"
    return ListingRow(
        kind=card.kind,
        title=title or _("(chưa có tên)"),
        language=language,
        href=url(view, public_id=card.public_id),
        state=state_badge(card.state),
        organisation=card.organisation.title(current_locale()) if card.organisation else "",
        changed_at=card.updated_at,
        due_at=card.confirm_due_at if card.state in PUBLIC_STATES else None,
        confirm=url("confirm_listing", public_id=card.public_id) if wanted else "",
    )


@router.get("/desk/listings/{public_id}/status", name="listing_status")
def status(request: Request, public_id: str, session: ReadSession, actor: SignedInActor) -> Response:
    """State, history and moves."""
    listing = queries.find(session, actor=actor, public_id=public_id)
    policies.require_edit(actor, listing)
    return render(request, status_page(session, actor, listing))


def status_page(
    session: Session, actor: Actor, listing: Listing, *, form: Form | None = None, problem: str = ""
) -> ListingStatusPage:
    """The page of one's own listing; `form` and `problem` say what was wrong with a withdrawal."""
    labels = labels_of(listing.kind)
    past = queries.history(session, actor=actor, listing=listing)
    title = listing.title or _("(chưa có tên)")
    return ListingStatusPage(
        title=title,
        indexed=False,
        breadcrumbs=(
            Link(_("Tin đăng của tôi"), url("my_listings")),
            Link(title, url("listing_status", public_id=listing.public_id)),
        ),
        public_id=listing.public_id,
        version=listing.version,
        kind=listing.kind,
        state=state_badge(listing.state),
        steps=steps_of(listing),
        tabs=listing_tabs(listing, "status"),
        history=[
            HistoryRow(
                move=move_name(one.move),
                at=one.at,
                who=one.actor_name or "",
                note=one.note,
                reasons=[(_(labels[path]) if path in labels else path, reason) for path, reason in one.reasons.items()],
            )
            for one in reversed(past)
        ],
        may=frozenset(move for move, allowed in MOVES.items() if listing.state in allowed.sources),
        editable=is_editable(listing.state),
        public_href=url("listing", slug=listing.slug or "tin", public_id=listing.public_id)
        if listing.state in PUBLIC_STATES
        else "",
        reasons=[(code, _(text)) for code, text in WITHDRAWALS.items() if code != "solved" or listing.kind == "need"],
        form=form or Form(),
        problem=problem,
    )


@router.get("/desk/listings/{public_id}/preview", name="preview_listing")
def preview(
    request: Request, public_id: str, session: ReadSession, actor: SignedInActor, settings: AppSettings
) -> Response:
    """The listing as everybody would see it; for its own people and the operator."""
    listing = queries.find(session, actor=actor, public_id=public_id)
    if not actor.is_operator:
        policies.require_edit(actor, listing)
    row = queries.preview(session, actor=actor, public_id=public_id)
    mine = policies.may_edit(actor, listing)
    view = "review_listing" if not mine else "edit_listing" if is_editable(listing.state) else "listing_status"
    shown = page_of(request, session, row, settings, now=clock.now())
    return render(
        request,
        replace(
            shown,
            indexed=False,
            json_ld=(),
            ask="",
            owner_fragment="",
            ask_nda="",
            nda_fragment="",
            similar="",
            similar_fragment="",
            back=url(view, public_id=public_id),
        ),
    )
