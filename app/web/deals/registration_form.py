"""The form that asks the authority to register a contract, filled in from the deal: Vietnamese with English beside it.

It follows the contents of form 01 of annex IV to Decree 76/2018/NĐ-CP as read in digests. What the exchange does not
know is left as a line to write on.
"""

from collections.abc import Callable

from app.features.deals.legal_rules import RuleSet
from app.features.deals.queries import DealRecord
from app.features.deals.terms import BASE_NAMES, PERIOD_NAMES
from app.i18n import N_, _, use_locale
from app.i18n.formats import format_date, format_money, format_number
from app.i18n.terms import term
from app.integrations.paper import Paper
from app.models import Organisation

_BLANK = "." * 60


def registration_form(
    record: DealRecord, parties: tuple[Organisation, Organisation], *, rules: RuleSet, exchange: str
) -> bytes:
    """The PDF file. `parties` are buyer (who receives) and holder (who hands over)."""
    deal = record.deal
    buyer, holder = parties
    at = deal.updated_at
    paper = Paper(title=f"{deal.number}", language="vi", foot=f"{deal.number} · {exchange}", at=at)
    paper.heading(_two(N_("Đơn đăng ký chuyển giao công nghệ")), 1)
    paper.paragraph(
        _two(N_("Điền sẵn từ dữ liệu của thương vụ; hãy đối chiếu với mẫu đang có hiệu lực trước khi nộp.")), soft=True
    )
    paper.paragraph("; ".join(rules.sources), soft=True)
    paper.heading(_two(N_("Kính gửi: cơ quan quản lý nhà nước về khoa học và công nghệ")), 3)
    paper.facts([(_two(N_("Tên cơ quan")), _BLANK)])
    for name, one in ((N_("Bên giao công nghệ"), holder), (N_("Bên nhận công nghệ"), buyer)):
        paper.heading(_two(name))
        paper.facts(
            [
                (_two(N_("Tên")), " / ".join(part for part in (one.name, one.name_en) if part)),
                (_two(N_("Mã số thuế")), one.tax_code or _BLANK),
                (_two(N_("Địa chỉ")), one.address or _BLANK),
                (_two(N_("Người đại diện")), one.representative or _BLANK),
                (_two(N_("Website")), one.website or "–"),
            ]
        )
    paper.heading(_two(N_("Hợp đồng")))
    signed = deal.contract_date
    paper.facts(
        [
            (_two(N_("Số thương vụ trên sàn")), deal.number),
            (_two(N_("Tên công nghệ")), deal.listing_title),
            (_two(N_("Ngày ký hợp đồng")), format_date(signed) if signed is not None else _BLANK),
            (_two(N_("Hình thức chuyển giao")), _lines(*[_term("transfer_form", one) for one in deal.transfer_forms])),
            (_two(N_("Phạm vi lãnh thổ")), deal.territory or _BLANK),
            *_payment(record),
        ]
    )
    paper.heading(_two(N_("Công nghệ")))
    paper.facts(
        [
            (_two(N_("Nội dung công nghệ")), _BLANK),
            (_two(N_("Sản phẩm, tiêu chuẩn chất lượng")), _BLANK),
            (_two(N_("Quyền sở hữu trí tuệ kèm theo")), _BLANK),
        ]
    )
    if record.check is not None:
        answered = rules if rules.version == record.check.rules_version else None
        paper.heading(_two(N_("Căn cứ phải đăng ký")))
        for rule in answered.rules if answered is not None else ():
            if rule.code in record.check.findings:
                paper.aside(f"{rule.text.vi} / {rule.text.en} ({rule.article})", mark="•")
    paper.heading(_two(N_("Tài liệu kèm theo")))
    for name in (
        N_("Bản gốc hoặc bản sao có chứng thực hợp đồng chuyển giao công nghệ, đóng dấu giáp lai"),
        N_("Bản dịch hợp đồng, khi hợp đồng bằng tiếng nước ngoài"),
        N_("Văn bản về tư cách pháp lý của các bên"),
    ):
        paper.aside(_two(name), mark="–")
    paper.heading(_two(N_("Cam đoan và ký tên")))
    paper.facts(
        [
            (_two(N_("Bên giao ký")), f"{_BLANK}\n\n\n"),
            (_two(N_("Bên nhận ký")), f"{_BLANK}\n\n\n"),
            (_two(N_("Ngày")), _BLANK),
        ]
    )
    return paper.data()


def _both(say: Callable[[], str]) -> str:
    """What is said, in Vietnamese and English; once where both are the same."""
    with use_locale("vi"):
        vietnamese = say()
    with use_locale("en"):
        english = say()
    return vietnamese if vietnamese == english else f"{vietnamese} / {english}"


def _two(text: str) -> str:
    return _both(lambda: _(text))


def _term(group: str, code: str) -> str:
    return _both(lambda: term(group, code))


def _lines(*lines: str) -> str:
    return "\n".join(lines) or _BLANK


def _payment(record: DealRecord) -> list[tuple[str, str]]:
    """Price and how it is paid: by the terms in force, else as the quote was accepted."""
    deal, terms = record.deal, record.agreed_terms
    rows = [(_two(N_("Tổng giá trị đã chấp nhận")), _both(lambda: format_money(deal.total, deal.currency)))]
    if terms is None:
        return rows
    lump, percent = terms.lump_sum, terms.royalty_percent
    if lump is not None:
        rows.append((_two(N_("Trả một lần")), _both(lambda: format_money(lump, deal.currency))))
    if percent is not None:
        base, period = terms.royalty_base or "", terms.royalty_period or ""
        rows.append(
            (
                _two(N_("Phí theo kỳ")),
                _both(
                    lambda: _(
                        "%(percent)s %% trên %(base)s, trả %(period)s",
                        percent=format_number(percent),
                        base=_(BASE_NAMES[base]),
                        period=_(PERIOD_NAMES[period]),
                    )
                ),
            )
        )
    years = terms.term_years
    if years is not None:
        rows.append((_two(N_("Thời hạn")), _both(lambda: _("%(num)s năm", num=years))))
    return rows
