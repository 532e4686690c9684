"""The confidential part of one's own listing, on a page of its own, apart from what everybody sees."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.errors import Invalid
from app.features.listings import confidential, policies, queries
from app.i18n import _
from app.i18n.formats import format_file_size
from app.identity import Actor
from app.integrations.storage import store_from
from app.models.listings import Listing
from app.settings import Settings
from app.web.auth import SignedInActor
from app.web.flash import redirect
from app.web.forms import Form, form_reader
from app.web.listings.form_page import listing_tabs
from app.web.listings.typed import told_at
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url
from app.web.views.records import Tab

router = APIRouter()

MOST_AT_ONCE = 5
TAKEN = ".pdf,.docx,.xlsx,.pptx,.csv,.txt,.jpg,.jpeg,.png,.webp"

ConfidentialForm = Annotated[Form, Depends(form_reader(max_bytes=110_000_000, max_files=2 * MOST_AT_ONCE))]


@dataclass(frozen=True)
class ConfidentialRow:
    """A confidential file, where it is read, and the field that takes it off."""

    name: str
    href: str
    size: int
    remove: str


@dataclass(frozen=True, kw_only=True)
class ConfidentialPage(Page):
    """Text and files that only the listing's own people read."""

    template: ClassVar[str] = "listings/confidential.html"

    form: Form
    action: str
    files: Sequence[ConfidentialRow]
    tabs: Sequence[Tab]
    taken: str
    most: str
    size: str


def _page(
    session: Session, listing: Listing, *, actor: Actor, settings: Settings, form: Form | None
) -> ConfidentialPage:
    part = queries.confidential(session, actor=actor, listing=listing)
    title = listing.title or _("(chưa có tên)")
    here = url("confidential", public_id=listing.public_id)
    return ConfidentialPage(
        title=_("Phần bảo mật"),
        indexed=False,
        breadcrumbs=(
            Link(_("Tin đăng của tôi"), url("my_listings")),
            Link(title, url("listing_status", public_id=listing.public_id)),
            Link(_("Phần bảo mật"), here),
        ),
        form=form or Form(values={"confidential": [part.text]}),
        action=here,
        files=[
            ConfidentialRow(
                name=one.filename,
                href=f"/files/confidential/{one.public_id}",
                size=one.size,
                remove=f"remove.{one.public_id}",
            )
            for one in part.files
        ],
        tabs=listing_tabs(listing, "confidential"),
        taken=TAKEN,
        most=str(MOST_AT_ONCE),
        size=format_file_size(settings.upload_limit_mib * 2**20),
    )


@router.get("/desk/listings/{public_id}/confidential", name="confidential")
def show(
    request: Request, public_id: str, session: ReadSession, actor: SignedInActor, settings: AppSettings
) -> Response:
    """For the listing's own people; never kept by any cache."""
    listing = queries.find(session, actor=actor, public_id=public_id)
    policies.require_edit(actor, listing)
    return render(request, _page(session, listing, actor=actor, settings=settings, form=None))


@router.post("/desk/listings/{public_id}/confidential")
def save(
    request: Request,
    *,
    public_id: str,
    session: WriteSession,
    actor: SignedInActor,
    form: ConfidentialForm,
    settings: AppSettings,
) -> Response:
    """Text, new files and removals at once; what is refused comes back with what was typed."""
    listing = queries.find(session, actor=actor, public_id=public_id)
    policies.require_edit(actor, listing)
    uploads, form = form.check_files(
        "confidential_file", most=MOST_AT_ONCE, max_bytes=settings.upload_limit_mib * 2**20
    )
    now = clock.now()
    try:
        if form.errors:
            raise Invalid(form.errors)
        store = store_from(settings)
        kept = [confidential.keep_file(store, one.file.read(), filename=one.filename or "") for one in uploads]
        with session.begin_nested():
            text = form.value("confidential")
            confidential.set_text(session, actor=actor, public_id=public_id, text=text, now=now)
            for path in form.values:
                if path.startswith("remove."):
                    file_id = path.removeprefix("remove.")
                    confidential.remove_file(session, actor=actor, public_id=public_id, file_id=file_id, now=now)
            for one in kept:
                confidential.add_file(session, actor=actor, public_id=public_id, kept=one, now=now)
    except Invalid as fault:
        page = _page(session, listing, actor=actor, settings=settings, form=told_at(form, fault.fields))
        return render(request, page, status_code=422)
    return redirect(request, url("confidential", public_id=public_id), _("Đã lưu phần bảo mật."))
