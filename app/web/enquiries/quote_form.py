"""The fields of the holder's quote form, filled from a draft, from the quote last sent, or from what was asked."""

from datetime import timedelta
from decimal import Decimal

from app import clock
from app.features.enquiries.queries import EnquiryRecord
from app.features.enquiries.revisions import OWNERSHIP_NAMES
from app.features.enquiries.schemas import QuoteDraft
from app.i18n.formats import local_date
from app.web.enquiries.typing_in import filled, typed_amount, typed_day, typed_number
from app.web.forms import Form

USUAL_VALIDITY = timedelta(days=30)


def _offer_values(at: str, offer: dict[str, object], currency: str) -> dict[str, object]:
    amount, least, days = offer.get("unit_price"), offer.get("quantity_from"), offer.get("lead_time_days")
    return {
        f"{at}.role": offer.get("role") or "main",
        f"{at}.description": offer.get("description") or "",
        f"{at}.unit_price": typed_amount(int(str(amount)), currency) if amount is not None else "",
        f"{at}.quantity_from": typed_number(Decimal(str(least))) if least is not None else "",
        f"{at}.lead_time_days": typed_number(int(str(days))) if days is not None else "",
        f"{at}.terms": offer.get("terms") or "",
    }


def _stored_content(record: EnquiryRecord) -> tuple[QuoteDraft | None, int]:
    """What the form begins with: the draft, else the quote last sent; and the version of the draft (0 without one)."""
    if record.draft is not None:
        return QuoteDraft.model_validate(record.draft.draft), record.draft.version
    if not record.quotes:
        return None, 0
    last = record.quotes[-1]
    positions = {item.id: item.position for item in record.items}
    answers: dict[int, dict[str, object]] = {}
    for offer in last.offers:
        position = positions[offer.item_id]
        answer = answers.setdefault(position, {"position": position, "offers": []})
        if not offer.available:
            answer |= {"not_available": True, "replacement": offer.replacement}
            continue
        answer["offers"].append(  # type: ignore[attr-defined]
            {
                "role": offer.role,
                "description": offer.description,
                "unit_price": offer.unit_price,
                "quantity_from": offer.quantity_from,
                "lead_time_days": offer.lead_time_days,
                "terms": offer.terms,
            }
        )
    one = last.quote
    return QuoteDraft.model_validate(
        {
            "answers": list(answers.values()),
            "currency": one.currency,
            "tax_percent": one.tax_percent,
            "terms": one.terms,
            "note": one.note,
            "ownership": one.ownership_costs,
            "exchange_rate": one.exchange_rate,
            "exchange_rate_source": one.exchange_rate_source,
            "fulfilment": one.fulfilment,
            "replies": [{"code": code, "text": text} for code, text in one.replies.items()],
        }
    ), 0


def first_form(record: EnquiryRecord) -> Form:
    """What the form shows before anything was typed."""
    content, version = _stored_content(record)
    usual_end = local_date(clock.now()) + USUAL_VALIDITY
    if content is None:
        content = QuoteDraft(currency=record.items[0].currency)  # type: ignore[arg-type]
    currency = content.currency
    ends = content.valid_until or usual_end
    costs = content.ownership.model_dump()
    values: dict[str, object] = {
        "version": version,
        "currency": currency,
        "valid_until": typed_day(ends),
        "tax_percent": typed_number(content.tax_percent),
        "terms": content.terms,
        "note": content.note,
    }
    for name in OWNERSHIP_NAMES:
        amount = costs[name]
        plain = name in {"years", "royalty_percent"}
        values[f"ownership.{name}"] = typed_number(amount) if plain else typed_amount(amount, currency)
    values |= {
        "exchange_rate": typed_number(content.exchange_rate),
        "exchange_rate_date": typed_day(content.exchange_rate_date),
        "exchange_rate_source": content.exchange_rate_source,
    }
    for place, met in enumerate(content.fulfilment):
        values |= {f"fulfilment.{place}.met": met.met, f"fulfilment.{place}.note": met.note}
    replies = {reply.code: reply.text for reply in content.replies}
    for place, code in enumerate(record.request.questions):
        values[f"replies.{place}.text"] = replies.get(code, "")
    known = {answer.position: answer for answer in content.answers}
    for item in record.items:
        at = f"answers.{item.position - 1}"
        values[f"{at}.position"] = item.position
        answer = known.get(item.position)
        if answer is not None:
            values[f"{at}.replacement"] = answer.replacement
            if answer.not_available:
                values[f"{at}.not_available"] = "true"
            for row, offer in enumerate(answer.offers):
                values |= _offer_values(f"{at}.offers.{row}", offer.model_dump(), currency)
        elif not content.answers:
            # One line per quantity the buyer asked about; a single one counts from the first piece.
            wanted = sorted({item.quantity, *(Decimal(tier) for tier in item.tiers)}) if item.tiers else [Decimal(1)]
            for row, quantity in enumerate(wanted):
                values[f"{at}.offers.{row}.quantity_from"] = typed_number(quantity)
    return filled(values)
