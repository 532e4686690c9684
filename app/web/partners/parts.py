"""Words, badges and choices that the pages of partners share."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from app.features.partners.states import STATE_NAMES
from app.i18n import N_, _
from app.i18n.formats import format_ago, format_datetime, format_number
from app.i18n.terms import term
from app.models.listings import KINDS
from app.models.taking import TakingRun
from app.web.shell import Link
from app.web.urls import url
from app.web.views.basics import Badge, Tone

PROTOCOL_NAMES: Final[Mapping[str, str]] = {
    "techmart": N_("OAI-PMH, khuôn dạng Techmart có chữ ký"),
    "oai_dc": N_("OAI-PMH, Dublin Core (DSpace, EPrints, OJS)"),
    "changes": N_("Luồng thay đổi JSON của một Techmart"),
    "file": N_("Tệp JSONL, CSV hoặc XLSX do người vận hành nạp"),
}
DIRECTION_NAMES: Final[Mapping[str, str]] = {
    "both": N_("Cả cho và nhận"),
    "take": N_("Chỉ nhận"),
    "give": N_("Chỉ cho"),
}
ACCEPTING_NAMES: Final[Mapping[str, str]] = {
    "publish": N_("Hiện ngay"),
    "review": N_("Chờ người vận hành duyệt"),
}
WITHHELD_NAMES: Final[Mapping[str, str]] = {
    "price": N_("Giá"),
    "organisation": N_("Đơn vị"),
    "files": N_("Ảnh và tài liệu"),
    "description": N_("Mô tả dài"),
    "identifiers": N_("Số hiệu, mã định danh"),
}
RUN_NAMES: Final[Mapping[str, str]] = {
    "trial": N_("Thử"),
    "harvest": N_("Nhận dữ liệu"),
    "sweep": N_("Đối chiếu toàn bộ"),
    "file": N_("Nạp tệp"),
    "inbox": N_("Đối tác gửi đến"),
    "retry": N_("Thử lại"),
}
RUN_STATES: Final[Mapping[str, tuple[str, Tone, str]]] = {
    "running": (N_("Đang chạy"), "info", "clock"),
    "waiting": (N_("Chờ theo yêu cầu của nguồn"), "info", "clock"),
    "braked": (N_("Chờ quyết định"), "warn", "alert"),
    "done": (N_("Xong"), "good", "check"),
    "failed": (N_("Lỗi"), "bad", "bad"),
    "stopped": (N_("Đã dừng"), "plain", "close"),
}
# What officials did beside the moves of the agreement, which its history tells.
ACT_NAMES: Final[Mapping[str, str]] = {
    "change": N_("Sửa thoả thuận"),
    "keys": N_("Đổi khoá công khai của đối tác"),
    "mapping": N_("Sửa bảng ánh xạ"),
    "credential_issued": N_("Cấp khoá"),
    "credential_revoked": N_("Thu hồi khoá"),
    "trial": N_("Thử nhận dữ liệu"),
    "harvest": N_("Nhận dữ liệu ngay"),
    "whole": N_("Nhận lại từ đầu"),
    "sweep": N_("Đối chiếu toàn bộ"),
    "file": N_("Nạp tệp"),
    "quarantine_retry": N_("Thử lại bản ghi cách ly"),
    "quarantine_dismiss": N_("Bỏ bản ghi cách ly"),
    "let_go": N_("Gỡ bản ghi không còn ở nguồn"),
    "kept": N_("Giữ bản ghi không thấy ở nguồn"),
    "carrying": N_("Bật hoặc tắt việc chuyển yêu cầu báo giá"),
    "carry_again": N_("Gửi lại một yêu cầu bị kẹt"),
}
_TONES: Final[Mapping[str, tuple[Tone, str]]] = {
    "draft": ("plain", "edit"),
    "tested": ("info", "check"),
    "live": ("good", "check"),
    "paused": ("warn", "clock"),
    "ended": ("plain", "close"),
}


def state_badge(state: str) -> Badge:
    """A partner's state."""
    tone, icon = _TONES[state]
    return Badge(_(STATE_NAMES[state]), tone, icon)


def run_badge(state: str) -> Badge:
    """A run's state."""
    text, tone, icon = RUN_STATES[state]
    return Badge(_(text), tone, icon)


def named(names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Codes with their words, as choices of a form."""
    return [(code, _(text)) for code, text in names.items()]


def kind_choices() -> list[tuple[str, str]]:
    """The kinds of listing as choices of a form."""
    return [(kind, term("kinds", kind)) for kind in KINDS]


def crumbs(*more: Link) -> tuple[Link, ...]:
    """The way back from a page of partners."""
    return (Link(_("Đối tác"), url("partner_registry")), *more)


def when(moment: datetime | None, now: datetime) -> str:
    """A moment with how long ago it was; a dash for none."""
    if moment is None:
        return "–"
    if moment > now:
        return format_datetime(moment)
    return f"{format_datetime(moment)} ({format_ago(moment, now)})"


def run_beside(run: TakingRun) -> str:
    """How far a run has come while it goes on, and the snapshot it began with."""
    said = []
    if run.state in {"running", "waiting"} and run.seen:
        whole = f"/{format_number(run.whole)}" if run.whole else ""
        said.append(_("%(done)s bản ghi", done=format_number(run.seen) + whole))
    if run.snapshot:
        said.append(_("từ tệp khởi tạo %(name)s", name=run.snapshot))
    return " · ".join(said)


def counts_of(run: TakingRun) -> str:
    """What a run brought, in one line; what is nought is left out."""
    said = (
        (run.created, _("mới")),
        (run.changed, _("sửa")),
        (run.gone, _("mất")),
        (run.unchanged, _("không đổi")),
        (run.skipped, _("bỏ qua")),
        (run.quarantined, _("cách ly")),
        (run.absent, _("không thấy ở nguồn")),
    )
    return ", ".join(f"{format_number(number)} {what}" for number, what in said if number) or _("không có gì mới")
