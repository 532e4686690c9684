"""Dublin Core of a repository as a listing: a small mapping per partner that the operator edits and tries on records.

Pure. A record is its elements by name, each a list of [text, language]. Creators are people: they are taken only where
the mapping says that they are organisations.
"""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import nh3
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app.features.listings.fields import LONGEST_KEYWORD
from app.text import fold, one_line, tidy

ELEMENTS: Final = (
    "title", "creator", "subject", "description", "publisher", "contributor", "date", "type", "format", "identifier",
    "source", "language", "relation", "coverage", "rights",
)  # fmt: skip
Element = Literal[
    "title", "creator", "subject", "description", "publisher", "contributor", "date", "type", "format", "identifier",
    "source", "language", "relation", "coverage", "rights",
]  # fmt: skip
Kind = Literal["technology", "equipment", "patent", "service", "need"]
Values = Mapping[str, Sequence[Sequence[str]]]
_MOST_KEYWORDS: Final = 40
_DOI: Final = re.compile(r"\b(10\.\d{4,9}/[^\s\"<>]+)", re.IGNORECASE)
_HANDLE: Final = re.compile(r"(?:hdl\.handle\.net/|^hdl:)(\d[\d.]*/\S+)", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"https?://[^\s\"<>]+")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:?\d{2}))?")
_LICENCES: Final = re.compile(
    r"creativecommons\.org/(licenses/(by(?:-nc)?(?:-sa|-nd)?)/(\d\.\d)|publicdomain/zero/1\.0)"
)


class MappingFault(ValueError):
    """A record that the mapping makes no listing of; says why, in English."""


class KindWord(BaseModel):
    """Records whose type (or subject) holds this word are of this kind; "" takes them not at all."""

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


def map_record(values: Values, mapping: Mapping[str, Any]) -> Mapped:
    """The listing that a record's Dublin Core makes.

    Raises:
        MappingFault: it has no title, or the mapping leaves its type out.
    """
    rules = DublinCoreMapping.model_validate(dict(mapping))
    kind = _kind(values, rules)
    if not kind:
        raise MappingFault(SKIPPED)
    title, english = _title(values, rules.language)
    if not title:
        raise MappingFault("no title")
    said: dict[str, Any] = {
        "kind": kind,
        "language": rules.language,
        "title": title,
        "title_en": english,
        "description": "\n\n".join(
            dict.fromkeys(text for name in rules.description for text, _lang in _texts(values, name))
        ),
        "keywords": _keywords(values, rules.keywords),
    }
    names = [text for text, _lang in _texts(values, rules.organisation)] if rules.organisation else []
    return Mapped(
        said={name: value for name, value in said.items() if value},
        organisation=one_line(names[0])[:300] if names else "",
        region=None,
        codes=[],
        licence=_licence(values) or rules.licence or None,
        landing=_landing(values),
        published_at=_published(values),
        identifiers=identifiers_of(values),
    )


def identifiers_of(values: Values) -> list[dict[str, str]]:
    """Strong identifiers among the record's: DOIs and handles, in their plain form."""
    found: dict[tuple[str, str], None] = {}
    for text, _lang in _texts(values, "identifier"):
        for doi in _DOI.findall(text):
            found["doi", doi.lower().rstrip(".,;)")] = None
        for handle in _HANDLE.findall(text):
            found["handle", handle] = None
    return [{"scheme": scheme, "value": value} for scheme, value in found]


def plain(text: str) -> str:
    """Text without markup: partners' HTML is not ours to show."""
    return tidy(html.unescape(nh3.clean(html.unescape(text), tags=set(), clean_content_tags={"script", "style"})))


def _texts(values: Values, name: str) -> list[tuple[str, str]]:
    made = [(plain(str(one[0])), str(one[1]).lower()) for one in values.get(name, ())]
    return [(text, language) for text, language in made if text]


def _kind(values: Values, rules: DublinCoreMapping) -> str:
    told = [fold(text) for name in ("type", "subject") for text, _lang in _texts(values, name)]
    for one in rules.words:
        if any(fold(one.word) in text for text in told):
            return one.kind
    return rules.kind


def _title(values: Values, language: str) -> tuple[str, str | None]:
    found = [(one_line(text), lang) for text, lang in _texts(values, "title")]
    own = [text for text, lang in found if not lang or lang.startswith(language)]
    title = next(iter(own), found[0][0] if found else "")
    english = next((text for text, lang in found if lang.startswith("en") and text != title), None)
    return title, english if language != "en" else None


def _keywords(values: Values, name: str) -> list[str]:
    if not name:
        return []
    parts = [one_line(part) for text, _lang in _texts(values, name) for part in re.split(r"[;,\n]", text)]
    return list(dict.fromkeys(one for one in parts if one and len(one) <= LONGEST_KEYWORD))[:_MOST_KEYWORDS]


def _landing(values: Values) -> str:
    texts = [text for text, _lang in _texts(values, "identifier")]
    for text in texts:
        address = _ADDRESS.search(text)
        if address is not None:
            return address.group()[:2_000]
    for one in identifiers_of(values):
        base = "https://doi.org/" if one["scheme"] == "doi" else "https://hdl.handle.net/"
        return base + one["value"]
    return ""


def _licence(values: Values) -> str | None:
    for text, _lang in _texts(values, "rights"):
        found = _LICENCES.search(text)
        if found is not None:
            return f"CC-{found[2].upper()}-{found[3]}" if found[2] else "CC0-1.0"
    return None


def _published(values: Values) -> str | None:
    """The earliest full date: repositories tell several, the first of them when it was issued."""
    days = []
    for text, _lang in _texts(values, "date"):
        if _DAY.fullmatch(text):
            try:
                moment = datetime.fromisoformat(text if len(text) > 10 else f"{text}T00:00:00+07:00")
            except ValueError:
                continue
            days.append(moment)
    return min(days).isoformat() if days else None
