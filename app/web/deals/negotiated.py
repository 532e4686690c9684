"""The terms of a deal in words."""

from app.features.deals.terms import BASE_NAMES, PERIOD_NAMES
from app.i18n import N_, _
from app.i18n.formats import format_money, format_number
from app.i18n.terms import term
from app.models import DealTerms
from app.web.views.records import Definition

PAYMENT_NAMES = {
    "lump_sum": N_("Trả một lần"),
    "royalty": N_("Phí theo kỳ"),
    "fee_and_royalty": N_("Trả một lần và phí theo kỳ"),
}


def facts_of(terms: DealTerms, currency: str) -> list[Definition]:
    """What a version says, in words."""
    royalty = ""
    if terms.royalty_percent is not None:
        royalty = _(
            "%(percent)s %% trên %(base)s, trả %(period)s",
            percent=format_number(terms.royalty_percent, None),
            base=_(BASE_NAMES[str(terms.royalty_base)]),
            period=_(PERIOD_NAMES[str(terms.royalty_period)]),
        )
    rows = [
        Definition(_("Hình thức chuyển giao"), [term("transfer_form", one) for one in terms.transfer_forms]),
        Definition.of(_("Phạm vi lãnh thổ"), terms.territory),
        Definition(_("Thời hạn"), [_("%(num)s năm", num=terms.term_years)] if terms.term_years else []),
        Definition.of(_("Hình thức thanh toán"), _(PAYMENT_NAMES[terms.payment_form])),
        Definition(_("Trả một lần"), [format_money(terms.lump_sum, currency)] if terms.lump_sum else []),
        Definition(_("Phí theo kỳ"), [royalty] if royalty else []),
        Definition(_("Trả phí trong"), [_("%(num)s năm", num=terms.royalty_years)] if terms.royalty_years else []),
        Definition(_("Tối thiểu mỗi kỳ"), [format_money(terms.minimum, currency)] if terms.minimum else []),
        Definition(_("Ghi thêm"), [terms.note] if terms.note else []),
    ]
    return [row for row in rows if row.values]
