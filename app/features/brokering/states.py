"""The life of a case: every allowed move."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from app import lifecycle
from app.i18n import N_
from app.identity import Actor
from app.lifecycle import Move
from app.models import BrokerCase, BrokerCaseHistory

MOVES: Mapping[str, Move] = {
    "take": Move.of("open", "taken"),
    "release": Move.of("taken", "open"),
    "close": Move.of("open taken", "closed"),
    "reopen": Move.of("closed", "open"),
}
STATE_NAMES: Mapping[str, str] = {
    "open": N_("Chưa ai nhận"),
    "taken": N_("Đang theo dõi"),
    "closed": N_("Đã khép lại"),
}
MOVE_NAMES: Mapping[str, str] = {
    "open": N_("Mở vụ việc"),
    "take": N_("Nhận vụ việc"),
    "release": N_("Trả lại vụ việc"),
    "close": N_("Khép lại"),
    "reopen": N_("Mở lại"),
}
KIND_NAMES: Mapping[str, str] = {
    "no_answer": N_("Yêu cầu báo giá chưa được trả lời"),
    "call": N_("Cuộc gọi, lời nhờ"),
    "dispute": N_("Tranh chấp trong thương vụ"),
}
OUTCOME_NAMES: Mapping[str, str] = {
    "answered": N_("Bên được hỏi đã trả lời"),
    "introduced": N_("Đã giới thiệu hai bên"),
    "need_posted": N_("Đã thành nhu cầu đăng trên sàn"),
    "no_interest": N_("Không bên nào còn quan tâm"),
    "settled": N_("Hai bên đã giải quyết xong tranh chấp"),
    "ended": N_("Thương vụ chấm dứt"),
    "other": N_("Kết quả khác"),
}
_OF_DISPUTES = frozenset({"settled", "ended"})


def outcomes_of(kind: str) -> Mapping[str, str]:
    """How a case of that kind may end, with the names of it."""
    wanted = _OF_DISPUTES | {"other"} if kind == "dispute" else OUTCOME_NAMES.keys() - _OF_DISPUTES
    return {code: name for code, name in OUTCOME_NAMES.items() if code in wanted}


def transition(session: Session, case: BrokerCase, *, move: str, actor: Actor, now: datetime, note: str = "") -> None:
    """Make one move of MOVES: lock, check, history row, journal entry.

    Raises:
        MoveNotAllowed: the case's state, read under its lock, does not allow it.
    """
    lifecycle.transition(
        session,
        case,
        moves=MOVES,
        move=move,
        history=BrokerCaseHistory,
        history_key="case_id",
        entity="broker_case",
        actor=actor,
        now=now,
        note=note,
    )
