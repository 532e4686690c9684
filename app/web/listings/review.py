"""The operator's review: the queues, and one listing field by field with room for what is to be mended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from fastapi import APIRouter
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.errors import Conflict, Invalid, StaleVersion, TechmartError
from app.features.listings import queries
from app.features.listings.views import Card, Detail
from app.features.moderation import audit, commands
from app.features.moderation.queries import QUEUES, queue_counts, review_queue
from app.i18n import N_, _, current_locale
from app.identity import Actor
from app.models.listings import PUBLIC_STATES, Listing
from app.web.auth import OperatorActor
from app.web.flash import redirect
from app.web.forms import Form, PostedForm
from app.web.listings.answers import Answer, answers_of
from app.web.listings.questions import labels_of
from app.web.listings.stages import move_name, state_badge
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.basics import Badge
from app.web.views.records import FileItem, Tab

router = APIRouter()

_QUEUE_NAMES = {
    "submitted": N_("Chờ duyệt"),
    "recheck": N_("Sửa sau khi đăng"),
    "suspended": N_("Đang tạm ngưng"),
}
REASONS = "reasons."


@dataclass(frozen=True)
class QueueRow:
    """One listing that waits; `since` is how long."""

    kind: str
    title: str
    language: str
    href: str
    organisation: str
    verified: bool
    since: datetime | None


@dataclass(frozen=True, kw_only=True)
class ReviewQueuePage(Page):
    """One queue with its pages."""

    template: ClassVar[str] = "review/queue.html"

    tabs: Sequence[Tab]
    rows: Sequence[QueueRow]
    first: str
    next: str


@dataclass(frozen=True)
class PastLine:
    """A line of history or audit."""

    text: str
    who: str
    at: datetime
    note: str


@dataclass(frozen=True, kw_only=True)
class ReviewPage(Page):
    """One listing before the operator: every answer with a box beside it for what is to be mended."""

    template: ClassVar[str] = "review/listing.html"

    public_id: str
    version: int
    kind: str
    state: Badge
    state_code: str
    anonymous: bool
    organisation: str
    organisation_href: str
    verified: bool
    answers: Sequence[Answer]
    files: Sequence[FileItem]
    form: Form
    labels: Mapping[str, str]
    problem: str
    waits: bool
    rechecked: bool
    suspendable: bool
    suspended: bool
    past: Sequence[PastLine]
    preview: str


@router.get("/review", name="review")
def queue(request: Request, *, session: ReadSession, actor: OperatorActor, show: str = "", after: str = "") -> Response:
    """What has waited longest comes first."""
    name = show if show in QUEUES else "submitted"
    found = review_queue(session, actor=actor, queue=name, after=after)
    counts = queue_counts(session, actor=actor)
    page = ReviewQueuePage(
        title=_("Duyệt tin đăng"),
        indexed=False,
        tabs=[
            Tab(_(label), url("review", show=code if code != "submitted" else None), name == code, counts[code] or None)
            for code, label in _QUEUE_NAMES.items()
        ],
        rows=[_queue_row(card, name) for card in found.items],
        first=url("review", show=name) if after else "",
        next=url("review", show=name, after=found.next) if found.next else "",
    )
    return render(request, page)


def _queue_row(card: Card, queue_name: str) -> QueueRow:
    title, language = card.text("title", current_locale())
    return QueueRow(
        kind=card.kind,
        title=title or _("(chưa có tên)"),
        language=language,
        href=url("review_listing", public_id=card.public_id),
        organisation=card.organisation.title(current_locale()) if card.organisation else "",
        verified=card.organisation is not None and card.organisation.verified_at is not None,
        since=card.submitted_at if queue_name == "submitted" else card.updated_at,
    )


@router.get("/review/{public_id}", name="review_listing")
def review(request: Request, public_id: str, session: ReadSession, actor: OperatorActor) -> Response:
    """One listing, in any state."""
    listing = queries.find(session, actor=actor, public_id=public_id)
    return render(request, _page(session, actor, listing, form=Form()))


@router.post("/review/{public_id}/approve", name="approve_listing")
def approve(
    request: Request,
    *,
    public_id: str,
    session: WriteSession,
    actor: OperatorActor,
    posted: PostedForm,
    settings: AppSettings,
) -> Response:
    """Publish it as it was looked at."""
    listing = queries.find(session, actor=actor, public_id=public_id)
    try:
        with session.begin_nested():
            commands.approve(
                session,
                actor=actor,
                public_id=public_id,
                version=_version(posted),
                settings=settings,
                now=clock.now(),
                note=posted.value("note"),
            )
    except (Invalid, Conflict, StaleVersion) as fault:
        return _refused(request, session, listing, actor=actor, posted=posted, fault=fault)
    return redirect(request, url("review"), _("Đã duyệt và đăng “%(title)s”.", title=listing.title))


@router.post("/review/{public_id}/return", name="return_listing")
def return_for_changes(
    request: Request, *, public_id: str, session: WriteSession, actor: OperatorActor, posted: PostedForm
) -> Response:
    """Give it back with what is to be mended, field by field."""
    listing = queries.find(session, actor=actor, public_id=public_id)
    reasons = {
        path.removeprefix(REASONS): typed[-1]
        for path, typed in posted.values.items()
        if path.startswith(REASONS) and typed and typed[-1].strip()
    }
    try:
        with session.begin_nested():
            commands.return_for_changes(
                session,
                actor=actor,
                public_id=public_id,
                version=_version(posted),
                reasons=reasons,
                note=posted.value("note"),
                now=clock.now(),
            )
    except (Invalid, Conflict, StaleVersion) as fault:
        return _refused(request, session, listing, actor=actor, posted=posted, fault=fault)
    return redirect(request, url("review"), _("Đã trả lại “%(title)s” để sửa.", title=listing.title))


@router.post("/review/{public_id}/checked", name="checked_listing")
def checked(
    request: Request, *, public_id: str, session: WriteSession, actor: OperatorActor, posted: PostedForm
) -> Response:
    """The change was looked at and is all right."""
    listing = queries.find(session, actor=actor, public_id=public_id)
    try:
        with session.begin_nested():
            commands.mark_checked(
                session, actor=actor, public_id=public_id, version=_version(posted) or 0, now=clock.now()
            )
    except (Conflict, StaleVersion) as fault:
        return _refused(request, session, listing, actor=actor, posted=posted, fault=fault)
    return redirect(request, url("review", show="recheck"), _("Đã xem lại thay đổi."))


@router.post("/review/{public_id}/suspend", name="suspend_listing")
def suspend(
    request: Request, *, public_id: str, session: WriteSession, actor: OperatorActor, posted: PostedForm
) -> Response:
    """Take it off until it is cleared up."""
    listing = queries.find(session, actor=actor, public_id=public_id)
    try:
        with session.begin_nested():
            commands.suspend(session, actor=actor, public_id=public_id, note=posted.value("note"), now=clock.now())
    except (Invalid, Conflict) as fault:
        return _refused(request, session, listing, actor=actor, posted=posted, fault=fault)
    return redirect(request, url("review_listing", public_id=public_id), _("Đã tạm ngưng hiển thị."))


@router.post("/review/{public_id}/reinstate", name="reinstate_listing")
def reinstate(
    request: Request, *, public_id: str, session: WriteSession, actor: OperatorActor, posted: PostedForm
) -> Response:
    """Show it again."""
    listing = queries.find(session, actor=actor, public_id=public_id)
    try:
        with session.begin_nested():
            commands.reinstate(session, actor=actor, public_id=public_id, note=posted.value("note"), now=clock.now())
    except (Invalid, Conflict) as fault:
        return _refused(request, session, listing, actor=actor, posted=posted, fault=fault)
    return redirect(request, url("review_listing", public_id=public_id), _("Đã cho hiển thị trở lại."))


def _version(posted: Form) -> int | None:
    typed = posted.value("version")
    return int(typed) if typed.isdecimal() else None


def _refused(
    request: Request, session: Session, listing: Listing, *, actor: Actor, posted: Form, fault: TechmartError
) -> Response:
    """The page again with what was typed, the reason, and the listing as it is now."""
    session.refresh(listing)
    form, problem = posted, _(fault.detail or fault.title, **fault.params)
    if isinstance(fault, Invalid):
        known = {f"{REASONS}{path}" if f"{REASONS}{path}" in posted.values else path: _(message)
                 for path, message in fault.fields.items()}  # fmt: skip
        form, problem = posted.with_errors(known), _("Chưa làm được: hãy xem các chỗ được đánh dấu.")
    elif isinstance(fault, StaleVersion):
        problem = _("Mục này vừa được sửa: hãy xem bản mới dưới đây rồi quyết định lại.")
    return render(request, _page(session, actor, listing, form=form, problem=problem), status_code=fault.status)


def _page(session: Session, actor: Actor, listing: Listing, *, form: Form, problem: str = "") -> ReviewPage:
    row: Detail = queries.detail(session, actor=actor, public_id=listing.public_id)
    title, _language = row.text("title", "vi")
    one = row.organisation
    moves = [
        PastLine(move_name(line.move), line.actor_name or "", line.at, line.note)
        for line in queries.history(session, actor=actor, listing=listing)
    ]
    acts = [
        # Moves stand in the history already; what is no move is told by the audit alone.
        PastLine(_("Xem lại thay đổi"), name or "", entry.at, "")
        for entry, name in audit.entries_of(session, actor=actor, entity="listing", entity_id=listing.id)
        if entry.action == "checked"
    ]
    labels = {path: _(text) for path, text in labels_of(row.kind).items()}
    return ReviewPage(
        title=title or _("(chưa có tên)"),
        indexed=False,
        breadcrumbs=(
            Link(_("Duyệt tin đăng"), url("review")),
            Link(title or _("(chưa có tên)"), url("review_listing", public_id=row.public_id)),
        ),
        public_id=row.public_id,
        version=row.version,
        kind=row.kind,
        state=state_badge(row.state),
        state_code=row.state,
        anonymous=row.visibility == "anonymous",
        organisation=one.title(current_locale()) if one else "",
        organisation_href=url("organisation", slug=one.slug, public_id=one.public_id) if one else "",
        verified=one is not None and one.verified_at is not None,
        answers=answers_of(row),
        files=[
            FileItem(name=file.caption or file.filename, href=file.path(form="jpg"), size=file.size)
            for file in (*row.pictures, *row.documents)
        ],
        form=form,
        labels={**labels, **{f"{REASONS}{path}": text for path, text in labels.items()}},
        problem=problem,
        waits=row.state == "submitted",
        rechecked=listing.recheck_since is not None and row.state in PUBLIC_STATES,
        suspendable=row.state in PUBLIC_STATES,
        suspended=row.state == "suspended",
        past=sorted([*moves, *acts], key=lambda line: line.at, reverse=True),
        preview=url("preview_listing", public_id=row.public_id),
    )
