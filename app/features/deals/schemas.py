"""What a side says about its deal. Money is in minor units of the deal's currency."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app.text import tidy


def _block(value: Any) -> Any:
    return tidy(value) if isinstance(value, str) else value


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


class OutcomeInput(InputModel):
    """What came of it: the value, and how figures may use it. `despite_open` says that open milestones are known."""

    value: Annotated[int, Field(ge=0, le=10**15)] | None = None
    shown: Literal["exact", "band", "private"] = "private"
    note: Words = ""
    despite_open: bool = False


class YearInput(InputModel):
    """A year after: whether it is in use, and with what result."""

    in_use: bool
    note: Words = ""
