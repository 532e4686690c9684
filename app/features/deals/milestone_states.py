"""The life of a milestone: planned, reported with evidence, accepted by the other side or returned to do again."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from app import lifecycle
from app.features.deals.states import Side
from app.i18n import N_
from app.identity import Actor
from app.lifecycle import Move
from app.models import DealMilestone, DealMilestoneHistory

MOVES: Mapping[str, Move] = {
    "change": Move.of("planned", "planned"),
    "change_returned": Move.of("returned", "returned"),
    "remove": Move.of("planned returned", "removed"),
    "report": Move.of("planned returned", "reported"),
    "accept": Move.of("reported", "accepted"),
    "return": Move.of("reported", "returned"),
}
OPEN_STATES = frozenset({"planned", "reported", "returned"})
CHANGEABLE = frozenset({"planned", "returned"})

STATE_NAMES: Mapping[str, str] = {
    "planned": N_("Theo kế hoạch"),
    "reported": N_("Đã báo xong, chờ bên kia"),
    "returned": N_("Bị trả lại"),
    "accepted": N_("Đã được chấp nhận"),
    "removed": N_("Đã bỏ khỏi kế hoạch"),
}
MOVE_NAMES: Mapping[str, str] = {
    "plan": N_("Đưa vào kế hoạch"),
    "change": N_("Sửa kế hoạch"),
    "change_returned": N_("Sửa kế hoạch"),
    "remove": N_("Bỏ khỏi kế hoạch"),
    "report": N_("Báo đã xong"),
    "accept": N_("Chấp nhận"),
    "return": N_("Trả lại"),
}


def transition(
    session: Session,
    milestone: DealMilestone,
    *,
    move: str,
    actor: Actor,
    now: datetime,
    by: Side,
    note: str = "",
    reasons: Mapping[str, str] | None = None,
) -> None:
    """Make one move of MOVES: lock, check, history row, journal entry.

    Raises:
        MoveNotAllowed: the milestone's state, read under its lock, does not allow it.
    """
    lifecycle.transition(
        session,
        milestone,
        moves=MOVES,
        move=move,
        history=DealMilestoneHistory,
        history_key="milestone_id",
        entity="deal_milestone",
        actor=actor,
        now=now,
        note=note,
        reasons={"by": by, **(reasons or {})},
    )
    session.flush()
