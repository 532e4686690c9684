"""An agreement in words."""

from app.i18n import _
from app.i18n.formats import format_date, format_number
from app.i18n.terms import term
from app.models.partners import Partner
from app.reference.current import label
from app.web.partners.parts import ACCEPTING_NAMES, DIRECTION_NAMES, PROTOCOL_NAMES, WITHHELD_NAMES


def terms_of(partner: Partner) -> list[tuple[str, str]]:
    """The agreement in words: what the page and the PDF say."""
    until = format_date(partner.ends_on) if partner.ends_on is not None else _("không thời hạn")
    hours = ""
    if partner.from_hour is not None and partner.to_hour is not None:
        hours = _("từ %(low)s giờ đến %(high)s giờ", low=partner.from_hour, high=partner.to_hour)
    said = [
        (_("Tên miền"), partner.authority),
        (_("Chiều trao đổi"), _(DIRECTION_NAMES[partner.direction])),
        (_("Cách nhận"), _(PROTOCOL_NAMES[partner.protocol]) if partner.direction != "give" else ""),
        (_("Địa chỉ"), partner.address),
        (_("Tập (set)"), partner.set_spec),
        (_("Loại tin"), ", ".join(term("kinds", one) for one in partner.kinds) or _("mọi loại")),
        (
            _("Lĩnh vực nghiên cứu"),
            ", ".join(label("research-field", one, "vi") for one in partner.research_fields) or _("mọi lĩnh vực"),
        ),
        (_("Không cho"), ", ".join(_(WITHHELD_NAMES[one]) for one in partner.withheld)),
        (_("Nhận về thì"), _(ACCEPTING_NAMES[partner.accepting]) if partner.direction != "give" else ""),
        (_("Chuyển tiếp của sàn khác"), _("được") if partner.relays else _("không")),
        (
            _("Yêu cầu báo giá của người mua ở sàn này"),
            _("chuyển đến đối tác") if partner.enquiries_out else _("không chuyển đi"),
        ),
        (
            _("Yêu cầu báo giá của người mua ở đối tác"),
            _("nhận về cho bên báo giá ở sàn này") if partner.enquiries_in else _("không nhận"),
        ),
        (_("Giấy phép"), partner.licence),
        (_("Số yêu cầu mỗi phút"), format_number(partner.rate_per_minute)),
        (
            _("Hỏi đối tác mỗi"),
            _("%(minutes)s phút", minutes=format_number(partner.every_minutes))
            if partner.direction != "give" and partner.protocol != "file"
            else "",
        ),
        (_("Trong khoảng giờ"), hours),
        (_("Hiệu lực"), f"{format_date(partner.starts_on)} – {until}"),
        (_("Đầu mối"), ", ".join(one for one in (partner.contact_name, partner.contact_email) if one)),
    ]
    return [(name, value) for name, value in said if value]
