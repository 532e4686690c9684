"""Listings as the API answers them, made from the feature's views, which hold only what a reader may know."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from app.api.details import (
    EquipmentDetails,
    Kind,
    NeedDetails,
    PatentDetails,
    ServiceDetails,
    TechnologyDetails,
    answered_details,
)
from app.api.wire import Answer
from app.features.listings.views import Card, Code, Detail, FileLine, MateLine, OrganisationLine
from app.i18n import current_locale
from app.i18n.terms import term
from app.reference.current import current_tables, label
from app.search.port import Hit

State = Literal[
    "draft",
    "submitted",
    "returned",
    "published",
    "due",
    "stale",
    "archived",
    "withdrawn",
    "suspended",
    "transferred",
]


class Highlight(Answer):
    """Safe HTML: the words that were looked for stand in <mark>, everything else is escaped."""

    title: str
    summary: str


class OrganisationRef(Answer):
    """Whose listing it is."""

    id: str
    name: str
    name_en: str | None
    type: str
    verified: bool


class Price(Answer):
    """Sums are whole minor units of `currency`: 1 is one đồng, or one cent of a dollar. Of a need it is the budget."""

    kind: str | None
    from_: int | None = Field(alias="from")
    to: int | None
    currency: str | None
    unit: str | None


class ClassificationAnswer(Answer):
    """A code with its label in the language of the answer."""

    scheme: str
    code: str
    version: str
    label: str


class Picture(Answer):
    url: str
    caption: str


class File(Answer):
    """A public picture or document. `name` is null where it could tell whose an anonymous need is."""

    id: str
    url: str
    media_type: str
    size: int = Field(description="Bytes")
    name: str | None
    caption: str


class AlsoAt(Answer):
    """Another listing about the same subject."""

    id: str
    title: str
    organisation: str
    authority: str = Field(description="DNS name of the exchange that owns it")
    url: str = Field(description="Its page here, in the language of the answer")


class ListingItem(Answer):
    """A listing in a list. Texts are in `language`; `_en` holds the English beside Vietnamese."""

    id: str
    external_id: str | None
    kind: Kind
    state: State
    language: str
    title: str
    benefit: str
    summary: str
    title_en: str | None
    benefit_en: str | None
    summary_en: str | None
    organisation: OrganisationRef | None = Field(description="Null for an anonymous need")
    region: str | None
    region_label: str | None
    country: str | None
    classifications: list[ClassificationAnswer]
    trl: int | None = Field(description="Technology readiness level; for a need the least wanted")
    transfer_forms: list[str]
    ip_status: str | None
    price: Price
    deadline: date | None
    visibility: str
    picture: Picture | None
    source: str | None
    licence: str | None
    published_at: datetime | None
    confirmed_at: datetime | None = Field(description="When its owner last said that it still holds")
    updated_at: datetime
    url: str = Field(description="Its page, in the language of the answer")
    also_at: list[AlsoAt] = Field(
        description="The other listings about the same subject (they share a number, or a person said so)"
    )
    highlight: Highlight | None = Field(description="Only in answers of a search")


class Key(Answer):
    """The record's key on every exchange: the DNS name of the one that owns it, and the id there."""

    authority: str
    local_id: str


class _Record(ListingItem):
    key: Key
    version: int
    description: str
    description_en: str | None
    keywords: list[str]
    payment_forms: list[str]
    territory: str | None
    owners: list["OwnerAnswer"]
    posted_as: str
    confirm_due_at: datetime | None
    expires_at: datetime | None
    pictures: list[File]
    documents: list[File]


class OwnerAnswer(Answer):
    name: str
    percent: float | None


class TechnologyRecord(_Record):
    kind: Literal["technology"]
    details: TechnologyDetails


class EquipmentRecord(_Record):
    kind: Literal["equipment"]
    details: EquipmentDetails


class PatentRecord(_Record):
    kind: Literal["patent"]
    details: PatentDetails


class ServiceRecord(_Record):
    kind: Literal["service"]
    details: ServiceDetails


class NeedRecord(_Record):
    kind: Literal["need"]
    details: NeedDetails


ListingRecord = Annotated[
    TechnologyRecord | EquipmentRecord | PatentRecord | ServiceRecord | NeedRecord, Field(discriminator="kind")
]
"""Everything a listing says to this reader, in both languages as given."""

RECORDS: Final[Mapping[str, type[_Record]]] = {
    "technology": TechnologyRecord,
    "equipment": EquipmentRecord,
    "patent": PatentRecord,
    "service": ServiceRecord,
    "need": NeedRecord,
}


def listing_item(card: Card, *, base_url: str, hit: Hit | None = None) -> ListingItem:
    """One listing of a list; `hit` is how a search found it."""
    return ListingItem(**_item(card, base_url=base_url, hit=hit))


def listing_record(row: Detail, *, base_url: str) -> _Record:
    """The whole record, as the class of its kind."""
    beside: dict[str, Any] = {"details": answered_details(row.kind, row.details)}
    return RECORDS[row.kind](
        **_item(row, base_url=base_url, hit=None),
        **beside,
        key=Key(authority=row.authority, local_id=row.local_id),
        version=row.version,
        description=row.description,
        description_en=row.description_en,
        keywords=list(row.keywords),
        payment_forms=list(row.payment_forms),
        territory=row.territory,
        owners=[OwnerAnswer(name=one["name"], percent=one.get("percent")) for one in row.owners],
        posted_as=row.posted_as,
        confirm_due_at=row.confirm_due_at,
        expires_at=row.expires_at,
        pictures=_files(row.pictures, base_url=base_url, named=row.organisation is not None),
        documents=_files(row.documents, base_url=base_url, named=row.organisation is not None),
    )


def _item(card: Card, *, base_url: str, hit: Hit | None) -> dict[str, Any]:
    locale = current_locale()
    region = card.region if card.organisation is not None else _province(card.region)
    return {
        "id": card.public_id,
        "external_id": card.external_id,
        "kind": card.kind,
        "state": card.state,
        "language": card.language,
        "title": card.title,
        "benefit": card.benefit,
        "summary": card.summary,
        "title_en": card.title_en,
        "benefit_en": card.benefit_en,
        "summary_en": card.summary_en,
        "organisation": organisation_ref(card.organisation) if card.organisation is not None else None,
        "region": region,
        "region_label": label("region", region, locale) if region else None,
        "country": card.country,
        "classifications": classification_answers(card.classifications),
        "trl": card.trl,
        "transfer_forms": list(card.transfer_forms),
        "ip_status": card.ip_status,
        "price": Price(
            kind=card.price_kind,
            to=card.price_to,
            currency=card.price_currency,
            unit=card.price_unit,
            **{"from": card.price_from},
        ),
        "deadline": card.deadline,
        "visibility": card.visibility,
        "picture": Picture(url=base_url + card.picture.path(640), caption=card.picture.caption)
        if card.picture is not None
        else None,
        "source": card.source,
        "licence": card.licence,
        "published_at": card.published_at,
        "confirmed_at": card.confirmed_at,
        "updated_at": card.updated_at,
        "url": f"{base_url}/{locale}/listings/{card.slug or 'tin'}-{card.public_id}",
        "also_at": [_also_at(one, base_url=base_url) for one in card.mates],
        "highlight": Highlight(title=str(hit.title), summary=str(hit.summary)) if hit is not None else None,
    }


def _also_at(mate: MateLine, *, base_url: str) -> AlsoAt:
    locale = current_locale()
    return AlsoAt(
        id=mate.public_id,
        title=mate.text("title", locale),
        organisation=mate.text("organisation", locale),
        authority=mate.authority,
        url=f"{base_url}/{locale}/listings/{mate.slug or 'tin'}-{mate.public_id}",
    )


def _province(region: str | None) -> str | None:
    """The top of a region's branch: below it, a place may name the only firm of its kind there."""
    table = current_tables().get("region")
    chain = table.chain(region) if table is not None and region else ()
    return chain[0].code if chain else region


def organisation_ref(one: OrganisationLine) -> OrganisationRef:
    """The organisation as far as a listing names it."""
    return OrganisationRef(
        id=one.public_id, name=one.name, name_en=one.name_en, type=one.type, verified=one.verified_at is not None
    )


def classification_answers(codes: Sequence[Code]) -> list[ClassificationAnswer]:
    """Codes with their labels: the listing's own for a scheme without a table here."""
    locale = current_locale()
    return [
        ClassificationAnswer(
            scheme=one.scheme,
            code=one.code,
            version=one.version,
            label=one.label or label(one.scheme, one.code, locale, version=one.version or None),
        )
        for one in codes
    ]


def _files(lines: Sequence[FileLine], *, base_url: str, named: bool) -> list[File]:
    return [
        File(
            id=one.public_id,
            url=base_url + one.path(),
            media_type=one.media_type,
            size=one.size,
            name=one.filename if named else None,
            caption=one.caption,
        )
        for one in lines
    ]


def facet_label(name: str, value: str) -> str:
    """A facet's value in the language of the moment; a source is its own name."""
    group = {
        "kind": "kind",
        "transfer": "transfer_form",
        "organisation_type": "organisation_type",
        "price": "price_band",
        "verified": "yes_no",
        "language": "language",
        "confirmed": "confirmed",
    }.get(name)
    if group:
        return term(group, value)
    scheme = {
        "field": "research-field",
        "priority": "priority-field",
        "region": "region",
        "industry": "vsic",
        "trl": "trl",
    }.get(name)
    return label(scheme, value, current_locale()) if scheme else value
