"""Moves of one's own listing, each by one press. A move that no longer fits says so on the page of its state."""

from collections.abc import Callable

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, WriteSession
from app.errors import Conflict, Invalid
from app.features.listings import commands, queries
from app.i18n import _
from app.i18n.formats import format_number
from app.web.auth import SignedInActor
from app.web.flash import redirect
from app.web.forms import PostedForm
from app.web.listings.desk import GROUPS, status_page
from app.web.templating import render
from app.web.urls import url

router = APIRouter()


def _moved(request: Request, public_id: str, act: Callable[[], object], *, to: str, text: str) -> Response:
    """Do it and go on to the page `to`; if its state does not allow it any more, say so on the page of its state."""
    try:
        act()
    except Conflict as fault:
        said = _(fault.detail or fault.title, **fault.params)
        return redirect(request, url("listing_status", public_id=public_id), said, "warn")
    return redirect(request, url(to, public_id=public_id), text)


@router.post("/desk/listings/{public_id}/confirm", name="confirm_listing")
def confirm(
    request: Request, public_id: str, session: WriteSession, actor: SignedInActor, settings: AppSettings
) -> Response:
    """“Still valid”; back to where the next one waits."""
    try:
        commands.confirm(session, actor=actor, public_id=public_id, settings=settings, now=clock.now())
    except Conflict as fault:
        said = _(fault.detail or fault.title, **fault.params)
        return redirect(request, url("listing_status", public_id=public_id), said, "warn")
    counts = queries.my_counts(session, actor=actor)
    left = sum(counts.get(state, 0) for state in GROUPS["due"])
    text = _("Đã xác nhận: nội dung vẫn còn đúng.")
    if left:
        text = _("Đã xác nhận. Còn %(count)s mục cần xác nhận.", count=format_number(left))
    return redirect(request, url("my_listings", show="due" if left else None), text)


@router.post("/desk/listings/{public_id}/recall", name="recall_listing")
def recall(request: Request, public_id: str, session: WriteSession, actor: SignedInActor) -> Response:
    """Back to draft, to go on writing."""
    return _moved(
        request,
        public_id,
        lambda: commands.recall(session, actor=actor, public_id=public_id, now=clock.now()),
        to="edit_listing",
        text=_("Đã rút lại bản gửi duyệt."),
    )


@router.post("/desk/listings/{public_id}/archive", name="archive_listing")
def archive(request: Request, public_id: str, session: WriteSession, actor: SignedInActor) -> Response:
    """Put away; it can be opened again."""
    return _moved(
        request,
        public_id,
        lambda: commands.archive(session, actor=actor, public_id=public_id, now=clock.now()),
        to="listing_status",
        text=_("Đã đưa vào lưu trữ."),
    )


@router.post("/desk/listings/{public_id}/reopen", name="reopen_listing")
def reopen(request: Request, public_id: str, session: WriteSession, actor: SignedInActor) -> Response:
    """A draft again."""
    return _moved(
        request,
        public_id,
        lambda: commands.reopen(session, actor=actor, public_id=public_id, now=clock.now()),
        to="edit_listing",
        text=_("Đã mở lại thành bản nháp."),
    )


@router.post("/desk/listings/{public_id}/withdraw", name="withdraw_listing")
def withdraw(
    request: Request, *, public_id: str, session: WriteSession, actor: SignedInActor, posted: PostedForm
) -> Response:
    """Take it off, with the reason; the page asks once more before it comes here."""
    listing = queries.find(session, actor=actor, public_id=public_id)

    def act() -> None:
        with session.begin_nested():
            commands.withdraw(
                session,
                actor=actor,
                public_id=public_id,
                reason=posted.value("reason"),
                note=posted.value("note"),
                now=clock.now(),
            )

    try:
        return _moved(request, public_id, act, to="listing_status", text=_("Đã rút khỏi sàn."))
    except Invalid as fault:
        form = posted.with_errors({path: _(message) for path, message in fault.fields.items()})
        page = status_page(session, actor, listing, form=form, problem=_("Chưa rút được: hãy xem lại lý do."))
        return render(request, page, status_code=422)
