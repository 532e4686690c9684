"""The life of a deal: every allowed move, and what it is called. Either side makes a move; completing takes both."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from app import lifecycle
from app.i18n import N_
from app.identity import Actor
from app.lifecycle import Move
from app.models.deals import Deal, DealHistory

Side = Literal["buyer", "holder"]

MOVES: Mapping[str, Move] = {
    "sign": Move.of("agreed", "signed"),
    "dispute": Move.of("signed", "disputed"),
    "resume": Move.of("disputed", "signed"),
    "terminate": Move.of("agreed signed disputed", "terminated"),
    "complete": Move.of("signed", "completed"),
}
OPEN_STATES = frozenset({"agreed", "signed", "disputed"})

STATE_NAMES: Mapping[str, str] = {
    "agreed": N_("Đã thoả thuận, chưa ký hợp đồng"),
    "signed": N_("Đã ký hợp đồng, đang thực hiện"),
    "disputed": N_("Đang có tranh chấp"),
    "completed": N_("Hoàn thành, hai bên xác nhận"),
    "terminated": N_("Đã chấm dứt"),
}
MOVE_NAMES: Mapping[str, str] = {
    "open": N_("Chấp nhận báo giá mở thương vụ"),
    "sign": N_("Hai bên đã ký hợp đồng"),
    "dispute": N_("Một bên báo tranh chấp"),
    "resume": N_("Tranh chấp được giải quyết"),
    "terminate": N_("Thương vụ chấm dứt"),
    "complete": N_("Cả hai bên xác nhận kết quả"),
}


def transition(
    session: Session, deal: Deal, *, move: str, actor: Actor, now: datetime, note: str = "", by: Side | None = None
) -> None:
    """Make one move of MOVES: lock, check, history row, journal entry named after the move.

    Raises:
        MoveNotAllowed: the deal's state, read under its lock, does not allow it.
    """
    lifecycle.transition(
        session,
        deal,
        moves=MOVES,
        move=move,
        history=DealHistory,
        history_key="deal_id",
        entity="deal",
        actor=actor,
        now=now,
        note=note,
        reasons={"by": by} if by else None,
    )
    session.flush()
