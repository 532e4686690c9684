"""The life of a quote request: every allowed move, whose turn follows it, and what each party sees as its status."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy.orm import Session

from app import lifecycle
from app.i18n import N_, _
from app.identity import Actor
from app.lifecycle import Move
from app.models.enquiries import QuoteRequest, QuoteRequestHistory

Side = Literal["buyer", "holder"]
Tone = Literal["turn", "waiting", "good", "closed"]

MOVES: Mapping[str, Move] = {
    "acknowledge": Move.of("sent", "acknowledged"),
    "clarify": Move.of("sent acknowledged", "clarifying"),
    "quote": Move.of("sent acknowledged clarifying", "quoted"),
    "revise": Move.of("quoted", "quoted"),
    "decline": Move.of("sent acknowledged clarifying", "declined"),
    "withdraw": Move.of("sent acknowledged clarifying", "withdrawn"),
    "accept": Move.of("quoted", "accepted"),
    "reject": Move.of("quoted", "rejected"),
    "lapse": Move.of("quoted", "lapsed"),
    "undeliver": Move.of("sent", "undelivered"),
}

# Who may make a move; lapsing is time's doing, and that a request cannot be carried its road's.
MOVED_BY: Mapping[str, Side] = {
    "acknowledge": "holder",
    "clarify": "holder",
    "quote": "holder",
    "revise": "holder",
    "decline": "holder",
    "withdraw": "buyer",
    "accept": "buyer",
    "reject": "buyer",
}

# Whose turn it is after a move; nobody's once the request is closed.
_AWAITS: Mapping[str, Side | None] = {
    "acknowledge": "holder",
    "clarify": "buyer",
    "quote": "buyer",
    "revise": "buyer",
}

OPEN_STATES = frozenset({"sent", "acknowledged", "clarifying", "quoted"})
TALKING_STATES = OPEN_STATES | {"accepted"}

STATE_NAMES: Mapping[str, str] = {
    "sent": N_("Đã gửi"),
    "acknowledged": N_("Đã tiếp nhận"),
    "clarifying": N_("Đang làm rõ"),
    "quoted": N_("Đã báo giá"),
    "declined": N_("Từ chối báo giá"),
    "accepted": N_("Đã chấp nhận"),
    "rejected": N_("Không chấp nhận"),
    "withdrawn": N_("Đã rút yêu cầu"),
    "lapsed": N_("Báo giá hết hạn"),
    "undelivered": N_("Sàn gốc không nhận"),
}
MOVE_NAMES: Mapping[str, str] = {
    "send": N_("Bên hỏi giá gửi yêu cầu"),
    "acknowledge": N_("Bên báo giá tiếp nhận"),
    "clarify": N_("Hai bên trao đổi để làm rõ"),
    "quote": N_("Bên báo giá gửi báo giá"),
    "revise": N_("Bên báo giá gửi bản báo giá mới"),
    "decline": N_("Bên báo giá từ chối"),
    "withdraw": N_("Bên hỏi giá rút yêu cầu"),
    "accept": N_("Bên hỏi giá chấp nhận báo giá"),
    "reject": N_("Bên hỏi giá không chấp nhận báo giá"),
    "lapse": N_("Báo giá hết thời hạn hiệu lực"),
    "undeliver": N_("Sàn gốc không nhận yêu cầu"),
}
DECLINE_REASON_NAMES: Mapping[str, str] = {
    "too_early": N_("Còn quá sớm"),
    "benefit_unclear": N_("Chưa rõ lợi ích so với giải pháp hiện có"),
    "commercial_route_unclear": N_("Chưa rõ hướng thương mại"),
    "description_unclear": N_("Mô tả chưa rõ"),
    "outside_strategy": N_("Ngoài định hướng của đơn vị"),
    "already_solved": N_("Đã có giải pháp khác"),
    "price": N_("Mức giá mong muốn không phù hợp"),
    "no_capacity": N_("Chưa đủ năng lực đáp ứng"),
    "other": N_("Lý do khác"),
}
REJECT_REASON_NAMES: Mapping[str, str] = {
    "price": N_("Giá chưa phù hợp"),
    "lead_time": N_("Thời gian giao không phù hợp"),
    "terms": N_("Điều kiện không phù hợp"),
    "does_not_fit": N_("Chưa đáp ứng yêu cầu kỹ thuật"),
    "chose_another": N_("Đã chọn bên khác"),
    "no_longer_needed": N_("Không còn nhu cầu"),
    "other": N_("Lý do khác"),
}


@dataclass(frozen=True, slots=True)
class Status:
    """What one party sees: a short text, and a tone that the sign beside it also says without colour."""

    text: str
    tone: Tone


# (state, whose turn) → what the buyer sees, what the holder sees.
_STATUSES: Mapping[tuple[str, Side | None], tuple[tuple[str, Tone], tuple[str, Tone]]] = {
    ("sent", "holder"): ((N_("Đã gửi, chờ trả lời"), "waiting"), (N_("Chờ bạn trả lời"), "turn")),
    ("acknowledged", "holder"): ((N_("Đã tiếp nhận, chờ báo giá"), "waiting"), (N_("Chờ bạn báo giá"), "turn")),
    ("clarifying", "holder"): ((N_("Đang làm rõ, chờ bên kia"), "waiting"), (N_("Chờ bạn trả lời"), "turn")),
    ("clarifying", "buyer"): ((N_("Chờ bạn trả lời"), "turn"), (N_("Đang làm rõ, chờ bên kia"), "waiting")),
    ("quoted", "buyer"): ((N_("Đã báo giá, chờ bạn quyết định"), "turn"), (N_("Đã báo giá, chờ bên kia"), "waiting")),
    ("quoted", "holder"): ((N_("Đã báo giá, chờ bên kia"), "waiting"), (N_("Đã báo giá, chờ bạn trả lời"), "turn")),
    ("declined", None): ((N_("Bên báo giá từ chối"), "closed"), (N_("Bạn đã từ chối"), "closed")),
    ("accepted", None): ((N_("Bạn đã chấp nhận"), "good"), (N_("Báo giá được chấp nhận"), "good")),
    ("rejected", None): ((N_("Bạn không chấp nhận"), "closed"), (N_("Báo giá không được chấp nhận"), "closed")),
    ("withdrawn", None): ((N_("Bạn đã rút yêu cầu"), "closed"), (N_("Bên hỏi giá đã rút yêu cầu"), "closed")),
    ("undelivered", None): (
        (N_("Sàn gốc không nhận yêu cầu"), "closed"),
        (N_("Sàn gốc không nhận yêu cầu"), "closed"),
    ),
    ("lapsed", None): ((N_("Báo giá hết hạn"), "closed"), (N_("Báo giá hết hạn"), "closed")),
}


def status_for(*, state: str, awaits: str | None, side: Side) -> Status:
    """The status as the party on `side` sees it, in the language of the moment."""
    buyer, holder = _STATUSES[state, awaits]  # type: ignore[index]
    text, tone = buyer if side == "buyer" else holder
    return Status(text=_(text), tone=tone)


def state_name(state: str) -> str:
    """The state as somebody who is no party sees it."""
    return _(STATE_NAMES[state])


def other_side(side: Side) -> Side:
    return "holder" if side == "buyer" else "buyer"


def transition(
    session: Session,
    request: QuoteRequest,
    *,
    move: str,
    actor: Actor,
    now: datetime,
    note: str = "",
    reasons: Mapping[str, str] | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Make one move of MOVES and hand the turn over: lock, check, history row, journal entry named after the move.

    Raises:
        MoveNotAllowed: the request's state, read under its lock, does not allow it.
    """
    lifecycle.transition(
        session,
        request,
        moves=MOVES,
        move=move,
        history=QuoteRequestHistory,
        history_key="quote_request_id",
        entity="quote_request",
        actor=actor,
        now=now,
        note=note,
        reasons=reasons,
        data=data,
    )
    request.awaits = _AWAITS.get(move)
    if request.state not in OPEN_STATES:
        request.closed_at = now
    session.flush()
