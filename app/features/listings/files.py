"""Pictures and documents of a listing, as the public may see them.

Bytes are checked and stored before the transaction that names them (`keep_picture`, `keep_document`); what a failed
transaction leaves behind is swept up by a job. A need's documents are stripped of who made them and get neutral names,
so that it may be, or become, anonymous.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import journal
from app.errors import Invalid, NotFound
from app.features.listings import policies
from app.features.listings.anonymity import MESSAGES, Identity, betrayals
from app.features.listings.commands import own_listing, require_editable, touch
from app.i18n import N_, _
from app.identity import Actor
from app.integrations.storage import (
    Document,
    FileRefused,
    FileStore,
    read_document,
    read_picture,
)
from app.models.listings import Listing, ListingFile
from app.models.organisations import Organisation
from app.text import one_line

MOST_PICTURES: Final = 12
MOST_DOCUMENTS: Final = 12
_LONGEST_CAPTION: Final = 200


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file whose bytes are in the store and which no listing names yet. `text` is what can be read in it."""

    kind: str
    filename: str
    media_type: str
    size: int
    sha256: str
    storage_key: str
    width: int | None
    height: int | None
    variants: dict[str, Any]
    text: str


def keep_picture(store: FileStore, data: bytes, *, filename: str) -> KeptFile:
    """Check a picture, write it anew in its sizes, and store these.

    Raises:
        Invalid: at "picture", why it is not taken.
    """
    try:
        picture = read_picture(data, name=filename)
    except FileRefused as fault:
        raise Invalid({"picture": str(fault)}) from fault
    variants: dict[str, Any] = {}
    for one in picture.renditions:
        key = store.put("public", one.data, ending=one.name.rpartition(".")[2])
        variants[one.name] = {"key": key, "width": one.width, "height": one.height, "size": len(one.data)}
    largest = picture.renditions[-1]
    return KeptFile(
        kind="picture",
        filename=filename,
        media_type="image/jpeg",
        size=len(largest.data),
        sha256=_sha256(largest.data),
        storage_key=variants[largest.name]["key"],
        width=picture.width,
        height=picture.height,
        variants=variants,
        text="",
    )


def keep_document(store: FileStore, data: bytes, *, filename: str, strip: bool) -> KeptFile:
    """Check a document by its content and store it; `strip` takes out who made it (needs: always).

    Raises:
        Invalid: at "document", why it is not taken.
    """
    try:
        document = read_document(data, name=filename, strip=strip)
    except FileRefused as fault:
        raise Invalid({"document": str(fault)}) from fault
    return kept_document(store.put("public", document.data, ending=document.ending), document)


def add_file(
    session: Session,
    *,
    actor: Actor,
    public_id: str,
    kept: KeptFile,
    caption: str = "",
    now: datetime,
) -> ListingFile:
    """Put a stored picture or document on a listing, behind those that are there.

    Raises:
        Conflict: the listing cannot be changed now.
        Invalid: too many files, or a file or caption that gives an anonymous need's organisation away.
    """
    listing = own_listing(session, actor=actor, public_id=public_id, version=None)
    require_editable(listing)
    most = MOST_PICTURES if kept.kind == "picture" else MOST_DOCUMENTS
    count, last = session.execute(
        select(
            func.count().filter(ListingFile.kind == kept.kind, ListingFile.removed_at.is_(None)),
            func.coalesce(func.max(ListingFile.position), -1),
        ).where(ListingFile.listing_id == listing.id)
    ).one()
    if count >= most:
        raise Invalid({kept.kind: _("Đã đủ %(most)s tệp: hãy bỏ bớt trước khi thêm", most=most)})
    caption = _caption(caption)
    identifying = _identifying(session, listing, kept, caption)
    if identifying and listing.visibility == "anonymous":
        raise Invalid({kept.kind: _(MESSAGES[identifying[0]], found=kept.filename)})
    made = ListingFile(
        listing_id=listing.id,
        kind=kept.kind,
        position=last + 1,
        filename=_neutral_name(listing, kept, last + 2),
        media_type=kept.media_type,
        size=kept.size,
        sha256=kept.sha256,
        storage_key=kept.storage_key,
        width=kept.width,
        height=kept.height,
        variants=kept.variants,
        caption=caption,
        identifying=identifying,
        created_at=now,
    )
    session.add(made)
    _changed(session, listing, action="file_added", actor=actor, now=now)
    return made


def caption_file(
    session: Session, *, actor: Actor, public_id: str, file_id: str, caption: str, now: datetime
) -> ListingFile:
    """Say what a picture or document shows; of a picture this is also its text alternative."""
    listing, found = _own_file(session, actor=actor, public_id=public_id, file_id=file_id)
    caption = _caption(caption)
    if listing.visibility == "anonymous":
        organisation = session.get_one(Organisation, listing.organisation_id)
        for sort, words in betrayals(caption, Identity.of(organisation)):
            raise Invalid({"caption": _(MESSAGES[sort], found=words)})
    if caption != found.caption:
        found.caption = caption
        _changed(session, listing, action="file_changed", actor=actor, now=now)
    return found


def remove_file(session: Session, *, actor: Actor, public_id: str, file_id: str, now: datetime) -> None:
    """Take a file off the listing. Its row and bytes stay for as long as records are kept; nobody gets it any more."""
    listing, found = _own_file(session, actor=actor, public_id=public_id, file_id=file_id)
    found.removed_at = now
    _changed(session, listing, action="file_removed", actor=actor, now=now)


def order_files(session: Session, *, actor: Actor, public_id: str, file_ids: Sequence[str], now: datetime) -> None:
    """Put the files into the order of `file_ids`; the first picture is the one that cards show.

    Raises:
        Invalid: these are not exactly the files the listing has.
    """
    listing = own_listing(session, actor=actor, public_id=public_id, version=None)
    require_editable(listing)
    present = {
        one.public_id: one
        for one in session.scalars(
            select(ListingFile).where(ListingFile.listing_id == listing.id, ListingFile.removed_at.is_(None))
        )
    }
    if sorted(file_ids) != sorted(present):
        raise Invalid({"files": N_("Danh sách tệp đã thay đổi: hãy tải lại trang")})
    for position, file_id in enumerate(file_ids):
        present[file_id].position = position
    _changed(session, listing, action="files_ordered", actor=actor, now=now)


def public_file(session: Session, *, actor: Actor, file_id: str) -> tuple[ListingFile, bool]:
    """A file on a listing that this actor may see, and whether everybody may see it.

    Raises:
        NotFound: there is none, it was taken off, or its listing is not to be seen.
    """
    found = session.execute(
        policies.visible_to(actor)
        .join(ListingFile, ListingFile.listing_id == Listing.id)
        .where(ListingFile.public_id == file_id, ListingFile.removed_at.is_(None))
        .with_only_columns(ListingFile, policies.is_public().label("is_public"))
    ).one_or_none()
    if found is None:
        raise NotFound
    return found.ListingFile, found.is_public


def kept_document(key: str, document: Document) -> KeptFile:
    """A document that is in the store under `key`."""
    return KeptFile(
        kind="document",
        filename=document.filename,
        media_type=document.media_type,
        size=len(document.data),
        sha256=_sha256(document.data),
        storage_key=key,
        width=None,
        height=None,
        variants={},
        text=document.text,
    )


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _caption(given: str) -> str:
    caption = one_line(given)
    if len(caption) > _LONGEST_CAPTION:
        raise Invalid({"caption": _("Không quá %(max_length)s ký tự.", max_length=_LONGEST_CAPTION)})
    return caption


def _neutral_name(listing: Listing, kept: KeptFile, number: int) -> str:
    """A need's files tell nothing by their names; pictures of any listing are named by number too."""
    if listing.kind != "need" and kept.kind == "document":
        return kept.filename
    if kept.kind == "picture":
        return f"anh-{number}.jpg"
    return f"tai-lieu-{number}.{kept.filename.rpartition('.')[2]}"


def _identifying(session: Session, listing: Listing, kept: KeptFile, caption: str) -> list[str]:
    """How a need's file would give its organisation away, by the sorts of anonymity.MESSAGES."""
    if listing.kind != "need":
        return []
    identity = Identity.of(session.get_one(Organisation, listing.organisation_id))
    # E-mail addresses and telephones in a document are not the organisation's for certain (norms and brochures have
    # them), but nobody could tell, so they count.
    return list(dict.fromkeys(sort for sort, _words in betrayals(f"{caption}\n{kept.text}", identity)))


def _own_file(session: Session, *, actor: Actor, public_id: str, file_id: str) -> tuple[Listing, ListingFile]:
    listing = own_listing(session, actor=actor, public_id=public_id, version=None)
    require_editable(listing)
    found = session.scalars(
        select(ListingFile).where(
            ListingFile.listing_id == listing.id, ListingFile.public_id == file_id, ListingFile.removed_at.is_(None)
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    return listing, found


def _changed(session: Session, listing: Listing, *, action: str, actor: Actor, now: datetime) -> None:
    touch(listing, now=now)
    _note(session, listing, action=action, actor=actor, now=now)


def _note(session: Session, listing: Listing, *, action: str, actor: Actor, now: datetime) -> None:
    journal.append(session, entity="listing", entity_id=listing.id, action=action, actor_id=actor.person_id, at=now)
