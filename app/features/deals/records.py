"""What every command on a deal begins and ends with: the locked row, its files, its journal entry."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app import journal
from app.errors import Conflict, NotFound, RateLimited
from app.features.accounts.attempts import Limit, count_attempt
from app.features.accounts.policies import require_in_person
from app.features.deals.policies import require_side, visible_to
from app.features.deals.states import OPEN_STATES, Side
from app.features.enquiries.records import AttachedFile
from app.i18n import N_
from app.identity import Actor
from app.models import Deal, DealFile, DealMilestone

CLOSED = N_("Thương vụ này đã khép lại nên không thay đổi được nữa")
HELD = N_("Thương vụ đang tạm dừng hoặc có tranh chấp: việc này làm được khi thương vụ tiếp tục")
NOT_YOURS = N_("Việc này dành cho bên kia")
TOO_MANY_LETTERS = N_("Hôm nay bên bạn đã thay đổi thương vụ này quá nhiều lần: hãy tiếp tục vào ngày mai")
LETTERS = Limit("deal-letters:side", 100, timedelta(days=1))


def locked_deal(session: Session, *, actor: Actor, number: str, side: Side) -> Deal:
    """The deal of that number, its row locked until the transaction ends, for an actor on `side`.

    Everything that changes a deal takes this lock first, so two changes never interleave.

    Raises:
        NotFound: there is none, or the actor may not know of it; SignInRequired, Forbidden.
    """
    deal = session.scalars(
        visible_to(actor).where(Deal.number == number).with_for_update().execution_options(populate_existing=True)
    ).one_or_none()
    if deal is None:
        raise NotFound
    require_side(actor, deal, side)
    return deal


def count_letter(session: Session, deal: Deal, *, side: Side, now: datetime) -> None:
    """Count one change of a side that tells the other by letter, and may be made again and again. The deal is locked.

    Raises:
        RateLimited: the side made too many on this deal today.
    """
    wait = count_attempt(session, LETTERS, subject=f"{deal.id}:{side}", now=now)
    if wait:
        raise RateLimited(wait, TOO_MANY_LETTERS)


def require_state(deal: Deal, allowed: frozenset[str], otherwise: str) -> None:
    """Raises Conflict unless the (locked) deal is in one of these states: closed, held, or `otherwise`."""
    if deal.state in allowed:
        return
    if deal.state not in OPEN_STATES:
        raise Conflict(CLOSED)
    raise Conflict(HELD if deal.held_from else otherwise)


def other(side: Side) -> Side:
    """The other side."""
    return "holder" if side == "buyer" else "buyer"


def note_change(session: Session, deal: Deal, *, action: str, actor: Actor, now: datetime) -> None:
    """Count a change that is no move between states, and tell the journal."""
    deal.version += 1
    deal.updated_at = now
    journal.append(session, entity="deal", entity_id=deal.id, action=action, actor_id=actor.person_id, at=now)


def attach(
    session: Session,
    deal: Deal,
    files: Sequence[AttachedFile],
    *,
    actor: Actor,
    side: Side,
    now: datetime,
    milestone: DealMilestone | None = None,
    report: int | None = None,
) -> list[DealFile]:
    """Tie stored files to the deal, and to the milestone they are evidence of."""
    rows = [
        DealFile(
            deal_id=deal.id,
            milestone_id=milestone.id if milestone is not None else None,
            report=report,
            filename=one.filename,
            media_type=one.media_type,
            size=one.size,
            sha256=one.sha256,
            storage_key=one.storage_key,
            side=side,
            sent_by_id=require_in_person(actor),
            created_at=now,
        )
        for one in files
    ]
    session.add_all(rows)
    return rows
