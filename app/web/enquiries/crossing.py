"""Of a request that crosses exchanges: through which one, how far it has come, and how to go on."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.features.enquiries.queries import EnquiryRecord
from app.features.enquiries.states import OPEN_STATES, Side
from app.i18n import _
from app.i18n.formats import format_datetime
from app.models import CarriedDelivery
from app.web.views.basics import Badge


@dataclass(frozen=True, kw_only=True)
class CrossingView:
    """What a party is told of it. `lines` are sentences; `email` is the buyer's, where it came along."""

    exchange: str
    badge: Badge
    number: str
    lines: Sequence[str]
    email: str


def is_asked_elsewhere(record: EnquiryRecord) -> bool:
    """Whether the request was carried to the exchange that owns the listing."""
    return record.carried is not None and record.carried.direction == "out"


def through(exchange: str, side: Side | None) -> str:
    """The other exchange of a request in a list; "" of one that does not cross."""
    if not exchange:
        return ""
    if side == "buyer":
        return _("gửi đến %(exchange)s", exchange=exchange)
    return _("qua %(exchange)s", exchange=exchange)


def crossing_view(record: EnquiryRecord, side: Side) -> CrossingView | None:
    """How the request crosses, as its party on `side` sees it; None for one that does not."""
    carried = record.carried
    if carried is None:
        return None
    lines: list[str] = []
    if carried.direction == "in":
        badge = Badge(_("Qua %(exchange)s", exchange=carried.exchange_name), "info", "next")
        lines.append(
            _(
                "Bên hỏi giá ở sàn %(exchange)s. Bạn trả lời như thường: báo giá, lời nhắn và lời từ chối được chuyển "
                "về đó.",
                exchange=carried.exchange_name,
            )
        )
        if record.acceptance is not None:
            lines.append(_("Thương vụ được theo dõi ở sàn này; bên hỏi giá không có tài khoản ở đây."))
    else:
        badge = _badge(record)
        if record.acceptance is not None:
            lines.append(
                _(
                    "Thương vụ được theo dõi ở %(exchange)s, nơi bên báo giá hoạt động. Hãy tiếp tục bằng lời nhắn ở "
                    "trang này.",
                    exchange=carried.exchange_name,
                )
            )
        elif record.request.state in OPEN_STATES:
            lines.append(_("Quyết định của bạn có hiệu lực khi sàn gốc xác nhận."))
        if carried.heard_at is not None:
            lines.append(_("Sàn gốc trả lời gần nhất lúc %(at)s.", at=format_datetime(carried.heard_at)))
    lines.append(_("Tệp không chuyển được giữa hai sàn."))
    return CrossingView(
        exchange=carried.exchange_name,
        badge=badge,
        number=carried.remote_number,
        lines=lines,
        email=carried.contact_email if side == "holder" else "",
    )


def _badge(record: EnquiryRecord) -> Badge:
    assert record.carried is not None  # noqa: S101 - asked of those that cross only
    exchange = record.carried.exchange_name
    ask = next((one for one in record.on_its_way if one.act == "ask"), None)
    if record.request.state == "undelivered":
        return Badge(_("%(exchange)s không nhận", exchange=exchange), "bad", "close")
    if ask is None:
        return Badge(_("Đã đến %(exchange)s", exchange=exchange), "good", "check")
    if ask.state == "failed":
        return Badge(_("Chưa đến được %(exchange)s", exchange=exchange), "warn", "alert")
    return Badge(_("Đang chuyển đến %(exchange)s", exchange=exchange), "info", "clock")


def on_its_way_text(record: EnquiryRecord) -> str:
    """What of the buyer's has not arrived yet, and when it is tried next."""
    one = record.on_its_way[0]
    what = {
        "ask": _("Yêu cầu chưa đến sàn gốc."),
        "accept": _("Việc chấp nhận báo giá đang được chuyển đến sàn gốc, và có hiệu lực khi sàn gốc xác nhận."),
        "reject": _("Việc không chấp nhận báo giá đang được chuyển đến sàn gốc."),
        "withdraw": _("Việc rút yêu cầu đang được chuyển đến sàn gốc."),
        "message": _("Lời nhắn của bạn đang được chuyển đến sàn gốc."),
    }[one.act]
    return f"{what} {_next_try(one)}".rstrip()


def _next_try(one: CarriedDelivery) -> str:
    if one.state == "failed":
        return _("Đã thử nhiều lần mà không được; đơn vị vận hành thấy việc này và có thể gửi lại.")
    if one.attempts and one.next_at is not None:
        return _("Đã thử %(count)s lần; lần tới vào %(at)s.", count=one.attempts, at=format_datetime(one.next_at))
    return ""
