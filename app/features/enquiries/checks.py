"""What must be true of a quote before it is sent. Each check raises Invalid by field."""

from collections.abc import Sequence
from datetime import date, timedelta

from app.errors import Invalid
from app.features.enquiries.schemas import QuoteInput
from app.i18n import N_, _
from app.models import QuoteRequest, QuoteRequestItem

LONGEST_VALIDITY = timedelta(days=730)


def check_quote(data: QuoteInput, *, request: QuoteRequest, items: Sequence[QuoteRequestItem], today: date) -> None:
    """Every check there is, the first fault found of each kind told.

    Raises:
        Invalid: by field.
    """
    faults = {
        **_answers(data, items),
        **_validity(data.valid_until, today),
        **_rate(data, asked_in=items[0].currency, today=today),
        **_replies(data, request),
    }
    if faults:
        raise Invalid(faults)


def fitting_faults(data: QuoteInput, *, request: QuoteRequest, items: Sequence[QuoteRequestItem]) -> dict[str, str]:
    """What of a quote does not fit the request it answers, whenever it was sent; by field."""
    return {**_answers(data, items), **_replies(data, request)}


def _answers(data: QuoteInput, items: Sequence[QuoteRequestItem]) -> dict[str, str]:
    """Every item is answered, once, and something is on offer."""
    known = {item.position for item in items}
    faults: dict[str, str] = {}
    answered: set[int] = set()
    for number, answer in enumerate(data.answers):
        if answer.position not in known or answer.position in answered:
            faults[f"answers.{number}"] = N_("Dòng này không ứng với hạng mục nào của yêu cầu.")
        answered.add(answer.position)
    missing = sorted(known - answered)
    if missing:
        faults["answers"] = _(
            "Chưa trả lời hạng mục: %(numbers)s.", numbers=", ".join(str(position) for position in missing)
        )
    elif not any(answer.offers for answer in data.answers):
        faults["answers"] = N_("Không có hạng mục nào được báo giá: hãy dùng “Từ chối báo giá” và nêu lý do.")
    return faults


def _validity(valid_until: date, today: date) -> dict[str, str]:
    if valid_until < today:
        return {"valid_until": N_("Hiệu lực báo giá phải từ hôm nay trở đi.")}
    if valid_until > today + LONGEST_VALIDITY:
        return {"valid_until": N_("Hiệu lực báo giá không quá hai năm.")}
    return {}


def _rate(data: QuoteInput, *, asked_in: str, today: date) -> dict[str, str]:
    """A quote in another currency than was asked for states at what rate, of which day, so that it compares."""
    if data.currency == asked_in:
        return {}
    faults: dict[str, str] = {}
    if data.exchange_rate is None:
        faults["exchange_rate"] = _(
            "Yêu cầu hỏi giá bằng %(asked)s: hãy nêu 1 %(quoted)s bằng bao nhiêu %(asked)s.",
            asked=asked_in,
            quoted=data.currency,
        )
    if data.exchange_rate_date is None:
        faults["exchange_rate_date"] = N_("Hãy nêu ngày của tỷ giá.")
    elif data.exchange_rate_date > today:
        faults["exchange_rate_date"] = N_("Ngày của tỷ giá không thể ở tương lai.")
    return faults


def _replies(data: QuoteInput, request: QuoteRequest) -> dict[str, str]:
    if len(data.fulfilment) > len(request.criteria):
        return {"fulfilment": N_("Có câu trả lời không ứng với tiêu chí nào.")}
    codes = [one.code for one in data.replies]
    if len(set(codes)) != len(codes) or not set(codes) <= set(request.questions):
        return {"replies": N_("Có câu trả lời không ứng với câu hỏi nào.")}
    return {}
