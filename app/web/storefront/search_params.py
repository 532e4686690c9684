"""What a results page was asked for, read from its address and written back into addresses.

Every filter is in the URL, so a page of results can be kept, sent and gone back to. A value nobody offered is dropped
rather than answered with an error: addresses get cut, mistyped and kept for years.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from starlette.datastructures import QueryParams

from app.i18n import LOCALES
from app.models.listings import KINDS
from app.models.organisations import ORGANISATION_TYPES
from app.search.bands import FRESHNESS_VALUES, PRICE_VALUES, Freshness
from app.search.criteria import Criteria
from app.search.port import SORTS, Sort
from app.web.urls import query_string

TRL_BANDS: Mapping[str, tuple[int, int]] = {"7-9": (7, 9), "4-6": (4, 6), "1-3": (1, 3)}
PAGE_SIZE = 20
MOST_PAGES = 500
MOST_COMPARED = 4
_LONGEST_QUERY = 500

# Filters that may hold several values at once; their names are the facets' names too.
MULTIPLE = (
    "kind",
    "trl",
    "field",
    "priority",
    "region",
    "industry",
    "transfer",
    "organisation_type",
    "price",
    "confirmed",
    "language",
    "source",
)
# What is not chosen to narrow a search.
_NO_FILTERS = ("q", "as_typed", "sort", "page", "compare", "about")
# The values of those whose values are few and known; anything else in an address is dropped.
_KNOWN: Mapping[str, Sequence[str]] = {
    "trl": tuple(TRL_BANDS),
    "organisation_type": ORGANISATION_TYPES,
    "price": PRICE_VALUES,
    "confirmed": FRESHNESS_VALUES,
    "language": LOCALES,
}


@dataclass(frozen=True, slots=True)
class SearchParams:
    """The filters of one results page. Prices are in đồng; `organisation` and those in `compare` are public ids."""

    q: str = ""
    kind: tuple[str, ...] = ()
    trl: tuple[str, ...] = ()
    field: tuple[str, ...] = ()
    priority: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    industry: tuple[str, ...] = ()
    transfer: tuple[str, ...] = ()
    organisation_type: tuple[str, ...] = ()
    price: tuple[str, ...] = ()
    confirmed: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    organisation: str = ""
    price_min: int | None = None
    price_max: int | None = None
    verified: bool = False
    as_typed: bool = False
    sort: Sort = "relevance"
    page: int = 1
    compare: tuple[str, ...] = ()
    # The kinds the page is about by itself (/patents): its address says so, and no query repeats it.
    about: tuple[str, ...] = ()

    def query(self, **changed: Any) -> str:
        """This page's query string with some filters changed; any change of filter leads back to page 1."""
        values = {name: getattr(self, name) for name in _DEFAULTS} | {"page": 1} | changed
        given = {name: value for name, value in values.items() if value != _DEFAULTS[name]}
        about = given.pop("about", None)
        if about and given.get("kind") == about:
            given.pop("kind")
        if compared := given.get("compare"):
            # One parameter, so that any form can carry it on.
            given["compare"] = ",".join(compared)
        return query_string(given)

    def without(self, name: str, value: str | None = None) -> str:
        """The query string with one filter (or one of its values) taken away."""
        return self.dropped(name, value).query()

    def dropped(self, name: str, value: str | None = None) -> "SearchParams":
        """The first page with one filter (or one of its values) taken away."""
        rest: Any = getattr(SearchParams(), name)
        if name in MULTIPLE and value is not None:
            rest = tuple(one for one in getattr(self, name) if one != value)
        return replace(self, **{"page": 1, name: rest})

    def criteria(self, freshness: Freshness) -> Criteria:
        """The same filters as the search package takes them."""
        return Criteria(
            text=self.q,
            kinds=self.kind,
            trl=tuple(TRL_BANDS[band] for band in self.trl),
            fields=self.field,
            priority_fields=self.priority,
            regions=self.region,
            industries=self.industry,
            transfer_forms=self.transfer,
            sources=self.source,
            organisation=self.organisation,
            organisation_types=self.organisation_type,
            price_bands=self.price,
            confirmed=self.confirmed,
            languages=self.language,
            price_min=self.price_min,
            price_max=self.price_max,
            verified=self.verified,
            as_typed=self.as_typed,
            sort=self.sort,
            freshness=freshness,
        )

    @property
    def is_filtered(self) -> bool:
        """Whether anything but the words, the order and the page was chosen."""
        kept = {name: getattr(self, name) for name in _NO_FILTERS}
        return self != SearchParams(**kept, kind=self.about)


# A page of results writes some thirty addresses.
_DEFAULTS: Mapping[str, Any] = {one.name: one.default for one in fields(SearchParams)}


def _whole_number(text: str) -> int | None:
    """A number as people type it ("2.000.000.000", "2 000"), or None."""
    digits = text.replace(".", "").replace(",", "").replace(" ", "").replace("_", "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 15 else None


def read_compared(given: Sequence[str]) -> list[str]:
    """Public ids to compare from an address: repeated, or with commas between; each once, also past the most."""
    ids = (one.strip() for part in given for one in part.split(","))
    return list(dict.fromkeys(one for one in ids if one.isascii() and one.isalnum() and len(one) <= 20))[:20]


def read_search_params(query: QueryParams, *, kinds: tuple[str, ...] = ()) -> SearchParams:
    """The filters in an address; `kinds` are those a page is about by itself (/patents), which no query can widen."""
    several: dict[str, tuple[str, ...]] = {}
    for name in MULTIPLE:
        values = (value.strip() for value in query.getlist(name))
        several[name] = tuple(dict.fromkeys(value for value in values if value and len(value) <= 60))[:30]
    chosen_kinds = tuple(kind for kind in several["kind"] if kind in (kinds or KINDS))
    several["kind"] = chosen_kinds or kinds
    for name, known in _KNOWN.items():
        several[name] = tuple(value for value in several[name] if value in known)
    sort: Sort = next((one for one in SORTS if one == query.get("sort")), "relevance")
    page = _whole_number(query.get("page", "1")) or 1
    return SearchParams(
        **several,
        q=" ".join(query.get("q", "").replace("\x00", " ").split())[:_LONGEST_QUERY],
        organisation=query.get("organisation", "").strip()[:20],
        price_min=_whole_number(query.get("price_min", "")),
        price_max=_whole_number(query.get("price_max", "")),
        verified=query.get("verified") == "1",
        as_typed=query.get("as_typed") == "1",
        sort=sort,
        about=kinds,
        compare=tuple(read_compared(query.getlist("compare"))[:MOST_COMPARED]),
        page=max(1, min(page, MOST_PAGES)),
    )
