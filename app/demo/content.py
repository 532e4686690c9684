"""The demo content as the product's own inputs, checked line by line as it is read.

Days are kept as distances from the day of loading, so that the demo never grows old: ask with the moment it is for.

    for offer in offers():
        organisation = offer.organisation            # its name, as in organisations()
        data = offer.as_input(now=now)               # what the listing commands take
"""

import functools
import json
import zlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.errors import Invalid
from app.features.accounts.schemas import Email, PersonName
from app.features.enquiries.schemas import (
    AnswerInput,
    DeclineInput,
    FulfilmentInput,
    OwnershipCosts,
    QuoteInput,
    ReplyInput,
    RequestInput,
    RequestItemInput,
)
from app.features.listings.schemas import ListingInput, parse
from app.features.organisations.schemas import OrganisationInput, Role
from app.features.partners.schemas import Kind, PartnerInput, Withheld
from app.i18n.formats import local_date

DATA: Final = Path(__file__).resolve().parent / "data"
_SOME_DAY: Final = date(2026, 1, 1)

Line = TypeVar("Line", bound=BaseModel)

Days = Annotated[int, Field(ge=0, le=400)]
Hours = Annotated[int, Field(ge=1, le=2_000)]
Text = Annotated[str, Field(min_length=1, max_length=4_000)]


class _Line(BaseModel):
    """Base of what stands on a line of a data file: exact names, nothing changed afterwards."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DemoOrganisation(OrganisationInput):
    """An organisation's profile, and whether the operator has verified it."""

    verified: bool

    def as_input(self) -> OrganisationInput:
        """What the organisation commands take."""
        return OrganisationInput.model_validate(self.model_dump(exclude={"verified"}))


class DemoListing(_Line):
    """One listing or need. `fields` holds what `techmart import` reads, but for days, which depend on when it is read.

    Attributes:
        state: where its life has come to when the demo is loaded.
        confidential: the part that opens only under an active NDA (Markdown).
        picture: whether app.demo.pictures draws one.
        return_reasons: what the operator asked to mend, by field path; only of a returned one.
        withdraw_reason: only of a withdrawn one.
    """

    organisation: Text
    state: Literal["draft", "submitted", "returned", "published", "due", "stale", "withdrawn"] = "published"
    published_days_ago: Days | None = None
    confirmed_days_ago: Days | None = None
    deadline_in_days: Days | None = None
    confidential: Text | None = None
    picture: bool = False
    return_reasons: dict[str, Text] = Field(default_factory=dict)
    withdraw_reason: str | None = None
    fields: dict[str, Any]

    @model_validator(mode="before")
    @classmethod
    def _apart(cls, line: dict[str, Any]) -> dict[str, Any]:
        own = {name: line[name] for name in line.keys() & (cls.model_fields.keys() - {"fields"})}
        return {**own, "fields": {name: value for name, value in line.items() if name not in own}}

    @model_validator(mode="after")
    def _is_what_the_product_takes(self) -> Self:
        parse(self._values(_SOME_DAY))
        was_public = self.state in {"published", "due", "stale", "withdrawn"}
        if was_public != (self.published_days_ago is not None) or was_public != (self.confirmed_days_ago is not None):
            raise ValueError(
                "days of publication and confirmation belong to what has been published, and to nothing else"
            )
        if (self.state == "returned") != bool(self.return_reasons):
            raise ValueError("reasons belong to what was returned")
        if (self.state == "withdrawn") != bool(self.withdraw_reason):
            raise ValueError("a reason belongs to what was withdrawn")
        return self

    @property
    def external_id(self) -> str:
        return str(self.fields["external_id"])

    @property
    def kind(self) -> str:
        return str(self.fields["kind"])

    @property
    def title(self) -> str:
        return str(self.fields["title"])

    @property
    def keywords(self) -> tuple[str, ...]:
        return tuple(self.fields.get("keywords", ()))

    def as_input(self, *, now: datetime) -> ListingInput:
        """What the listing commands take. Raises Invalid when the product's rules have changed under the data."""
        return parse(self._values(local_date(now)))

    def published_at(self, now: datetime) -> datetime | None:
        return self._moment(self.published_days_ago, now)

    def confirmed_at(self, now: datetime) -> datetime | None:
        return self._moment(self.confirmed_days_ago, now)

    def _values(self, today: date) -> dict[str, Any]:
        values = dict(self.fields)
        if self.deadline_in_days is not None:
            values["deadline"] = (today + timedelta(days=self.deadline_in_days)).isoformat()
        details = dict(values.get("details", {}))
        if (days := details.pop("status_checked_days_ago", None)) is not None:
            details["status_checked_on"] = (today - timedelta(days=days)).isoformat()
        return {**values, "details": details}

    def _moment(self, days_ago: int | None, now: datetime) -> datetime | None:
        # A few hours apart from one another, so that “newest first” has an order of its own within a day.
        spread = timedelta(minutes=zlib.crc32(self.external_id.encode()) % 600)
        return None if days_ago is None else now - timedelta(days=days_ago) - spread


class DemoMembership(_Line):
    organisation: Text
    role: Role


class DemoPerson(_Line):
    """Somebody to sign in as. Featured people are named on the sign-in page in demo mode, with what they show."""

    email: Email
    name: PersonName
    role: Literal["buyer", "holder", "operator", "broker"]
    is_operator: bool
    featured: bool
    purpose: Text | None = None
    purpose_en: Text | None = None
    memberships: Annotated[tuple[DemoMembership, ...], Field(min_length=1)]


class DemoMessage(_Line):
    by: Literal["buyer", "holder"]
    hours_ago: Hours
    text: Text


class DemoQuote(_Line):
    """One revision of an answer; `valid_in_days` counts from the day of loading."""

    revision: Annotated[int, Field(ge=1, le=9)]
    sent_hours_ago: Hours
    valid_in_days: Days
    tax_percent: Decimal | None = None
    terms: Text
    note: str = ""
    ownership: OwnershipCosts = OwnershipCosts()
    fulfilment: list[FulfilmentInput] = []
    replies: list[ReplyInput] = []
    answers: list[AnswerInput]

    def as_input(self, *, now: datetime) -> QuoteInput:
        return QuoteInput(
            answers=self.answers,
            valid_until=local_date(now) + timedelta(days=self.valid_in_days),
            tax_percent=self.tax_percent,
            terms=self.terms,
            note=self.note,
            ownership=self.ownership,
            fulfilment=self.fulfilment,
            replies=self.replies,
        )


class DemoDecline(_Line):
    hours_ago: Hours
    reason: str
    note: Text

    def as_input(self) -> DeclineInput:
        return DeclineInput.model_validate({"reason": self.reason, "note": self.note})


class DemoEnquiry(_Line):
    """A quote request and what became of it, as a story: replay its events by `hours_ago`, oldest first.

    `listing` and `need` are external ids; `buyer` and `holder` e-mail addresses of people.jsonl.
    """

    key: Text
    state: Literal["sent", "quoted", "declined"]
    listing: Text
    need: Text | None = None
    buyer: Email
    buyer_organisation: Text
    holder: Email
    holder_organisation: Text
    sent_hours_ago: Hours
    acknowledged_hours_ago: Hours | None = None
    wanted_in_days: Days | None = None
    answer_in_days: Days | None = None
    criteria: list[str] = []
    questions: list[str] = []
    message: Text
    items: list[RequestItemInput]
    messages: tuple[DemoMessage, ...] = ()
    quotes: tuple[DemoQuote, ...] = ()
    decline: DemoDecline | None = None

    def as_input(self, *, now: datetime) -> RequestInput:
        """The request as the buyer sent it."""
        wanted = None if self.wanted_in_days is None else local_date(now) + timedelta(days=self.wanted_in_days)
        answer = None if self.answer_in_days is None else local_date(now) + timedelta(days=self.answer_in_days)
        return RequestInput(
            items=self.items,
            message=self.message,
            wanted_date=wanted,
            answer_by=answer,
            criteria=self.criteria,
            questions=self.questions,
        )

    @model_validator(mode="after")
    def _ends_as_it_says(self) -> Self:
        if (self.state == "quoted") != bool(self.quotes) or (self.state == "declined") != (self.decline is not None):
            raise ValueError("the state must be what the story ends with")
        return self


class DemoPartner(_Line):
    """A partner exchange: the agreement, with days as distances, and when its files came."""

    authority: Text
    name: Text
    protocol: Literal["file", "changes"]
    direction: Literal["give", "take"]
    kinds: list[Kind] = Field(default_factory=list)
    withheld: list[Withheld] = Field(default_factory=list)
    licence: Text
    contact_name: Text
    contact_email: Email
    rate_per_minute: int
    note: Text
    starts_days_ago: Days
    files_days_ago: tuple[Days, ...] = ()

    def as_input(self, *, now: datetime) -> PartnerInput:
        """What the partner commands take."""
        return PartnerInput.model_validate(
            self.model_dump(exclude={"starts_days_ago", "files_days_ago"})
            | {"starts_on": local_date(now) - timedelta(days=self.starts_days_ago)}
        )


class DemoForeign(_Line):
    """A listing in a partner's file. `fields` holds what such a line says, but for days."""

    authority: Text
    published_days_ago: Days
    deadline_in_days: Days | None = None
    fields: dict[str, Any]

    @model_validator(mode="before")
    @classmethod
    def _apart(cls, line: dict[str, Any]) -> dict[str, Any]:
        own = {name: line[name] for name in line.keys() & (cls.model_fields.keys() - {"fields"})}
        return {**own, "fields": {name: value for name, value in line.items() if name not in own}}

    def as_line(self, *, now: datetime) -> dict[str, Any]:
        """The line of the file, for somebody who loads it at `now`."""
        line = dict(self.fields, published_at=(local_date(now) - timedelta(days=self.published_days_ago)).isoformat())
        if self.deadline_in_days is not None:
            line["deadline"] = (local_date(now) + timedelta(days=self.deadline_in_days)).isoformat()
        return line


@functools.cache
def organisations() -> tuple[DemoOrganisation, ...]:
    return _read("organisations.jsonl", DemoOrganisation)


@functools.cache
def people() -> tuple[DemoPerson, ...]:
    """Everybody, those named on the sign-in page first."""
    return _read("people.jsonl", DemoPerson)


@functools.cache
def offers() -> tuple[DemoListing, ...]:
    """Technologies, equipment, patents and other IP, services, in this order."""
    return _read("listings.jsonl", DemoListing)


@functools.cache
def needs() -> tuple[DemoListing, ...]:
    return _read("needs.jsonl", DemoListing)


@functools.cache
def enquiries() -> tuple[DemoEnquiry, ...]:
    return _read("enquiries.jsonl", DemoEnquiry)


@functools.cache
def partners() -> tuple[DemoPartner, ...]:
    return _read("partners.jsonl", DemoPartner)


@functools.cache
def foreign() -> tuple[DemoForeign, ...]:
    """What partners' files hold."""
    return _read("foreign.jsonl", DemoForeign)


def by_external_id() -> Mapping[str, DemoListing]:
    """Offers and needs by their external id, which no two share."""
    return {one.external_id: one for one in (*offers(), *needs())}


def _read(name: str, model: type[Line]) -> tuple[Line, ...]:
    """Read one model per line.

    Raises:
        ValueError: names the file, the line and what is wrong with it.
    """
    found = []
    for number, line in enumerate((DATA / name).read_text(encoding="utf-8").splitlines(), start=1):
        try:
            found.append(model.model_validate(json.loads(line)))
        except (ValueError, Invalid) as fault:
            wrong = dict(fault.fields) if isinstance(fault, Invalid) else fault
            raise ValueError(f"{name}, line {number}: {wrong}") from fault
    return tuple(found)
