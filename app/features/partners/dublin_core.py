"""Dublin Core of a repository as a listing: a small mapping per partner that the operator edits and tries on records.

Pure. A record is its elements by name, each a list of [text, language]. Creators are people: they are taken only where
the mapping says that they are organisations.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app.features.listings.fields import LONGEST_KEYWORD
from app.features.partners.dublin_core_links import identifiers_of, landing_of
from app.features.partners.dublin_core_texts import Values, cut, texts_of
from app.features.partners.dublin_core_words import (
    holds_word,
    kind_words,
    language_guessed,
    language_told,
    licence_of,
    organisation_of,
    published_of,
    uncoded,
)
from app.text import one_line

ELEMENTS: Final = (
    "title", "creator", "subject", "description", "publisher", "contributor", "date", "type", "format", "identifier",
    "source", "language", "relation", "coverage", "rights",
)  # fmt: skip
Element = Literal[
    "title", "creator", "subject", "description", "publisher", "contributor", "date", "type", "format", "identifier",
    "source", "language", "relation", "coverage", "rights",
]  # fmt: skip
Kind = Literal["technology", "equipment", "patent", "service", "need"]
_MOST_KEYWORDS: Final = 40
_LONGEST_TITLE: Final = 300
_LONGEST_DESCRIPTION: Final = 60_000


class MappingFault(ValueError):
    """A record that the mapping makes no listing of; says why, in English."""


class KindWord(BaseModel):
    """Records whose type holds this word, whole, are of this kind; "" takes them not at all.

    Of a record whose type says nothing the subject counts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    word: Annotated[str, StringConstraints(min_length=1, max_length=100), BeforeValidator(lambda v: one_line(str(v)))]
    kind: Kind | Literal[""] = ""


class DublinCoreMapping(BaseModel):
    """How a partner's Dublin Core becomes listings.

    `kind` is what records are that no word of `words` tells; "" leaves them out. `organisation` names the element that
    says whose the record is; "" puts all under the partner's name.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind | Literal[""] = "technology"
    words: list[KindWord] = Field(default_factory=list, max_length=60)
    language: Literal["vi", "en"] = "vi"
    description: list[Element] = Field(default=["description"], max_length=5)
    keywords: Element | Literal[""] = "subject"
    organisation: Element | Literal[""] = "publisher"
    licence: Annotated[str, StringConstraints(max_length=100)] = ""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What the mapping made: `said` in the names of ListingInput, the rest beside it."""

    said: dict[str, Any]
    organisation: str
    region: str | None
    codes: Any
    licence: str | None
    landing: str
    published_at: str | None
    identifiers: list[dict[str, str]]


SKIPPED: Final = "the mapping leaves records of this type out"


def map_record(values: Values, mapping: Mapping[str, Any], *, hosts: Collection[str] = ()) -> Mapped:
    """The listing that a record's Dublin Core makes.

    A title or an abstract longer than a listing holds is cut at a word.

    Args:
        hosts: the partner's own (`hosts_of`): a page there is what the listing links to.

    Raises:
        MappingFault: it has no title, or the mapping leaves its type out.
    """
    rules = DublinCoreMapping.model_validate(dict(mapping))
    kind = _kind(values, rules)
    if not kind:
        raise MappingFault(SKIPPED)
    described = [one for name in rules.description for one in texts_of(values, name)]
    language = language_told(values) or _guessed(values, described, rules.language)
    title, english = _title(values, language)
    if not title:
        raise MappingFault("no title")
    said: dict[str, Any] = {
        "kind": kind,
        "language": language,
        "title": cut(title, _LONGEST_TITLE),
        "title_en": cut(english, _LONGEST_TITLE) if english else None,
        "description": cut("\n\n".join(dict.fromkeys(text for text, _lang in described)), _LONGEST_DESCRIPTION),
        "keywords": _keywords(values, rules.keywords),
    }
    return Mapped(
        said={name: value for name, value in said.items() if value},
        organisation=organisation_of(values, rules.organisation),
        region=None,
        codes=[],
        licence=licence_of(values) or rules.licence or None,
        landing=landing_of(values, hosts),
        published_at=published_of(values),
        identifiers=identifiers_of(values),
    )


def _kind(values: Values, rules: DublinCoreMapping) -> str:
    told = list(kind_words(values))
    for one in rules.words:
        if any(holds_word(text, one.word) for text in told):
            return one.kind
    return rules.kind


def _guessed(values: Values, described: Sequence[tuple[str, str]], configured: str) -> str:
    """By the texts that are marked with no other language than the one that the mapping expects."""
    titles = texts_of(values, "title")
    title, tagged = next((one for one in titles if one[1].startswith(configured)), titles[0] if titles else ("", ""))
    abstract = " ".join(text for text, lang in described if not tagged or lang in {"", tagged})
    return language_guessed(title, tagged, abstract, otherwise=configured)


def _title(values: Values, language: str) -> tuple[str, str | None]:
    found = [(one_line(text), lang) for text, lang in texts_of(values, "title")]
    own = [text for text, lang in found if not lang or lang.startswith(language)]
    title = next(iter(own), found[0][0] if found else "")
    english = next((text for text, lang in found if lang.startswith("en") and text != title), None)
    return title, english if language != "en" else None


def _keywords(values: Values, name: str) -> list[str]:
    parts = [
        one_line(part)
        for text, _lang in texts_of(values, name)
        for part in re.split(r"[;,\n]", uncoded(one_line(text)))
    ]
    return list(dict.fromkeys(one for one in map(uncoded, parts) if one and len(one) <= LONGEST_KEYWORD))[
        :_MOST_KEYWORDS
    ]
