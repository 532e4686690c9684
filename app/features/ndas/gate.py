"""The gate: the only way by which anybody but the listing's own people reads its confidential part.

It opens when all of this holds at the moment of reading, under a lock that a revocation waits for: the agreement is in
force, its last day has not passed, the reader is named in it and not taken off, acts for the recipient, asks in a
browser, and the discloser opened this very text or file. What is let through is written to the audit log in the same
transaction, so that nothing is read unrecorded.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Forbidden, NotFound
from app.features.moderation import audit
from app.features.ndas.policies import visible_to
from app.i18n import N_
from app.i18n.formats import local_date
from app.identity import Actor
from app.models import Listing, ListingConfidential, ListingConfidentialFile
from app.models.ndas import Nda, NdaDisclosure, NdaReader

CLOSED = N_("Phần bảo mật chỉ mở cho người có tên trong thoả thuận, khi thoả thuận đang có hiệu lực")


@dataclass(frozen=True, slots=True)
class OpenedText:
    """The confidential text as it is now, and to whom it was opened."""

    nda: Nda
    text: str
    reader_name: str


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A confidential file, and to whom it was opened; `reader_name` and `number` go into its mark."""

    nda: Nda
    file: ListingConfidentialFile
    reader_name: str


def is_open(nda: Nda, *, reader: NdaReader | None, listing_state: str, actor: Actor, now: datetime) -> bool:
    """Whether the gate is open to the actor, what was disclosed apart. `reader` is the actor's row, if named."""
    return (
        nda.state == "active"
        and nda.active_until is not None
        and nda.active_until >= local_date(now)
        and reader is not None
        and reader.removed_at is None
        and reader.person_id == actor.person_id
        and actor.acts_for(nda.recipient_organisation_id)
        and actor.scopes is None
        # Taken down by the operator: nobody but its own people reads it, whatever was agreed.
        and listing_state != "suspended"
    )


def read_text(session: Session, *, actor: Actor, number: str, now: datetime) -> OpenedText:
    """The listing's confidential text, recorded as read.

    Raises:
        NotFound: no such agreement for the actor, or the text is not open to it.
        Forbidden: the gate is closed.
    """
    nda, reader = _pass(session, actor=actor, number=number, now=now)
    _require_disclosed(session, nda, kind="text", file_id=None)
    part = session.get(ListingConfidential, nda.listing_id, populate_existing=True)
    audit.record(session, actor=actor, action="read", entity="nda", entity_id=nda.id, now=now, data={"what": "text"})
    return OpenedText(nda, part.text if part is not None else "", reader.name)


def read_file(session: Session, *, actor: Actor, number: str, file_id: str, now: datetime) -> OpenedFile:
    """One file of the listing's confidential part, recorded as read.

    Raises:
        NotFound: no such agreement for the actor, or this file is not open to it.
        Forbidden: the gate is closed.
    """
    nda, reader = _pass(session, actor=actor, number=number, now=now)
    file = session.scalars(
        select(ListingConfidentialFile).where(
            ListingConfidentialFile.public_id == file_id,
            ListingConfidentialFile.listing_id == nda.listing_id,
            ListingConfidentialFile.removed_at.is_(None),
        )
    ).one_or_none()
    if file is None:
        raise NotFound
    _require_disclosed(session, nda, kind="file", file_id=file.id)
    audit.record(
        session,
        actor=actor,
        action="read",
        entity="nda",
        entity_id=nda.id,
        now=now,
        data={"what": "file", "file": file.public_id},
    )
    return OpenedFile(nda, file, reader.name)


def _pass(session: Session, *, actor: Actor, number: str, now: datetime) -> tuple[Nda, NdaReader]:
    nda = session.scalars(
        visible_to(actor)
        .where(Nda.number == number)
        .with_for_update(read=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if nda is None:
        raise NotFound
    reader = session.get(NdaReader, (nda.id, actor.person_id), populate_existing=True)
    listing_state = session.scalars(select(Listing.state).where(Listing.id == nda.listing_id)).one()
    if reader is None or not is_open(nda, reader=reader, listing_state=listing_state, actor=actor, now=now):
        raise Forbidden(CLOSED)
    return nda, reader


def _require_disclosed(session: Session, nda: Nda, *, kind: str, file_id: UUID | None) -> None:
    disclosed = session.scalar(
        select(NdaDisclosure.id).where(
            NdaDisclosure.nda_id == nda.id,
            NdaDisclosure.kind == kind,
            NdaDisclosure.file_id.is_not_distinct_from(file_id),
            NdaDisclosure.closed_at.is_(None),
        )
    )
    if disclosed is None:
        raise NotFound
