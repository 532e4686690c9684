"""What the embedded engine keeps of a document: text in three forms, codes to filter and count, keys to sort by.

Change anything here that alters what is stored and raise SCHEMA_VERSION: a new version lives in directories of its own.
"""

import json
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Final

import tantivy

from app.search.indexed import (
    TITLE_WEIGHT,
    all_numbers_of,
    comparable_price,
    day_number,
    from_kept,
    kept_of,
    keywords_of,
    second_number,
    signs_of,
    standing_of,
    text_parts,
    titles_of,
)
from app.search.port import FILTER_FIELDS, SearchDocument
from app.search.stems import stem_of
from app.search.subjects import Counts, Subjects, counts_of_document
from app.search.suggestions import suggestion_terms
from app.search.text import forms_of_part

SCHEMA_VERSION: Final = 6
TEXT_FIELDS: Final = ("folded", "exact", "pairs", "signs", "stems")
WORDS: Final = "words"
# Field → its values, each a str, int, float or bytes as the schema has it.
Fields = dict[str, Sequence[object]]
SORT_FIELDS: Final = ("by_standing", "by_newest", "by_confirmed", "by_price", "by_trl", "by_deadline")


@cache
def build_schema() -> tantivy.Schema:
    """The one schema of SCHEMA_VERSION."""
    builder = tantivy.SchemaBuilder()
    for name in TEXT_FIELDS:
        builder.add_text_field(name, tokenizer_name=WORDS, index_option="freq")
    builder.add_text_field("suggest", tokenizer_name="raw", index_option="basic")
    for name, kind in FILTER_FIELDS.items():
        if kind == "keyword":
            builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
        elif kind != "money":
            builder.add_integer_field(name, indexed=True, fast=True)
    builder.add_integer_field("price_low", indexed=True, fast=True)
    builder.add_integer_field("price_high", indexed=True, fast=True)
    for name in SORT_FIELDS:
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic", fast=True)
    builder.add_float_field("weight", fast=True)
    builder.add_bytes_field("payload", stored=True, indexed=False)
    builder.add_bytes_field("subject", stored=True, indexed=False)
    return builder.build()


def register_tokenizers(index: tantivy.Index) -> None:
    """Tokenizers live in the process, not in the index: to be called at every opening."""
    splitter = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer(WORDS, splitter)


def to_index(document: SearchDocument, subjects: Subjects) -> tantivy.Document:
    """The document as the index holds it, with its place among the subjects where these have been learnt."""
    return from_fields(placed_fields_of(document, subjects))


def placed_fields_of(document: SearchDocument, subjects: Subjects) -> Fields:
    """The values of each field of the index that has any, its place among the subjects with them."""
    return with_place(fields_of(document), counts_of_document(document), subjects)


def fields_of(document: SearchDocument) -> Fields:
    """The values of each field of the index that has any, but for its place among the subjects: plain values, which go
    to another process in no time.

    tantivy's own document does not: it is written value by value, which takes over half as long as making it ready.
    """
    held: Fields = {name: [text] for name, text in _text_forms(document).items()}
    held["suggest"] = suggestion_terms(titles_of(document))
    for name, values in keywords_of(document).items():
        held[name] = list(dict.fromkeys(values))
    held |= all_numbers_of(document)
    held |= {name: [key] for name, key in _sort_keys(document).items()}
    held["weight"] = [_weight(document)]
    held["payload"] = [json.dumps(kept_of(document), ensure_ascii=False).encode()]
    return {name: values for name, values in held.items() if values}


def with_place(fields: Fields, counts: Counts, subjects: Subjects) -> Fields:
    """The fields of a document with its place among the subjects, where it has one."""
    place = subjects.place(counts)
    return {**fields, "subject": [place]} if place else fields


def from_fields(fields: Fields) -> tantivy.Document:
    """tantivy's own document of such fields."""
    return tantivy.Document.from_dict(fields, build_schema())


def _text_forms(document: SearchDocument) -> dict[str, str]:
    titles, texts = text_parts(document)
    read = [forms_of_part(title) for title in titles] * TITLE_WEIGHT + [forms_of_part(part) for part in texts]
    # Lists, not generators: this is most of the work of building an index.
    folded = [one for words in read for one, _ in words]
    return {
        "folded": " ".join(folded),
        "exact": " ".join([exact for words in read for _, exact in words]),
        # Words of different parts are no neighbours.
        "pairs": " ".join([f"{first}_{second}" for words in read for (first, _), (second, _) in pairwise(words)]),
        "signs": " ".join(signs_of(document)),
        "stems": " ".join(filter(None, map(stem_of, folded))),
    }


def _sort_keys(document: SearchDocument) -> dict[str, str]:
    """One string per order, ascending; each ends in the id, so that no two documents ever tie."""
    age = 10**11 - (second_number(document.published_at) if document.published_at else 0)
    newest = f"{age:012d}{document.id}"
    unconfirmed = 10**11 - (second_number(document.confirmed_at) if document.confirmed_at else 0)
    price = comparable_price(document)
    deadline = day_number(document.deadline) if document.deadline else 10**7
    return {
        "by_standing": f"{int(document.stale)}{newest}",
        "by_newest": newest,
        "by_confirmed": f"{unconfirmed:012d}{document.id}",
        "by_price": f"0{price:020d}{newest}" if price is not None else f"1{newest}",
        "by_trl": f"{9 - (document.trl or 0)}{newest}",
        "by_deadline": f"{deadline:08d}{newest}",
    }


def _weight(document: SearchDocument) -> float:
    """What makes the engine multiply a score by twice the standing: it takes log2(2 + weight) as the factor."""
    return float(2 ** (2 * standing_of(document)) - 2)


def from_payload(payload: bytes) -> SearchDocument:
    """The document again, its bodies cut to what is kept for highlighting."""
    # Decoded first, since for bytes the parser looks for their encoding and minds halves of characters.
    return from_kept(json.loads(payload.decode()))
