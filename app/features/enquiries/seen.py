"""Read marks: up to when somebody of each side has looked at a request."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.features.enquiries.policies import readable_by, sides_of
from app.features.enquiries.states import Side, other_side
from app.identity import Actor
from app.models import EnquirySeen, QuoteRequest


def mark_seen(session: Session, *, actor: Actor, number: str, side: Side, now: datetime) -> None:
    """Note that the actor has looked at the request now. No event: nobody is told, nothing is journalled.

    Raises:
        NotFound: the request is none of theirs on that side.
    """
    request = session.scalars(readable_by(actor).where(QuoteRequest.number == number)).one_or_none()
    if request is None or side not in sides_of(actor, request):
        raise NotFound
    mark = insert(EnquirySeen).values(request_id=request.id, person_id=actor.person_id, side=side, at=now)
    session.execute(
        mark.on_conflict_do_update(
            index_elements=[EnquirySeen.request_id, EnquirySeen.person_id, EnquirySeen.side],
            set_={"at": func.greatest(EnquirySeen.at, mark.excluded.at)},
        )
    )


def seen_by_other(session: Session, request: QuoteRequest, *, side: Side) -> datetime | None:
    """When somebody of the other side last looked; None when nobody has. One query."""
    return session.scalar(
        select(func.max(EnquirySeen.at)).where(
            EnquirySeen.request_id == request.id, EnquirySeen.side == other_side(side)
        )
    )
