"""What buyer and holder do with a sent request (asking.py), up to and beside the quote itself (quoting.py)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.features.enquiries import notices
from app.features.enquiries.crossing import send_act
from app.features.enquiries.records import (
    AttachedFile,
    attach,
    carried_of,
    done_before,
    locked_request,
    note_change,
    require_no_files,
    require_state,
    require_words,
)
from app.features.enquiries.schemas import DeclineInput, MessageInput, WithdrawInput
from app.features.enquiries.states import OPEN_STATES, TALKING_STATES, Side, other_side, transition
from app.identity import Actor
from app.models import EnquiryMessage, QuoteRequest
from app.text import language_of


def acknowledge(session: Session, *, actor: Actor, number: str, now: datetime) -> QuoteRequest:
    """The holder says that it has seen the request and works on it.

    Raises:
        NotFound, Forbidden, MoveNotAllowed.
    """
    request = locked_request(session, actor=actor, number=number, side="holder")
    if done_before(session, request, move="acknowledge", actor=actor):
        return request
    transition(session, request, move="acknowledge", actor=actor, now=now)
    request.acknowledged_at = now
    notices.tell_both(session, request, event="acknowledged", now=now)
    return request


def post_message(
    session: Session,
    *,
    actor: Actor,
    number: str,
    side: Side,
    data: MessageInput,
    form_key: str,
    now: datetime,
    files: Sequence[AttachedFile] = (),
) -> EnquiryMessage:
    """Write to the other side; it is then their turn. A holder's first words also count as its answer.

    After an acceptance the two go on talking; a request that ended otherwise takes no more messages.

    Raises:
        NotFound, Forbidden, MoveNotAllowed.
    """
    request = locked_request(session, actor=actor, number=number, side=side, decides_here=False)
    carried = carried_of(session, request.id)
    before = session.scalars(
        select(EnquiryMessage).where(EnquiryMessage.request_id == request.id, EnquiryMessage.form_key == form_key)
    ).one_or_none()
    if before is not None:
        return before
    require_state(request, TALKING_STATES)
    if carried is not None:
        require_no_files(files)
    assert actor.person_id is not None  # noqa: S101 - locked_request lets only members pass
    language = language_of(data.body, otherwise=actor.locale)
    message = write_message(
        session,
        request,
        side=side,
        actor=actor,
        body=data.body,
        language=language,
        form_key=form_key,
        files=files,
        now=now,
    )
    if carried is not None and carried.direction == "out":
        send_act(session, request, act="message", body={"body": data.body, "language": language}, actor=actor, now=now)
    return message


def write_message(
    session: Session,
    request: QuoteRequest,
    *,
    side: Side,
    actor: Actor,
    body: str,
    language: str | None,
    form_key: str,
    now: datetime,
    files: Sequence[AttachedFile] = (),
) -> EnquiryMessage:
    """Put a message into the conversation of a locked request, hand the turn over and tell both sides."""
    organisation_id = request.buyer_organisation_id if side == "buyer" else request.holder_organisation_id
    message = EnquiryMessage(
        request_id=request.id,
        organisation_id=organisation_id,
        author_id=actor.person_id,
        body=body,
        language=language,
        form_key=form_key,
        at=now,
    )
    session.add(message)
    session.flush()
    attach(session, request, files, organisation_id=organisation_id, now=now, message_id=message.id)
    if side == "holder":
        request.acknowledged_at = request.acknowledged_at or now
        request.first_answer_at = request.first_answer_at or now
    if side == "holder" and request.state in {"sent", "acknowledged"}:
        transition(session, request, move="clarify", actor=actor, now=now)
    else:
        if request.state in OPEN_STATES:
            request.awaits = other_side(side)
        note_change(session, request, action="message_posted", actor=actor, now=now)
    notices.tell_both(session, request, event="message", now=now, author=side, skip=actor.person_id)
    return message


def decline(session: Session, *, actor: Actor, number: str, data: DeclineInput, now: datetime) -> QuoteRequest:
    """The holder will not quote, and says why.

    Raises:
        NotFound, Forbidden, MoveNotAllowed; Invalid at `note` when “other” is chosen without words.
    """
    request = locked_request(session, actor=actor, number=number, side="holder")
    if done_before(session, request, move="decline", actor=actor):
        return request
    require_words(data.reason, data.note)
    transition(session, request, move="decline", actor=actor, now=now, note=data.note, reasons={"reason": data.reason})
    request.decline_reason = data.reason
    request.decline_note = data.note
    request.first_answer_at = request.first_answer_at or now
    notices.tell_both(session, request, event="declined", now=now, reason=data.reason)
    return request


def withdraw(session: Session, *, actor: Actor, number: str, data: WithdrawInput, now: datetime) -> QuoteRequest:
    """The buyer takes the request back before a quote came (a quote is accepted or rejected).

    Raises:
        NotFound, Forbidden, MoveNotAllowed.
    """
    request = locked_request(session, actor=actor, number=number, side="buyer")
    if done_before(session, request, move="withdraw", actor=actor):
        return request
    transition(session, request, move="withdraw", actor=actor, now=now, note=data.note)
    notices.tell_both(session, request, event="withdrawn", now=now)
    return request
