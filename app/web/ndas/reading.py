"""Reading what is open. Every reading is an act of its own (a post), so that nothing is read, or counted, by passing.

The gate (app/features/ndas/gate.py) decides and records inside the transaction; the mark is put on after it ended, as
the answer is made, so that no lock waits for it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.errors import Conflict, NotFound
from app.features.ndas.gate import read_file, read_text
from app.i18n import N_, _, use_locale
from app.i18n.formats import format_datetime
from app.integrations.paper import MARKABLE, CannotMark, mark_file
from app.integrations.storage import store_from
from app.web.auth import SignedInActor
from app.web.listings.files import disposition
from app.web.ndas.evidence import evidence
from app.web.ndas.parts import breadcrumbs
from app.web.ndas.record import record_for
from app.web.shell import Link
from app.web.templating import Page, render
from app.web.urls import url

router = APIRouter()

UNMARKED = N_("Tệp này không đóng dấu được nên không được đưa ra. Hãy nhờ bên tiết lộ gửi bản khác.")


class MadeWhenSent(Response):
    """An answer whose bytes are made in a thread after the endpoint's transaction ended."""

    def __init__(self, make: Callable[[], bytes], *, media_type: str, headers: dict[str, str]) -> None:
        super().__init__(media_type=media_type, headers=headers)
        self.make = make

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.body = await run_in_threadpool(self.make)
        self.headers["content-length"] = str(len(self.body))
        await super().__call__(scope, receive, send)


@dataclass(frozen=True, kw_only=True)
class ReadingPage(Page):
    """The confidential text, marked with who reads and when."""

    template: ClassVar[str] = "ndas/reading.html"

    number: str
    back: str
    listing_title: str
    language: str
    text: str
    reader: str
    organisation: str
    at: datetime


@router.post("/desk/ndas/{number}/read", name="nda_read")
def read(request: Request, *, number: str, session: WriteSession, actor: SignedInActor) -> Response:
    """The confidential text; that it was read is recorded."""
    now = clock.now()
    opened = read_text(session, actor=actor, number=number, now=now)
    record = record_for(session, actor=actor, number=number)
    page = ReadingPage(
        title=_("Nội dung bảo mật"),
        indexed=False,
        breadcrumbs=breadcrumbs(record, Link(_("Nội dung bảo mật"), url("nda", number=number))),
        number=number,
        back=url("nda", number=number),
        listing_title=record.nda.listing_title,
        language=record.listing.language,
        text=opened.text,
        reader=opened.reader_name,
        organisation=opened.nda.recipient_name,
        at=now,
    )
    return render(request, page)


@router.post("/desk/ndas/{number}/files/{file_id}", name="nda_file")
def file(*, number: str, file_id: str, session: WriteSession, actor: SignedInActor, settings: AppSettings) -> Response:
    """One file, always as a download; PDF files and pictures carry the reader's name and the time."""
    now = clock.now()
    opened = read_file(session, actor=actor, number=number, file_id=file_id, now=now)
    try:
        path = store_from(settings).path("confidential", opened.file.storage_key)
    except FileNotFoundError:
        raise NotFound from None
    lines = (opened.reader_name, opened.nda.recipient_name, number, format_datetime(now))
    media_type = opened.file.media_type

    def make() -> bytes:
        data = path.read_bytes()
        if media_type not in MARKABLE:
            return data
        try:
            return mark_file(data, media_type=media_type, lines=lines)
        except CannotMark:
            raise Conflict(UNMARKED) from None

    return MadeWhenSent(make, media_type=media_type, headers=saved(opened.file.filename))


@router.get("/desk/ndas/{number}/text", name="nda_text")
def text(*, number: str, session: ReadSession, actor: SignedInActor) -> Response:
    """The exact text as a file: its SHA-256 is the one that was signed."""
    nda = record_for(session, actor=actor, number=number).nda
    if nda.text is None:
        raise NotFound
    return Response(nda.text.encode(), media_type="text/markdown; charset=utf-8", headers=saved(f"{number}.md"))


@router.get("/desk/ndas/{number}/evidence", name="nda_evidence")
def evidence_file(*, number: str, session: ReadSession, actor: SignedInActor, settings: AppSettings) -> Response:
    """The evidence as PDF: text, hash, signatures, history."""
    record = record_for(session, actor=actor, number=number)
    if record.nda.text is None:
        raise NotFound
    locale = actor.locale

    def make() -> bytes:
        with use_locale(locale):
            return evidence(record, exchange=settings.site_name, authority=settings.authority)

    return MadeWhenSent(make, media_type="application/pdf", headers=saved(f"{number}.pdf"))


def saved(filename: str) -> dict[str, str]:
    """Headers of a file that is saved and never shown, kept by nobody on the way."""
    return {
        "Content-Disposition": disposition(filename),
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
