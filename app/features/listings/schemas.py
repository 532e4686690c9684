"""What may be said about a listing: one input model per kind.

A draft may be incomplete: every field may be missing, but what is there has its type, its length and its spelling.
What a listing needs before it is looked at by the operator stands in completeness.py.

    data = parse({"kind": "technology", "title": "Máy sấy bơm nhiệt", "price": {"kind": "on_request"}})
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import (
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from app.errors import Invalid
from app.features.listings.details import (
    AnyDetails,
    EquipmentDetails,
    NeedDetails,
    PatentDetails,
    ServiceDetails,
    TechnologyDetails,
)
from app.features.listings.fields import (
    LARGEST_SUM,
    Chosen,
    CountryCode,
    Currency,
    Day,
    InputModel,
    IpStatus,
    Keywords,
    Line,
    LongText,
    OwnId,
    Paragraph,
    PaymentForm,
    PriceKind,
    ShortLine,
    TransferForm,
)
from app.i18n import N_
from app.i18n.validation import dotted, explain
from app.models.listings import Listing, ListingClassification

Kind = Literal["technology", "equipment", "patent", "service", "need"]
Sum = Annotated[int, Field(ge=0, le=LARGEST_SUM)]


class Price(InputModel):
    """What it costs, or for a need the budget. Sums are in minor units of `currency` (đồng has none: 1 is one đồng)."""

    kind: PriceKind | None = None
    from_: Sum | None = Field(default=None, alias="from")
    to: Sum | None = None
    currency: Currency | None = None
    unit: ShortLine = None

    @field_validator("kind", "currency", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return value or None

    @field_validator("to", mode="after")
    @classmethod
    def _not_below_from(cls, value: int | None, info: ValidationInfo) -> int | None:
        low = info.data.get("from_")
        if value is not None and low is not None and value < low:
            raise ValueError(N_("Mức “đến” phải từ mức “từ” trở lên"))
        return value

    @model_validator(mode="after")
    def _fill_in(self) -> "Price":
        if self.kind == "on_request":
            self.from_ = self.to = None
        elif self.from_ is not None or self.to is not None:
            self.kind = self.kind or "indicative"
            self.currency = self.currency or "VND"
        if self.from_ is None and self.to is None:
            self.currency = None
        return self


class Owner(InputModel):
    """Who owns a share. Shares of all owners make 100 when the listing is submitted."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
    percent: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] | None = None


class Classification(InputModel):
    """A code of a scheme (research-field, vsic, ipc, priority-field, sector). Also given as “scheme:code”."""

    scheme: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    code: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
    version: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, data: Any) -> Any:
        if isinstance(data, str):
            scheme, _colon, code = data.partition(":")
            return {"scheme": scheme, "code": code}
        return data


class CommonInput(InputModel):
    """What every kind of listing may carry. `external_id` is the organisation's own name for it, unique there."""

    external_id: OwnId = None
    language: Literal["vi", "en"] = "vi"
    title: Line = None
    benefit: Line = None
    summary: Paragraph = None
    description: LongText = None
    title_en: Line = None
    benefit_en: Line = None
    summary_en: Paragraph = None
    description_en: LongText = None
    keywords: Keywords = Field(default_factory=list)
    region: ShortLine = None
    country: CountryCode = None
    classifications: list[Classification] = Field(default_factory=list, max_length=40)
    trl: Annotated[int, Field(ge=1, le=9)] | None = None
    transfer_forms: Annotated[list[TransferForm], Chosen] = Field(default_factory=list)
    payment_forms: Annotated[list[PaymentForm], Chosen] = Field(default_factory=list)
    territory: Line = None
    price: Price = Field(default_factory=Price)
    owners: list[Owner] = Field(default_factory=list, max_length=40)
    posted_as: Literal["owner", "representative"] = "owner"
    share: Literal["all", "partners", "link_only", "none"] = "all"
    ip_status: IpStatus | None = None

    @field_validator("trl", "ip_status", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator("price", mode="before")
    @classmethod
    def _no_price(cls, value: Any) -> Any:
        return {} if value is None else value

    @field_validator("classifications", mode="after")
    @classmethod
    def _each_once(cls, value: list[Classification]) -> list[Classification]:
        return list({(one.scheme, one.code): one for one in value}.values())


class TechnologyInput(CommonInput):
    kind: Literal["technology"] = "technology"
    details: TechnologyDetails = Field(default_factory=TechnologyDetails)


class EquipmentInput(CommonInput):
    kind: Literal["equipment"] = "equipment"
    details: EquipmentDetails = Field(default_factory=EquipmentDetails)


class PatentInput(CommonInput):
    kind: Literal["patent"] = "patent"
    details: PatentDetails = Field(default_factory=PatentDetails)


class ServiceInput(CommonInput):
    kind: Literal["service"] = "service"
    details: ServiceDetails = Field(default_factory=ServiceDetails)


class NeedInput(CommonInput):
    """A technology need: `price` is its budget, `trl` the least readiness, `transfer_forms` the cooperation."""

    kind: Literal["need"] = "need"
    details: NeedDetails = Field(default_factory=NeedDetails)
    deadline: Day = None
    visibility: Literal["public", "anonymous", "invitation"] = "public"


ListingInput = TechnologyInput | EquipmentInput | PatentInput | ServiceInput | NeedInput
"""What the commands take."""

TaggedListingInput = Annotated[ListingInput, Field(discriminator="kind")]
"""The same, told apart by `kind`: for the body of an API call and its OpenAPI schema."""

INPUTS: Final[Mapping[str, type[ListingInput]]] = {
    "technology": TechnologyInput,
    "equipment": EquipmentInput,
    "patent": PatentInput,
    "service": ServiceInput,
    "need": NeedInput,
}

tagged_input: TypeAdapter[ListingInput] = TypeAdapter(TaggedListingInput)

_UNKNOWN_KIND: Final = N_("Loại tin đăng là một trong: technology, equipment, patent, service, need")


def parse(data: Mapping[str, Any]) -> ListingInput:
    """Check what a program or file said about a listing.

    Raises:
        Invalid: each wrong field by its dotted path, with what would be right.
    """
    kind = data.get("kind")
    model = INPUTS.get(kind) if isinstance(kind, str) else None
    if model is None:
        raise Invalid({"kind": _UNKNOWN_KIND})
    try:
        return model.model_validate(dict(data))
    except ValidationError as fault:
        raise Invalid(problems_of(fault)) from None


def problems_of(fault: ValidationError) -> dict[str, str]:
    """Pydantic's errors by dotted path, in the language of the moment; the first for each path."""
    found: dict[str, str] = {}
    for error in fault.errors(include_url=False):
        found.setdefault(dotted(error["loc"]), explain(error))
    return found


def stored_values(listing: Listing, classifications: list[ListingClassification]) -> dict[str, Any]:
    """What is stored of a listing, in the shape `parse` takes (a form is filled from it, an API patch laid over it)."""
    values: dict[str, Any] = {
        name: getattr(listing, name)
        for name in INPUTS[listing.kind].model_fields
        if name not in {"price", "classifications", "deadline", "visibility"}
    }
    values["price"] = {
        "kind": listing.price_kind,
        "from": listing.price_from,
        "to": listing.price_to,
        "currency": listing.price_currency,
        "unit": listing.price_unit,
    }
    values["classifications"] = [
        {"scheme": one.scheme, "code": one.code, "version": one.version} for one in classifications
    ]
    if listing.kind == "need":
        values["deadline"] = listing.deadline
        values["visibility"] = listing.visibility
    return values


def columns_of(data: ListingInput) -> dict[str, Any]:
    """The columns of `listing` that an input fills; classifications, region and slug are the command's business."""
    price = data.price
    return {
        "external_id": data.external_id,
        "language": data.language,
        "title": data.title or "",
        "benefit": data.benefit or "",
        "summary": data.summary or "",
        "description": data.description or "",
        "title_en": data.title_en,
        "benefit_en": data.benefit_en,
        "summary_en": data.summary_en,
        "description_en": data.description_en,
        "keywords": data.keywords,
        "country": data.country,
        "trl": data.trl,
        "transfer_forms": list(data.transfer_forms),
        "payment_forms": list(data.payment_forms),
        "territory": data.territory,
        "price_kind": price.kind,
        "price_from": price.from_,
        "price_to": price.to,
        "price_currency": price.currency,
        "price_unit": price.unit,
        "owners": [one.model_dump(mode="json") for one in data.owners],
        "posted_as": data.posted_as,
        "share": data.share,
        "ip_status": data.ip_status,
        "deadline": data.deadline if isinstance(data, NeedInput) else None,
        "visibility": data.visibility if isinstance(data, NeedInput) else "public",
        "details": details_json(data.details),
    }


def details_json(details: AnyDetails) -> dict[str, Any]:
    """Details as they are stored: what was not said takes no room, days are ISO 8601."""
    return {name: value for name, value in details.model_dump(mode="json").items() if value not in (None, [], {})}
