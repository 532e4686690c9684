"""What people and programs may ask of listings, as one thing: both the results page and the API speak in it."""

from dataclasses import dataclass

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
    "source",
)


@dataclass(frozen=True, slots=True)
class Criteria:
    """Filters on listings: values within one are alternatives, the filters together all hold.

    `trl` holds ranges (low, high), both inclusive. `price_max` is in minor units of `currency`; a listing whose
    price is not told does not pass. `organisation` is a public id.
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
    price_max: int | None = None
    currency: str = "VND"
    verified: bool = False
    sort: Sort = "relevance"

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
        ):
            if values:
                made.append(In(name, values))
        if self.trl:
            made.append(Or(tuple(Range("trl", low, high) for low, high in self.trl)))
        if self.organisation:
            made.append(Eq("organisation", self.organisation))
        if self.price_max is not None:
            made += [Eq("currency", self.currency), Range("price", None, self.price_max)]
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
        """The question put to the engine."""
        return SearchQuery(
            text=self.text,
            filters=self.filters(),
            facets=facets,
            sort=self.sort,
            offset=offset,
            limit=limit,
            language=language,
            highlight=highlight,
        )
