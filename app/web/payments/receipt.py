"""The receipt of a payment as PDF: who paid whom for what, and each movement that was seen."""

from app.features.payments.banks import bank_name
from app.features.payments.queries import PaymentRecord
from app.features.payments.states import KIND_NAMES, STATE_NAMES
from app.i18n import _, current_locale
from app.i18n.formats import format_datetime, format_money
from app.integrations.paper import Paper
from app.web.payments.names import ENTRY_NAMES, SOURCE_NAMES, signed


def receipt(record: PaymentRecord, *, exchange: str, authority: str) -> bytes:
    """The file, in the language of the moment. It says what the exchange was told, and that it held no money.

    Args:
        exchange: the name of this exchange.
        authority: its DNS name, under which the payment's number means this payment.
    """
    payment, sums = record.payment, record.sums
    last = max(record.history[-1].at, record.entries[-1].noted_at)
    paper = Paper(
        title=_("Biên nhận %(number)s", number=payment.number),
        language=current_locale(),
        foot=f"{payment.number} · {exchange} · {authority}",
        at=last,
    )
    paper.heading(_("Biên nhận thanh toán"), 1)
    facts = [
        (_("Số"), payment.number),
        (_("Bên trả"), payment.buyer_name),
        (_("Bên nhận"), payment.holder_name),
        (_("Cho việc"), f"{_(KIND_NAMES[payment.kind])}: {payment.description}"),
        (_("Thương vụ"), f"{payment.deal_number} · {payment.listing_title}"),
        (_("Số tiền đề nghị"), format_money(payment.amount, payment.currency)),
        (_("Tình trạng"), f"{_(STATE_NAMES[payment.state])} ({format_datetime(last)})"),
    ]
    if payment.bank_bin is not None:
        facts.append((_("Tài khoản nhận"), f"{bank_name(payment.bank_bin)}, {payment.bank_account}"))
        facts.append((_("Nội dung chuyển khoản"), payment.reference))
    paper.facts(facts)
    paper.heading(_("Các khoản đã thấy"))
    paper.facts(
        [
            (
                format_datetime(one.happened_at),
                f"{_(ENTRY_NAMES[one.kind])}: {signed(one)} ({_(SOURCE_NAMES[one.source])})"
                + (f" · {one.note}" if one.note else ""),
            )
            for one in record.entries
        ]
    )
    paper.heading(_("Cộng"), 3)
    paper.facts(
        [
            (_("Đã đến"), format_money(sums.charged, payment.currency)),
            (_("Đã hoàn"), format_money(sums.refunded, payment.currency)),
            (_("Bên nhận đang giữ"), format_money(sums.net, payment.currency)),
        ]
    )
    paper.paragraph(
        _(
            "Biên nhận này ghi lại điều bên nhận hoặc tổ chức thanh toán đã báo cho sàn. Sàn không giữ tiền của các "
            "bên. Biên nhận không thay hoá đơn thuế."
        ),
        soft=True,
    )
    return paper.data()
