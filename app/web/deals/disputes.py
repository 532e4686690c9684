"""A dispute on the pages: what a side writes into the case, and the deal as whoever works on the case reads it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import clock
from app.dependencies import AppSettings, WriteSession
from app.errors import NotFound
from app.features.deals.disputes import add_statement, deal_in_case, file_in_case
from app.features.deals.documents import documents_of
from app.features.deals.queries import deal_record, plan_of
from app.features.deals.schemas import StatementInput
from app.i18n import _
from app.integrations.storage import store_from
from app.web.auth import SignedInActor
from app.web.deals.papers import Part, parts_of
from app.web.deals.parts import acted, only, side_for, side_or_none
from app.web.enquiries.attachments import download
from app.web.enquiries.parts import key_of
from app.web.flash import redirect
from app.web.forms import PostedForm
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url

router = APIRouter()


@dataclass(frozen=True, kw_only=True)
class CaseDealPage(Page):
    """A deal in dispute, as read in its case. `files` are posted for, since each reading is recorded."""

    template: ClassVar[str] = "deals/in_case.html"

    number: str
    subject: str
    at: datetime
    parts: Sequence[Part]
    files: Sequence[tuple[str, str]]
    back: str


@router.post("/desk/deals/{number}/dispute/statements", name="deal_statement")
def state(request: Request, *, number: str, session: WriteSession, actor: SignedInActor, form: PostedForm) -> Response:
    """One side writes into the case."""
    record = deal_record(session, actor=actor, number=number)
    side = side_for(record, form.value("side"))
    there = url("deal", number=number, side=side_or_none(record, side))
    checked = only(form, "body").check(StatementInput)
    data = checked.data
    if data is None:
        return redirect(request, there, _("Hãy viết điều muốn nói (nhiều nhất 2.000 ký tự)."), "warn")
    return acted(
        request,
        session,
        act=lambda: add_statement(
            session, actor=actor, number=number, side=side, data=data, form_key=key_of(form), now=clock.now()
        ),
        again=lambda _shown: _unreachable(),
        form=form,
        there=there,
        done=_("Đã gửi; bên kia và người theo dõi vụ việc đọc được."),
    )


def _unreachable() -> Page:
    raise NotFound


@router.post("/desk/cases/{public_id}/deal", name="case_deal")
def deal(
    request: Request, *, public_id: str, session: WriteSession, actor: SignedInActor, settings: AppSettings
) -> Response:
    """The deal in dispute; that it was read is recorded."""
    record = deal_in_case(session, actor=actor, public_id=public_id, now=clock.now())
    documents = documents_of(session, record)
    plan = plan_of(session, record)
    files = [(version.file.filename, version.file.public_id) for one in documents for version in one.versions]
    files += [(file.filename, file.public_id) for some in plan.files.values() for file in some]
    number = record.deal.number
    page = CaseDealPage(
        title=_("Thương vụ %(number)s", number=number),
        indexed=False,
        breadcrumbs=(
            Link(_("Vụ việc môi giới"), url("cases")),
            Link(record.deal.listing_title, url("case", public_id=public_id)),
            Link(number, url("case", public_id=public_id)),
        ),
        number=number,
        subject=record.deal.listing_title,
        at=record.deal.updated_at,
        parts=parts_of(record, documents, settings),
        files=[(name, url("case_deal_file", public_id=public_id, file_id=file_id)) for name, file_id in files],
        back=url("case", public_id=public_id),
    )
    return render(request, page)


@router.post("/desk/cases/{public_id}/deal/files/{file_id}", name="case_deal_file")
def file(
    *, public_id: str, file_id: str, session: WriteSession, actor: SignedInActor, settings: AppSettings
) -> Response:
    """One file of it, always as a download; likewise recorded."""
    found = file_in_case(session, actor=actor, public_id=public_id, file_id=file_id, now=clock.now())
    try:
        path = store_from(settings).path("deals", found.storage_key)
    except FileNotFoundError:
        raise NotFound from None
    return download(path, filename=found.filename, media_type=found.media_type)
