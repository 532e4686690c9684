"""The discloser opens things, one by one and by its own act only: its name, a contact, the text, single files.

Of a named listing text and files may be chosen as soon as an agreement is asked for; they are readable once it is in
force. The owner of an anonymous need goes step by step, in force only: first its name, then a contact, then details.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid
from app.features.accounts.policies import require_in_person
from app.features.ndas import notices
from app.features.ndas.policies import require_side
from app.features.ndas.records import locked_nda, note_change, open_disclosures
from app.features.ndas.schemas import NdaContactInput
from app.features.ndas.states import OPEN_STATES
from app.i18n import N_
from app.identity import Actor
from app.models import ListingConfidentialFile
from app.models.ndas import Nda, NdaDisclosure

NOT_IN_FORCE = N_("Chỉ mở được khi thoả thuận đang có hiệu lực")
NOT_ANONYMOUS = N_("Mục này không ẩn danh")
NAME_FIRST = N_("Hãy mở tên đơn vị trước")
CONTACT_FIRST = N_("Hãy mở tên đơn vị và đầu mối liên hệ trước, rồi mới mở nội dung chi tiết")


def tell_name(session: Session, *, actor: Actor, number: str, now: datetime) -> Nda:
    """The owner of an anonymous need tells this recipient its name. Doing so again changes nothing.

    Raises:
        NotFound, Forbidden; Conflict: not anonymous, or not in force.
    """
    nda = _anonymous(session, actor=actor, number=number)
    if "name" not in _told(session, nda):
        _open(session, nda, kind="name", actor=actor, now=now)
        _tell(session, nda, actor=actor, now=now)
    return nda


def tell_contact(session: Session, *, actor: Actor, number: str, data: NdaContactInput, now: datetime) -> Nda:
    """The owner of an anonymous need tells how it is reached; a new contact replaces the one before.

    Raises:
        NotFound, Forbidden; Conflict: not anonymous, not in force, or the name is not told yet.
    """
    nda = _anonymous(session, actor=actor, number=number)
    told = _told(session, nda)
    if "name" not in told:
        raise Conflict(NAME_FIRST)
    before = told.get("contact")
    if before is not None and before.contact == data.contact:
        return nda
    if before is not None:
        before.closed_at = now
        session.flush()
    _open(session, nda, kind="contact", contact=data.contact, actor=actor, now=now)
    _tell(session, nda, actor=actor, now=now)
    return nda


def open_parts(
    session: Session, *, actor: Actor, number: str, text: bool, file_ids: Collection[str], now: datetime
) -> Nda:
    """Open exactly these parts to the recipient and close all others: the confidential text, files by public id.

    Raises:
        NotFound, Forbidden; Conflict: the agreement is over, or a step of an anonymous need is missing; Invalid at
        `files`: a file that is not (any more) in the listing's confidential part.
    """
    nda = locked_nda(session, actor=actor, number=number)
    require_side(actor, nda, "discloser")
    if nda.state not in OPEN_STATES:
        raise Conflict(NOT_IN_FORCE)
    told = _told(session, nda)
    if nda.anonymous and not (nda.state == "active" and {"name", "contact"} <= told.keys()):
        raise Conflict(CONTACT_FIRST)
    files = {
        one.public_id: one.id
        for one in session.scalars(
            select(ListingConfidentialFile).where(
                ListingConfidentialFile.listing_id == nda.listing_id, ListingConfidentialFile.removed_at.is_(None)
            )
        )
    }
    if set(file_ids) - files.keys():
        raise Invalid({"files": N_("Danh sách tệp đã thay đổi: hãy tải lại trang")})
    wanted = {files[one] for one in file_ids}
    opened = {one.file_id: one for one in open_disclosures(session, nda.id) if one.kind == "file"}
    closing = [one for file_id, one in opened.items() if file_id not in wanted]
    if "text" in told and not text:
        closing.append(told["text"])
    for one in closing:
        one.closed_at = now
    session.flush()
    if text and "text" not in told:
        _open(session, nda, kind="text", actor=actor, now=now)
    opening = sorted(wanted - opened.keys(), key=str)
    for file_id in opening:
        session.add(
            NdaDisclosure(
                nda_id=nda.id, kind="file", file_id=file_id, opened_at=now, opened_by_id=require_in_person(actor)
            )
        )
    more = bool(opening) or (text and "text" not in told)
    if more and nda.state == "active":
        _tell(session, nda, actor=actor, now=now)
    elif more or closing:
        note_change(session, nda, action="parts_opened", actor=actor, now=now)
    return nda


def _anonymous(session: Session, *, actor: Actor, number: str) -> Nda:
    nda = locked_nda(session, actor=actor, number=number)
    require_side(actor, nda, "discloser")
    if not nda.anonymous:
        raise Conflict(NOT_ANONYMOUS)
    if nda.state != "active":
        raise Conflict(NOT_IN_FORCE)
    return nda


def _told(session: Session, nda: Nda) -> dict[str, NdaDisclosure]:
    """What is open, by kind; files apart."""
    return {one.kind: one for one in open_disclosures(session, nda.id) if one.kind != "file"}


def _open(session: Session, nda: Nda, *, kind: str, actor: Actor, now: datetime, contact: str = "") -> None:
    session.add(
        NdaDisclosure(nda_id=nda.id, kind=kind, contact=contact, opened_at=now, opened_by_id=require_in_person(actor))
    )


def _tell(session: Session, nda: Nda, *, actor: Actor, now: datetime) -> None:
    note_change(session, nda, action="parts_opened", actor=actor, now=now)
    notices.tell_both(session, nda, event="opened", now=now, by="discloser")
