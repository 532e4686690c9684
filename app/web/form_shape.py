"""Flat form fields → the nested data a Pydantic model expects, led by the model's own fields."""

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from app.i18n.formats import HERE, parse_number

Values = Mapping[str, Sequence[str]]

_TICKED = {"on", "true", "1", "yes"}


@dataclass
class RowMap:
    """Which typed row each item of a list came from, so that messages find their way back.

    `rows` holds, by the list's path in the form, the typed row number of each item that was kept; `unions` the
    paths after which Pydantic names the chosen branch, which no field does.
    """

    rows: dict[str, list[int]] = field(default_factory=dict)
    unions: set[str] = field(default_factory=set)

    def path_of(self, location: tuple[int | str, ...], prefix: str) -> str:
        """The form's path for where Pydantic met an error."""
        path = prefix
        branch_named = False
        for part in location:
            if path in self.unions and not branch_named:
                branch_named = True
                continue
            branch_named = False
            name = part
            if isinstance(part, int):
                kept = self.rows.get(path)
                if kept is None:
                    return path
                name = kept[part] if part < len(kept) else part
            path = f"{path}.{name}" if path else str(name)
        return path


def row_numbers(values: Values, path: str) -> list[int]:
    """The numbers standing after a list's path: {"items.0.name", "items.2.name"} → [0, 2]."""
    start = f"{path}."
    heads = {name[len(start) :].partition(".")[0] for name in values if name.startswith(start)}
    return sorted(int(head) for head in heads if head.isdecimal())


def shape(model: type[BaseModel], values: Values, prefix: str = "") -> tuple[dict[str, Any], RowMap]:
    """Nested data for `model` from the fields under `prefix`, with the map of list rows."""
    rows = RowMap()
    return _model(model, values, prefix, rows), rows


def _model(model: type[BaseModel], values: Values, prefix: str, rows: RowMap) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for attribute, info in model.model_fields.items():
        name = _field_name(attribute, info)
        value = _value(info.annotation, values, f"{prefix}.{name}" if prefix else name, rows)
        if value is not None:
            data[name] = value
    return data


def _field_name(attribute: str, info: FieldInfo) -> str:
    alias = info.validation_alias or info.alias
    return alias if isinstance(alias, str) else attribute


def _value(annotation: Any, values: Values, path: str, rows: RowMap) -> Any:
    """The value at `path` in the form its annotation asks for; None when nothing was given."""
    choices = _choices(annotation)
    inner = next(iter(choices), None) if len(choices) == 1 else None
    origin = get_origin(inner) or inner
    if isinstance(origin, type) and issubclass(origin, BaseModel):
        return (
            _model(origin, values, path, rows)
            if _anything(values, path) or type(None) not in _args(annotation)
            else None
        )
    models = [c for c in choices if isinstance(c, type) and issubclass(c, BaseModel)]
    if models and len(models) == len(choices):
        rows.unions.add(path)
        chosen = _branch(models, values, path)
        return _model(chosen, values, path, rows) if chosen is not None and _anything(values, path) else None
    if origin in {list, set, frozenset, tuple, Sequence}:
        return _items(inner, values, path, rows)
    typed = values.get(path)
    if inner is bool:
        if typed is None:
            return False if type(None) not in _args(annotation) else None
        return _truth(typed[-1])
    if not typed:
        return None
    text = typed[-1].strip().replace("\r\n", "\n")
    return _scalar(inner, text) if text else None


def _args(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Annotated:
        return _args(get_args(annotation)[0])
    return get_args(annotation) if get_origin(annotation) in {Union, types.UnionType} else (annotation,)


def _choices(annotation: Any) -> list[Any]:
    """The annotation without None and Annotated: one entry, or several for a union."""
    found: list[Any] = []
    for part in _args(annotation):
        bare = get_args(part)[0] if get_origin(part) is Annotated else part
        found.extend(_choices(bare) if get_origin(bare) in {Union, types.UnionType} else [bare])
    return [part for part in found if part is not type(None)]


def _branch(models: list[type[BaseModel]], values: Values, path: str) -> type[BaseModel] | None:
    """The model of a union whose literal field (its discriminator) has the value typed."""
    for model in models:
        for attribute, info in model.model_fields.items():
            if get_origin(info.annotation) is Literal:
                typed = values.get(f"{path}.{_field_name(attribute, info)}", [""])
                if typed[-1] in get_args(info.annotation):
                    return model
    return models[0] if models else None


def _anything(values: Values, path: str) -> bool:
    start = f"{path}."
    return any(name.startswith(start) and any(text.strip() for text in typed) for name, typed in values.items())


def _items(annotation: Any, values: Values, path: str, rows: RowMap) -> list[Any] | None:
    arguments = [a for a in get_args(annotation) if a is not Ellipsis]
    item = arguments[0] if arguments else str
    numbers = row_numbers(values, path)
    if numbers:
        kept: list[Any] = []
        origins: list[int] = []
        for number in numbers:
            at = f"{path}.{number}"
            if _anything(values, at) or any(text.strip() for text in values.get(at, ())):
                value = _value(item, values, at, rows)
                if value is not None:
                    kept.append(value)
                    origins.append(number)
        rows.rows[path] = origins
        return kept
    if path not in values:
        return None
    inner = next(iter(_choices(item)), str)
    return [_scalar(inner, text.strip()) for text in values[path] if text.strip()]


def _truth(text: str) -> bool | str | None:
    lowered = text.strip().lower()
    if lowered in _TICKED:
        return True
    if lowered in {"false", "0", "no", "off"}:
        return False
    return None if not lowered else text


def _scalar(annotation: Any, text: str) -> Any:
    """Numbers and dates typed the local way become what Pydantic reads; what cannot be read is left for its message."""
    if annotation in {int, float, Decimal}:
        try:
            number = parse_number(text)
        except ValueError:
            return text
        return int(number) if annotation is int and number == int(number) else number
    if annotation is date:
        return _day(text) or text
    if annotation is datetime:
        return _moment(text) or text
    return text


def _day(text: str) -> date | None:
    for pattern in ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"):
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=HERE).date()
        except ValueError:
            continue
    return None


def _moment(text: str) -> datetime | None:
    """What a datetime-local field sends, or a day and a time typed here: in Vietnamese time."""
    for pattern in ("%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %H:%M", "%H:%M %d/%m/%Y"):
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=HERE)
        except ValueError:
            continue
    return None
