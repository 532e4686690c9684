"""What desks and agreement pages show. Every function makes a fixed number of queries, however much there is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.features.listings.paging import Keyset
from app.features.ndas.gate import is_open
from app.features.ndas.policies import may_know_discloser, sides_of, visible_to
from app.features.ndas.records import open_disclosures, readers_of, signatures_of
from app.features.ndas.states import SIGNABLE_STATES, Side
from app.identity import Actor
from app.models import (
    AuditEntry,
    Listing,
    ListingConfidential,
    ListingConfidentialFile,
    Membership,
    Organisation,
    Person,
)
from app.models.ndas import Nda, NdaDisclosure, NdaHistory, NdaReader, NdaSignature

MOST_READS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class NdaRow:
    """An agreement as lists show it. `other` is the other side's name, empty while its owner keeps it to itself."""

    number: str
    listing_title: str
    listing_kind: str
    other: str
    state: str
    active_until: date | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class NdaList:
    """One page of a list, newest activity first. `next_cursor` is empty on the last."""

    rows: Sequence[NdaRow]
    next_cursor: str


@dataclass(frozen=True, slots=True)
class ReadLine:
    """One reading, as the discloser sees it. `file` is the file's name, empty for the text."""

    at: datetime
    reader: str
    file: str
    address: str


@dataclass(frozen=True, slots=True)
class FileLine:
    """A confidential file and whether it is open under this agreement."""

    public_id: str
    filename: str
    media_type: str
    size: int
    opened: bool


@dataclass(frozen=True, slots=True)
class NdaRecord:
    """One agreement with all that belongs to it, as this actor may see it.

    `discloser` is None for a recipient who may not know whose the need is. `files` are all confidential files for the
    discloser, the open ones for a recipient while the gate is open to the actor (`gate_open`), none otherwise. `reads`
    are for the discloser. `has_text` says whether there is a confidential text at all (for the discloser).
    """

    nda: Nda
    sides: tuple[Side, ...]
    listing: Listing
    discloser: Organisation | None
    recipient: Organisation
    history: Sequence[NdaHistory]
    signatures: Sequence[NdaSignature]
    readers: Sequence[NdaReader]
    disclosures: Sequence[NdaDisclosure]
    files: Sequence[FileLine]
    has_text: bool
    reads: Sequence[ReadLine]
    gate_open: bool

    @property
    def told(self) -> Mapping[str, NdaDisclosure]:
        """What is open beside files, by kind."""
        return {one.kind: one for one in self.disclosures if one.kind != "file"}

    def signature(self, side: Side) -> NdaSignature | None:
        """The signature of a side, if it was given."""
        return next((one for one in self.signatures if one.side == side), None)


def list_ndas(session: Session, *, actor: Actor, side: Side, cursor: str = "", limit: int = 20) -> NdaList:
    """Agreements in which the actor's organisations disclose, or receive. One query.

    A cursor that is none of ours begins anew.
    """
    organisation = Nda.discloser_organisation_id if side == "discloser" else Nda.recipient_organisation_id
    wanted = visible_to(actor).where(organisation.in_(actor.organisations) if actor.organisations else false())
    after = Keyset.read(cursor) if cursor else None
    if after is not None:
        wanted = wanted.where(after.before(Nda.updated_at, Nda.id))
    told = select(NdaDisclosure.id).where(
        NdaDisclosure.nda_id == Nda.id, NdaDisclosure.kind == "name", NdaDisclosure.closed_at.is_(None)
    )
    found = session.execute(
        wanted.add_columns(told.exists().label("told")).order_by(Nda.updated_at.desc(), Nda.id.desc()).limit(limit + 1)
    ).all()
    rows = [
        NdaRow(
            number=nda.number,
            listing_title=nda.listing_title,
            listing_kind=nda.listing_kind,
            other=nda.recipient_name
            if side == "discloser"
            else nda.discloser_name
            if may_know_discloser(actor, nda, name_told=is_told)
            else "",
            state=nda.state,
            active_until=nda.active_until,
            updated_at=nda.updated_at,
        )
        for nda, is_told in found[:limit]
    ]
    last = found[limit - 1][0] if len(found) > limit else None
    return NdaList(rows=rows, next_cursor=Keyset(last.updated_at, last.id).token if last else "")


def count_waiting(session: Session, *, actor: Actor) -> Mapping[Side, int]:
    """How many agreements wait for the actor's organisations on either side: for text or signature. One query."""
    if not actor.organisations or actor.scopes is not None:
        return {"discloser": 0, "recipient": 0}
    mine: dict[Side, ColumnElement[bool]] = {
        "discloser": Nda.discloser_organisation_id.in_(actor.organisations),
        "recipient": Nda.recipient_organisation_id.in_(actor.organisations),
    }

    def unsigned(side: Side) -> ColumnElement[bool]:
        signed = select(NdaSignature.nda_id).where(NdaSignature.nda_id == Nda.id, NdaSignature.side == side)
        return and_(mine[side], Nda.state.in_(SIGNABLE_STATES), ~signed.exists())

    counted = session.execute(
        select(
            func.count().filter(or_(and_(mine["discloser"], Nda.state == "requested"), unsigned("discloser"))),
            func.count().filter(unsigned("recipient")),
        ).where(or_(*mine.values()), Nda.state.in_(SIGNABLE_STATES | {"requested"}))
    ).one()
    return {"discloser": counted[0], "recipient": counted[1]}


def ndas_about(session: Session, *, actor: Actor, listing_id: UUID) -> Sequence[Nda]:
    """The actor's agreements about a listing on either side, newest first, at most fifty. One query."""
    return session.scalars(
        visible_to(actor).where(Nda.listing_id == listing_id).order_by(Nda.updated_at.desc(), Nda.id).limit(50)
    ).all()


def possible_readers(session: Session, *, actor: Actor, organisation_id: UUID) -> Sequence[tuple[UUID, str]]:
    """Who acts for one of the actor's organisations and may be named as a reader, by name. One query."""
    if not actor.acts_for(organisation_id):
        return ()
    rows = session.execute(
        select(Person.id, Person.name)
        .join(Membership, Membership.person_id == Person.id)
        .where(Membership.organisation_id == organisation_id, Person.disabled_at.is_(None))
        .order_by(Person.name, Person.id)
    )
    return [(person_id, name) for person_id, name in rows]


def nda_record(session: Session, *, actor: Actor, number: str, now: datetime) -> NdaRecord:
    """The agreement of that number as this actor may see it. At most ten queries.

    Raises:
        NotFound: there is none, or the actor may not know of it.
    """
    nda = session.scalars(visible_to(actor).where(Nda.number == number)).one_or_none()
    if nda is None:
        raise NotFound
    listing = session.get_one(Listing, nda.listing_id)
    parties = {
        one.id: one
        for one in session.scalars(
            select(Organisation).where(
                Organisation.id.in_([nda.discloser_organisation_id, nda.recipient_organisation_id])
            )
        )
    }
    sides = sides_of(actor, nda)
    disclosures = open_disclosures(session, nda.id)
    readers = readers_of(session, nda.id)
    knows = may_know_discloser(actor, nda, name_told=any(one.kind == "name" for one in disclosures))
    me = next((one for one in readers if one.person_id == actor.person_id), None)
    gate_open = is_open(nda, reader=me, listing_state=listing.state, actor=actor, now=now)
    discloses = "discloser" in sides
    part = session.get(ListingConfidential, nda.listing_id) if discloses else None
    return NdaRecord(
        nda=nda,
        sides=sides,
        listing=listing,
        discloser=parties[nda.discloser_organisation_id] if knows else None,
        recipient=parties[nda.recipient_organisation_id],
        history=session.scalars(
            select(NdaHistory).where(NdaHistory.nda_id == nda.id).order_by(NdaHistory.sequence)
        ).all(),
        signatures=signatures_of(session, nda.id),
        readers=readers,
        disclosures=disclosures,
        files=_files(session, nda, disclosures, everything=discloses) if discloses or gate_open else (),
        has_text=part is not None and bool(part.text),
        reads=_reads(session, nda) if discloses else (),
        gate_open=gate_open,
    )


def _files(session: Session, nda: Nda, disclosures: Sequence[NdaDisclosure], *, everything: bool) -> list[FileLine]:
    opened = {one.file_id for one in disclosures if one.kind == "file"}
    found = session.scalars(
        select(ListingConfidentialFile)
        .where(ListingConfidentialFile.listing_id == nda.listing_id, ListingConfidentialFile.removed_at.is_(None))
        .order_by(ListingConfidentialFile.created_at, ListingConfidentialFile.id)
    )
    return [
        FileLine(one.public_id, one.filename, one.media_type, one.size, one.id in opened)
        for one in found
        if everything or one.id in opened
    ]


def _reads(session: Session, nda: Nda) -> list[ReadLine]:
    rows = session.execute(
        select(AuditEntry, Person.name, ListingConfidentialFile.filename)
        .outerjoin(Person, Person.id == AuditEntry.actor_id)
        .outerjoin(ListingConfidentialFile, ListingConfidentialFile.public_id == AuditEntry.data["file"].astext)
        .where(AuditEntry.entity == "nda", AuditEntry.entity_id == nda.id, AuditEntry.action == "read")
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(MOST_READS_SHOWN)
    )
    return [ReadLine(entry.at, name or "", filename or "", entry.address or "") for entry, name, filename in rows]
