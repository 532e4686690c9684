"""The agreement as PDF, for both sides to sign."""

from collections.abc import Sequence
from datetime import datetime

from app.features.partners.states import STATE_NAMES
from app.i18n import _, current_locale
from app.i18n.formats import format_datetime
from app.integrations.paper import Paper
from app.models.partners import Partner
from app.settings import Settings


def agreement_paper(partner: Partner, terms: Sequence[tuple[str, str]], *, settings: Settings, at: datetime) -> bytes:
    """The file, in the language of the moment.

    Args:
        terms: the agreement in words, as its page shows it.
    """
    paper = Paper(
        title=_("Thoả thuận trao đổi dữ liệu với %(name)s", name=partner.name),
        language=current_locale(),
        foot=f"{settings.site_name} ({settings.authority}) · {partner.authority}",
        at=at,
    )
    paper.heading(_("Thoả thuận trao đổi dữ liệu"), 1)
    paper.facts(
        [
            (_("Đơn vị vận hành sàn"), f"{settings.operator_name} ({settings.authority})"),
            (_("Đối tác"), f"{partner.name} ({partner.authority})"),
            (_("Tình trạng"), _(STATE_NAMES[partner.state])),
            (_("Lập lúc"), format_datetime(at)),
        ]
    )
    paper.heading(_("Nội dung"))
    paper.facts(list(terms))
    paper.heading(_("Cam kết chung"))
    for line in (
        _("Bản ghi giữ nguyên tên miền và mã của sàn gốc; bên nhận không đổi mã và không nhận là của mình."),
        _("Khi sàn gốc gỡ một bản ghi, bên nhận gỡ theo và chỉ giữ dấu vết: mã, phiên bản, thời điểm và lý do."),
        _("Dữ liệu cá nhân và phần bảo mật không được trao đổi."),
        _("Khoá do mỗi bên giữ kín; lộ khoá thì báo ngay cho bên kia để thu hồi."),
    ):
        paper.aside(line, mark="•")
    if partner.note:
        paper.heading(_("Ghi chú"))
        paper.text_of(partner.note)
    paper.heading(_("Chữ ký hai bên"))
    paper.facts([(settings.operator_name, ""), (partner.name, "")])
    return paper.data()
