"""What people say of a suggestion."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

NotFitting = Literal["", "other_problem", "not_ready", "price", "scale", "terms", "known", "other"]


class JudgementInput(BaseModel):
    """`because` says why it does not fit; `note` is for the person who judges and for the operator's evaluation."""

    model_config = ConfigDict(str_strip_whitespace=True)

    fits: bool
    because: NotFitting = ""
    note: Annotated[str, Field(max_length=500)] = ""
