"""A listing as a program reads it: the names of the columns, JSON values, only what its reader may know.

The same record goes into exports and API answers; `techmart import` reads it back.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from app.features.listings.views import Card, Detail, FileLine

_CARD_FIELDS: Final = (
    "public_id", "external_id", "kind", "state", "language", "title", "benefit", "summary", "title_en", "benefit_en",
    "summary_en",
)  # fmt: skip
_DETAIL_FIELDS: Final = ("description", "description_en", "keywords")
_PLACE_FIELDS: Final = ("region", "country", "trl", "transfer_forms", "ip_status")
_TERM_FIELDS: Final = ("payment_forms", "territory", "owners", "posted_as")
_CARD_ENDS: Final = (
    "visibility", "deadline", "source", "licence", "published_at", "confirmed_at", "expires_at", "updated_at",
    "version",
)  # fmt: skip


def card_record(card: Card) -> dict[str, Any]:
    """What lists give of a listing: everything but description, details and files."""
    return _record(card, (*_CARD_FIELDS, *_PLACE_FIELDS))


def detail_record(detail: Detail) -> dict[str, Any]:
    """A listing in full."""
    record = _record(detail, (*_CARD_FIELDS, *_DETAIL_FIELDS, *_PLACE_FIELDS, *_TERM_FIELDS))
    record["details"] = detail.details
    record["files"] = [file_record(one) for one in (*detail.pictures, *detail.documents)]
    return record


def file_record(one: FileLine) -> dict[str, Any]:
    """A picture or document; `path` is below the exchange's own address."""
    return {
        "id": one.public_id,
        "kind": one.kind,
        "filename": one.filename,
        "media_type": one.media_type,
        "size": one.size,
        "caption": one.caption,
        "path": one.path(form="jpg"),
    }


def _record(card: Card, names: tuple[str, ...]) -> dict[str, Any]:
    record = {name: _json(getattr(card, name)) for name in (*names, *_CARD_ENDS)}
    record["authority"], record["local_id"] = card.authority, card.local_id
    record["organisation"] = None
    if card.organisation is not None:
        one = card.organisation
        record["organisation"] = {
            "id": one.public_id,
            "name": one.name,
            "name_en": one.name_en,
            "type": one.type,
            "region": one.region,
            "verified": one.verified_at is not None,
        }
    record["classifications"] = [
        {"scheme": one.scheme, "version": one.version, "code": one.code, "label": one.label}
        for one in card.classifications
    ]
    record["price"] = None
    if card.price_kind is not None:
        record["price"] = {
            "kind": card.price_kind,
            "from": card.price_from,
            "to": card.price_to,
            "currency": card.price_currency,
            "unit": card.price_unit,
        }
    return record


def _json(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def flat(record: Mapping[str, Any]) -> dict[str, str]:
    """A record as cells of a table, by dotted path: lists parted by “; ”, classifications as “scheme:code”."""
    cells: dict[str, str] = {}
    for name, value in record.items():
        if name == "files":
            continue
        if name == "classifications":
            cells[name] = "; ".join(f"{one['scheme']}:{one['code']}" for one in value)
        elif name == "organisation":
            cells[name] = value["name"] if value else ""
        elif name == "owners":
            cells[name] = "; ".join(str(one["name"]) for one in value)
        elif isinstance(value, Mapping):
            cells.update({f"{name}.{part}": _cell(inner) for part, inner in value.items() if part != "as_given"})
        else:
            cells[name] = _cell(value)
    return cells


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return str(value)
