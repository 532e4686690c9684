"""What every command on a quote request begins and ends with: the locked row, its files, its journal entry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import journal
from app.errors import Conflict, Invalid, MoveNotAllowed, NotFound
from app.features.enquiries.policies import require_side, visible_to
from app.features.enquiries.states import MOVES, Side
from app.i18n import N_
from app.identity import Actor
from app.models import CarriedRequest, EnquiryFile, QuoteRequest, QuoteRequestHistory, QuoteRequestItem

SETTLED_ELSEWHERE = N_("Yêu cầu này ở sàn gốc của tin: quyết định của bạn phải được chuyển đến đó")
CLOSED = N_("Yêu cầu này đã khép lại nên không thay đổi được nữa")


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFile:
    """A file already checked and stored, about to be tied to a request, message or quote. `size` is in bytes."""

    filename: str
    media_type: str
    size: int
    sha256: str
    storage_key: str


def locked_request(
    session: Session, *, actor: Actor, number: str, side: Side, decides_here: bool = True
) -> QuoteRequest:
    """The request of that number, its row locked until the transaction ends, for an actor on `side`.

    Everything that changes a request takes this lock first, so two changes never interleave.

    Args:
        decides_here: whether the change is made here; then a request that was carried to another exchange is refused,
            for what becomes of it is settled there (app/features/carrying).

    Raises:
        NotFound: there is none, or the actor may not know of it.
        Forbidden: the actor does not act for that side.
        Conflict: it lives at another exchange.
    """
    request = session.scalars(
        visible_to(actor)
        .where(QuoteRequest.number == number)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if request is None:
        raise NotFound
    require_side(actor, request, side)
    if decides_here and side == "buyer" and is_carried_out(session, request.id):
        raise Conflict(SETTLED_ELSEWHERE)
    return request


def carried_of(session: Session, request_id: UUID) -> CarriedRequest | None:
    """How the request crosses exchanges; None for one that does not. One query, or none where it was read before."""
    return session.get(CarriedRequest, request_id)


def is_carried_out(session: Session, request_id: UUID) -> bool:
    """Whether the request was carried to the exchange that owns the listing."""
    carried = carried_of(session, request_id)
    return carried is not None and carried.direction == "out"


def require_no_files(files: Sequence[AttachedFile]) -> None:
    """Raises Invalid at `files` where there are any: files do not cross exchanges."""
    if files:
        raise Invalid({"files": N_("Tệp không chuyển được giữa hai sàn: hãy bỏ tệp và mô tả bằng lời.")})


def items_of(session: Session, request_id: UUID) -> Sequence[QuoteRequestItem]:
    """What was asked for, in its order."""
    return session.scalars(
        select(QuoteRequestItem).where(QuoteRequestItem.request_id == request_id).order_by(QuoteRequestItem.position)
    ).all()


def done_before(session: Session, request: QuoteRequest, *, move: str, actor: Actor) -> bool:
    """Whether the newest move is this very one by this very person: a form sent twice, which asks for nothing more."""
    newest = session.scalars(
        select(QuoteRequestHistory)
        .where(QuoteRequestHistory.quote_request_id == request.id)
        .order_by(QuoteRequestHistory.sequence.desc())
        .limit(1)
    ).one()
    return (
        newest.move == move
        and newest.actor_id == actor.person_id
        and newest.to_state == request.state == MOVES[move].target
    )


def require_state(request: QuoteRequest, allowed: frozenset[str]) -> None:
    """Raises MoveNotAllowed unless the (locked) request is in one of these states."""
    if request.state not in allowed:
        raise MoveNotAllowed(CLOSED, state=request.state)


def attach(
    session: Session,
    request: QuoteRequest,
    files: Sequence[AttachedFile],
    *,
    organisation_id: UUID,
    now: datetime,
    message_id: UUID | None = None,
    quote_id: UUID | None = None,
) -> None:
    """Tie stored files to the request, and to the message or quote they came with."""
    session.add_all(
        EnquiryFile(
            request_id=request.id,
            message_id=message_id,
            quote_id=quote_id,
            filename=file.filename,
            media_type=file.media_type,
            size=file.size,
            sha256=file.sha256,
            storage_key=file.storage_key,
            organisation_id=organisation_id,
            created_at=now,
        )
        for file in files
    )


def note_change(session: Session, request: QuoteRequest, *, action: str, actor: Actor, now: datetime) -> None:
    """Count a change that is no move between states, and tell the journal."""
    request.version += 1
    request.updated_at = now
    journal.append(
        session, entity="quote_request", entity_id=request.id, action=action, actor_id=actor.person_id, at=now
    )


def require_words(reason: str, note: str) -> None:
    """Raises Invalid at `note` when the reason is “other” and nothing is written beside it."""
    if reason == "other" and not note:
        raise Invalid({"note": N_("Hãy viết rõ lý do.")})
