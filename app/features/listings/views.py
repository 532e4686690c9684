"""A listing as it may be shown to one reader: what they may not know is not in these objects at all.

An anonymous need carries no organisation, owners, source or own id; an expert who did not consent has no name; the
confidential part has no place here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OrganisationLine:
    """Whose listing it is, as far as cards and details name it."""

    public_id: str
    slug: str
    name: str
    name_en: str | None
    type: str
    region: str | None
    verified_at: datetime | None
    imported: bool

    def title(self, locale: str) -> str:
        """The name in a language; Vietnamese where no other was given."""
        return self.name_en or self.name if locale == "en" else self.name


@dataclass(frozen=True, slots=True)
class Code:
    """One classification code. `label` is set for schemes that have no reference table here."""

    scheme: str
    version: str
    code: str
    label: str


@dataclass(frozen=True, slots=True)
class FileLine:
    """A public picture or document. Address: /files/{public_id}/{variant}; `variants` of a picture by width."""

    public_id: str
    kind: str
    filename: str
    media_type: str
    size: int
    width: int | None
    height: int | None
    caption: str
    widths: tuple[int, ...]

    def path(self, width: int | None = None, form: str = "webp") -> str:
        """The file's address: a document as it is; of a picture the size nearest to `width`, as "webp" or "jpg"."""
        if self.kind != "picture" or not self.widths:
            return f"/files/{self.public_id}/document"
        wanted = width or self.widths[-1]
        fitting = next((one for one in self.widths if one >= wanted), self.widths[-1])
        return f"/files/{self.public_id}/{fitting}.{form}"

    def srcset(self, form: str = "webp") -> str:
        """What an <img srcset> or <source srcset> takes: every size with its width."""
        return ", ".join(f"{self.path(width, form)} {width}w" for width in self.widths)


@dataclass(frozen=True, slots=True)
class MateLine:
    """Another public listing about the same subject, as far as the card of one names it."""

    public_id: str
    slug: str
    title: str
    title_en: str | None
    language: str
    authority: str
    organisation: str
    organisation_en: str | None

    def text(self, name: str, locale: str) -> str:
        """The title or the organisation, in the reader's language where it is given."""
        english: str | None = getattr(self, f"{name}_en") if locale == "en" else None
        return english or str(getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a list shows of a listing; `mates` are the others about its subject.

    Sums are in minor units of `price_currency`; a need's are its budget.
    """

    id: UUID
    public_id: str
    authority: str
    local_id: str
    external_id: str | None
    kind: str
    state: str
    slug: str
    version: int
    language: str
    title: str
    benefit: str
    summary: str
    title_en: str | None
    benefit_en: str | None
    summary_en: str | None
    region: str | None
    country: str | None
    trl: int | None
    transfer_forms: tuple[str, ...]
    ip_status: str | None
    price_kind: str | None
    price_from: int | None
    price_to: int | None
    price_currency: str | None
    price_unit: str | None
    deadline: date | None
    visibility: str
    source: str | None
    licence: str | None
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None
    published_at: datetime | None
    confirmed_at: datetime | None
    confirm_due_at: datetime | None
    expires_at: datetime | None
    details: dict[str, Any]
    organisation: OrganisationLine | None
    picture: FileLine | None
    classifications: tuple[Code, ...]
    mates: tuple[MateLine, ...] = ()

    def text(self, name: str, locale: str) -> tuple[str, str]:
        """A text (title, benefit, summary; description of a detail) for a reader, with the language it is in.

        The reader's language if the listing has it, the listing's own otherwise.
        """
        if locale == "en" and self.language != "en":
            english = getattr(self, f"{name}_en")
            if english:
                return english, "en"
        return getattr(self, name), self.language


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail(Card):
    """Everything a listing's own page shows."""

    description: str
    description_en: str | None
    keywords: tuple[str, ...]
    payment_forms: tuple[str, ...]
    territory: str | None
    owners: tuple[dict[str, Any], ...]
    posted_as: str
    share: str
    pictures: tuple[FileLine, ...]
    documents: tuple[FileLine, ...]


# What the two read from `listing` itself, column by column.
_BESIDE: Final = frozenset({"organisation", "picture", "classifications", "mates", "pictures", "documents"})
CARD_COLUMNS: Final = tuple(field.name for field in fields(Card) if field.name not in _BESIDE)
DETAIL_COLUMNS: Final = tuple(field.name for field in fields(Detail) if field.name not in _BESIDE)
_LISTS: Final = frozenset({"transfer_forms", "keywords", "payment_forms", "owners"})
# What else than the organisation's name could tell whose an anonymous need is.
_HIDDEN_WITH_IT: Final = {"owners": (), "source": None, "licence": None, "external_id": None, "posted_as": "owner"}


def values_of(row: Sequence[Any], columns: tuple[str, ...], *, shows_organisation: bool) -> dict[str, Any]:
    """The columns of a row, with which it begins, as a view holds them, without what this reader may not know."""
    values = dict(zip(columns, row, strict=False))
    for name in _LISTS & values.keys():
        values[name] = tuple(values[name])
    if "details" in values:
        values["details"] = shown_details(values["details"])
    if not shows_organisation:
        values |= {name: hidden for name, hidden in _HIDDEN_WITH_IT.items() if name in values}
    return values


def shown_details(details: dict[str, Any]) -> dict[str, Any]:
    """Details without an expert's name that was given without consent."""
    if "expert_name" not in details or details.get("expert_consent") is True:
        return dict(details)
    return {name: value for name, value in details.items() if name != "expert_name"}
