"""What the movements of a ledger are called, on pages and on paper."""

from typing import Final

from app.i18n import N_
from app.i18n.formats import format_money
from app.models.payments import PaymentEntry

ENTRY_NAMES: Final = {
    "charge": N_("Tiền đến"),
    "refund": N_("Hoàn lại"),
    "refund_returned": N_("Khoản hoàn không thành, tiền về lại bên bán"),
    "dispute": N_("Ngân hàng tạm giữ vì khiếu nại"),
    "dispute_won": N_("Khiếu nại không được chấp nhận, tiền về lại bên bán"),
    "dispute_lost": N_("Khiếu nại được chấp nhận, tiền trả về người mua"),
    "fee": N_("Phí của cổng thanh toán"),
}
SOURCE_NAMES: Final = {
    "hand": N_("bên bán xác nhận"),
    "statement": N_("khớp sao kê"),
    "stripe": N_("qua Stripe"),
}
_OUT: Final = frozenset({"refund", "dispute", "fee"})


def signed(entry: PaymentEntry) -> str:
    """The amount of an entry, with a minus for what leaves the seller."""
    return ("\N{MINUS SIGN}" if entry.kind in _OUT else "") + format_money(entry.amount, entry.currency)
