"""The agreement's text, made from a versioned template and fixed by its hash.

A version is three files in data/: <version>.toml, <version>.vi.md, <version>.en.md. Versions in use are never changed.
"""

import functools
import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from string import Template
from typing import Any, Final, Literal

from app.i18n import use_locale
from app.i18n.formats import format_date
from app.text import tidy

Language = Literal["vi", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("vi", "en")
_FOLDER: Final = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class NdaTemplate:
    """One version: its wording by language, the phrases that fill gaps, and what the wording rests on."""

    version: str
    effective_from: date
    second_hand: bool
    sources: Sequence[str]
    wording: Mapping[str, str]
    phrases: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class PartyLine:
    """How a party is named in the text. Without a name it is the unnamed owner of a need."""

    name: str = ""
    tax_code: str | None = None


@dataclass(frozen=True, slots=True)
class FixedText:
    """The exact text, its language, the template's version, and the SHA-256 of its UTF-8 bytes in hexadecimal."""

    text: str
    language: Language
    template_version: str
    sha256: str


@functools.cache
def templates() -> Mapping[str, NdaTemplate]:
    """Every version there is, oldest first."""
    found = {}
    for path in sorted(_FOLDER.glob("*.toml")):
        manifest: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        version = manifest["version"]
        found[version] = NdaTemplate(
            version=version,
            effective_from=manifest["effective_from"],
            second_hand=manifest["second_hand"],
            sources=tuple(manifest["sources"]),
            wording={
                language: (_FOLDER / f"{version}.{language}.md").read_text(encoding="utf-8") for language in LANGUAGES
            },
            phrases={language: manifest[language] for language in LANGUAGES},
        )
    return found


def current_template(today: date) -> NdaTemplate:
    """The newest version in force on a day."""
    in_force = [one for one in templates().values() if one.effective_from <= today]
    return max(in_force, key=lambda one: one.effective_from)


def sha256_of(text: str) -> str:
    """The hash that fixes a text: SHA-256 over its UTF-8 bytes, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def fix_text(
    template: NdaTemplate,
    *,
    language: Language,
    number: str,
    exchange: str,
    listing_title: str,
    listing_id: str,
    discloser: PartyLine,
    recipient: PartyLine,
    purpose: str,
    readers: Sequence[str],
    active_until: date,
    secrecy_years: int,
    special_terms: str,
    prepared_on: date,
) -> FixedText:
    """Fill the template; the same arguments always give the same bytes.

    What people wrote (purpose, special terms) is quoted line by line, so that it can never look like a clause.
    """
    phrases = template.phrases[language]
    with use_locale(language):
        given = {
            "number": number,
            "version": template.version,
            "exchange": exchange,
            "listing_title": listing_title,
            "listing_id": listing_id,
            "purpose": _quoted(purpose),
            "readers": "\n".join(f"- {name}" for name in readers),
            "active_until": format_date(active_until),
            "prepared_on": format_date(prepared_on),
            "secrecy_years": str(secrecy_years),
            "special_terms": _quoted(special_terms) if special_terms else phrases["no_special_terms"],
        }
    given["discloser"] = _party(phrases, discloser, given)
    given["recipient"] = _party(phrases, recipient, given)
    text = tidy(Template(template.wording[language]).substitute(given)) + "\n"
    return FixedText(text, language, template.version, sha256_of(text))


def _quoted(words: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in words.splitlines())


def _party(phrases: Mapping[str, str], party: PartyLine, given: Mapping[str, str]) -> str:
    if not party.name:
        return Template(phrases["unnamed"]).substitute(given)
    if not party.tax_code:
        return party.name
    return Template(phrases["named"]).substitute(name=party.name, tax_code=party.tax_code)
