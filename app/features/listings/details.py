"""What only one kind of listing carries: one model per kind, stored as JSON in `listing.details`."""

from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from app.features.listings.fields import (
    Chosen,
    CountryCode,
    Day,
    InputModel,
    Line,
    Names,
    Paragraph,
    ShortLine,
)
from app.features.listings.numbers import Sort, normalise_number

Condition = Literal["new", "used", "refurbished", "made_to_order"]
OfferedFor = Literal["sale", "rent", "shared_use"]
IpKind = Literal[
    "invention",
    "utility_solution",
    "industrial_design",
    "trademark",
    "software_copyright",
    "plant_variety",
    "trade_secret",
]
LegalStatus = Literal["pending", "granted", "lapsed", "expired", "refused", "not_applicable"]
ServiceType = Literal["valuation", "legal", "testing", "calibration", "training", "consulting"]

_NUMBERS: dict[str, Sort] = {
    "application_number": "application",
    "publication_number": "publication",
    "grant_number": "grant",
}


class TechnologyDetails(InputModel):
    """`method_plan` is asked for at TRL 1–3, `prototype_data` at 4–6, `capacity`, `cost`, `customers` at 7–9."""

    problem: Paragraph = None
    advantage: Paragraph = None
    economics: Paragraph = None
    evidence: Paragraph = None
    standards: Names = Field(default_factory=list)
    method_plan: Paragraph = None
    prototype_data: Paragraph = None
    capacity: Paragraph = None
    cost: Paragraph = None
    customers: Paragraph = None


class EquipmentDetails(InputModel):
    model: Line = None
    maker: Line = None
    origin_country: CountryCode = None
    year: Annotated[int, Field(ge=1900, le=2100)] | None = None
    condition: Condition | None = None
    capacity: Paragraph = None
    power: Paragraph = None
    footprint: Line = None
    standards: Names = Field(default_factory=list)
    delivery_place: Line = None
    lead_time_days: Annotated[int, Field(ge=0, le=3_650)] | None = None
    warranty_months: Annotated[int, Field(ge=0, le=600)] | None = None
    installation: bool | None = None
    training: bool | None = None
    spare_parts: Paragraph = None
    technology_transfer: bool | None = None
    offered_for: Annotated[list[OfferedFor], Chosen] = Field(default_factory=list)


class PatentDetails(InputModel):
    """Numbers are stored in one spelling; `as_given` keeps the spelling they came in, by the field's name."""

    ip_kind: IpKind | None = None
    application_number: ShortLine = None
    publication_number: ShortLine = None
    grant_number: ShortLine = None
    as_given: dict[str, str] = Field(default_factory=dict, max_length=3)
    filing_date: Day = None
    priority_date: Day = None
    grant_date: Day = None
    expiry_date: Day = None
    applicants: Names = Field(default_factory=list)
    inventors: Names = Field(default_factory=list)
    legal_status: LegalStatus | None = None
    status_checked_on: Day = None
    status_checked_against: Line = None
    pct: bool = False

    @model_validator(mode="before")
    @classmethod
    def _keep_as_given(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        before = data.get("as_given")
        given = {
            name: value
            for name, value in (before.items() if isinstance(before, dict) else ())
            if name in _NUMBERS and isinstance(value, str)
        }
        kind = data.get("ip_kind")
        for name, sort in _NUMBERS.items():
            number = data.get(name)
            if not isinstance(number, str) or not number.strip():
                given.pop(name, None)
                continue
            try:
                normal = normalise_number(number, sort=sort, ip_kind=kind)
            except ValueError:
                continue  # told by the field's own validator, at the field
            if normal != number.strip():
                given[name] = number.strip()
            elif name in given and not _means(given[name], normal, sort, kind):
                del given[name]
        return {**data, "as_given": given}

    @field_validator("application_number", "publication_number", "grant_number", mode="after")
    @classmethod
    def _one_spelling(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None or info.field_name is None:
            return value
        return normalise_number(value, sort=_NUMBERS[info.field_name], ip_kind=info.data.get("ip_kind"))


def _means(given: str, normal: str, sort: Sort, kind: Any) -> bool:
    try:
        return normalise_number(given, sort=sort, ip_kind=kind) == normal
    except ValueError:
        return False


class ServiceDetails(InputModel):
    """`expert_name` is personal data: shown to others only while `expert_consent` is true."""

    service_type: ServiceType | None = None
    scope: Paragraph = None
    deliverables: Paragraph = None
    duration: Line = None
    accreditation: Paragraph = None
    expert_name: Line = None
    expert_consent: bool = False


class NeedDetails(InputModel):
    baseline: Paragraph = None
    target: Paragraph = None
    acceptance: Paragraph = None
    constraints: Paragraph = None
    quantity: Line = None


AnyDetails = TechnologyDetails | EquipmentDetails | PatentDetails | ServiceDetails | NeedDetails

DETAILS: dict[str, type[AnyDetails]] = {
    "technology": TechnologyDetails,
    "equipment": EquipmentDetails,
    "patent": PatentDetails,
    "service": ServiceDetails,
    "need": NeedDetails,
}
"""The model of `listing.details` by kind."""
