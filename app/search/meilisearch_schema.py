"""What the Meilisearch index keeps of a document, and the settings of the index.

Change anything here that alters what is stored and raise SCHEMA_VERSION: a new version is an index of another name.
"""

import base64
from typing import Any, Final

from app.search import embedded_schema
from app.search.indexed import (
    TITLE_WEIGHT,
    all_numbers_of,
    comparable_price,
    kept_of,
    keywords_of,
    signs_of,
    standing_of,
    text_parts,
    titles_of,
)
from app.search.meilisearch_query import key_of, stored
from app.search.meilisearch_text import coded
from app.search.port import FILTER_FIELDS, SearchDocument
from app.search.stems import stem_of
from app.search.subjects import NO_SUBJECTS, Subjects, counts_of_document
from app.search.suggestions import suggestion_terms
from app.search.text import forms_of_part

_OWN_VERSION: Final = 2
# What the engines share (documents, texts, signs) is counted by the embedded one.
SCHEMA_VERSION: Final = f"{embedded_schema.SCHEMA_VERSION}-{_OWN_VERSION}"
EXACT: Final = ("title_exact", "text_exact")
FOLDED: Final = ("title_folded", "text_folded")
SORTS: Final = ("stale", "published_at", "confirmed_at", "price_order", "trl", "deadline", "key")
_KEYWORDS: Final = tuple(name for name, kind in FILTER_FIELDS.items() if kind == "keyword" and name != "id")
_NUMBERS: Final = (
    *(name for name, kind in FILTER_FIELDS.items() if kind in {"number", "instant"}),
    "price_low",
    "price_high",
)
# Beyond any exchange: totals are cut off here.
_MOST_HITS: Final = 10_000_000
MOST_VALUES: Final = 500
# A search that takes longer is answered with what was found so far; above it the client's own time-out ends it.
_CUTOFF_MS: Final = 10_000
EMBEDDER: Final = "techmart"


def index_settings(*, dimensions: int | None = None) -> dict[str, Any]:
    """The settings of an index, all of them given so that nothing depends on a server's defaults.

    Args:
        dimensions: length of the vectors the application gives along; None where no embedder is configured.
    """
    keyword = {"facetSearch": False, "filter": {"equality": True, "comparison": False}}
    number = {"facetSearch": False, "filter": {"equality": True, "comparison": True}}
    return {
        # The order is that of the rule “attribute”: the right word in the title stands first.
        "searchableAttributes": ["title_exact", "title_folded", "text_exact", "text_folded"],
        "displayedAttributes": ["*"],
        "filterableAttributes": [
            {"attributePatterns": [*_KEYWORDS, "key", "record", "signs", "stems"], "features": keyword},
            {"attributePatterns": list(_NUMBERS), "features": number},
            {"attributePatterns": ["words", "ends", "suggest"], "features": keyword | {"facetSearch": True}},
        ],
        "sortableAttributes": list(SORTS),
        # An order that was asked for is kept strictly; the server would put it fifth.
        "rankingRules": ["sort", "words", "typo", "proximity", "attribute", "exactness"],
        "stopWords": [],
        # What a term is called in the other language stands in the query (app.search.understanding), where it can be
        # weighed; the server's synonyms would count as the word itself.
        "synonyms": {},
        "distinctAttribute": None,
        # Slips of typing are looked up in the facet `words`; nowhere else may a word stand for another.
        "typoTolerance": {
            "enabled": True,
            "minWordSizeForTypos": {"oneTypo": 4, "twoTypos": 255},
            "disableOnAttributes": ["title_exact", "title_folded", "text_exact", "text_folded", "suggest"],
        },
        "prefixSearch": "disabled",
        "facetSearch": True,
        "proximityPrecision": "byWord",
        "pagination": {"maxTotalHits": _MOST_HITS},
        "faceting": {"maxValuesPerFacet": MOST_VALUES, "sortFacetValuesBy": {"*": "count"}},
        "searchCutoffMs": _CUTOFF_MS,
        # The words are prepared by us: no guessing of languages.
        "localizedAttributes": [{"attributePatterns": ["*"], "locales": ["vie"]}],
        "embedders": {EMBEDDER: {"source": "userProvided", "dimensions": dimensions}} if dimensions else {},
    }


def to_index(document: SearchDocument, subjects: Subjects = NO_SUBJECTS) -> dict[str, Any]:
    """The document as the index holds it, with its place among the subjects, without a vector."""
    titles, texts = text_parts(document)
    made: dict[str, Any] = {"key": key_of(document.id), "record": "listing"}
    words: dict[str, None] = {}
    length = 0
    for name, parts, weight in (("title", titles, TITLE_WEIGHT), ("text", texts, 1)):
        found = [spoken for part in parts if (spoken := forms_of_part(part))]
        # Each part is a value of its own: words of different parts are no neighbours.
        made[f"{name}_exact"] = [" ".join(coded(*word) for word in part) for part in found]
        made[f"{name}_folded"] = [" ".join(folded for folded, _ in part) for part in found]
        words.update((folded, None) for part in found for folded, _ in part)
        length += weight * sum(map(len, found))
    made["words"] = list(words)
    made["stems"] = list(dict.fromkeys(stem for word in words if (stem := stem_of(word))))
    # Spelt backwards, so that words of one ending are found by what they begin with.
    made["ends"] = [word[::-1] for word in words if word.isalpha()]
    made["signs"] = list(dict.fromkeys(signs_of(document)))
    made["suggest"] = suggestion_terms(titles_of(document))
    made["length"] = length
    made["weight"] = standing_of(document)
    made["stale"] = int(document.stale)
    for name, values in keywords_of(document).items():
        if name != "id" and (kept := [stored(value) for value in dict.fromkeys(values)]):
            made[name] = kept
    for name, numbers in all_numbers_of(document).items():
        if numbers:
            made[name] = numbers[0] if len(numbers) == 1 else numbers
    if (price := comparable_price(document)) is not None:
        made["price_order"] = price
    made["document"] = kept_of(document)
    if subjects.terms and (place := subjects.place(counts_of_document(document))):
        made["place"] = base64.b64encode(place).decode()
    return made
