"""Query parameters and headers, as the OpenAPI document states them.

A parameter nobody knows is ignored, so that addresses made for a later version, or decorated on their way, still work.
A known one with a wrong value is answered 400 with its name: a filter that silently did nothing would be worse. An
empty value means the parameter was not given.
"""

from typing import Annotated, Any, Final, Literal

from fastapi import Header, Path
from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.api.conditional import IF_MATCH
from app.api.cursors import SEARCH_CURSOR
from app.api.details import Kind
from app.api.wire import PUBLIC_ID, PublicId
from app.features.listings.fields import LARGEST_SUM, TransferForm
from app.features.organisations.schemas import OrganisationType
from app.search.bands import Confirmed, Freshness, PriceBand
from app.search.criteria import Criteria
from app.search.port import LONGEST_TEXT, Sort

MOST_PER_PAGE: Final = 100
PER_PAGE: Final = 20

Code = Annotated[str, Field(max_length=120)]


def _several(text: str) -> Any:
    return Field(default_factory=list, max_length=50, description=f"{text}. Repeat it for alternatives")


def plain(text: str) -> str:
    """What somebody typed, without control characters."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


class Parameters(BaseModel):
    """Base of the sets of query parameters."""

    model_config = ConfigDict(extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _without_empty_ones(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        kept = {}
        for name, value in data.items():
            if isinstance(value, list):
                values = [one for one in value if one != ""]
                if values:
                    kept[name] = values
            elif value != "":
                kept[name] = value
        return kept


class ListingsQuery(Parameters):
    """What GET /listings takes."""

    q: Annotated[str, Field(max_length=LONGEST_TEXT)] = Field(
        default="", description="Words, in Vietnamese with or without diacritics, or in English"
    )
    kind: list[Kind] = _several("Kind of listing")
    external_id: list[Annotated[str, Field(max_length=200)]] = _several("The organisation's own name for it, exactly")
    trl_min: Annotated[int, Field(ge=1, le=9)] | None = Field(default=None, description="Least readiness level")
    trl_max: Annotated[int, Field(ge=1, le=9)] | None = Field(default=None, description="Greatest readiness level")
    region: list[Code] = _several("Code of the scheme `region`; a province includes what is below it")
    field: list[Code] = _several("Code of the scheme `research-field`; a field includes its sectors")
    priority: list[Code] = _several("Code of the scheme `priority-field`")
    industry: list[Code] = _several("Code of the scheme `vsic`")
    ipc: list[Code] = _several("IPC section, class or subclass")
    transfer: list[TransferForm] = _several("Form of transfer")
    source: list[Annotated[str, Field(max_length=200)]] = _several("Where the record was imported from")
    organisation_type: list[OrganisationType] = _several("Type of the organisation")
    price: list[PriceBand] = _several("Band of the price (of needs: the budget)")
    language: list[Literal["vi", "en"]] = _several("Language it can be read in")
    confirmed: list[Confirmed] = _several(
        "Confirmed by its owner within so many days, or overdue: longer ago than this exchange allows"
    )
    organisation: PublicId | None = Field(default=None, description="Id of the organisation")
    price_min: Annotated[int, Field(ge=0, le=LARGEST_SUM)] | None = Field(
        default=None, description="Least price in đồng; listings that tell no price are left out"
    )
    price_max: Annotated[int, Field(ge=0, le=LARGEST_SUM)] | None = Field(
        default=None, description="Greatest price in đồng; listings that tell no price are left out"
    )
    verified: bool = Field(default=False, description="Only listings of verified organisations")
    as_typed: bool = Field(default=False, description="Look for exactly `q`, also where it resembles raw Telex keys")
    sort: Sort | None = Field(
        default=None, description="Order; `relevance` when there is a `q`, else `newest`, unless given"
    )
    limit: Annotated[int, Field(ge=1, le=MOST_PER_PAGE)] = Field(default=PER_PAGE, description="Items on a page")
    cursor: Annotated[str, Field(pattern=SEARCH_CURSOR)] | None = Field(
        default=None, description="`next_cursor` of the page before, with the other parameters unchanged"
    )

    @property
    def text(self) -> str:
        """The words, without control characters and doubled spaces."""
        return " ".join(plain(self.q).split())

    @property
    def order(self) -> Sort:
        return self.sort or ("relevance" if self.text else "newest")

    def criteria(self, freshness: Freshness) -> Criteria:
        """The same as the search package takes it."""
        low, high = self.trl_min, self.trl_max
        return Criteria(
            text=self.text,
            kinds=tuple(self.kind),
            trl=() if low is None and high is None else ((low or 1, high or 9),),
            fields=tuple(self.field),
            priority_fields=tuple(self.priority),
            regions=tuple(self.region),
            industries=tuple(self.industry),
            ipc=tuple(self.ipc),
            transfer_forms=tuple(self.transfer),
            sources=tuple(self.source),
            organisation=self.organisation or "",
            organisation_types=tuple(self.organisation_type),
            price_bands=tuple(self.price),
            languages=tuple(self.language),
            confirmed=tuple(self.confirmed),
            price_min=self.price_min,
            price_max=self.price_max,
            verified=self.verified,
            as_typed=self.as_typed,
            sort=self.order,
            freshness=freshness,
        )


def is_unfiltered(criteria: Criteria) -> bool:
    """Whether it asks for everything."""
    return not criteria.text and not criteria.filters()


ListingId = Annotated[str, Path(pattern=PUBLIC_ID, description="Id of the listing", examples=["k7m2p9q4r8st"])]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="ETag of the version you have read, so that nobody's change is overwritten",
        json_schema_extra={"pattern": IF_MATCH},
        examples=['"7-3f9a0c1d2b4e"'],
    ),
]
