"""What a buyer asks for and what a holder answers, as given by a form or a program.

Money is in minor units of the currency named beside it (đồng has none: 1 is one đồng). Quantities are exact decimals
with at most three places. Texts are tidied (NFC, no invisible signs) on the way in.
"""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from app.features.enquiries.questions import CODES
from app.features.enquiries.scoring import HEAVIEST, USUAL
from app.i18n import N_
from app.text import one_line, tidy

MOST_ITEMS: Final = 50
MOST_OFFERS: Final = 10
MOST_TIERS: Final = 6
MOST_CRITERIA: Final = 20
LARGEST_SUM: Final = 10**15

Currency = Literal["VND", "USD", "EUR", "JPY", "CNY", "KRW", "GBP", "SGD"]
DeclineReason = Literal[
    "too_early",
    "benefit_unclear",
    "commercial_route_unclear",
    "description_unclear",
    "outside_strategy",
    "already_solved",
    "price",
    "no_capacity",
    "other",
]
RejectReason = Literal["price", "lead_time", "terms", "does_not_fit", "chose_another", "no_longer_needed", "other"]


def _line(value: Any) -> Any:
    return one_line(value) if isinstance(value, str) else value


def _block(value: Any) -> Any:
    return tidy(value) if isinstance(value, str) else value


def _known_question(code: str) -> str:
    if code not in CODES:
        raise ValueError(N_("Câu hỏi này không có trong danh sách."))
    return code


Line = Annotated[str, BeforeValidator(_line), StringConstraints(max_length=500)]
Unit = Annotated[str, BeforeValidator(_line), StringConstraints(min_length=1, max_length=40)]
Paragraph = Annotated[str, BeforeValidator(_block), StringConstraints(max_length=2_000)]
LongText = Annotated[str, BeforeValidator(_block), StringConstraints(max_length=8_000)]
Quantity = Annotated[Decimal, Field(gt=0, le=Decimal(10) ** 12, max_digits=16, decimal_places=3)]
Amount = Annotated[int, Field(ge=0, le=LARGEST_SUM)]
Days = Annotated[int, Field(ge=0, le=3_650)]
Rate = Annotated[Decimal, Field(gt=0, le=Decimal(10) ** 9, max_digits=18, decimal_places=8)]
Percent = Annotated[Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2)]


class InputModel(BaseModel):
    """Base of what people and programs may say here: an unknown name is told, not dropped."""

    model_config = ConfigDict(extra="forbid")


class RequestItemInput(InputModel):
    """One thing asked for. `tiers`: further quantities to price; `target_price`: per unit."""

    description: Annotated[Line, StringConstraints(min_length=1)]
    quantity: Quantity
    unit: Unit
    tiers: Annotated[list[Quantity], Field(max_length=MOST_TIERS)] = []
    target_price: Amount | None = None


QuestionCode = Annotated[str, AfterValidator(_known_question)]
Criterion = Annotated[Line, StringConstraints(min_length=1)]


class RequestInput(InputModel):
    """A quote request. `reveal` is the buyer's word that its name may be shown beside a need it posted namelessly.

    `answer_by` is the last day an answer helps; `criteria` are texts that success is measured by; `questions` codes
    of what to answer besides prices (those that do not fit a listing's kind are not asked of it).
    """

    items: Annotated[list[RequestItemInput], Field(min_length=1, max_length=MOST_ITEMS)]
    currency: Currency = "VND"
    message: LongText = ""
    wanted_date: date | None = None
    answer_by: date | None = None
    criteria: Annotated[list[Criterion], Field(max_length=MOST_CRITERIA)] = []
    questions: Annotated[list[QuestionCode], Field(max_length=40)] = []
    reveal: bool = False


class MessageInput(InputModel):
    """A message to the other side."""

    body: Annotated[LongText, StringConstraints(min_length=1)]


OfferRole = Literal["main", "alternative", "option"]
Met = Literal["full", "partial", "none"]


class OfferInput(InputModel):
    """One offer for an item: the price of a unit, without tax, from a quantity on.

    Several `main` ones are tiers of quantity or models to choose from; an `alternative` stands in for what was asked;
    an `option` comes on top, if wanted.
    """

    role: OfferRole = "main"
    description: Line = ""
    unit_price: Amount
    quantity_from: Quantity = Decimal(1)
    lead_time_days: Days | None = None
    terms: Paragraph = ""


class AnswerInput(InputModel):
    """The answer to the item at `position` (from 1): offers, or that it is not available and what may replace it."""

    position: Annotated[int, Field(ge=1, le=MOST_ITEMS)]
    not_available: bool = False
    replacement: Paragraph = ""
    offers: Annotated[list[OfferInput], Field(max_length=MOST_OFFERS)] = []

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        offered = any(offer.role == "main" for offer in self.offers)
        if self.not_available and offered:
            raise ValueError(
                N_("Đã chọn “không cung cấp”: hãy xoá các dòng giá chính (giữ được dòng thay thế), hoặc bỏ chọn.")
            )
        if not self.not_available and not offered:
            raise ValueError(N_("Hãy nhập ít nhất một dòng giá, hoặc chọn “không cung cấp”."))
        return self


class OwnershipCosts(InputModel):
    """What owning it costs beside the price, as an estimate to compare by; no part of the quote's total."""

    installation: Amount | None = None
    training: Amount | None = None
    energy_yearly: Amount | None = None
    consumables_yearly: Amount | None = None
    maintenance_yearly: Amount | None = None
    operation_yearly: Amount | None = None
    royalty_yearly: Amount | None = None
    royalty_percent: Percent | None = None
    years: Annotated[int, Field(ge=1, le=50)] | None = None


class FulfilmentInput(InputModel):
    """How far one criterion of the request is met, as the holder says; `met` None: not answered."""

    met: Met | None = None
    note: Line = ""


class ReplyInput(InputModel):
    """The answer to one question of the request."""

    code: QuestionCode
    text: Paragraph = ""


class QuoteInput(InputModel):
    """A quote as sent. `valid_until` is the last day it holds, in Vietnam; `tax_percent` None: tax is not stated.

    `exchange_rate` is what one whole unit of `currency` is worth in the currency asked for; `fulfilment` answers the
    criteria in their order.
    """

    answers: Annotated[list[AnswerInput], Field(min_length=1, max_length=MOST_ITEMS)]
    currency: Currency = "VND"
    valid_until: date
    tax_percent: Percent | None = None
    terms: LongText = ""
    note: LongText = ""
    ownership: OwnershipCosts = OwnershipCosts()
    exchange_rate: Rate | None = None
    exchange_rate_date: date | None = None
    exchange_rate_source: Line = ""
    fulfilment: Annotated[list[FulfilmentInput], Field(max_length=MOST_CRITERIA)] = []
    replies: Annotated[list[ReplyInput], Field(max_length=40)] = []


class OfferDraft(OfferInput):
    """An offer still being written."""

    unit_price: Amount | None = None  # type: ignore[assignment]


class AnswerDraft(InputModel):
    """An answer still being written."""

    position: Annotated[int, Field(ge=1, le=MOST_ITEMS)]
    not_available: bool = False
    replacement: Paragraph = ""
    offers: Annotated[list[OfferDraft], Field(max_length=MOST_OFFERS)] = []


class QuoteDraft(InputModel):
    """A quote still being written: what is there must be readable, nothing need be there."""

    answers: Annotated[list[AnswerDraft], Field(max_length=MOST_ITEMS)] = []
    currency: Currency = "VND"
    valid_until: date | None = None
    tax_percent: Percent | None = None
    terms: LongText = ""
    note: LongText = ""
    ownership: OwnershipCosts = OwnershipCosts()
    exchange_rate: Rate | None = None
    exchange_rate_date: date | None = None
    exchange_rate_source: Line = ""
    fulfilment: Annotated[list[FulfilmentInput], Field(max_length=MOST_CRITERIA)] = []
    replies: Annotated[list[ReplyInput], Field(max_length=40)] = []


class DeclineInput(InputModel):
    """Why the holder does not quote; “other” needs words."""

    reason: DeclineReason
    note: Paragraph = ""


class RejectInput(InputModel):
    """Why the buyer does not take the quote; “other” needs words."""

    reason: RejectReason
    note: Paragraph = ""


class NoteInput(InputModel):
    """Words beside an act, if somebody likes to say any."""

    note: Paragraph = ""


class WithdrawInput(NoteInput):
    """Why the buyer takes the request back, if it likes to say."""


class AcceptedLine(InputModel):
    """Which offer of the quote (its position, from 1), and how much of it."""

    offer: Annotated[int, Field(ge=1, le=MOST_ITEMS * MOST_OFFERS)]
    quantity: Quantity


class AcceptInput(InputModel):
    """What the buyer takes of a quote."""

    lines: Annotated[list[AcceptedLine], Field(min_length=1, max_length=MOST_ITEMS * MOST_OFFERS)]
    note: Paragraph = ""


Weight = Annotated[int, Field(ge=0, le=HEAVIEST)]


class JudgedInput(InputModel):
    """How far the buyer itself finds a criterion met in the quote to one request; `met` None: as the holder says."""

    request: Annotated[str, StringConstraints(max_length=40)]
    met: Met | None = None


class CriterionWeight(InputModel):
    """What one criterion weighs, and how the buyer judges the quotes by it."""

    weight: Weight = USUAL
    judged: Annotated[list[JudgedInput], Field(max_length=50)] = []


class WishesInput(InputModel):
    """What the buyer compares by; `criteria` in the order they are shown."""

    years: Annotated[int, Field(ge=1, le=50)] = 5
    yearly_revenue: Amount = 0
    cost: Weight = HEAVIEST
    lead_time: Weight = 2
    criteria: Annotated[list[CriterionWeight], Field(max_length=10 * MOST_CRITERIA)] = []
