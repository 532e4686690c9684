"""The life of a payment: every allowed move, and what it is called.

People move a payment only while no money was seen. Afterwards its state follows from the sums of its ledger
(`state_of`); each of those moves has a name too, so that history reads like one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from app import lifecycle
from app.i18n import N_
from app.identity import Actor
from app.lifecycle import Move
from app.models.payments import Payment, PaymentHistory

Side = Literal["buyer", "holder"]

_ANY = "asked reported part_paid paid partly_refunded refunded disputed charged_back cancelled"


def _from_any_but(target: str) -> Move:
    return Move.of(" ".join(state for state in _ANY.split() if state != target), target)


MOVES: Mapping[str, Move] = {
    "report": Move.of("asked", "reported"),
    "deny": Move.of("reported", "asked"),
    "cancel": Move.of("asked reported", "cancelled"),
    # What the ledger does. Money may come after a cancellation, and a dispute may end in any way.
    "receive_part": _from_any_but("part_paid"),
    "receive": _from_any_but("paid"),
    "refund_part": Move.of("paid disputed part_paid refunded charged_back", "partly_refunded"),
    "refund": Move.of("paid part_paid partly_refunded disputed charged_back", "refunded"),
    "dispute": Move.of("paid part_paid partly_refunded refunded charged_back", "disputed"),
    "charge_back": Move.of("disputed paid part_paid partly_refunded refunded", "charged_back"),
}
BY_STATE: Mapping[str, str] = {
    "part_paid": "receive_part",
    "paid": "receive",
    "partly_refunded": "refund_part",
    "refunded": "refund",
    "disputed": "dispute",
    "charged_back": "charge_back",
}
# In which the buyer is asked for money.
PAYABLE = frozenset({"asked", "reported", "part_paid"})
# In which money of the buyer is with the seller.
WITH_MONEY = frozenset({"part_paid", "paid", "partly_refunded"})

STATE_NAMES: Mapping[str, str] = {
    "asked": N_("Chờ thanh toán"),
    "reported": N_("Bên mua báo đã chuyển"),
    "part_paid": N_("Đã nhận một phần"),
    "paid": N_("Đã thanh toán"),
    "partly_refunded": N_("Đã hoàn một phần"),
    "refunded": N_("Đã hoàn hết"),
    "disputed": N_("Đang khiếu nại với ngân hàng"),
    "charged_back": N_("Ngân hàng đã thu hồi"),
    "cancelled": N_("Đã huỷ đề nghị"),
}
MOVE_NAMES: Mapping[str, str] = {
    "ask": N_("Bên bán đề nghị thanh toán"),
    "report": N_("Bên mua báo đã chuyển khoản"),
    "deny": N_("Bên bán chưa thấy tiền"),
    "cancel": N_("Bên bán huỷ đề nghị"),
    "receive_part": N_("Nhận được một phần"),
    "receive": N_("Nhận đủ tiền"),
    "refund_part": N_("Hoàn một phần"),
    "refund": N_("Hoàn hết"),
    "dispute": N_("Người trả khiếu nại với ngân hàng phát hành thẻ"),
    "charge_back": N_("Ngân hàng thu hồi khoản tiền"),
}
KIND_NAMES: Mapping[str, str] = {
    "deposit": N_("Đặt cọc"),
    "milestone": N_("Thanh toán theo mốc"),
    "balance": N_("Thanh toán phần còn lại"),
    "royalty": N_("Phí kỳ vụ"),
}


@dataclass(frozen=True, slots=True)
class Sums:
    """What the ledger of one payment adds up to, in minor units of its currency. None of them is ever negative."""

    charged: int = 0
    refunded: int = 0
    held: int = 0
    lost: int = 0
    fees: int = 0

    @property
    def net(self) -> int:
        """What the seller has of it: charges less refunds, less what a dispute holds or took."""
        return self.charged - self.refunded - self.held - self.lost

    def over(self, amount: int) -> int:
        """What was paid beyond the amount asked for."""
        return max(0, self.net - amount)

    def outstanding(self, amount: int) -> int:
        """What is still to come. What was paid and refunded is not asked for again."""
        return max(0, amount - self.charged)


def state_of(amount: int, sums: Sums) -> str | None:
    """The state that follows from the ledger; None while no money was seen, when people's moves hold."""
    if not sums.charged:
        return None
    if sums.held:
        return "disputed"
    if sums.net >= amount:
        return "paid"
    if not sums.refunded and not sums.lost:
        return "part_paid"
    if sums.net:
        return "partly_refunded"
    return "charged_back" if sums.lost else "refunded"


def transition(
    session: Session,
    payment: Payment,
    *,
    move: str,
    actor: Actor,
    now: datetime,
    note: str = "",
    by: Side | None = None,
) -> None:
    """Make one move of MOVES: lock, check, history row, journal entry named after the move.

    Raises:
        MoveNotAllowed: the payment's state, read under its lock, does not allow it.
    """
    lifecycle.transition(
        session,
        payment,
        moves=MOVES,
        move=move,
        history=PaymentHistory,
        history_key="payment_id",
        entity="payment",
        actor=actor,
        now=now,
        note=note,
        reasons={"by": by} if by else None,
    )
    session.flush()
