"""What brokers write into cases."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints

from app.text import one_line, tidy

Outcome = Literal["answered", "introduced", "need_posted", "no_interest", "settled", "ended", "other"]


def _line(value: Any) -> Any:
    return one_line(value) if isinstance(value, str) else value


def _block(value: Any) -> Any:
    return tidy(value) if isinstance(value, str) else value


Line = Annotated[str, BeforeValidator(_line), StringConstraints(max_length=300)]
Block = Annotated[str, BeforeValidator(_block), StringConstraints(max_length=8_000)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CallInput(_Input):
    """A call turned into a case: what it is about, and what was said."""

    title: Annotated[Line, StringConstraints(min_length=1)]
    body: Annotated[Block, StringConstraints(min_length=1)]


class NoteInput(_Input):
    """A note, with what is to be done next and when, if anything is. Both sides of a dispute read a shared one."""

    body: Annotated[Block, StringConstraints(min_length=1)]
    shared: bool = False
    next_step: Line = ""
    next_on: date | None = None


class CallNeedInput(_Input):
    """A need as a call told it. `organisation` names the firm: its tax code, or the address of its page."""

    organisation: Annotated[Line, StringConstraints(min_length=1)]
    title: Annotated[Line, StringConstraints(min_length=1)]
    baseline: Block = ""
    target: Annotated[Block, StringConstraints(min_length=1)]
    acceptance: Block = ""
    constraints: Block = ""
    quantity: Line = ""
    deadline: date | None = None


class IntroductionInput(_Input):
    """Whom to bring together: the firm, and the listing of a holder (its id, or the address of its page).

    `named`: the firm agreed that the holder is told its name.
    """

    organisation: Annotated[Line, StringConstraints(min_length=1)]
    listing: Annotated[Line, StringConstraints(min_length=1)]
    named: bool = False


class CloseInput(_Input):
    """How the case ended."""

    outcome: Outcome
    note: Block = ""
