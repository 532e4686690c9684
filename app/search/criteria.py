"""What people and programs may ask of listings, as one thing: both the results page and the API speak in it."""

from dataclasses import dataclass

from app.search.bands import Freshness
from app.search.port import Eq, Filter, In, Or, Range, SearchQuery, Sort

# The groups a results page counts. TRL is counted per level; pages add the levels up to bands.
FACETS = (
    "kind",
    "trl",
    "field",
    "priority_field",
    "region",
    "industry",
    "transfer_form",
    "organisation_type",
    "price_band",
    "verified",
    "language",
    "source",
)


@dataclass(frozen=True, slots=True)
class Criteria:
    """Filters on listings: values within one are alternatives, the filters together all hold.

    `trl` holds ranges (low, high), both inclusive. `price_min` and `price_max` are in minor units of `currency`; a
    listing whose price is not told does not pass either. `organisation` is a public id. `confirmed` holds some of
    FRESHNESS_VALUES and needs `freshness`, from which it is seen.
    """

    text: str = ""
    kinds: tuple[str, ...] = ()
    trl: tuple[tuple[int, int], ...] = ()
    fields: tuple[str, ...] = ()
    priority_fields: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    ipc: tuple[str, ...] = ()
    transfer_forms: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    organisation: str = ""
    organisation_types: tuple[str, ...] = ()
    price_bands: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()
    price_min: int | None = None
    price_max: int | None = None
    currency: str = "VND"
    verified: bool = False
    as_typed: bool = False
    sort: Sort = "relevance"
    freshness: Freshness | None = None

    def filters(self) -> tuple[Filter, ...]:
        """The filter tree of the port."""
        made: list[Filter] = []
        for name, values in (
            ("kind", self.kinds),
            ("field", self.fields),
            ("priority_field", self.priority_fields),
            ("region", self.regions),
            ("industry", self.industries),
            ("ipc", self.ipc),
            ("transfer_form", self.transfer_forms),
            ("source", self.sources),
            ("organisation_type", self.organisation_types),
            ("price_band", self.price_bands),
            ("language", self.languages),
        ):
            if values:
                made.append(In(name, values))
        if self.trl:
            made.append(Or(tuple(Range("trl", low, high) for low, high in self.trl)))
        if self.organisation:
            made.append(Eq("organisation", self.organisation))
        if self.price_min is not None or self.price_max is not None:
            made += [Eq("currency", self.currency), Range("price", self.price_min, self.price_max)]
        if self.confirmed and self.freshness is not None:
            made.append(self.freshness.filter(self.confirmed))
        if self.verified:
            made.append(Eq("verified", "true"))
        return tuple(made)

    def query(
        self,
        *,
        facets: tuple[str, ...] = FACETS,
        offset: int = 0,
        limit: int = 20,
        language: str = "vi",
        highlight: bool = True,
    ) -> SearchQuery:
        """The question put to the engine; how lately things were confirmed is counted where `freshness` is given."""
        return SearchQuery(
            text=self.text,
            filters=self.filters(),
            facets=facets,
            sort=self.sort,
            offset=offset,
            limit=limit,
            language=language,
            highlight=highlight,
            ranges=(self.freshness.facet(),) if self.freshness is not None and facets else (),
            as_typed=self.as_typed,
        )
