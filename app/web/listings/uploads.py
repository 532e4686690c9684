"""Pictures and documents that come with the form: checked, stored, and put on the listing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import Depends
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile

from app.errors import Invalid, NotFound
from app.features.listings.files import KeptFile, add_file, caption_file, keep_document, keep_picture, remove_file
from app.features.listings.views import FileLine
from app.identity import Actor
from app.integrations.storage import store_from
from app.integrations.storage.documents import ENDINGS
from app.settings import Settings
from app.web.forms import Form, form_reader
from app.web.listings.typed import told_at

MOST_AT_ONCE = 8

FormWithFiles = Annotated[Form, Depends(form_reader(max_bytes=180_000_000, max_files=2 * MOST_AT_ONCE))]
"""A posted form that may bring pictures and documents."""


def keep_uploads(form: Form, *, kind: str, settings: Settings) -> tuple[list[KeptFile], Form]:
    """The files that came with the form, checked by content and stored.

    Returns none, and the form with a message at "picture" or "document", when one of them is not taken.
    """
    most = settings.upload_limit_mib * 2**20
    pictures, form = form.check_files("picture", most=MOST_AT_ONCE, max_bytes=most)
    documents, form = form.check_files("document", most=MOST_AT_ONCE, max_bytes=most, endings=ENDINGS)
    if form.error("picture") or form.error("document"):
        return [], form
    store = store_from(settings)
    kept: list[KeptFile] = []
    try:
        for upload in pictures:
            kept.append(keep_picture(store, _bytes(upload), filename=upload.filename or ""))  # noqa: PERF401
        for upload in documents:
            # Whose need it is must not be told by a document's properties, now or when it becomes anonymous.
            strip = kind == "need"
            kept.append(keep_document(store, _bytes(upload), filename=upload.filename or "", strip=strip))
    except Invalid as fault:
        return [], told_at(form, fault.fields)
    return kept, form


def _bytes(upload: UploadFile) -> bytes:
    upload.file.seek(0)
    return upload.file.read()


def apply_files(
    session: Session,
    *,
    actor: Actor,
    public_id: str,
    form: Form,
    present: Sequence[FileLine],
    kept: Sequence[KeptFile],
    now: datetime,
) -> None:
    """Captions, removals and new files as the form says.

    Raises:
        Invalid: too many files, or one that gives an anonymous need's organisation away.
    """
    for one in present:
        path = f"files.{one.public_id}"
        try:
            if form.value(f"{path}.remove") == "true":
                remove_file(session, actor=actor, public_id=public_id, file_id=one.public_id, now=now)
            elif f"{path}.caption" in form.values and form.value(f"{path}.caption") != one.caption:
                caption_file(
                    session,
                    actor=actor,
                    public_id=public_id,
                    file_id=one.public_id,
                    caption=form.value(f"{path}.caption"),
                    now=now,
                )
        except NotFound:
            continue  # somebody else took it off meanwhile
        except Invalid as fault:
            raise Invalid({f"{path}.{name}": message for name, message in fault.fields.items()}) from fault
    for one_kept in kept:
        add_file(session, actor=actor, public_id=public_id, kept=one_kept, now=now)
