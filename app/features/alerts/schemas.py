"""What people give when they follow something. Messages are msgids, shown in the language of the moment."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from app.i18n import N_
from app.text import one_line

Rhythm = Literal["at_once", "daily", "weekly", "off"]
LONGEST_NAME = 120
LONGEST_CRITERIA = 2_000


def _name(text: str) -> str:
    name = one_line(text)
    if not name:
        raise ValueError(N_("Hãy đặt một tên để nhận ra về sau."))
    return name


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Following(_Input):
    """How often to be told: chosen by hand, nothing is chosen beforehand."""

    rhythm: Rhythm


class SavedSearch(Following):
    """A search or a field to be kept. `criteria` is the query of the results page, without page and order."""

    name: Annotated[str, StringConstraints(max_length=LONGEST_NAME), AfterValidator(_name)]
    criteria: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_CRITERIA)]


class HoursInput(_Input):
    """Quiet hours and when digests come, as hours of the day here."""

    quiet_from: Annotated[int, Field(ge=0, le=23)]
    quiet_to: Annotated[int, Field(ge=0, le=23)]
    digest_hour: Annotated[int, Field(ge=0, le=23)]
    digest_day: Annotated[int, Field(ge=0, le=6)]
