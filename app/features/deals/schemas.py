"""What a side says about its deal. Money is in minor units of the deal's currency."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app.text import tidy


def _block(value: Any) -> Any:
    return tidy(value) if isinstance(value, str) else value


TransferForm = Literal[
    "full_assignment",
    "partial_assignment",
    "exclusive_licence",
    "non_exclusive_licence",
    "sole_licence",
    "sub_licence",
    "with_technical_services",
    "joint_venture",
    "capital_contribution",
]
Words = Annotated[str, BeforeValidator(_block), StringConstraints(max_length=2_000)]


class InputModel(BaseModel):
    """Base of what people may say here: an unknown name is told, not dropped."""

    model_config = ConfigDict(extra="forbid")


class ContractInput(InputModel):
    """The day the contract was signed."""

    contract_date: date


class DealReasonInput(InputModel):
    """Why it is disputed, resumed or ended."""

    note: Annotated[Words, StringConstraints(min_length=1)]


class MilestoneInput(InputModel):
    """What is due when, and for how much. `reason` says why a signed deal's plan should be so."""

    title: Annotated[str, BeforeValidator(_block), StringConstraints(min_length=1, max_length=200)]
    due_on: date
    amount: Annotated[int, Field(gt=0, le=10**15)] | None = None
    reason: Words = ""


class EvidenceInput(InputModel):
    """What was done for a milestone, in words."""

    evidence: Words = ""


class AcceptInput(InputModel):
    """The buyer accepts what was transferred; `despite_open` says that open milestones are known."""

    despite_open: bool = False
    note: Words = ""


class TermsInput(InputModel):
    """What one side proposes: in which form, where, for how long, and how it is paid."""

    transfer_forms: Annotated[list[TransferForm], Field(min_length=1, max_length=9)]
    territory: Annotated[str, BeforeValidator(_block), StringConstraints(min_length=1, max_length=300)]
    term_years: Annotated[int, Field(ge=1, le=50)] | None = None
    payment_form: Literal["lump_sum", "royalty", "fee_and_royalty"]
    lump_sum: Annotated[int, Field(gt=0, le=10**15)] | None = None
    royalty_percent: Annotated[Decimal, Field(gt=0, le=100, max_digits=7, decimal_places=4)] | None = None
    royalty_base: Literal["net_sales", "gross_sales", "profit", "savings"] | None = None
    royalty_period: Literal["month", "quarter", "half_year", "year"] | None = None
    royalty_years: Annotated[int, Field(ge=1, le=50)] | None = None
    minimum: Annotated[int, Field(gt=0, le=10**15)] | None = None
    note: Words = ""


class StatementInput(InputModel):
    """What a side says about a dispute."""

    body: Annotated[Words, StringConstraints(min_length=1)]


class VersionInput(InputModel):
    """What a version changes."""

    note: Words = ""


class DocumentInput(VersionInput):
    """What a document is."""

    kind: Literal["contract", "annex", "minutes", "other"]
    title: Annotated[str, BeforeValidator(_block), StringConstraints(min_length=1, max_length=200)]


class RegistrationInput(InputModel):
    """The certificate that the authority granted."""

    certificate_number: Annotated[str, BeforeValidator(_block), StringConstraints(min_length=1, max_length=80)]
    certificate_on: date


class FiledInput(InputModel):
    """The day the file was sent to the authority."""

    filed_on: date


class RefusedInput(InputModel):
    """The day of the refusal, and what the authority gave as its reason."""

    refused_on: date
    note: Annotated[Words, StringConstraints(min_length=1)]


class OutcomeInput(InputModel):
    """What came of it: the value or the band it lies in (bands.py), and how figures may use it.

    `despite_open` says that open milestones are known, `despite_unfiled` that the registration was not sent.
    """

    value: Annotated[int, Field(ge=0, le=10**15)] | None = None
    band: Annotated[int, Field(ge=0, le=5)] | None = None
    shown: Literal["exact", "band", "private"] = "private"
    note: Words = ""
    despite_open: bool = False
    despite_unfiled: bool = False


class ResultInput(InputModel):
    """One result in numbers: “điện mỗi mẻ”, -38, “%”."""

    what: Annotated[str, BeforeValidator(_block), StringConstraints(min_length=1, max_length=120)]
    amount: Annotated[Decimal, Field(max_digits=18, decimal_places=4)]
    unit: Annotated[str, BeforeValidator(_block), StringConstraints(max_length=40)] = ""


class YearInput(InputModel):
    """A year after: whether it is in use, and with what results."""

    in_use: bool
    results: Annotated[list[ResultInput], Field(max_length=5)] = []
    in_report: bool = False
    note: Words = ""
