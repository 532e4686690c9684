"""The life of a deal: every allowed move, and what it is called. Either side makes a move; completing takes both.

Paused and disputed deals are held: they go back to the state they were held from.
"""

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

_HELD = "paused disputed"
MOVES: Mapping[str, Move] = {
    "check": Move.of("agreed", "checked"),
    "sign": Move.of("agreed checked", "signed"),
    "register": Move.of("signed refused", "registered"),
    "refuse": Move.of("signed", "refused"),
    "accept": Move.of("signed registered", "accepted"),
    "complete": Move.of("accepted", "completed"),
    "pause": Move.of("agreed checked signed registered refused accepted", "paused"),
    "dispute": Move.of("signed registered refused accepted", "disputed"),
    # Its target is where the deal was held from: see `moves_of`.
    "resume": Move.of(_HELD, "signed"),
    "terminate": Move.of("agreed checked signed registered refused accepted paused disputed", "terminated"),
}
OPEN_STATES = frozenset({"agreed", "checked", "signed", "registered", "refused", "accepted", "paused", "disputed"})
HELD_STATES = frozenset(_HELD.split())
BEFORE_CONTRACT = frozenset({"agreed", "checked"})
RUNNING_STATES = frozenset({"signed", "registered", "accepted"})
# The law's clock runs on when the two sides are done with each other.
REGISTRABLE_STATES = RUNNING_STATES | {"refused", "completed"}

STATE_NAMES: Mapping[str, str] = {
    "agreed": N_("Đã thoả thuận, chưa ký hợp đồng"),
    "checked": N_("Đã rà soát pháp lý, chưa ký hợp đồng"),
    "signed": N_("Đã ký hợp đồng, đang thực hiện"),
    "registered": N_("Đã đăng ký chuyển giao, đang thực hiện"),
    "refused": N_("Cơ quan đăng ký đã từ chối"),
    "accepted": N_("Đã nghiệm thu"),
    "paused": N_("Đang tạm dừng"),
    "disputed": N_("Đang có tranh chấp"),
    "completed": N_("Hoàn thành, hai bên xác nhận"),
    "terminated": N_("Đã chấm dứt"),
}
MOVE_NAMES: Mapping[str, str] = {
    "open": N_("Chấp nhận báo giá mở thương vụ"),
    "check": N_("Đã rà soát pháp lý"),
    "sign": N_("Hai bên đã ký hợp đồng"),
    "register": N_("Được cấp giấy chứng nhận đăng ký"),
    "refuse": N_("Cơ quan đăng ký từ chối"),
    "accept": N_("Bên mua nghiệm thu"),
    "pause": N_("Một bên tạm dừng"),
    "dispute": N_("Một bên báo tranh chấp"),
    "resume": N_("Thương vụ tiếp tục"),
    "terminate": N_("Thương vụ chấm dứt"),
    "complete": N_("Cả hai bên xác nhận kết quả"),
}


def moves_of(deal: Deal) -> Mapping[str, Move]:
    """MOVES with the target that resuming this deal has: the state it was held from."""
    return {**MOVES, "resume": Move(MOVES["resume"].sources, deal.held_from or "signed")}


def transition(
    session: Session,
    deal: Deal,
    *,
    move: str,
    actor: Actor,
    now: datetime,
    note: str = "",
    by: Side | None = None,
    reasons: Mapping[str, str] | None = None,
) -> None:
    """Make one move of MOVES: lock, check, history row, journal entry named after the move.

    Raises:
        MoveNotAllowed: the deal's state, read under its lock, does not allow it.
    """
    lifecycle.transition(
        session,
        deal,
        moves=moves_of(deal),
        move=move,
        history=DealHistory,
        history_key="deal_id",
        entity="deal",
        actor=actor,
        now=now,
        note=note,
        reasons={**(reasons or {}), **({"by": by} if by else {})},
    )
    session.flush()
