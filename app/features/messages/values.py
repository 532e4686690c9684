"""Carrying dates, instants and exact numbers through the JSON of a job."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

_KINDS: dict[str, Any] = {"datetime": datetime.fromisoformat, "date": date.fromisoformat, "decimal": Decimal}


def pack(value: Any) -> Any:
    """`value` as JSON that `unpack` turns back.

    Raises:
        TypeError: it holds something that is no text, number, date, instant, id, list or mapping.
    """
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, datetime):
        return {"$": "datetime", "value": value.isoformat()}
    if isinstance(value, date):
        return {"$": "date", "value": value.isoformat()}
    if isinstance(value, Decimal):
        return {"$": "decimal", "value": str(value)}
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, dict):
        return {str(name): pack(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [pack(part) for part in value]
    raise TypeError(f"a letter's context cannot hold {type(value).__name__}")


def unpack(value: Any) -> Any:
    """What `pack` was given."""
    if isinstance(value, dict):
        if value.keys() == {"$", "value"}:
            return _KINDS[value["$"]](value["value"])
        return {name: unpack(part) for name, part in value.items()}
    if isinstance(value, list):
        return [unpack(part) for part in value]
    return value
