"""Answers by e-mail that come back into the conversation of a request."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Conflict, Forbidden, NotFound
from app.features.enquiries.commands import post_message
from app.features.enquiries.records import AttachedFile, carried_of
from app.features.enquiries.schemas import MessageInput
from app.features.enquiries.states import Side
from app.features.messages import send_message
from app.i18n import N_, _, use_locale
from app.identity import Actor
from app.models import Membership, Person, QuoteRequest

LONGEST = 8_000
Outcome = Literal["posted", "wrong_sender", "unknown", "empty", "refused"]
REFUSED = N_("Tệp “%(name)s” không nhận được qua e-mail: %(why)s")


def post_answer(
    session: Session,
    *,
    person_id: UUID,
    sender: str,
    public_id: str,
    side: Side,
    text: str,
    message_id: str,
    now: datetime,
    files: Sequence[AttachedFile] = (),
    refused: Sequence[tuple[str, str]] = (),
) -> Outcome:
    """Post what somebody answered by e-mail; the same letter delivered twice is posted once.

    The person must still be one who may write there, and the letter must come from their own address. Where it cannot
    be posted (request closed, nothing written) the person is told so by e-mail, once per letter; nobody else ever is.

    Args:
        refused: files that were not taken, each with why; the message names them.
    """
    person = session.get(Person, person_id)
    if person is None or person.disabled_at is not None or person.confirmed_at is None:
        return "unknown"
    if person.email.lower() != sender.lower():
        return "wrong_sender"
    request = session.scalars(select(QuoteRequest).where(QuoteRequest.public_id == public_id)).one_or_none()
    if request is None:
        return "unknown"
    seats = session.scalars(select(Membership).where(Membership.person_id == person_id))
    actor = Actor(
        person_id=person_id,
        organisations={seat.organisation_id: seat.role for seat in seats},  # type: ignore[misc]
        locale=person.locale,
    )
    key = hashlib.sha256(message_id.encode()).hexdigest()[:40]
    with use_locale("en" if person.locale == "en" else "vi"):
        if files and carried_of(session, request.id) is not None:
            refused = [*refused, *((one.filename, _("tệp không chuyển được giữa hai sàn")) for one in files)]
            files = ()
        notes = [_(REFUSED, name=name, why=why) for name, why in refused]
    body = "\n\n".join(part for part in (text[: LONGEST - 1_000], *notes) if part)[:LONGEST]
    if not body:
        _tell(session, person, request, why="empty", key=key, now=now)
        return "empty"
    try:
        with session.begin_nested():
            post_message(
                session,
                actor=actor,
                number=request.number,
                side=side,
                data=MessageInput(body=body),
                form_key=f"mail:{key}",
                now=now,
                files=files,
            )
    except (Forbidden, NotFound):
        return "unknown"
    except Conflict:
        _tell(session, person, request, why="closed", key=key, now=now)
        return "refused"
    return "posted"


def _tell(session: Session, person: Person, request: QuoteRequest, *, why: str, key: str, now: datetime) -> None:
    send_message(
        session,
        to=person,
        template="enquiry_answer_refused",
        context={"number": request.number, "why": why},
        key=f"enquiry:{request.id}:answer:{key}",
        now=now,
    )
