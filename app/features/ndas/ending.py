"""The end of an agreement by one side, and of one person's reading."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.errors import Conflict, NotFound
from app.features.ndas import notices
from app.features.ndas.policies import require_side
from app.features.ndas.records import done_before, locked_nda, note_change
from app.features.ndas.schemas import NdaReasonInput
from app.features.ndas.states import OPEN_STATES, Side, transition
from app.identity import Actor
from app.models.ndas import Nda, NdaReader

_EVENTS = {"decline": "declined", "withdraw": "withdrawn", "revoke": "revoked"}


def decline_nda(session: Session, *, actor: Actor, number: str, data: NdaReasonInput, now: datetime) -> Nda:
    """The discloser will not sign, and says why.

    Raises:
        NotFound, Forbidden, MoveNotAllowed.
    """
    return _end(session, actor=actor, number=number, side="discloser", move="decline", data=data, now=now)


def withdraw_nda(session: Session, *, actor: Actor, number: str, data: NdaReasonInput, now: datetime) -> Nda:
    """The recipient takes the request back before the agreement is in force.

    Raises:
        NotFound, Forbidden, MoveNotAllowed.
    """
    return _end(session, actor=actor, number=number, side="recipient", move="withdraw", data=data, now=now)


def revoke_nda(session: Session, *, actor: Actor, number: str, side: Side, data: NdaReasonInput, now: datetime) -> Nda:
    """Either side ends an agreement in force; the confidential part closes at once.

    Raises:
        NotFound, Forbidden, MoveNotAllowed.
    """
    return _end(session, actor=actor, number=number, side=side, move="revoke", data=data, now=now)


def _end(
    session: Session,
    *,
    actor: Actor,
    number: str,
    side: Side,
    move: str,
    data: NdaReasonInput,
    now: datetime,
) -> Nda:
    nda = locked_nda(session, actor=actor, number=number)
    require_side(actor, nda, side)
    if done_before(session, nda, move=move, actor=actor):
        return nda
    transition(session, nda, move=move, actor=actor, now=now, note=data.note, reasons={"by": side})
    notices.tell_both(session, nda, event=_EVENTS[move], now=now, by=side)
    return nda


def remove_reader(
    session: Session, *, actor: Actor, number: str, side: Side, person_id: UUID, now: datetime
) -> NdaReader:
    """Somebody reads no more: the recipient takes them off, or the discloser bars them. There is no way back.

    Raises:
        NotFound: no such agreement or reader; Forbidden; Conflict: the agreement is over.
    """
    nda = locked_nda(session, actor=actor, number=number)
    require_side(actor, nda, side)
    if nda.state not in OPEN_STATES:
        raise Conflict
    reader = session.get(NdaReader, (nda.id, person_id), populate_existing=True)
    if reader is None:
        raise NotFound
    if reader.removed_at is None:
        reader.removed_at = now
        note_change(session, nda, action="reader_removed", actor=actor, now=now)
    return reader
