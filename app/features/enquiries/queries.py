"""What desks and request pages show. Every function makes a fixed number of queries, however much there is to show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import Select, and_, false, func, or_, select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.features.enquiries.policies import may_read, readable_by, require_operator, sides_of, visible_to
from app.features.enquiries.states import OPEN_STATES, Side
from app.features.listings.paging import Keyset
from app.identity import Actor
from app.models import (
    Acceptance,
    AcceptanceLine,
    CarriedDelivery,
    CarriedRequest,
    EnquiryFile,
    EnquiryMessage,
    EnquirySeen,
    Listing,
    Organisation,
    Person,
    Quote,
    QuoteOffer,
    QuoteRequest,
    QuoteRequestHistory,
    QuoteRequestItem,
    QuoteRound,
)

Show = Literal["waiting", "open", "closed", "all"]


@dataclass(frozen=True, slots=True)
class EnquiryRow:
    """A request as lists show it, from its own snapshot.

    `valid_until`: the last day of the quote that is open. `exchange`: the other exchange, of one
    that crosses. `unread`: something happened since the reader last looked.
    """

    number: str
    listing_title: str
    listing_kind: str
    buyer_name: str
    holder_name: str
    state: str
    awaits: str | None
    sent_at: datetime
    updated_at: datetime
    valid_until: date | None
    exchange: str = ""
    unread: bool = False


@dataclass(frozen=True, slots=True)
class EnquiryList:
    """One page of a list, newest activity first. `next_cursor` is empty on the last."""

    rows: Sequence[EnquiryRow]
    next_cursor: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many requests are open on a side, and how many of them wait for the actor's organisations."""

    open: int
    waiting: int


def list_enquiries(
    session: Session, *, actor: Actor, side: Side, show: Show = "all", cursor: str = "", limit: int = 20
) -> EnquiryList:
    """Requests the actor's organisations sent (`buyer`) or received (`holder`). One query.

    A cursor that is none of ours begins anew.
    """
    organisation = QuoteRequest.buyer_organisation_id if side == "buyer" else QuoteRequest.holder_organisation_id
    wanted = readable_by(actor).where(organisation.in_(actor.organisations) if actor.organisations else false())
    if show == "waiting":
        wanted = wanted.where(QuoteRequest.awaits == side)
    elif show != "all":
        is_open = QuoteRequest.state.in_(OPEN_STATES)
        wanted = wanted.where(is_open if show == "open" else ~is_open)
    return _page(session, wanted, cursor=cursor, limit=limit, actor=actor, side=side)


def list_for_operator(
    session: Session, *, actor: Actor, show: Show = "all", cursor: str = "", limit: int = 20
) -> EnquiryList:
    """Every request, for an operator: who asked whom about what, and how far it has come. One query.

    Raises:
        Forbidden: the actor is no operator.
    """
    require_operator(actor)
    wanted = visible_to(actor)
    if show != "all":
        is_open = QuoteRequest.state.in_(OPEN_STATES)
        wanted = wanted.where(~is_open if show == "closed" else is_open)
    return _page(session, wanted, cursor=cursor, limit=limit)


def _page(
    session: Session,
    wanted: Select[QuoteRequest],
    *,
    cursor: str,
    limit: int,
    actor: Actor | None = None,
    side: Side | None = None,
) -> EnquiryList:
    after = Keyset.read(cursor) if cursor else None
    if after is not None:
        wanted = wanted.where(after.before(QuoteRequest.updated_at, QuoteRequest.id))
    found = session.execute(
        wanted.add_columns(Quote.valid_until, EnquirySeen.at, CarriedRequest.exchange_name)
        .outerjoin(CarriedRequest, CarriedRequest.request_id == QuoteRequest.id)
        .outerjoin(Quote, and_(Quote.request_id == QuoteRequest.id, Quote.state == "sent"))
        .outerjoin(
            EnquirySeen,
            and_(
                EnquirySeen.request_id == QuoteRequest.id,
                EnquirySeen.person_id == (actor.person_id if actor is not None else None),
                EnquirySeen.side == side,
            ),
        )
        .order_by(QuoteRequest.updated_at.desc(), QuoteRequest.id.desc())
        .limit(limit + 1)
    ).all()
    rows = [
        EnquiryRow(
            number=request.number,
            listing_title=request.listing_title,
            listing_kind=request.listing_kind,
            buyer_name=request.buyer_name,
            holder_name=request.holder_name,
            state=request.state,
            awaits=request.awaits,
            sent_at=request.sent_at,
            updated_at=request.updated_at,
            valid_until=valid_until,
            exchange=exchange or "",
            # What was never looked at is new while it waits for this side; else old requests would all count as new.
            unread=request.updated_at > seen_at if seen_at is not None else side is not None and request.awaits == side,
        )
        for request, valid_until, seen_at, exchange in found[:limit]
    ]
    last = found[limit - 1][0] if len(found) > limit else None
    return EnquiryList(rows=rows, next_cursor=Keyset(last.updated_at, last.id).token if last else "")


def count_waiting(session: Session, *, actor: Actor) -> Mapping[Side, Waiting]:
    """How many requests are open and waiting on either side of the actor's organisations. One query."""
    if not actor.organisations:
        return {"buyer": Waiting(0, 0), "holder": Waiting(0, 0)}
    sent = QuoteRequest.buyer_organisation_id.in_(actor.organisations)
    received = QuoteRequest.holder_organisation_id.in_(actor.organisations)
    counted = session.execute(
        select(
            func.count().filter(sent),
            func.count().filter(sent, QuoteRequest.awaits == "buyer"),
            func.count().filter(received),
            func.count().filter(received, QuoteRequest.awaits == "holder"),
        ).where(or_(sent, received), QuoteRequest.state.in_(OPEN_STATES))
    ).one()
    return {"buyer": Waiting(counted[0], counted[1]), "holder": Waiting(counted[2], counted[3])}


@dataclass(frozen=True, slots=True)
class QuoteRecord:
    """One revision as sent, its offers in their order."""

    quote: Quote
    offers: Sequence[QuoteOffer]
    files: Sequence[EnquiryFile]


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A message with who wrote it ("" at another exchange, whose people are not named here), for which side."""

    message: EnquiryMessage
    author: str
    side: Side
    files: Sequence[EnquiryFile]


@dataclass(frozen=True, slots=True)
class AcceptanceRecord:
    """What was accepted."""

    acceptance: Acceptance
    lines: Sequence[AcceptanceLine]
    revision: int


@dataclass(frozen=True, slots=True)
class EnquiryRecord:
    """One request with all that belongs to it. For an operator who is no party only the outline is filled in.

    `sides` are those the actor acts for. `listing` and `need` are as they stand today, for links; what the documents
    say stands in the request's own columns. `draft` is the holder's unsent quote, for the holder only; `round_id` the
    public id of the buyer's round, for the buyer only; `seen_at` when the other side last looked, where that was asked.
    `carried`: how it crosses exchanges, if it does;
    `on_its_way`: what was sent to the other exchange and did not arrive (yet), in its order, for the buyer here.
    """

    request: QuoteRequest
    sides: tuple[Side, ...]
    history: Sequence[QuoteRequestHistory]
    listing: Listing
    need: Listing | None
    buyer: Organisation
    holder: Organisation
    items: Sequence[QuoteRequestItem] = ()
    quotes: Sequence[QuoteRecord] = ()
    draft: Quote | None = None
    acceptance: AcceptanceRecord | None = None
    messages: Sequence[MessageRecord] = ()
    files: Sequence[EnquiryFile] = field(default=())
    round_id: str = ""
    seen_at: datetime | None = None
    carried: CarriedRequest | None = None
    on_its_way: Sequence[CarriedDelivery] = ()

    @property
    def open_quote(self) -> QuoteRecord | None:
        """The revision the buyer may answer."""
        return next((one for one in self.quotes if one.quote.state == "sent"), None)

    def revision(self, number: int) -> QuoteRecord:
        """Raises NotFound when no such revision was sent."""
        for one in self.quotes:
            if one.quote.revision == number:
                return one
        raise NotFound


def enquiry_record(session: Session, *, actor: Actor, number: str) -> EnquiryRecord:
    """The request of that number as this actor may see it. At most twelve queries, thirteen of
    one that was carried to another exchange.

    Raises:
        NotFound: there is none, or the actor may not know of it.
    """
    row = session.execute(
        visible_to(actor)
        .where(QuoteRequest.number == number)
        .add_columns(CarriedRequest)
        .outerjoin(CarriedRequest, CarriedRequest.request_id == QuoteRequest.id)
    ).one_or_none()
    if row is None:
        raise NotFound
    request, carried = row
    history = session.scalars(
        select(QuoteRequestHistory)
        .where(QuoteRequestHistory.quote_request_id == request.id)
        .order_by(QuoteRequestHistory.sequence)
    ).all()
    listings = {
        one.id: one
        for one in session.scalars(select(Listing).where(Listing.id.in_([request.listing_id, request.need_id])))
    }
    parties = {
        one.id: one
        for one in session.scalars(
            select(Organisation).where(
                Organisation.id.in_([request.buyer_organisation_id, request.holder_organisation_id])
            )
        )
    }
    outline = EnquiryRecord(
        request=request,
        sides=sides_of(actor, request),
        history=history,
        listing=listings[request.listing_id],
        need=listings.get(request.need_id) if request.need_id else None,
        buyer=parties[request.buyer_organisation_id],
        holder=parties[request.holder_organisation_id],
        carried=carried,
    )
    return _filled(session, outline) if may_read(actor, request) else outline


def _filled(session: Session, outline: EnquiryRecord) -> EnquiryRecord:
    request = outline.request
    files: dict[UUID, list[EnquiryFile]] = {}
    for file in session.scalars(
        select(EnquiryFile).where(EnquiryFile.request_id == request.id).order_by(EnquiryFile.created_at, EnquiryFile.id)
    ):
        files.setdefault(file.message_id or file.quote_id or request.id, []).append(file)
    quotes = session.scalars(select(Quote).where(Quote.request_id == request.id).order_by(Quote.revision)).all()
    offers: dict[UUID, list[QuoteOffer]] = {}
    for offer in session.scalars(
        select(QuoteOffer).where(QuoteOffer.quote_id.in_([one.id for one in quotes])).order_by(QuoteOffer.position)
    ):
        offers.setdefault(offer.quote_id, []).append(offer)
    messages = session.execute(
        select(EnquiryMessage, Person.name)
        .outerjoin(Person, Person.id == EnquiryMessage.author_id)
        .where(EnquiryMessage.request_id == request.id)
        .order_by(EnquiryMessage.at, EnquiryMessage.id)
    ).all()
    sent = [one for one in quotes if one.state != "draft"]
    return EnquiryRecord(
        request=request,
        sides=outline.sides,
        history=outline.history,
        listing=outline.listing,
        need=outline.need,
        buyer=outline.buyer,
        holder=outline.holder,
        carried=outline.carried,
        on_its_way=_on_its_way(session, outline.carried),
        items=session.scalars(
            select(QuoteRequestItem)
            .where(QuoteRequestItem.request_id == request.id)
            .order_by(QuoteRequestItem.position)
        ).all(),
        quotes=[QuoteRecord(one, offers.get(one.id, []), files.get(one.id, [])) for one in sent],
        draft=next((one for one in quotes if one.state == "draft" and "holder" in outline.sides), None),
        acceptance=_acceptance(session, request, sent),
        messages=[
            MessageRecord(
                message,
                author or "",
                "buyer" if message.organisation_id == request.buyer_organisation_id else "holder",
                files.get(message.id, []),
            )
            for message, author in messages
        ],
        files=files.get(request.id, []),
        round_id=_round_id(session, request) if "buyer" in outline.sides else "",
    )


def _on_its_way(session: Session, carried: CarriedRequest | None) -> Sequence[CarriedDelivery]:
    if carried is None or carried.direction == "in":
        return ()
    return session.scalars(
        select(CarriedDelivery)
        .where(CarriedDelivery.request_id == carried.request_id, CarriedDelivery.state.in_(("waiting", "failed")))
        .order_by(CarriedDelivery.id)
    ).all()


def _round_id(session: Session, request: QuoteRequest) -> str:
    if request.round_id is None:
        return ""
    return session.scalars(select(QuoteRound.public_id).where(QuoteRound.id == request.round_id)).one()


def _acceptance(session: Session, request: QuoteRequest, quotes: Sequence[Quote]) -> AcceptanceRecord | None:
    if request.state != "accepted":
        return None
    acceptance = session.scalars(select(Acceptance).where(Acceptance.request_id == request.id)).one()
    lines = session.scalars(
        select(AcceptanceLine).where(AcceptanceLine.acceptance_id == acceptance.id).order_by(AcceptanceLine.position)
    ).all()
    return AcceptanceRecord(acceptance, lines, next(one.revision for one in quotes if one.id == acceptance.quote_id))


def readable_file(session: Session, *, actor: Actor, number: str, public_id: str) -> EnquiryFile:
    """A file of a request, for its two parties only. One query.

    Raises:
        NotFound: there is none, or the actor is no party.
    """
    mine = readable_by(actor).where(QuoteRequest.number == number).with_only_columns(QuoteRequest.id)
    file = session.scalars(
        select(EnquiryFile).where(EnquiryFile.public_id == public_id, EnquiryFile.request_id.in_(mine))
    ).one_or_none()
    if file is None:
        raise NotFound
    return file
