"""The copy of a carried request follows what its home tells. Only forward, and only where it fits what is known."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid, NotFound
from app.features.carrying import wire
from app.features.enquiries import notices
from app.features.enquiries.checks import fitting_faults
from app.features.enquiries.commands import write_message
from app.features.enquiries.offers import write_quote
from app.features.enquiries.quoting import choose, open_quote, write_acceptance
from app.features.enquiries.records import items_of, note_change
from app.features.enquiries.schemas import AcceptInput
from app.features.enquiries.states import OPEN_STATES, transition
from app.i18n import N_
from app.identity import SYSTEM, Actor
from app.models import (
    CarriedDelivery,
    CarriedRequest,
    EnquiryMessage,
    Partner,
    Person,
    Quote,
    QuoteOffer,
    QuoteRequest,
    QuoteRequestHistory,
)

DOES_NOT_FIT = N_("Điều sàn gốc báo không khớp với những gì đã có về yêu cầu này")


def followed(session: Session, partner: Partner, carry_id: str) -> CarriedRequest:
    """Our buyer's request that was carried to this partner.

    Raises:
        NotFound: none was, whatever was carried to others.
    """
    found = session.scalars(
        select(CarriedRequest)
        .where(
            CarriedRequest.partner_id == partner.id,
            CarriedRequest.carry_id == carry_id,
            CarriedRequest.direction == "out",
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def follow(session: Session, carried: CarriedRequest, told: wire.State, *, now: datetime) -> bool:
    """Make the copy stand as its home says; False when that was known already.

    Raises:
        Conflict: it does not fit what is known (MoveNotAllowed is one). Invalid: nor the items that were asked for.
    """
    request = session.scalars(
        select(QuoteRequest)
        .where(QuoteRequest.id == carried.request_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    carried.heard_at, carried.pull_failures = now, 0
    if told.id != carried.carry_id:
        raise Conflict(DOES_NOT_FIT)
    if told.version <= carried.seen_version:
        return False
    carried.remote_number = told.number
    if request.state not in {"withdrawn", "undelivered"}:
        _moves(session, request, told, now=now)
        _messages(session, request, told, now=now)
        if request.state != told.state:
            raise Conflict(DOES_NOT_FIT)
        request.awaits = told.awaits if request.state in OPEN_STATES else None
        # What is new here is new now, whenever it happened there.
        note_change(session, request, action="followed", actor=SYSTEM, now=now)
    carried.seen_version = told.version
    session.flush()
    return True


def _moves(session: Session, request: QuoteRequest, told: wire.State, *, now: datetime) -> None:
    known = session.scalars(
        select(QuoteRequestHistory.move)
        .where(QuoteRequestHistory.quote_request_id == request.id)
        .order_by(QuoteRequestHistory.sequence)
    ).all()
    moves = sorted(told.moves, key=lambda one: one.sequence)
    if [one.sequence for one in moves] != list(range(1, len(moves) + 1)):
        raise Conflict(DOES_NOT_FIT)
    if [one.move for one in moves[: len(known)]] != list(known):
        raise Conflict(DOES_NOT_FIT)
    for one in moves[len(known) :]:
        _move(session, request, told, one, now=now)


def _move(session: Session, request: QuoteRequest, told: wire.State, move: wire.MoveTold, *, now: datetime) -> None:
    at = min(move.at, now)
    if move.move in {"quote", "revise"}:
        _quote(session, request, told, move, at=at)
        return
    if move.move == "accept":
        _accept(session, request, told, at=at)
        return
    if move.move in {"reject", "lapse"}:
        _end_quote(session, request, move)
    reasons = {"reason": move.reason} if move.reason else {}
    transition(session, request, move=move.move, actor=SYSTEM, now=at, note=move.note, reasons=reasons)
    if move.move == "acknowledge":
        request.acknowledged_at = at
    elif move.move in {"clarify", "decline"}:
        request.first_answer_at = request.first_answer_at or at
    if move.move == "decline":
        request.decline_reason, request.decline_note = move.reason, move.note
    event = _EVENTS.get(move.move)
    if event is not None:
        revision = session.scalar(select(func.max(Quote.revision)).where(Quote.request_id == request.id))
        notices.tell_both(session, request, event=event, now=at, reason=move.reason, revision=revision or 0)


# What a person is written of; that the two clarify is told by the message itself.
_EVENTS = {
    "acknowledge": "acknowledged",
    "decline": "declined",
    "withdraw": "withdrawn",
    "reject": "rejected",
    "lapse": "lapsed",
}


def _quote(session: Session, request: QuoteRequest, told: wire.State, move: wire.MoveTold, *, at: datetime) -> None:
    last = session.scalar(select(func.coalesce(func.max(Quote.revision), 0)).where(Quote.request_id == request.id)) or 0
    said = next((one for one in told.quotes if one.revision == last + 1), None)
    if said is None:
        raise Conflict(DOES_NOT_FIT)
    items = items_of(session, request.id)
    faults = fitting_faults(said.quote, request=request, items=items)
    if faults:
        raise Invalid(faults)
    before = session.scalars(select(Quote).where(Quote.request_id == request.id, Quote.state == "sent")).one_or_none()
    if before is not None:
        before.state = "superseded"
        session.flush()
    quote = Quote(request_id=request.id, revision=said.revision, created_at=at, updated_at=at, version=0)
    session.add(quote)
    write_quote(session, quote, said.quote, items, now=at)
    request.acknowledged_at = request.acknowledged_at or at
    request.first_answer_at = request.first_answer_at or at
    transition(session, request, move=move.move, actor=SYSTEM, now=at, data={"revision": quote.revision})
    notices.tell_both(
        session,
        request,
        event="revised" if move.move == "revise" else "quoted",
        now=at,
        revision=quote.revision,
        valid_until=quote.valid_until,
    )


def _accept(session: Session, request: QuoteRequest, told: wire.State, *, at: datetime) -> None:
    """Write the acceptance as its buyer decided it. The deal is followed at the listing's home."""
    decision = session.scalars(
        select(CarriedDelivery)
        .where(CarriedDelivery.request_id == request.id, CarriedDelivery.act == "accept")
        .order_by(CarriedDelivery.id.desc())
        .limit(1)
    ).one_or_none()
    if decision is None or decision.created_by_id is None or told.acceptance is None:
        raise Conflict(DOES_NOT_FIT)
    said = decision.body
    quote = open_quote(session, request, revision=said["revision"])
    offers = session.scalars(select(QuoteOffer).where(QuoteOffer.quote_id == quote.id)).all()
    lines, sums = choose(
        AcceptInput.model_validate({"lines": said["lines"]}),
        quote=quote,
        offers={offer.position: offer for offer in offers},
        items={item.id: item for item in items_of(session, request.id)},
    )
    if (told.acceptance.revision, told.acceptance.total) != (quote.revision, sums.total):
        raise Conflict(DOES_NOT_FIT)
    person = session.get_one(Person, decision.created_by_id)
    write_acceptance(
        session,
        request,
        chosen=(quote, lines, sums),
        note=said["note"],
        actor=Actor(person_id=person.id),
        by_name=person.name,
        now=at,
        opens_deal=False,
    )


def _end_quote(session: Session, request: QuoteRequest, move: wire.MoveTold) -> None:
    quote = session.scalars(select(Quote).where(Quote.request_id == request.id, Quote.state == "sent")).one_or_none()
    if quote is None:
        raise Conflict(DOES_NOT_FIT)
    quote.state = "rejected" if move.move == "reject" else "lapsed"
    if move.move == "reject":
        quote.rejected_reason, quote.rejected_note = move.reason, move.note


def _messages(session: Session, request: QuoteRequest, told: wire.State, *, now: datetime) -> None:
    known = set(
        session.scalars(
            select(EnquiryMessage.form_key).where(
                EnquiryMessage.request_id == request.id, EnquiryMessage.form_key.like("carried:%")
            )
        )
    )
    for one in told.messages:
        key = f"carried:{one.id}"
        if key in known or not one.body:
            continue
        write_message(
            session,
            request,
            side="holder",
            actor=SYSTEM,
            body=one.body,
            language=one.language,
            form_key=key,
            now=min(one.at, now),
        )
