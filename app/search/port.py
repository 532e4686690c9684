"""The search port: what an engine is given, what it answers, and the faults it may tell of.

Nothing here knows an engine. Money is in integer minor units of its currency, instants are aware UTC, `id` is always
the listing's public_id.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal, Protocol

from markupsafe import Markup

from app.errors import BadRequest, Unavailable
from app.i18n import N_

Sort = Literal["relevance", "newest", "price", "deadline", "trl"]
SORTS: Final[tuple[Sort, ...]] = ("relevance", "newest", "price", "deadline", "trl")
FieldType = Literal["keyword", "number", "instant", "money"]

# What filters may name. A keyword may hold several values. "money" is the interval from price_from to price_to: a
# range lets a document through when the two intervals meet, and means nothing without an Eq on "currency" beside it.
FILTER_FIELDS: Final[Mapping[str, FieldType]] = {
    "id": "keyword",
    "kind": "keyword",
    "state": "keyword",
    "language": "keyword",
    "organisation": "keyword",
    "verified": "keyword",
    "region": "keyword",
    "country": "keyword",
    "field": "keyword",
    "industry": "keyword",
    "ipc": "keyword",
    "priority_field": "keyword",
    "transfer_form": "keyword",
    "payment_form": "keyword",
    "ip_status": "keyword",
    "price_kind": "keyword",
    "currency": "keyword",
    "source": "keyword",
    "trl": "number",
    "price": "money",
    "published_at": "instant",
    "confirmed_at": "instant",
    "deadline": "instant",
}
FACET_FIELDS: Final = frozenset(
    {name for name, kind in FILTER_FIELDS.items() if kind == "keyword" and name != "id"} | {"trl"}
)
# The groups of classification codes of a document, with the scheme each is of.
CODE_GROUPS: Final[Mapping[str, str]] = {
    "fields": "research-field",
    "industries": "vsic",
    "ipc": "ipc",
    "priority_fields": "priority-field",
}
DEEPEST: Final = 10_000
LONGEST_TEXT: Final = 1_000
LARGEST_PAGE: Final = 200


class SearchUnavailable(Unavailable):
    """No index can be asked at this moment: none built yet, being replaced, or the engine does not answer."""

    code = "search-unavailable"
    title = N_("Phần tìm kiếm đang được chuẩn bị, xin thử lại sau ít phút")


class BadQuery(BadRequest):
    """A filter, facet, sort or page that no engine can answer; the message says which."""

    code = "bad-query"
    title = N_("Điều kiện tìm kiếm không hợp lệ")


@dataclass(frozen=True, slots=True)
class SearchDocument:
    """A publicly visible listing as it is found. Codes come with those above them, so that a branch finds its leaves.

    An anonymous need has no organisation, no external source and no region below the province; nothing of a
    confidential part is ever in here.
    """

    id: str
    kind: str
    state: str
    title: str = ""
    language: str = "vi"
    benefit: str = ""
    summary: str = ""
    body: str = ""
    title_en: str = ""
    benefit_en: str = ""
    summary_en: str = ""
    body_en: str = ""
    keywords: tuple[str, ...] = ()
    organisation_id: str | None = None
    organisation_name: str = ""
    organisation_name_en: str = ""
    organisation_slug: str = ""
    verified: bool = False
    regions: tuple[str, ...] = ()
    country: str | None = None
    trl: int | None = None
    fields: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    ipc: tuple[str, ...] = ()
    priority_fields: tuple[str, ...] = ()
    transfer_forms: tuple[str, ...] = ()
    payment_forms: tuple[str, ...] = ()
    ip_status: str | None = None
    price_kind: str | None = None
    price_from: int | None = None
    price_to: int | None = None
    currency: str | None = None
    source: str | None = None
    published_at: datetime | None = None
    confirmed_at: datetime | None = None
    deadline: date | None = None

    @property
    def stale(self) -> bool:
        """Whether its owner let the date for confirming it pass: still found, behind the others."""
        return self.state == "stale"


@dataclass(frozen=True, slots=True)
class Eq:
    """The field holds this value."""

    field: str
    value: str | int


@dataclass(frozen=True, slots=True)
class In:
    """The field holds one of these values; none given lets nothing through."""

    field: str
    values: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """The field lies between two bounds, both inclusive; None leaves a side open."""

    field: str
    low: int | datetime | date | None = None
    high: int | datetime | date | None = None


@dataclass(frozen=True, slots=True)
class Exists:
    """The field holds anything at all."""

    field: str


@dataclass(frozen=True, slots=True)
class And:
    """Every part holds; without parts, everything."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Some part holds; without parts, nothing."""

    parts: tuple["Filter", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Filter"


Filter = Eq | In | Range | Exists | And | Or | Not


def fields_of(condition: Filter) -> frozenset[str]:
    """The names of the fields a filter asks about."""
    if isinstance(condition, And | Or):
        return frozenset().union(*(fields_of(part) for part in condition.parts))
    if isinstance(condition, Not):
        return fields_of(condition.part)
    return frozenset({condition.field})


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What somebody looks for.

    Every filter must hold. A facet's counts leave out the filters that ask about that facet's field alone, so that
    choosing one region still shows what the others would give. Without text, `relevance` is newest first with stale
    listings behind.
    """

    text: str = ""
    filters: tuple[Filter, ...] = ()
    facets: tuple[str, ...] = ()
    sort: Sort = "relevance"
    offset: int = 0
    limit: int = 20
    language: str = "vi"
    highlight: bool = True

    def check(self) -> None:
        """Raises BadQuery for what no engine can answer: unknown names, a page out of reach, too long a text."""
        check_filters(self.filters)
        for name in self.facets:
            if name not in FACET_FIELDS:
                raise BadQuery(N_("Không có nhóm lọc “%(name)s”"), name=name)
        if self.sort not in SORTS:
            raise BadQuery(N_("Không có cách sắp xếp “%(name)s”"), name=self.sort)
        if self.offset < 0 or not 0 <= self.limit <= LARGEST_PAGE or self.offset + self.limit > DEEPEST:
            raise BadQuery(N_("Chỉ xem được %(most)s kết quả đầu, hãy lọc bớt"), most=DEEPEST)
        if len(self.text) > LONGEST_TEXT:
            raise BadQuery(N_("Câu tìm kiếm dài quá %(most)s ký tự"), most=LONGEST_TEXT)


def check_filters(filters: Iterable[Filter]) -> None:
    """Raises BadQuery when a filter names an unknown field or compares it with something it cannot hold."""
    for condition in filters:
        if isinstance(condition, And | Or):
            check_filters(condition.parts)
        elif isinstance(condition, Not):
            check_filters((condition.part,))
        else:
            _check_condition(condition)


def _check_condition(condition: Eq | In | Range | Exists) -> None:
    kind = FILTER_FIELDS.get(condition.field)
    if kind is None:
        raise BadQuery(N_("Không lọc được theo “%(name)s”"), name=condition.field)
    if isinstance(condition, Range):
        bounds = [bound for bound in (condition.low, condition.high) if bound is not None]
        wanted = date if kind == "instant" else int
        if kind == "keyword" or not bounds or not all(isinstance(bound, wanted) for bound in bounds):
            raise BadQuery(N_("Khoảng giá trị của “%(name)s” không hợp lệ"), name=condition.field)
    elif isinstance(condition, Eq | In):
        values = (condition.value,) if isinstance(condition, Eq) else condition.values
        wanted_value = str if kind == "keyword" else int
        if kind in {"instant", "money"} or not all(isinstance(value, wanted_value) for value in values):
            raise BadQuery(N_("Giá trị của “%(name)s” không hợp lệ"), name=condition.field)


@dataclass(frozen=True, slots=True)
class Hit:
    """One found listing. `title` and `summary` are safe markup, the words that were looked for in <mark>."""

    id: str
    kind: str
    score: float
    title: Markup
    summary: Markup


@dataclass(frozen=True, slots=True)
class FacetCount:
    """How many documents hold a value ("true"/"false" for yes and no, digits for TRL)."""

    value: str
    count: int


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """What was found.

    Attributes:
        total: exactly how many documents match, not only those on this page.
        relaxed: not every word was required, because too few documents hold them all.
        read_as: the text that was looked for instead, where the one given was raw Telex or a legacy font; else None.
        position: the journal position up to which the index was complete when it answered.
    """

    hits: tuple[Hit, ...]
    total: int
    facets: Mapping[str, tuple[FacetCount, ...]]
    relaxed: bool
    read_as: str | None
    position: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A phrase of listing titles that continues what was typed, and how many titles hold it."""

    text: str
    count: int


@dataclass(frozen=True, slots=True)
class CandidateQuery:
    """A whole need (or offer) to find the other side of. The text is used in full, however long it is."""

    title: str = ""
    body: str = ""
    filters: tuple[Filter, ...] = ()
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Candidate:
    """One document, with the score of its text and that score as a share of the best any document could have (0–1)."""

    document: SearchDocument
    score: float
    share: float


@dataclass(frozen=True, slots=True)
class Candidates:
    """The nearest documents, best first, and how rare each word of the asked text is.

    `weights` maps folded words, and pairs of neighbouring ones joined by "_", to their inverse document frequency.
    """

    found: tuple[Candidate, ...]
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Changes:
    """A batch: documents as they are now, ids no longer public, the journal position it ends at (None: unchanged)."""

    upserts: Sequence[SearchDocument] = ()
    deletes: Sequence[str] = ()
    position: int | None = None


@dataclass(frozen=True, slots=True)
class EngineHealth:
    """Whether the engine can answer, and what it holds. `problem` is for operators, empty when all is well."""

    engine: str
    ready: bool
    documents: int = 0
    position: int | None = None
    problem: str = ""
    details: Mapping[str, str | int] = field(default_factory=dict)


class SearchEngine(Protocol):
    """What every engine can do. All methods may be called from any thread and raise SearchUnavailable."""

    def search(self, query: SearchQuery) -> SearchAnswer:
        """Find documents. Raises BadQuery."""
        ...

    def suggest(self, prefix: str, *, language: str = "vi", limit: int = 8) -> list[Suggestion]:
        """Phrases of titles that begin with what was typed, with or without marks; most frequent first."""
        ...

    def candidates(self, query: CandidateQuery) -> Candidates:
        """The documents nearest to a whole text, best first. Raises BadQuery."""
        ...

    def apply(self, changes: Changes) -> None:
        """Make a batch searchable and durable, or raise and leave everything as it was. Repeating it is harmless."""
        ...

    def rebuild(
        self,
        documents: Iterable[Sequence[SearchDocument]],
        *,
        position: int,
        catch_up: Callable[[int], Changes | None],
    ) -> int:
        """Build a new index beside the one in use and take its place; searching and `apply` go on meanwhile.

        Args:
            documents: batches of everything, read at or after journal position `position`.
            position: where the journal stood before reading began.
            catch_up: the changes after a position, or None when there are none; called until it says None, the last
                time while no other writer can come between.

        Returns:
            The journal position the new index is complete to.
        """
        ...

    def position(self) -> int | None:
        """The journal position the index is complete to; None when there is no index to ask."""
        ...

    def health(self) -> EngineHealth:
        """Never raises."""
        ...

    def close(self) -> None:
        """Let go of files and threads."""
        ...
