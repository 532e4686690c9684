"""The search port: what an engine is given, what it answers, and the faults it may tell of.

Nothing here knows an engine. Money is in integer minor units of its currency, instants are aware UTC, `id` is always
the listing's public_id.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal, Protocol

from markupsafe import Markup

from app.errors import Unavailable
from app.i18n import N_
from app.search.filters import (
    FILTER_FIELDS,
    And,
    BadQuery,
    Eq,
    Exists,
    FieldType,
    Filter,
    In,
    Not,
    Or,
    Range,
    check_filters,
    fields_of,
)

__all__ = [
    "CODE_GROUPS",
    "DEEPEST",
    "FACET_FIELDS",
    "FILTER_FIELDS",
    "LARGEST_PAGE",
    "LONGEST_TEXT",
    "SORTS",
    "And",
    "BadQuery",
    "Band",
    "Candidate",
    "CandidateQuery",
    "Candidates",
    "Changes",
    "EngineHealth",
    "Eq",
    "Exists",
    "FacetCount",
    "FieldType",
    "Filter",
    "Hit",
    "In",
    "Not",
    "Or",
    "Range",
    "RangeFacet",
    "SearchAnswer",
    "SearchDocument",
    "SearchEngine",
    "SearchQuery",
    "SearchUnavailable",
    "Sort",
    "Suggestion",
    "check_filters",
    "fields_of",
]

Sort = Literal["relevance", "newest", "confirmed", "price", "deadline", "trl"]
SORTS: Final[tuple[Sort, ...]] = ("relevance", "newest", "confirmed", "price", "deadline", "trl")
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


@dataclass(frozen=True, slots=True)
class SearchDocument:
    """A publicly visible listing as it is found. Codes come with those above them, so that a branch finds its leaves.

    An anonymous need has no organisation, no external source and no region below the province; nothing of a
    confidential part is ever in here.

    Attributes:
        members: other listings about the same subject, for which this one stands. Its text is found by theirs too, and
            its keyword fields, levels and prices hold theirs; whatever orders it is its own.
        head: the id of the listing that stands for this one where that is another: then no index holds it by its own.
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
    organisation_type: str | None = None
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
    members: tuple["SearchDocument", ...] = ()
    head: str = ""

    @property
    def found_by(self) -> str:
        """The id by which an index holds it, or the listing that stands for it."""
        return self.head or self.id

    @property
    def stale(self) -> bool:
        """Whether its owner let the date for confirming it pass: still found, behind the others."""
        return self.state == "stale"

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages it can be read in: its own, and English where its title and text are given in it too."""
        translated = bool(self.title_en and (self.benefit_en or self.summary_en or self.body_en))
        return tuple(dict.fromkeys((self.language, "en") if translated else (self.language,)))


@dataclass(frozen=True, slots=True)
class Band:
    """A named stretch of values, both ends inclusive; None leaves an end open."""

    name: str
    low: int | datetime | None = None
    high: int | datetime | None = None


@dataclass(frozen=True, slots=True)
class RangeFacet:
    """A facet whose values are bands of one number or instant, laid out by who asks. Bands do not overlap."""

    name: str
    field: str
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What somebody looks for.

    Every filter must hold. A facet's counts leave out the filters that ask about that facet's field alone, so that
    choosing one region still shows what the others would give. Without text, `relevance` is newest first with stale
    listings behind; `confirmed` is last confirmed by its owner first, never confirmed last.

    Attributes:
        ranges: facets counted by bands; answered under their names, each band in the order given, also with none.
        as_typed: look for exactly these letters, whatever raw keys or old font they resemble.
    """

    text: str = ""
    filters: tuple[Filter, ...] = ()
    facets: tuple[str, ...] = ()
    sort: Sort = "relevance"
    offset: int = 0
    limit: int = 20
    language: str = "vi"
    highlight: bool = True
    ranges: tuple[RangeFacet, ...] = ()
    as_typed: bool = False

    def check(self) -> None:
        """Raises BadQuery for what no engine can answer: unknown names, a page out of reach, too long a text."""
        check_filters(self.filters)
        for name in self.facets:
            if name not in FACET_FIELDS:
                raise BadQuery(N_("Không có nhóm lọc “%(name)s”"), name=name)
        for one in self.ranges:
            if one.name in FILTER_FIELDS or FILTER_FIELDS.get(one.field) not in {"number", "instant"}:
                raise BadQuery(N_("Không có nhóm lọc “%(name)s”"), name=one.name)
            check_filters(
                Range(one.field, band.low, band.high)
                for band in one.bands
                if band.low is not None or band.high is not None
            )
        if self.sort not in SORTS:
            raise BadQuery(N_("Không có cách sắp xếp “%(name)s”"), name=self.sort)
        if self.offset < 0 or not 0 <= self.limit <= LARGEST_PAGE or self.offset + self.limit > DEEPEST:
            raise BadQuery(N_("Chỉ xem được %(most)s kết quả đầu, hãy lọc bớt"), most=DEEPEST)
        if len(self.text) > LONGEST_TEXT:
            raise BadQuery(N_("Câu tìm kiếm dài quá %(most)s ký tự"), most=LONGEST_TEXT)


@dataclass(frozen=True, slots=True)
class Hit:
    """One found listing; of those about one subject, that which fits the filters and words best.

    Attributes:
        title, summary: safe markup, the words that were looked for in <mark>.
        subject: the id by which the index holds it, that of the listing that stands for all about the subject.
        published_at: of that listing, by which hits are put in order.
    """

    id: str
    kind: str
    score: float
    title: Markup
    summary: Markup
    subject: str = ""
    published_at: datetime | None = None


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
        did_you_mean: a text the index knows better than the one given, where that was hardly found as it was typed.
    """

    hits: tuple[Hit, ...]
    total: int
    facets: Mapping[str, tuple[FacetCount, ...]]
    relaxed: bool
    read_as: str | None
    position: int
    did_you_mean: str | None = None


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
        """The journal position the index is complete to, but for what its reader left for later; None without an index.

        See app/journal/waiting.py.
        """
        ...

    def outgrown(self) -> bool:
        """Whether there is far more to learn from than when the index was built: then build it anew."""
        ...

    def health(self) -> EngineHealth:
        """Never raises."""
        ...

    def close(self) -> None:
        """Let go of files and threads."""
        ...
