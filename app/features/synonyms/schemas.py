"""A pair of terms as it is typed or imported."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints

from app.i18n import N_
from app.text import one_line

SynonymField = Literal[
    "high-tech-agriculture",
    "biotechnology",
    "digital-technology",
    "environment",
    "health",
    "manufacturing",
    "logistics",
    "energy",
    "transport",
    "materials",
    "construction",
    "food",
    "education",
    "general",
]
_MOST_WORDS = 8


def _line(value: object) -> object:
    return one_line(value) if isinstance(value, str) else value


def _a_term(text: str) -> str:
    if not any(sign.isalpha() for sign in text) or "\t" in text:
        raise ValueError(N_("Hãy nhập một thuật ngữ bằng chữ."))
    if len(text.split()) > _MOST_WORDS:
        raise ValueError(N_("Thuật ngữ dài quá tám từ thì không ai gõ đúng y như vậy; hãy rút ngắn."))
    return text


Term = Annotated[str, StringConstraints(min_length=1, max_length=100), BeforeValidator(_line), AfterValidator(_a_term)]


class PairInput(BaseModel):
    """What makes a pair."""

    model_config = ConfigDict(frozen=True)

    vi: Term
    en: Term
    field: SynonymField = "general"
