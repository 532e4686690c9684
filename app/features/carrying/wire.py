"""What exchanges say to each other about a quote request, as JSON.

Names of people have no place here; an e-mail only where its owner ticked for it.
"""

from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app.features.accounts.schemas import Email
from app.features.enquiries.schemas import (
    AcceptedLine,
    Currency,
    DeclineReason,
    LongText,
    Paragraph,
    QuoteInput,
    RejectReason,
    RequestInput,
)
from app.text import one_line, tidy

MOST_MOVES: Final = 500
MOST_MESSAGES: Final = 500
MOST_REVISIONS: Final = 100
CARRY_ID: Final = r"^[0-9a-z]{8,40}$"


def _line(value: object) -> object:
    return one_line(value) if isinstance(value, str) else value


def _text(value: object) -> object:
    return tidy(value) if isinstance(value, str) else value


Name = Annotated[str, BeforeValidator(_line), StringConstraints(min_length=1, max_length=300)]
Short = Annotated[str, BeforeValidator(_line), StringConstraints(max_length=100)]
Local = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[!-~]+$")]
Words = Annotated[str, BeforeValidator(_text), StringConstraints(min_length=1, max_length=8_000)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
CarryId = Annotated[str, StringConstraints(pattern=CARRY_ID)]
Sum = Annotated[int, Field(ge=0, lt=2**63)]
ActId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class Wire(BaseModel):
    """Base of all of it: an unknown name is told, not dropped."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ListingKey(Wire):
    authority: Annotated[str, StringConstraints(max_length=253)]
    local_id: Local


class Buyer(Wire):
    """The organisation that asks, by its public name at its own exchange."""

    id: Local
    name: Name
    region: Annotated[str, StringConstraints(max_length=10, pattern=r"^[0-9A-Za-z-]*$")] | None = None


class ConsentGiven(Wire):
    """To which text the person who asked agreed, and when."""

    version: Short
    at: AwareDatetime


class Ask(Wire):
    """A quote request on its way to the exchange that owns the listing.

    `id` is its name between the two exchanges; `number` what people call it at the buyer's. `answers_to` is where that
    exchange likes to hear of changes, "" where it only asks.
    """

    id: CarryId
    number: Short
    listing: ListingKey
    buyer: Buyer
    request: RequestInput
    consent: ConsentGiven
    contact_email: Email | None = None
    answers_to: Annotated[str, StringConstraints(max_length=2_000)] = ""


class Withdraw(Wire):
    id: ActId
    act: Literal["withdraw"]
    note: Paragraph = ""


class Accept(Wire):
    """`lines` name offers by their place in the revision; `total` is what the buyer saw, in minor units."""

    id: ActId
    act: Literal["accept"]
    revision: Annotated[int, Field(ge=1, le=MOST_REVISIONS)]
    lines: Annotated[list[AcceptedLine], Field(min_length=1, max_length=500)]
    total: Sum
    note: Paragraph = ""


class Reject(Wire):
    id: ActId
    act: Literal["reject"]
    revision: Annotated[int, Field(ge=1, le=MOST_REVISIONS)]
    reason: RejectReason
    note: Paragraph = ""


class Say(Wire):
    id: ActId
    act: Literal["message"]
    body: Words
    language: Language | None = None


Act = Annotated[Withdraw | Accept | Reject | Say, Field(discriminator="act")]


class ActBody(BaseModel):
    """For reading one act of whichever kind."""

    model_config = ConfigDict(extra="forbid")

    said: Act


class MoveTold(Wire):
    """One move of the request at its home, in order from 1 (`send`)."""

    sequence: Annotated[int, Field(ge=1, le=MOST_MOVES)]
    move: Literal[
        "send", "acknowledge", "clarify", "quote", "revise", "decline", "withdraw", "accept", "reject", "lapse"
    ]
    at: AwareDatetime
    reason: DeclineReason | RejectReason | None = None
    note: Paragraph = ""


class QuoteTold(Wire):
    """One revision as it was sent."""

    revision: Annotated[int, Field(ge=1, le=MOST_REVISIONS)]
    sent_at: AwareDatetime
    quote: QuoteInput


class MessageTold(Wire):
    """Words of the holder."""

    id: ActId
    at: AwareDatetime
    body: LongText
    language: Language | None = None


class AcceptanceTold(Wire):
    """What was accepted, as its home reckons it (minor units)."""

    revision: int
    currency: Currency
    total: Sum


class State(Wire):
    """How a request stands at its home: all of it, so that the newest alone is enough.

    `version` grows with every change there.
    """

    id: CarryId
    number: Short
    version: Annotated[int, Field(ge=1)]
    state: Short
    awaits: Literal["buyer", "holder"] | None
    moves: Annotated[list[MoveTold], Field(min_length=1, max_length=MOST_MOVES)]
    quotes: Annotated[list[QuoteTold], Field(max_length=MOST_REVISIONS)] = []
    messages: Annotated[list[MessageTold], Field(max_length=MOST_MESSAGES)] = []
    acceptance: AcceptanceTold | None = None
