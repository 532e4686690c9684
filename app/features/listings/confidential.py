"""The confidential part of a listing: its own table, its own folder, its own organisation only.

Others read it through one gate, under a non-disclosure agreement: app/features/ndas/gate.py.

The journal says that it changed, never what it says. No query of lists, search, feeds, API or exports comes here.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import journal
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.features.listings import policies
from app.features.listings.commands import own_listing
from app.features.listings.files import KeptFile, kept_document
from app.i18n import N_, _
from app.identity import Actor
from app.integrations.storage import FileRefused, FileStore, read_attachment
from app.models.listings import Listing, ListingConfidential, ListingConfidentialFile
from app.text import tidy

MOST_FILES: Final = 20
_LONGEST_TEXT: Final = 60_000


def keep_file(store: FileStore, data: bytes, *, filename: str) -> KeptFile:
    """Check a document or picture for the confidential part and store it apart from everything public.

    Raises:
        Invalid: at "confidential_file", why it is not taken.
    """
    try:
        document = read_attachment(data, name=filename)
    except FileRefused as fault:
        raise Invalid({"confidential_file": str(fault)}) from fault
    return kept_document(store.put("confidential", document.data, ending=document.ending), document)


def set_text(session: Session, *, actor: Actor, public_id: str, text: str, now: datetime) -> None:
    """Write the confidential text (Markdown). The journal says that it changed, never what it says.

    Raises:
        Forbidden: for anybody but the listing's own people in a browser.
    """
    listing = _own(session, actor=actor, public_id=public_id)
    text = tidy(text)
    if len(text) > _LONGEST_TEXT:
        raise Invalid({"confidential": _("Không quá %(max_length)s ký tự.", max_length=_LONGEST_TEXT)})
    part = session.get(ListingConfidential, listing.id)
    if part is None:
        if not text:
            return
        part = ListingConfidential(listing_id=listing.id)
        session.add(part)
    elif part.text == text:
        return
    part.text, part.updated_at, part.updated_by_id = text, now, actor.person_id
    _note(session, listing, actor=actor, now=now)


def add_file(
    session: Session, *, actor: Actor, public_id: str, kept: KeptFile, now: datetime
) -> ListingConfidentialFile:
    """Put a stored file into the confidential part."""
    listing = _own(session, actor=actor, public_id=public_id)
    count = session.scalar(
        select(func.count()).where(
            ListingConfidentialFile.listing_id == listing.id, ListingConfidentialFile.removed_at.is_(None)
        )
    )
    if (count or 0) >= MOST_FILES:
        message = _("Đã đủ %(most)s tệp: hãy bỏ bớt trước khi thêm", most=MOST_FILES)
        raise Invalid({"confidential_file": message})
    made = ListingConfidentialFile(
        listing_id=listing.id,
        filename=kept.filename,
        media_type=kept.media_type,
        size=kept.size,
        sha256=kept.sha256,
        storage_key=kept.storage_key,
        created_at=now,
    )
    session.add(made)
    _note(session, listing, actor=actor, now=now)
    return made


def remove_file(session: Session, *, actor: Actor, public_id: str, file_id: str, now: datetime) -> None:
    """Take a file out of the confidential part."""
    listing = _own(session, actor=actor, public_id=public_id)
    found = _file(session, listing.id, file_id)
    found.removed_at = now
    _note(session, listing, actor=actor, now=now)


def file(session: Session, *, actor: Actor, file_id: str) -> ListingConfidentialFile:
    """A confidential file, for somebody its listing's policy opens it to.

    Raises:
        NotFound: for everybody else: that it exists is nobody's business.
    """
    row = session.execute(
        policies.visible_to(actor)
        .join(ListingConfidentialFile, ListingConfidentialFile.listing_id == Listing.id)
        .where(ListingConfidentialFile.public_id == file_id, ListingConfidentialFile.removed_at.is_(None))
        .with_only_columns(ListingConfidentialFile, Listing)
    ).one_or_none()
    if row is None or not policies.may_read_confidential(actor, row.Listing):
        raise NotFound
    found: ListingConfidentialFile = row.ListingConfidentialFile
    return found


def _own(session: Session, *, actor: Actor, public_id: str) -> Listing:
    listing = own_listing(session, actor=actor, public_id=public_id, version=None)
    if not policies.may_read_confidential(actor, listing):
        raise Forbidden(N_("Phần bảo mật chỉ mở cho người của đơn vị đăng"))
    if listing.state == "transferred":
        raise Conflict
    return listing


def _file(session: Session, listing_id: UUID, file_id: str) -> ListingConfidentialFile:
    found = session.scalars(
        select(ListingConfidentialFile).where(
            ListingConfidentialFile.listing_id == listing_id,
            ListingConfidentialFile.public_id == file_id,
            ListingConfidentialFile.removed_at.is_(None),
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def _note(session: Session, listing: Listing, *, actor: Actor, now: datetime) -> None:
    journal.append(
        session,
        entity="listing",
        entity_id=listing.id,
        action="confidential_changed",
        actor_id=actor.person_id,
        at=now,
    )
