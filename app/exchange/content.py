"""What a record says, in the form that crosses between exchanges. One model, from which the XML and its schema come.

Names are those of the API. What is not known is left out: no nulls and no empty lists, so that JSON and XML say the
same and one canonical form can be hashed. Personal data has no field here (inventors, owners, experts, contacts), nor
has the confidential part. Sums are whole minor units, at most 2^53 - 1 (RFC 8785).
"""

import re
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app.features.listings.details import Condition, IpKind, LegalStatus, OfferedFor, ServiceType

LARGEST: Final = 2**53 - 1
_NOT_IN_XML: Final = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
Kind = Literal["technology", "equipment", "patent", "service", "need"]

Text = Annotated[str, StringConstraints(max_length=200_000)]
Line = Annotated[str, StringConstraints(max_length=2_000)]
Word = Annotated[str, StringConstraints(max_length=200, pattern=r"^\S(.*\S)?$")]
# Dates and instants stay the text they were sent as, so that the hash stays what it was; they must be readable.


def _day(value: object) -> object:
    if isinstance(value, str):
        date.fromisoformat(value)
    return value


def _instant(value: object) -> object:
    if isinstance(value, str) and (len(value) < 20 or datetime.fromisoformat(value).tzinfo is None):
        raise ValueError("an instant with its offset is wanted")
    return value


Day = Annotated[str, BeforeValidator(_day), Field(json_schema_extra={"xsd": "xs:date"})]
Instant = Annotated[str, BeforeValidator(_instant), Field(json_schema_extra={"xsd": "xs:dateTime"})]
Amount = Annotated[int, Field(ge=0, le=LARGEST)]
Count = Annotated[int, Field(ge=0, le=1_000_000)]


class Shape(BaseModel):
    """Base of every part: only known fields, nothing guessed from other types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=True)


class English(Shape):
    """The English beside the listing's own language."""

    title: Line | None = None
    benefit: Line | None = None
    summary: Text | None = None
    description: Text | None = None


class OrganisationPart(Shape):
    """Whose listing it is; absent for an anonymous need."""

    id: Word
    name: Line
    name_en: Line | None = None
    type: Word
    region: Word | None = None
    verified: bool


class PricePart(Shape):
    """The price; of a need the budget."""

    kind: Word
    from_: Amount | None = Field(default=None, alias="from")
    to: Amount | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    unit: Line | None = None


class ClassificationPart(Shape):
    """One code of a versioned classification."""

    scheme: Word
    version: Word | None = None
    code: Word
    label: Line | None = None


class FilePart(Shape):
    """A public picture or document, where it can be fetched from the origin."""

    kind: Literal["picture", "document"]
    url: Annotated[str, StringConstraints(max_length=2_000, pattern=r"^https?://\S+$")]
    media_type: Word
    size: Amount
    caption: Line | None = None


class TechnologyPart(Shape):
    problem: Text | None = None
    advantage: Text | None = None
    economics: Text | None = None
    evidence: Text | None = None
    standards: list[Line] = Field(default_factory=list)
    method_plan: Text | None = None
    prototype_data: Text | None = None
    capacity: Text | None = None
    cost: Text | None = None
    customers: Text | None = None


class EquipmentPart(Shape):
    model: Line | None = None
    maker: Line | None = None
    origin_country: Word | None = None
    year: Count | None = None
    condition: Condition | None = None
    capacity: Text | None = None
    power: Text | None = None
    footprint: Line | None = None
    standards: list[Line] = Field(default_factory=list)
    delivery_place: Line | None = None
    lead_time_days: Count | None = None
    warranty_months: Count | None = None
    installation: bool | None = None
    training: bool | None = None
    spare_parts: Text | None = None
    technology_transfer: bool | None = None
    offered_for: list[OfferedFor] = Field(default_factory=list)


class PatentPart(Shape):
    ip_kind: IpKind | None = None
    application_number: Word | None = None
    publication_number: Word | None = None
    grant_number: Word | None = None
    filing_date: Day | None = None
    priority_date: Day | None = None
    grant_date: Day | None = None
    expiry_date: Day | None = None
    applicants: list[Line] = Field(default_factory=list)
    legal_status: LegalStatus | None = None
    status_checked_on: Day | None = None
    status_checked_against: Line | None = None
    pct: bool | None = None


class ServicePart(Shape):
    service_type: ServiceType | None = None
    scope: Text | None = None
    deliverables: Text | None = None
    duration: Line | None = None
    accreditation: Text | None = None


class NeedPart(Shape):
    baseline: Text | None = None
    target: Text | None = None
    acceptance: Text | None = None
    constraints: Text | None = None
    quantity: Line | None = None


class Content(Shape):
    """What the record says. Of the five parts by kind only its own is there."""

    title: Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
    benefit: Line | None = None
    summary: Text | None = None
    description: Text | None = None
    english: English | None = None
    keywords: list[Line] = Field(default_factory=list)
    organisation: OrganisationPart | None = None
    visibility: Literal["public", "anonymous"]
    region: Word | None = None
    country: Word | None = None
    trl: Annotated[int, Field(ge=1, le=9)] | None = None
    transfer_forms: list[Word] = Field(default_factory=list)
    payment_forms: list[Word] = Field(default_factory=list)
    territory: Line | None = None
    ip_status: Word | None = None
    price: PricePart | None = None
    deadline: Day | None = None
    classifications: list[ClassificationPart] = Field(default_factory=list)
    technology: TechnologyPart | None = None
    equipment: EquipmentPart | None = None
    patent: PatentPart | None = None
    service: ServicePart | None = None
    need: NeedPart | None = None
    files: list[FilePart] = Field(default_factory=list)
    published_at: Instant | None = None
    confirmed_at: Instant | None = None
    expires_at: Instant | None = None


def bare(value: Any) -> Any:
    """JSON without nulls, empty texts, empty lists and objects, and without signs that XML cannot carry."""
    if isinstance(value, str):
        return _NOT_IN_XML.sub("", value)
    if isinstance(value, dict):
        kept = {name: bare(one) for name, one in value.items()}
        return {name: one for name, one in kept.items() if one is not None and one not in ("", [], {})}
    if isinstance(value, list | tuple):
        return [bare(one) for one in value]
    return value


def as_json(part: Shape) -> dict[str, Any]:
    """A part as bare JSON, fields under the names they travel by."""
    made: dict[str, Any] = bare(part.model_dump(mode="json", by_alias=True))
    return made
