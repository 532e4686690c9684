"""What the embedded engine keeps of a document: text in three forms, codes to filter and count, keys to sort by.

Change anything here that alters what is stored and raise SCHEMA_VERSION: a new version lives in directories of its own.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from functools import cache
from itertools import pairwise
from typing import Any, Final

import tantivy

from app.search.bands import price_bands
from app.search.port import FILTER_FIELDS, SearchDocument
from app.search.quantities import ipc_signs, level_sign, signs
from app.search.suggestions import suggestion_terms
from app.search.text import forms

SCHEMA_VERSION: Final = 3
TEXT_FIELDS: Final = ("folded", "exact", "pairs", "signs")
WORDS: Final = "words"
SORT_FIELDS: Final = ("by_standing", "by_newest", "by_confirmed", "by_price", "by_trl", "by_deadline")
_NAMES: Final = tuple(one.name for one in fields(SearchDocument))
_TUPLES: Final = frozenset(one.name for one in fields(SearchDocument) if str(one.type).startswith("tuple"))
_MOMENTS: Final = ("published_at", "confirmed_at", "deadline")
# Text kept for highlighting; all of it is indexed.
_KEPT_BODY: Final = 6_000
_TITLE_WEIGHT: Final = 3
# The one currency whose prices are put in order; others follow, since exchange rates are not ours to fix.
_SORTED_CURRENCY: Final = "VND"


@dataclass(frozen=True, slots=True)
class Standing:
    """How the score of a text is weighed by whether its owner still confirms the listing: at least one half each."""

    published: float = 1.0
    due: float = 0.95
    stale: float = 0.6


STANDING: Final = Standing()


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
    return builder.build()


def register_tokenizers(index: tantivy.Index) -> None:
    """Tokenizers live in the process, not in the index: to be called at every opening."""
    splitter = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer(WORDS, splitter)


def day_number(day: date) -> int:
    """A calendar day as the number it is filtered and sorted by."""
    return (day.date() if isinstance(day, datetime) else day).toordinal()


def second_number(moment: datetime | date) -> int:
    """An instant as seconds since 1970; a bare day means its first instant, UTC."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    return int(moment.timestamp())


def to_index(document: SearchDocument) -> tantivy.Document:
    """The document as the index holds it."""
    made = tantivy.Document()
    for name, text in _text_forms(document).items():
        made.add_text(name, text)
    for term in suggestion_terms(((document.language, document.title), ("en", document.title_en))):
        made.add_text("suggest", term)
    for name, values in _keywords(document).items():
        for value in dict.fromkeys(values):
            made.add_text(name, value)
    for name, number in _numbers(document).items():
        if number is not None:
            made.add_integer(name, number)
    for name, key in _sort_keys(document).items():
        made.add_text(name, key)
    made.add_float("weight", _weight(document))
    made.add_bytes("payload", _payload(document))
    return made


def _text_forms(document: SearchDocument) -> dict[str, str]:
    parts = [document.benefit, document.benefit_en, document.summary, document.summary_en]
    parts += [*document.keywords, document.organisation_name, document.organisation_name_en]
    parts += [document.body, document.body_en]
    titles = [forms(title) for title in (document.title, document.title_en) if title]
    read = titles * _TITLE_WEIGHT + [forms(part) for part in parts if part]
    return {
        "folded": " ".join(folded for words in read for folded, _ in words),
        "exact": " ".join(exact for words in read for _, exact in words),
        # Words of different parts are no neighbours.
        "pairs": " ".join(f"{first}_{second}" for words in read for (first, _), (second, _) in pairwise(words)),
        "signs": " ".join(_signs(document, [document.title, document.title_en, *parts])),
    }


def _signs(document: SearchDocument, parts: Iterable[str]) -> list[str]:
    said = [sign for part in parts if part for sign in signs(part)]
    level = () if document.trl is None else (level_sign(document.trl),)
    return [*said, *ipc_signs(document.ipc), *level]


def _keywords(document: SearchDocument) -> dict[str, Iterable[str]]:
    single = {
        "id": document.id,
        "kind": document.kind,
        "state": document.state,
        "organisation": document.organisation_id,
        "organisation_type": document.organisation_type,
        "verified": "true" if document.verified else "false",
        "country": document.country,
        "ip_status": document.ip_status,
        "price_kind": document.price_kind,
        "currency": document.currency,
        "source": document.source,
    }
    several: dict[str, Iterable[str]] = {
        "language": document.languages,
        "price_band": price_bands(document.price_from, document.price_to, document.currency),
        "region": document.regions,
        "field": document.fields,
        "industry": document.industries,
        "ipc": document.ipc,
        "priority_field": document.priority_fields,
        "transfer_form": document.transfer_forms,
        "payment_form": document.payment_forms,
    }
    return several | {name: (value,) for name, value in single.items() if value}


def _numbers(document: SearchDocument) -> dict[str, int | None]:
    low = document.price_from if document.price_from is not None else document.price_to
    high = document.price_to if document.price_to is not None else document.price_from
    return {
        "trl": document.trl,
        "price_low": low,
        "price_high": high,
        "published_at": second_number(document.published_at) if document.published_at else None,
        "confirmed_at": second_number(document.confirmed_at) if document.confirmed_at else None,
        "deadline": day_number(document.deadline) if document.deadline else None,
    }


def _sort_keys(document: SearchDocument) -> dict[str, str]:
    """One string per order, ascending; each ends in the id, so that no two documents ever tie."""
    age = 10**11 - (second_number(document.published_at) if document.published_at else 0)
    newest = f"{age:012d}{document.id}"
    unconfirmed = 10**11 - (second_number(document.confirmed_at) if document.confirmed_at else 0)
    price = document.price_from if document.price_from is not None else document.price_to
    comparable = price is not None and document.currency == _SORTED_CURRENCY
    deadline = day_number(document.deadline) if document.deadline else 10**7
    return {
        "by_standing": f"{int(document.stale)}{newest}",
        "by_newest": newest,
        "by_confirmed": f"{unconfirmed:012d}{document.id}",
        "by_price": f"0{price:020d}{newest}" if comparable else f"1{newest}",
        "by_trl": f"{9 - (document.trl or 0)}{newest}",
        "by_deadline": f"{deadline:08d}{newest}",
    }


def _weight(document: SearchDocument) -> float:
    """What makes the engine multiply a score by twice the standing: it takes log2(2 + weight) as the factor.

    A thousandth of it, drawn from the id, orders documents whose texts score the same.
    """
    digest = hashlib.blake2b(document.id.encode(), digest_size=4).digest()
    jitter = int.from_bytes(digest, "big") / 2**32 / 1_000
    standing = getattr(STANDING, document.state, STANDING.published)
    return float(2 ** (2 * standing * (1 + jitter)) - 2)


def _payload(document: SearchDocument) -> bytes:
    kept: dict[str, Any] = {name: getattr(document, name) for name in _NAMES}
    kept["body"], kept["body_en"] = document.body[:_KEPT_BODY], document.body_en[:_KEPT_BODY]
    for name in _MOMENTS:
        kept[name] = kept[name].isoformat() if kept[name] else None
    written = {name: value for name, value in kept.items() if value is not None and value not in ("", ())}
    return json.dumps(written, ensure_ascii=False).encode()


def from_payload(payload: bytes) -> SearchDocument:
    """The document again, its bodies cut to what is kept for highlighting."""
    kept: dict[str, Any] = json.loads(payload)
    for name in _TUPLES & kept.keys():
        kept[name] = tuple(kept[name])
    for name in ("published_at", "confirmed_at"):
        if name in kept:
            kept[name] = datetime.fromisoformat(kept[name])
    if "deadline" in kept:
        kept["deadline"] = date.fromisoformat(kept["deadline"])
    return SearchDocument(**kept)
