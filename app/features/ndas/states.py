"""The life of a non-disclosure agreement: every allowed move, who makes it, and what it is called."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from app import lifecycle
from app.i18n import N_
from app.identity import Actor
from app.lifecycle import Move
from app.models.ndas import Nda, NdaHistory

Side = Literal["discloser", "recipient"]

MOVES: Mapping[str, Move] = {
    "fix": Move.of("requested fixed", "fixed"),
    "sign": Move.of("fixed", "signed_by_one"),
    "countersign": Move.of("signed_by_one", "active"),
    "decline": Move.of("requested fixed signed_by_one", "declined"),
    "withdraw": Move.of("requested fixed signed_by_one", "withdrawn"),
    "revoke": Move.of("active", "revoked"),
    "expire": Move.of("active", "expired"),
}

# Who may make a move; signing and revoking are for either side, expiring is time's doing.
MOVED_BY: Mapping[str, frozenset[Side]] = {
    "fix": frozenset({"discloser"}),
    "sign": frozenset({"discloser", "recipient"}),
    "countersign": frozenset({"discloser", "recipient"}),
    "decline": frozenset({"discloser"}),
    "withdraw": frozenset({"recipient"}),
    "revoke": frozenset({"discloser", "recipient"}),
}

PENDING_STATES = frozenset({"requested", "fixed", "signed_by_one"})
OPEN_STATES = PENDING_STATES | {"active"}
SIGNABLE_STATES = frozenset({"fixed", "signed_by_one"})

STATE_NAMES: Mapping[str, str] = {
    "requested": N_("Chờ bên tiết lộ soạn văn bản"),
    "fixed": N_("Văn bản đã chốt, chờ hai bên ký"),
    "signed_by_one": N_("Một bên đã ký"),
    "active": N_("Đang có hiệu lực"),
    "declined": N_("Bị từ chối"),
    "withdrawn": N_("Đã rút đề nghị"),
    "expired": N_("Hết hạn"),
    "revoked": N_("Đã chấm dứt trước hạn"),
}
MOVE_NAMES: Mapping[str, str] = {
    "request": N_("Bên nhận đề nghị thoả thuận bảo mật"),
    "fix": N_("Bên tiết lộ chốt văn bản"),
    "sign": N_("Bên thứ nhất ký"),
    "countersign": N_("Bên thứ hai ký, thoả thuận có hiệu lực"),
    "decline": N_("Bên tiết lộ từ chối"),
    "withdraw": N_("Bên nhận rút đề nghị"),
    "revoke": N_("Một bên chấm dứt trước hạn"),
    "expire": N_("Thoả thuận hết hạn"),
}
SIDE_NAMES: Mapping[str, str] = {"discloser": N_("Bên tiết lộ"), "recipient": N_("Bên nhận")}


def other_side(side: Side) -> Side:
    return "recipient" if side == "discloser" else "discloser"


def transition(
    session: Session,
    nda: Nda,
    *,
    move: str,
    actor: Actor,
    now: datetime,
    note: str = "",
    reasons: Mapping[str, str] | None = None,
) -> None:
    """Make one move of MOVES: lock, check, history row, journal entry named after the move.

    Raises:
        MoveNotAllowed: the agreement's state, read under its lock, does not allow it.
    """
    lifecycle.transition(
        session,
        nda,
        moves=MOVES,
        move=move,
        history=NdaHistory,
        history_key="nda_id",
        entity="nda",
        actor=actor,
        now=now,
        note=note,
        reasons=reasons,
    )
    if nda.state not in OPEN_STATES:
        nda.closed_at = now
    session.flush()
