"""Files on their way in and out: looked into before they are kept, handed to the two parties only."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends
from starlette.responses import FileResponse, Response

from app.dependencies import AppSettings, ReadSession
from app.errors import NotFound
from app.features.enquiries.queries import readable_file
from app.features.enquiries.records import AttachedFile
from app.i18n.formats import format_file_size
from app.integrations.storage import Area, Document, FileRefused, read_attachment, store_from
from app.models import EnquiryFile
from app.settings import Settings
from app.web.auth import SignedInActor
from app.web.forms import Form, form_reader
from app.web.urls import url
from app.web.views.records import FileItem

router = APIRouter()

MOST_FILES = 5
ACCEPT = ".pdf,.docx,.xlsx,.pptx,.csv,.txt,.jpg,.jpeg,.png,.webp"

FormWithFiles = Annotated[Form, Depends(form_reader(max_bytes=105_000_000, max_files=2 * MOST_FILES))]
"""A posted form that may bring files."""


def hint(settings: Settings) -> tuple[int, str]:
    """How many files, and how large each may be, in words."""
    return MOST_FILES, format_file_size(settings.upload_limit_mib * 2**20)


def read_files(form: Form, path: str, settings: Settings) -> tuple[list[Document], Form]:
    """The files sent at `path`, checked by what they hold; none, and the form with a message, if one is not taken."""
    uploads, form = form.check_files(path, most=MOST_FILES, max_bytes=settings.upload_limit_mib * 2**20)
    documents: list[Document] = []
    for upload in uploads:
        try:
            documents.append(read_attachment(upload.file.read(), name=upload.filename or ""))
        except FileRefused as refusal:
            return [], form.with_errors({path: str(refusal)})
    return documents, form


@contextmanager
def kept(documents: Sequence[Document], settings: Settings, area: Area = "enquiries") -> Iterator[list[AttachedFile]]:
    """The documents in the store, for the command inside the block; taken out again when the command refuses.

    Should the commit fail later, the sweep of unknown files finds them.
    """
    store = store_from(settings)
    files: list[AttachedFile] = []
    try:
        for one in documents:
            files.append(  # noqa: PERF401 - what was stored before a fault must be known to be taken out
                AttachedFile(
                    filename=one.filename,
                    media_type=one.media_type,
                    size=len(one.data),
                    sha256=hashlib.sha256(one.data).hexdigest(),
                    storage_key=store.put(area, one.data, ending=one.ending),
                )
            )
        yield files
    except BaseException:
        for file in files:
            store.delete(area, file.storage_key)
        raise


def file_items(number: str, files: Sequence[EnquiryFile]) -> list[FileItem]:
    """Files as lists show them."""
    return [
        FileItem(name=one.filename, href=url("enquiry_file", number=number, public_id=one.public_id), size=one.size)
        for one in files
    ]


@router.get("/desk/enquiries/{number}/files/{public_id}", name="enquiry_file")
def file(*, number: str, public_id: str, session: ReadSession, actor: SignedInActor, settings: AppSettings) -> Response:
    """One file, always as a download: what a party sent never runs in the other's browser."""
    found = readable_file(session, actor=actor, number=number, public_id=public_id)
    try:
        path = store_from(settings).path("enquiries", found.storage_key)
    except FileNotFoundError:
        raise NotFound from None
    return download(path, filename=found.filename, media_type=found.media_type)


def download(path: Path, *, filename: str, media_type: str) -> FileResponse:
    """A file that is saved and never shown, kept by nobody on the way."""
    return FileResponse(
        path,
        media_type=media_type,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(filename)}",
            "Cache-Control": "private, no-store",
            "Content-Security-Policy": "sandbox; default-src 'none'",
        },
    )
