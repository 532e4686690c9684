"""Where a listing stands, in words and as steps."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Protocol

from app.features.listings.states import EDITABLE_STATES
from app.i18n import N_, _
from app.i18n.formats import format_date
from app.i18n.terms import term
from app.models.listings import PUBLIC_STATES
from app.web.views.basics import Badge, Tone
from app.web.views.records import Step

MOVES: Final = {
    "create": N_("Tạo bản nháp"),
    "import": N_("Nhập từ tệp"),
    "submit": N_("Gửi duyệt"),
    "recall": N_("Rút lại bản gửi duyệt"),
    "return": N_("Trả lại để sửa"),
    "publish": N_("Duyệt và đăng"),
    "confirm": N_("Xác nhận vẫn còn đúng"),
    "fall_due": N_("Đến hạn xác nhận"),
    "demote": N_("Quá hạn xác nhận"),
    "archive": N_("Đưa vào lưu trữ"),
    "withdraw": N_("Rút khỏi sàn"),
    "suspend": N_("Tạm ngưng"),
    "reinstate": N_("Hiển thị trở lại"),
    "lose_sight": N_("Sàn nguồn không trả lời"),
    "reappear": N_("Có lại ở sàn nguồn"),
    "transfer": N_("Đã chuyển giao"),
    "reopen": N_("Mở lại"),
}
WITHDRAWALS: Final = {
    "sold": N_("Đã bán hoặc đã chuyển giao"),
    "solved": N_("Nhu cầu đã được giải quyết"),
    "changed": N_("Kế hoạch đã thay đổi"),
    "mistake": N_("Đăng nhầm"),
    "other": N_("Lý do khác"),
}
_TONES: Final[dict[str, tuple[Tone, str]]] = {
    "draft": ("plain", "edit"),
    "submitted": ("info", "clock"),
    "returned": ("warn", "alert"),
    "published": ("good", "check"),
    "due": ("warn", "clock"),
    "stale": ("warn", "alert"),
    "archived": ("plain", "file"),
    "withdrawn": ("plain", "close"),
    "suspended": ("bad", "bad"),
    "transferred": ("good", "check"),
}


class Staged(Protocol):
    """A listing, or a card of one."""

    @property
    def state(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def submitted_at(self) -> datetime | None: ...
    @property
    def published_at(self) -> datetime | None: ...
    @property
    def confirm_due_at(self) -> datetime | None: ...


def state_badge(state: str) -> Badge:
    """The state with its sign."""
    tone, icon = _TONES[state]
    return Badge(term("listing_state", state), tone, icon)


def move_name(move: str) -> str:
    """What a move of the history is called."""
    return _(MOVES[move]) if move in MOVES else move


def steps_of(one: Staged) -> Sequence[Step]:
    """The life of a listing up to now and what comes next."""
    state = one.state
    drafting = state in {"draft", "returned"}
    waiting = state == "submitted"
    shown = state in PUBLIC_STATES
    ended = not (drafting or waiting or shown)
    steps = [
        Step(
            _("Soạn"),
            "current" if drafting else "done",
            at=one.created_at,
            note=_("Đơn vị vận hành đề nghị sửa") if state == "returned" else "",
        ),
        Step(
            _("Chờ duyệt"),
            "current" if waiting else "coming" if drafting else "done",
            at=one.submitted_at if not drafting else None,
        ),
    ]
    if ended:
        if one.published_at is not None:
            steps.append(Step(_("Đã đăng"), "done", at=one.published_at))
        steps.append(Step(term("listing_state", state), "done" if state == "transferred" else "refused"))
        return steps
    steps.append(
        Step(
            _("Đang đăng"),
            "current" if shown else "coming",
            at=one.published_at if shown else None,
            note=_until(one) if shown else "",
        )
    )
    return steps


def _until(one: Staged) -> str:
    if one.confirm_due_at is None:
        return ""
    day = format_date(one.confirm_due_at)
    if one.state == "published":
        return _("Xác nhận lại trước ngày %(day)s", day=day)
    return _("Cần xác nhận từ ngày %(day)s", day=day)


def is_editable(state: str) -> bool:
    """Whether the owner may change what the listing says."""
    return state in EDITABLE_STATES
