"""`details` of each kind of listing, the same in requests and answers. Null, or left out, means it was not said."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from app.api.wire import WHOLE, CountryCode, Day, Line, Names, Paragraph, Wire, described
from app.features.listings.details import Condition, IpKind, LegalStatus, OfferedFor, ServiceType

# Spellings that the exchange reads; each is kept beside the one it is stored in. Other offices: two letters, not VN.
_FOREIGN: Final = "([A-UW-Z][A-Z]|V[A-MO-Z])[0-9]{4,15}([A-Z][0-9]?)?"
_APPLICATION: Final = f"^([1-9][-./ ]?[0-9]{{4}}[-./ ]?[0-9]{{5}}|{_FOREIGN})$"
_PUBLICATION: Final = f"^([0-9][0-9A-Za-z./-]{{0,40}}|{_FOREIGN})$"
_GRANT: Final = f"^([1-9][-./][0-9]{{1,7}}|[1-9][0-9]{{7}}|{_FOREIGN})$"


class TechnologyDetails(Wire):
    """TRL 1–3 calls for `method_plan`, 4–6 for `prototype_data`, 7–9 for `capacity`, `cost` and `customers`."""

    problem: Paragraph | None = described("The problem it solves")
    advantage: Paragraph | None = described("What it does better than the leading alternative")
    economics: Paragraph | None = described("Cost, saving, payback")
    evidence: Paragraph | None = described("Test reports, references, publications")
    standards: Names | None = described("Standards and certificates")
    method_plan: Paragraph | None = described("TRL 1–3: method and plan of development")
    prototype_data: Paragraph | None = described("TRL 4–6: prototype and test data")
    capacity: Paragraph | None = described("TRL 7–9: capacity and scale")
    cost: Paragraph | None = described("TRL 7–9: cost of investment or operation")
    customers: Paragraph | None = described("TRL 7–9: who uses it")


class EquipmentDetails(Wire):
    model: Line | None = described("Model or type")
    maker: Line | None = described("Manufacturer")
    origin_country: CountryCode | None = described("Country of manufacture, ISO 3166-1 alpha-2")
    year: Annotated[int, Field(ge=1900, le=2100), WHOLE] | None = described("Year of manufacture")
    condition: Condition | None = described("Condition")
    capacity: Paragraph | None = described("Capacity")
    power: Paragraph | None = described("Power, water, gas it needs")
    footprint: Line | None = described("Floor space")
    standards: Names | None = described("Standards and certificates")
    delivery_place: Line | None = described("Place of delivery")
    lead_time_days: Annotated[int, Field(ge=0, le=3_650), WHOLE] | None = described("Days until delivery")
    warranty_months: Annotated[int, Field(ge=0, le=600), WHOLE] | None = described("Months of warranty")
    installation: bool | None = described("Whether installation is included")
    training: bool | None = described("Whether training is included")
    spare_parts: Paragraph | None = described("Spare parts and maintenance")
    technology_transfer: bool | None = described("Whether technology is transferred with it")
    offered_for: list[OfferedFor] | None = described("How it is offered")


class PatentDetailsInput(Wire):
    """Numbers are stored in one spelling: application 1-2019-01234, grant 1-0026606, abroad US10123456B2."""

    ip_kind: IpKind | None = described("What right it is")
    application_number: Annotated[str, Field(pattern=_APPLICATION)] | None = described("Number of the application")
    publication_number: Annotated[str, Field(pattern=_PUBLICATION)] | None = described("Number of the publication")
    grant_number: Annotated[str, Field(pattern=_GRANT)] | None = described("Number of the grant")
    filing_date: Day | None = described("Day of filing")
    priority_date: Day | None = described("Day of priority")
    grant_date: Day | None = described("Day of the grant")
    expiry_date: Day | None = described("Day protection ends")
    applicants: Names | None = described("Applicants or holders")
    inventors: Names | None = described("Inventors")
    legal_status: LegalStatus | None = described("Legal status")
    status_checked_on: Day | None = described("Day the legal status was looked up")
    status_checked_against: Line | None = described("Where it was looked up")
    pct: bool | None = described("Whether it is an international (PCT) application, which is not a grant")


class PatentDetails(PatentDetailsInput):
    """A patent's details as answered. `as_given` holds the spelling a number came in, by the field's name."""

    application_number: str | None = described("Number of the application")
    publication_number: str | None = described("Number of the publication")
    grant_number: str | None = described("Number of the grant")
    as_given: dict[str, str] | None = described("Numbers in the spelling they were given in")


class ServiceDetails(Wire):
    """`expert_name` is answered to others only while `expert_consent` is true."""

    service_type: ServiceType | None = described("Type of service")
    scope: Paragraph | None = described("Scope")
    deliverables: Paragraph | None = described("What is delivered")
    duration: Line | None = described("How long it takes")
    accreditation: Paragraph | None = described("Accreditation and certificates")
    expert_name: Line | None = described("The expert")
    expert_consent: bool | None = described("Whether the expert agreed to be named")


class NeedDetails(Wire):
    baseline: Paragraph | None = described("How it is now, in figures")
    target: Paragraph | None = described("What is to be reached, in figures")
    acceptance: Paragraph | None = described("How it will be tested")
    constraints: Paragraph | None = described("What must be kept to")
    quantity: Line | None = described("Quantity or scale")


AnyDetailsInput = TechnologyDetails | EquipmentDetails | PatentDetailsInput | ServiceDetails | NeedDetails
AnyDetails = TechnologyDetails | EquipmentDetails | PatentDetails | ServiceDetails | NeedDetails

ANSWERED: Final[dict[str, type[AnyDetails]]] = {
    "technology": TechnologyDetails,
    "equipment": EquipmentDetails,
    "patent": PatentDetails,
    "service": ServiceDetails,
    "need": NeedDetails,
}


def answered_details(kind: str, stored: dict[str, Any]) -> AnyDetails:
    """The details of a listing as the API answers them; `stored` is what the reader may see of the column."""
    model = ANSWERED[kind]
    known = {name: value for name, value in stored.items() if name in model.model_fields}
    return model.model_validate(known, strict=False)


Kind = Literal["technology", "equipment", "patent", "service", "need"]
