"""Bodies of requests that change something: what may be in them, field by field.

`organisation` aside, names, limits and choices are those of app/features/listings/schemas.py;
tests/api/test_contract.py keeps the two together. Every field may be left out or null: a draft may be incomplete.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from app.api.details import (
    AnyDetailsInput,
    EquipmentDetails,
    NeedDetails,
    PatentDetailsInput,
    ServiceDetails,
    TechnologyDetails,
)
from app.api.faults import OtherKind
from app.api.wire import (
    SAYS_SOMETHING,
    WHOLE,
    CountryCode,
    Day,
    ExternalId,
    Keywords,
    Line,
    LongText,
    Paragraph,
    PublicId,
    ShortLine,
    Sum,
    Wire,
    described,
)
from app.errors import BadRequest, Invalid
from app.features.listings.commands import WITHDRAWAL_REASONS
from app.features.listings.fields import Currency, IpStatus, PaymentForm, PriceKind, TransferForm
from app.i18n import N_
from app.i18n.validation import dotted, explain
from app.models.listings import KINDS

# app/api/openapi.py puts the codes of the current reference tables in the place of these.
REFERENCE_MARK: Final = "x-techmart-reference"


class PriceInput(Wire):
    """What it costs, or for a need its budget. Sums are whole minor units: 1 is one đồng, or one cent of a dollar."""

    kind: PriceKind | None = described("How the price is told; `on_request` goes without sums")
    from_: Sum | None = Field(default=None, alias="from", description="Least sum")
    to: Sum | None = described("Greatest sum, not below `from`")
    currency: Currency | None = described("ISO 4217; VND when sums are given without it")
    unit: ShortLine | None = described("What the price is for, such as “per machine”")


class OwnerInput(Wire):
    """An owner with its share. Shares make 100 together when the listing is submitted."""

    name: Annotated[str, Field(max_length=300, pattern=SAYS_SOMETHING, description="Name of the owner")]
    percent: Annotated[float, Field(gt=0, le=100)] | None = described("Share in per cent")


class ClassificationInput(Wire):
    """A code of one of the schemes under /api/v1/reference. The exchange adds the version of the current table."""

    scheme: Annotated[str, Field(min_length=1, max_length=60, description="The scheme")]
    code: Annotated[str, Field(min_length=1, max_length=120, description="The code in it")]
    version: Annotated[str, Field(max_length=40)] | None = described("The version a record was answered with")


class _Common(Wire):
    external_id: ExternalId | None = described("Your own name for the listing, unique in your organisation")
    language: Literal["vi", "en"] | None = described("Language of the texts; a listing is submitted in Vietnamese")
    title: Line | None = described("Name of what is offered or needed")
    benefit: Line | None = described("The benefit in one sentence, with a figure")
    summary: Paragraph | None = described("A few sentences")
    description: LongText | None = described("The whole text, in Markdown")
    title_en: Line | None = described("English title")
    benefit_en: Line | None = described("English benefit")
    summary_en: Paragraph | None = described("English summary")
    description_en: LongText | None = described("English description, in Markdown")
    keywords: Keywords | None = described("Words people search by")
    region: Annotated[str, Field(max_length=120)] | None = described(
        "Code of the scheme `region`; that of the organisation when left out",
        json_schema_extra={REFERENCE_MARK: "region"},
    )
    country: CountryCode | None = described("Country, ISO 3166-1 alpha-2")
    classifications: Annotated[list[ClassificationInput], Field(max_length=40)] | None = described(
        "Research fields, industries, IPC classes, priority fields, sectors"
    )
    trl: Annotated[int, Field(ge=1, le=9), WHOLE] | None = described(
        "Technology readiness level; for a need the least wanted"
    )
    transfer_forms: list[TransferForm] | None = described("Ways of transfer offered, or of cooperation wanted")
    payment_forms: list[PaymentForm] | None = described("Ways of payment")
    territory: Line | None = described("Where rights are given")
    price: PriceInput | None = described("Price, or budget of a need")
    owners: Annotated[list[OwnerInput], Field(max_length=40)] | None = described("Who owns it")
    posted_as: Literal["owner", "representative"] | None = described("In what role it is posted")
    share: Literal["all", "partners", "link_only", "none"] | None = described(
        "How far partner exchanges may have it; for others than its own organisation it is not readable"
    )
    ip_status: IpStatus | None = described("State of protection")


class _OfNeeds(Wire):
    deadline: Day | None = described("Needs only: last day for answers")
    visibility: Literal["public", "anonymous", "invitation"] | None = described(
        "Needs only: whether the organisation is named, hidden, or the need shown to invited ones alone"
    )


class _Draft(_Common):
    organisation: PublicId | None = described(
        "Whose listing it is. May be left out when the token's person acts for one organisation only"
    )


class TechnologyDraft(_Draft):
    kind: Literal["technology"]
    details: TechnologyDetails | None = described("What only technologies have")


class EquipmentDraft(_Draft):
    kind: Literal["equipment"]
    details: EquipmentDetails | None = described("What only equipment has")


class PatentDraft(_Draft):
    kind: Literal["patent"]
    details: PatentDetailsInput | None = described("What only patents and other IP have")


class ServiceDraft(_Draft):
    kind: Literal["service"]
    details: ServiceDetails | None = described("What only services have")


class NeedDraft(_Draft, _OfNeeds):
    kind: Literal["need"]
    details: NeedDetails | None = described("What only needs have")


Draft = Annotated[
    TechnologyDraft | EquipmentDraft | PatentDraft | ServiceDraft | NeedDraft, Field(discriminator="kind")
]
"""The body of POST /listings."""


class TechnologyPatch(_Common):
    details: TechnologyDetails | None = described("What only technologies have")


class EquipmentPatch(_Common):
    details: EquipmentDetails | None = described("What only equipment has")


class PatentPatch(_Common):
    details: PatentDetailsInput | None = described("What only patents and other IP have")


class ServicePatch(_Common):
    details: ServiceDetails | None = described("What only services have")


class NeedPatch(_Common, _OfNeeds):
    details: NeedDetails | None = described("What only needs have")


class ListingPatch(_Common, _OfNeeds):
    """A JSON merge patch (RFC 7396): what is given replaces, null takes away, what is left out stays.

    `price` and `details` are merged field by field, lists are replaced whole. `details` are those of the
    listing's kind.
    """

    details: AnyDetailsInput | None = described("What only this kind of listing has")


class WithdrawalForReason(Wire):
    """Why the listing leaves the exchange."""

    reason: Literal["sold", "solved", "changed", "mistake"] = Field(description="The reason")
    note: Annotated[str, Field(max_length=2_000)] | None = described("More about it")


class WithdrawalForOther(Wire):
    """Any other reason, said in words."""

    reason: Literal["other"] = Field(description="Another reason")
    note: Annotated[str, Field(max_length=2_000, pattern=SAYS_SOMETHING, description="What it is")]


Withdrawal = Annotated[WithdrawalForReason | WithdrawalForOther, Field(discriminator="reason")]
"""The body of POST /listings/{id}/withdraw."""

draft_body: TypeAdapter[Any] = TypeAdapter(Draft)
withdrawal_body: TypeAdapter[Any] = TypeAdapter(Withdrawal)
_any_patch: TypeAdapter[Any] = TypeAdapter(ListingPatch)
_patches: Final[Mapping[str, TypeAdapter[Any]]] = {
    "technology": TypeAdapter(TechnologyPatch),
    "equipment": TypeAdapter(EquipmentPatch),
    "patent": TypeAdapter(PatentPatch),
    "service": TypeAdapter(ServicePatch),
    "need": TypeAdapter(NeedPatch),
}


def read_body(adapter: TypeAdapter[Any], raw: bytes) -> dict[str, Any]:
    """What was sent, as it was sent: only the fields that were there, nulls among them.

    Raises:
        BadRequest: it is not JSON.
        Invalid: each wrong field by its dotted path.
    """
    try:
        body = adapter.validate_json(raw)
    except ValidationError as fault:
        errors = fault.errors(include_url=False)
        if errors[0]["type"] == "json_invalid":
            raise BadRequest(N_("Nội dung JSON bị hỏng.")) from None
        found: dict[str, str] = {}
        for error in errors:
            found.setdefault(_path_of(error), explain(error))
        raise Invalid(found) from None
    sent: dict[str, Any] = body.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return sent


def read_patch(kind: str, raw: bytes) -> dict[str, Any]:
    """A merge patch for a listing of this kind, as it was sent.

    Raises:
        BadRequest, Invalid: as in `read_body`.
        OtherKind: it would be right for another kind of listing.
    """
    try:
        return read_body(_patches[kind], raw)
    except Invalid as fault:
        try:
            read_body(_any_patch, raw)
        except Invalid:
            raise fault from None
        raise OtherKind(fault.fields) from None


def _path_of(error: ErrorDetails) -> str:
    """The path as the sender knows it. Of a union Pydantic also names the member it took: (“need”, “price”, “from”)."""
    location = list(error["loc"])
    if error["type"] in {"union_tag_invalid", "union_tag_not_found"}:
        location.append(str((error.get("ctx") or {}).get("discriminator", "")).strip("'"))
    elif location and location[0] in _TAGS:
        del location[0]
    return dotted(tuple(location))


_TAGS: Final = frozenset({*KINDS, *WITHDRAWAL_REASONS})


def without_nulls(value: Any) -> Any:
    """The same without what is null: in a new listing, null and nothing mean the same."""
    if isinstance(value, dict):
        return {name: without_nulls(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [without_nulls(inner) for inner in value]
    return value


def merged(target: Any, patch: Any) -> Any:
    """`target` with a JSON merge patch laid over it (RFC 7396, section 2)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
