"""What refusals are called on the pages of accounts."""

from app.features.accounts.attempts import Refused
from app.i18n import N_, _, ngettext

_WRONG = N_("E-mail hoặc mật khẩu chưa đúng. Hãy thử lại, hoặc đặt lại mật khẩu.")
_UNCONFIRMED = N_(
    "Địa chỉ e-mail chưa được xác nhận. Chúng tôi vừa gửi lại thư có liên kết xác nhận; hãy mở thư rồi đăng nhập."
)
_DISABLED = N_("Tài khoản này đang bị khoá. Hãy liên hệ đơn vị vận hành để biết lý do.")


def refusal_text(refused: Refused) -> str:
    """What a person reads when they are not let in."""
    if refused.reason == "too_many":
        minutes = -(-refused.wait // 60)
        return ngettext(
            "Quá nhiều lần thử. Hãy chờ %(num)s phút rồi thử lại.",
            "Quá nhiều lần thử. Hãy chờ %(num)s phút rồi thử lại.",
            minutes,
        )
    text = {"unconfirmed": _UNCONFIRMED, "disabled": _DISABLED}.get(refused.reason, _WRONG)
    return _(text)


def refusal_status(refused: Refused) -> int:
    """The HTTP status of the page that says so."""
    return 429 if refused.reason == "too_many" else 422


def refusal_headers(refused: Refused) -> dict[str, str]:
    """Retry-After for who has to wait."""
    return {"Retry-After": str(refused.wait)} if refused.wait else {}
