"""How values look on the wire: the kinds of field that requests and answers are made of.

Stricter than what forms may send (a number is a number, a list a list), because the OpenAPI document promises it. What
passes here goes on to the listings feature, which tidies it and knows the rules between fields.
"""

from datetime import date
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from app.features.listings.fields import EARLIEST, LARGEST_SUM, LATEST
from app.i18n import N_
from app.identity import PUBLIC_ID_LENGTH


class Wire(BaseModel):
    """What a program sends: types as they are, no unknown names."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Answer(BaseModel):
    """What a program is answered: every field is there, null where nothing is known."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


PUBLIC_ID: Final = rf"^[bcdfghjkmnpqrstvwxyz][0-9bcdfghjkmnpqrstvwxyz]{{{PUBLIC_ID_LENGTH - 1}}}$"
# At least one letter or digit of any script people here write.
SAYS_SOMETHING: Final = "[0-9A-Za-z\u00c0-\u1ef9\u3040-\ud7a3]"
# Days between 1900 and 2200, as `format: date` alone does not say.
_YEARS: Final = r"^(19|20|21)[0-9]{2}-"


def _in_range(day: date) -> date:
    if not EARLIEST <= day <= LATEST:
        raise ValueError(N_("Ngày phải từ năm 1900 đến năm 2200"))
    return day


def _whole(value: Any) -> Any:
    # In JSON 9.0 is as whole a number as 9.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def described(text: str, **more: Any) -> Any:
    """A field that may be left out, with its description."""
    return Field(default=None, description=text, **more)


PublicId = Annotated[str, Field(pattern=PUBLIC_ID, examples=["k7m2p9q4r8st"])]
Line = Annotated[str, Field(max_length=300)]
ShortLine = Annotated[str, Field(max_length=120)]
ExternalId = Annotated[str, Field(max_length=200)]
Paragraph = Annotated[str, Field(max_length=4_000)]
LongText = Annotated[str, Field(max_length=60_000)]
CountryCode = Annotated[str, Field(pattern=r"^[A-Z]{2}$", examples=["VN"])]
Day = Annotated[date, AfterValidator(_in_range), Field(json_schema_extra={"pattern": _YEARS}, examples=["2027-03-31"])]
Keywords = Annotated[list[Annotated[str, Field(max_length=120, pattern=r"^[^,;\n]*$")]], Field(max_length=40)]
Names = Annotated[list[Annotated[str, Field(max_length=300, pattern=r"^[^;\n]*$")]], Field(max_length=40)]
# Behind the bounds, so that the OpenAPI document states them.
WHOLE: Final = BeforeValidator(_whole)
Sum = Annotated[int, Field(ge=0, le=LARGEST_SUM), WHOLE]
