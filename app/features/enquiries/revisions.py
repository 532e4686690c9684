"""What changed from one revision of a quote to the next."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from app.features.enquiries.queries import QuoteRecord
from app.i18n import N_, _
from app.i18n.formats import format_date, format_money, format_number, format_percent
from app.models import Quote, QuoteOffer, QuoteRequestItem


@dataclass(frozen=True, slots=True)
class Change:
    """One difference, ready to be read: of what, and the values on either side (empty: there was, or is, none)."""

    what: str
    before: str
    after: str


def changes_between(earlier: QuoteRecord, later: QuoteRecord, items: Sequence[QuoteRequestItem]) -> Sequence[Change]:
    """Every difference between two revisions, in the order a reader meets them, in the language of the moment.

    Offers for the same item are compared in their order: the first with the first, and so on.
    """
    found: list[Change] = []

    def compare(what: str, before: str, after: str) -> None:
        if before != after:
            found.append(Change(what, before, after))

    for item in items:
        name = _("Hạng mục %(number)s", number=item.position)
        before, after = _offers_for(earlier, item.id), _offers_for(later, item.id)
        for place in range(max(len(before), len(after))):
            one_of_many = max(len(before), len(after)) > 1
            at = _("Hạng mục %(item)s, dòng %(line)s", item=item.position, line=place + 1) if one_of_many else name
            old = before[place] if place < len(before) else None
            new = after[place] if place < len(after) else None
            if old is None or new is None or old.available != new.available:
                compare(at, _whole(old, earlier, item), _whole(new, later, item))
                continue
            for label, read in _OFFER_PARTS.items():
                compare(f"{at}: {_(label)}", read(old, earlier.quote.currency), read(new, later.quote.currency))
    for label, read_quote in _QUOTE_PARTS.items():
        compare(_(label), read_quote(earlier), read_quote(later))
    return found


def _offers_for(record: QuoteRecord, item_id: UUID) -> list[QuoteOffer]:
    return [offer for offer in record.offers if offer.item_id == item_id]


def _whole(offer: QuoteOffer | None, record: QuoteRecord, item: QuoteRequestItem) -> str:
    if offer is None:
        return ""
    if not offer.available:
        return " · ".join(part for part in (_("Không cung cấp"), offer.replacement) if part)
    price = _price(offer, record.quote.currency)
    least = _("từ %(quantity)s %(unit)s", quantity=format_number(offer.quantity_from), unit=item.unit)
    return " · ".join(part for part in (offer.description, price, least) if part)


def _price(offer: QuoteOffer, currency: str) -> str:
    return "" if offer.unit_price is None else format_money(offer.unit_price, currency)


def _days(offer: QuoteOffer, _currency: str) -> str:
    return "" if offer.lead_time_days is None else _("%(num)s ngày", num=format_number(offer.lead_time_days))


_OFFER_PARTS: Mapping[str, Callable[[QuoteOffer, str], str]] = {
    N_("loại"): lambda offer, _currency: _(ROLE_NAMES[offer.role]),
    N_("mô tả"): lambda offer, _currency: offer.description,
    N_("đơn giá"): _price,
    N_("số lượng từ"): lambda offer, _currency: format_number(offer.quantity_from) if offer.available else "",
    N_("thời gian giao"): _days,
    N_("điều kiện"): lambda offer, _currency: offer.terms,
    N_("thay thế bằng"): lambda offer, _currency: offer.replacement,
}


def rate_text(quote: Quote) -> str:
    """At what rate, of which day and from where, a quote in another currency is to be read; "" for others."""
    if quote.exchange_rate is None or quote.exchange_rate_date is None:
        return ""
    rate, day = format_number(quote.exchange_rate), format_date(quote.exchange_rate_date)
    told = _("1 %(currency)s = %(rate)s, ngày %(day)s", currency=quote.currency, rate=rate, day=day)
    return f"{told} ({quote.exchange_rate_source})" if quote.exchange_rate_source else told


def met_text(fulfilment: Mapping[str, str]) -> str:
    """How far a criterion is met, with the words beside it."""
    met = fulfilment.get("met")
    told = _(MET_NAMES[met]) if met else _("Chưa trả lời")
    return f"{told}: {fulfilment['note']}" if fulfilment.get("note") else told


def judged_text(fulfilment: Mapping[str, str], judged: str | None) -> str:
    """The same, with what the buyer itself finds after it, where it has judged."""
    told = met_text(fulfilment)
    return _("%(told)s; bạn đánh giá: %(own)s", told=told, own=_(MET_NAMES[judged])) if judged else told


def _tax(record: QuoteRecord) -> str:
    percent = record.quote.tax_percent
    return _("không nêu") if percent is None else format_percent(percent)


OWNERSHIP_NAMES: Mapping[str, str] = {
    "installation": N_("Lắp đặt"),
    "training": N_("Đào tạo"),
    "energy_yearly": N_("Năng lượng mỗi năm"),
    "consumables_yearly": N_("Vật tư tiêu hao mỗi năm"),
    "maintenance_yearly": N_("Bảo trì mỗi năm"),
    "operation_yearly": N_("Vận hành khác mỗi năm"),
    "royalty_yearly": N_("Phí bản quyền cố định mỗi năm"),
    "royalty_percent": N_("Phí bản quyền theo doanh thu"),
    "years": N_("Số năm sử dụng"),
}
ROLE_NAMES: Mapping[str, str] = {
    "main": N_("Chào chính"),
    "alternative": N_("Thay thế"),
    "option": N_("Tuỳ chọn thêm"),
}
MET_NAMES: Mapping[str, str] = {
    "full": N_("Đáp ứng"),
    "partial": N_("Đáp ứng một phần"),
    "none": N_("Không đáp ứng"),
}


def ownership_value(name: str, value: object, currency: str) -> str:
    """One cost of owning as it is read."""
    if name == "years":
        return format_number(int(str(value)))
    if name == "royalty_percent":
        return format_percent(Decimal(str(value)))
    return format_money(int(str(value)), currency)


def ownership_lines(record: QuoteRecord) -> list[tuple[str, str]]:
    """The costs of owning as (name, value) in the language of the moment; empty when none were given."""
    costs, currency = record.quote.ownership_costs, record.quote.currency
    return [
        (_(name), ownership_value(key, costs[key], currency)) for key, name in OWNERSHIP_NAMES.items() if key in costs
    ]


_QUOTE_PARTS: Mapping[str, Callable[[QuoteRecord], str]] = {
    N_("Đồng tiền"): lambda record: record.quote.currency,
    N_("Thuế"): _tax,
    N_("Hiệu lực đến"): lambda record: format_date(record.quote.valid_until) if record.quote.valid_until else "",
    N_("Điều kiện chung"): lambda record: record.quote.terms,
    N_("Ghi chú"): lambda record: record.quote.note,
    N_("Tỷ giá"): lambda record: rate_text(record.quote),
    N_("Đáp ứng tiêu chí"): lambda record: "; ".join(
        f"{place}. {met_text(one)}" for place, one in enumerate(record.quote.fulfilment, start=1)
    ),
    N_("Trả lời câu hỏi"): lambda record: "; ".join(str(one) for one in record.quote.replies.values()),
    N_("Chi phí sở hữu"): lambda record: "; ".join(f"{name} {value}" for name, value in ownership_lines(record)),
    N_("Tệp kèm theo"): lambda record: ", ".join(file.filename for file in record.files),
}
