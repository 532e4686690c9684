"""What people say about an agreement, as given by a form. Texts are tidied on the way in."""

from datetime import date
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app.i18n import N_
from app.text import one_line, tidy

MOST_READERS: Final = 20
LONGEST_YEARS: Final = 5
MOST_SECRECY_YEARS: Final = 20


def _line(value: Any) -> Any:
    return one_line(value) if isinstance(value, str) else value


def _block(value: Any) -> Any:
    return tidy(value) if isinstance(value, str) else value


def _agreed(value: bool) -> bool:
    if not value:
        raise ValueError(N_("Hãy đánh dấu rằng bạn đã đọc và được quyền ký."))
    return value


Line = Annotated[str, BeforeValidator(_line), StringConstraints(min_length=1, max_length=120)]
Purpose = Annotated[str, BeforeValidator(_block), StringConstraints(min_length=10, max_length=2_000)]
Reason = Annotated[str, BeforeValidator(_block), StringConstraints(min_length=1, max_length=2_000)]
Terms = Annotated[str, BeforeValidator(_block), StringConstraints(max_length=4_000)]


class InputModel(BaseModel):
    """Base of what people may say here: an unknown name is told, not dropped."""

    model_config = ConfigDict(extra="forbid")


class NdaRequestInput(InputModel):
    """Why an agreement is wanted, and which people of the recipient shall read."""

    purpose: Purpose
    readers: Annotated[list[UUID], Field(min_length=1, max_length=MOST_READERS)]


class NdaTextInput(InputModel):
    """What the discloser decides about the text. `active_until` is the last day on which anything is open."""

    language: Literal["vi", "en"] = "vi"
    active_until: date
    secrecy_years: Annotated[int, Field(ge=0, le=MOST_SECRECY_YEARS)] = 3
    special_terms: Terms = ""


class NdaSignatureInput(InputModel):
    """A signature: name and role as typed, and that the text was read and may be signed."""

    typed_name: Line
    role: Line
    agreed: Annotated[bool, AfterValidator(_agreed), Field(validate_default=True)] = False


class NdaReasonInput(InputModel):
    """Why it is declined, withdrawn or ended."""

    note: Reason


class NdaContactInput(InputModel):
    """How the owner of an anonymous need wishes to be reached."""

    contact: Annotated[str, BeforeValidator(_block), StringConstraints(min_length=3, max_length=300)]
