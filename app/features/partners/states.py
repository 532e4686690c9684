"""The life of an agreement with a partner: every allowed move."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from app import lifecycle
from app.i18n import N_
from app.identity import Actor
from app.lifecycle import Move
from app.models.partners import Partner, PartnerHistory

MOVES: Mapping[str, Move] = {
    # A harvest on trial brought records without a fault of the whole.
    "test": Move.of("draft tested", "tested"),
    "go_live": Move.of("tested paused", "live"),
    # Nothing is taken from it, so there is nothing to try.
    "open": Move.of("draft", "live"),
    "pause": Move.of("live", "paused"),
    # Another address or way of asking has to be tried anew.
    "recheck": Move.of("tested paused", "draft"),
    "end": Move.of("draft tested live paused", "ended"),
}
STATE_NAMES: Mapping[str, str] = {
    "draft": N_("Đang soạn"),
    "tested": N_("Đã thử nhận dữ liệu"),
    "live": N_("Đang trao đổi"),
    "paused": N_("Tạm dừng"),
    "ended": N_("Đã chấm dứt"),
}
MOVE_NAMES: Mapping[str, str] = {
    "register": N_("Thêm đối tác"),
    "test": N_("Thử nhận dữ liệu thành công"),
    "go_live": N_("Bắt đầu trao đổi"),
    "open": N_("Bắt đầu trao đổi"),
    "pause": N_("Tạm dừng"),
    "recheck": N_("Đổi cách kết nối, phải thử lại"),
    "end": N_("Chấm dứt"),
}


def transition(session: Session, partner: Partner, *, move: str, actor: Actor, now: datetime, note: str = "") -> None:
    """Make one move of MOVES: lock, check, history row, journal entry.

    Raises:
        MoveNotAllowed: the partner's state, read under its lock, does not allow it.
    """
    lifecycle.transition(
        session,
        partner,
        moves=MOVES,
        move=move,
        history=PartnerHistory,
        history_key="partner_id",
        entity="partner",
        actor=actor,
        now=now,
        note=note,
    )
