"""What any engine keeps of a document: the parts of its text, what it is filtered, counted and sorted by, and itself.

Change anything here that alters what is stored and raise SCHEMA_VERSION of embedded_schema.py: both engines follow it.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Any, Final

from app.search.bands import price_bands
from app.search.port import BadQuery, SearchDocument
from app.search.quantities import ipc_signs, level_sign, signs

# How often a word of a title counts.
TITLE_WEIGHT: Final = 3
_NAMES: Final = tuple(one.name for one in fields(SearchDocument))
_TUPLES: Final = frozenset(one.name for one in fields(SearchDocument) if str(one.type).startswith("tuple"))
_MOMENTS: Final = ("published_at", "confirmed_at", "deadline")
# Text kept for highlighting; all of it is indexed.
_KEPT_BODY: Final = 6_000
_KEPT_OF_MEMBERS: Final = 1_000
# Of so many other members of a cluster the texts are read; its values are those of all.
_MOST_READ: Final = 10
# Numbers that any member of a cluster may have; the others put documents in order, and are those of its head.
_OF_ANY: Final = frozenset({"trl", "price_low", "price_high"})
# The one currency whose prices are put in order; others follow, since exchange rates are not ours to fix.
_SORTED_CURRENCY: Final = "VND"


@dataclass(frozen=True, slots=True)
class Standing:
    """How the score of a text is weighed by whether its owner still confirms the listing: at least one half each."""

    published: float = 1.0
    due: float = 0.95
    stale: float = 0.6


STANDING: Final = Standing()


def day_number(day: date) -> int:
    """A calendar day as the number it is filtered and sorted by."""
    return (day.date() if isinstance(day, datetime) else day).toordinal()


def second_number(moment: datetime | date) -> int:
    """An instant as seconds since 1970; a bare day means its first instant, UTC."""
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    return int(moment.timestamp())


def number_in_index(name: str, value: int | date) -> int:
    """A number, instant or day of a filter as the index holds it. Raises BadQuery when it cannot hold it."""
    if isinstance(value, date):
        return day_number(value) if name == "deadline" else second_number(value)
    if not -(2**63) <= value < 2**63:
        raise BadQuery(name=name)
    return value


def text_parts(document: SearchDocument) -> tuple[list[str], list[str]]:
    """Its titles, and the other parts of its text. Words of different parts are no neighbours.

    What another member of its cluster says word for word is not read twice.
    """
    titles, texts = _text_parts(document)
    if document.members:
        for one in document.members[:_MOST_READ]:
            its = _text_parts(one)
            titles += its[0]
            texts += its[1]
        titles, texts = list(dict.fromkeys(titles)), list(dict.fromkeys(texts))
    return titles, texts


def _text_parts(document: SearchDocument) -> tuple[list[str], list[str]]:
    texts = [document.benefit, document.benefit_en, document.summary, document.summary_en]
    texts += [*document.keywords, document.organisation_name, document.organisation_name_en]
    texts += [document.body, document.body_en]
    titles = (document.title, document.title_en)
    return [title for title in titles if title], [text for text in texts if text]


def signs_of(document: SearchDocument) -> list[str]:
    """The signs of all quantities, levels and numbers it tells (app.search.quantities)."""
    titles, texts = text_parts(document)
    said = [sign for part in (*titles, *texts) for sign in signs(part)]
    levels = [level_sign(one.trl) for one in (document, *document.members) if one.trl is not None]
    return [*said, *ipc_signs([code for one in (document, *document.members) for code in one.ipc]), *levels]


def keywords_of(document: SearchDocument) -> dict[str, Iterable[str]]:
    """The values of each keyword field it, or another member of its cluster, has any of; its id is its own."""
    held = _keywords_of(document)
    for one in document.members:
        for name, values in _keywords_of(one).items():
            if name != "id":
                held[name] = (*held.get(name, ()), *values)
    return held


def _keywords_of(document: SearchDocument) -> dict[str, Iterable[str]]:
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


def numbers_of(document: SearchDocument) -> dict[str, int | None]:
    """The values of the fields that are numbers, days or instants; `price` as its two ends."""
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


def all_numbers_of(document: SearchDocument) -> dict[str, list[int]]:
    """The same with those of the other members of its cluster, each value once."""
    held = {name: [] if number is None else [number] for name, number in numbers_of(document).items()}
    for one in document.members:
        for name, number in numbers_of(one).items():
            if name in _OF_ANY and number is not None and number not in held[name]:
                held[name].append(number)
    return held


def titles_of(document: SearchDocument) -> list[tuple[str, str]]:
    """Language and title, of it and of the other members of its cluster: what suggestions are made of."""
    listed = (document, *document.members[:_MOST_READ])
    titles = [title for one in listed for title in ((one.language, one.title), ("en", one.title_en))]
    return list(dict.fromkeys(titles)) if document.members else titles


def comparable_price(document: SearchDocument) -> int | None:
    """What it is sorted by when the cheapest is asked first; None where that cannot be compared."""
    price = document.price_from if document.price_from is not None else document.price_to
    return price if document.currency == _SORTED_CURRENCY else None


def standing_of(document: SearchDocument) -> float:
    """What the score of its text is multiplied by. A thousandth, drawn from the id, orders equal texts."""
    digest = hashlib.blake2b(document.id.encode(), digest_size=4).digest()
    jitter = int.from_bytes(digest, "big") / 2**32 / 1_000
    standing: float = getattr(STANDING, document.state, STANDING.published)
    return standing * (1 + jitter)


def kept_of(document: SearchDocument, *, most: int = _KEPT_BODY) -> dict[str, Any]:
    """The document as JSON holds it, its bodies cut to what is kept for highlighting; those of its members shorter."""
    kept: dict[str, Any] = {name: getattr(document, name) for name in _NAMES}
    kept["body"], kept["body_en"] = document.body[:most], document.body_en[:most]
    for name in _MOMENTS:
        kept[name] = kept[name].isoformat() if kept[name] else None
    kept["members"] = tuple(kept_of(one, most=_KEPT_OF_MEMBERS) for one in document.members)
    return {name: value for name, value in kept.items() if value is not None and value not in ("", ())}


def from_kept(written: Mapping[str, Any]) -> SearchDocument:
    """The document again from what `kept_of` gave."""
    kept = dict(written)
    for name in _TUPLES & kept.keys():
        kept[name] = tuple(kept[name])
    for name in ("published_at", "confirmed_at"):
        if name in kept:
            kept[name] = datetime.fromisoformat(kept[name])
    if "deadline" in kept:
        kept["deadline"] = date.fromisoformat(kept["deadline"])
    if "members" in kept:
        kept["members"] = tuple(from_kept(one) for one in kept["members"])
    return SearchDocument(**kept)
