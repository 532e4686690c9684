"""The evidence of an agreement as PDF: what was signed, by whom, when, from where, and what became of it."""

from app.features.ndas.queries import NdaRecord
from app.features.ndas.states import MOVE_NAMES, SIDE_NAMES, STATE_NAMES, Side
from app.i18n import _, current_locale
from app.i18n.formats import format_date, format_datetime
from app.integrations.paper import Paper
from app.models import NdaSignature
from app.web.ndas.parts import unnamed


def evidence(record: NdaRecord, *, exchange: str, authority: str) -> bytes:
    """The file, in the language of the moment. An owner who keeps its name is kept here too.

    Args:
        exchange: the name of this exchange.
        authority: its DNS name, under which the agreement's number means this agreement.
    """
    nda = record.nda
    last = record.history[-1].at
    paper = Paper(
        title=_("Bằng chứng ký kết %(number)s", number=nda.number),
        language=current_locale(),
        foot=f"{nda.number} · {exchange} · {authority}",
        at=last,
    )
    paper.heading(_("Bằng chứng ký kết thoả thuận bảo mật"), 1)
    paper.facts(
        [
            (_("Số"), nda.number),
            (_("Nơi lưu giữ"), f"{exchange} ({authority})"),
            (_("Về"), nda.listing_title),
            (_("Bên tiết lộ"), nda.discloser_name if record.discloser is not None else unnamed()),
            (_("Bên nhận"), nda.recipient_name),
            (_("Tình trạng"), f"{_(STATE_NAMES[nda.state])} ({format_datetime(last)})"),
            (_("Hiệu lực"), _term(record)),
            (_("Mẫu văn bản"), nda.template_version or ""),
            ("SHA-256", nda.text_sha256 or ""),
        ]
    )
    paper.paragraph(
        _(
            "Mã SHA-256 được tính trên đúng các byte (UTF-8) của văn bản tải từ trang thoả thuận. Văn bản in ở cuối "
            "bằng chứng này là cùng nội dung."
        ),
        soft=True,
    )
    paper.heading(_("Chữ ký"))
    sides: tuple[Side, ...] = ("discloser", "recipient")
    for side in sides:
        paper.heading(_(SIDE_NAMES[side]), 3)
        found = record.signature(side)
        if found is None:
            paper.paragraph(_("Chưa ký."))
        else:
            paper.facts(_signature(found, hidden=side == "discloser" and record.discloser is None))
    paper.heading(_("Người được đọc"))
    for reader in record.readers:
        line = reader.name
        if reader.removed_at is not None:
            removed = _("đã bỏ ngày %(day)s", day=format_date(reader.removed_at))
            line = f"{reader.name} ({removed})"
        paper.aside(line, mark="•")
    paper.heading(_("Diễn biến"))
    paper.facts([(format_datetime(one.at), _(MOVE_NAMES[one.move])) for one in record.history])
    paper.add_page()
    paper.text_of(nda.text or "")
    return paper.data()


def _term(record: NdaRecord) -> str:
    nda = record.nda
    if nda.activated_at is None or nda.active_until is None:
        return _("Chưa có hiệu lực")
    return _(
        "Từ %(start)s đến hết ngày %(end)s", start=format_datetime(nda.activated_at), end=format_date(nda.active_until)
    )


def _signature(one: NdaSignature, *, hidden: bool) -> list[tuple[str, str]]:
    if hidden:
        kept = _("Đã ký; danh tính do sàn lưu giữ, chưa được mở cho bên nhận")
        return [(_("Họ và tên"), kept), (_("Lúc"), format_datetime(one.signed_at)), ("SHA-256", one.text_sha256)]
    return [
        (_("Họ và tên"), one.typed_name),
        (_("Chức vụ"), one.role),
        (_("Tổ chức"), one.organisation_name),
        (_("Tài khoản"), one.email),
        (_("Lúc"), format_datetime(one.signed_at)),
        (_("Địa chỉ mạng"), one.address or "–"),
        ("SHA-256", one.text_sha256),
    ]
