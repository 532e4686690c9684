"""Between what is stored of a listing and what its form shows and sends back.

The form has whole currency units where the listing has minor ones, one box where it has a list of names, and one box
for IPC codes among the other classifications.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from app.features.listings.schemas import INPUTS, ListingInput
from app.i18n import N_, _
from app.i18n.formats import format_number, minor_units, parse_number
from app.web.forms import Form

# What the form does not ask, and therefore must not clear.
KEPT = ("external_id", "country", "language")
_NAMES = frozenset({"details.standards", "details.applicants", "details.inventors"})
_AMOUNTS = ("price.from", "price.to")
_WHOLE = N_("Hãy nhập một số nguyên, ví dụ 1.250.")


def form_of_stored(values: Mapping[str, Any]) -> Form:
    """A form that shows what is stored, in the shape of schemas.stored_values."""
    typed: dict[str, list[str]] = {}

    def put(path: str, value: Any) -> None:
        if value is None or (isinstance(value, str | list | tuple) and not value):
            return
        if path in _NAMES:
            typed[path] = ["\n".join(value)]
        elif path == "keywords":
            typed[path] = [", ".join(value)]
        elif isinstance(value, bool):
            typed[path] = ["true" if value else "false"]
        elif isinstance(value, list | tuple):
            typed[path] = [str(one) for one in value]
        elif isinstance(value, Mapping):
            for name, part in value.items():
                put(f"{path}.{name}", part)
        else:
            typed[path] = [str(value)]

    special = {"price", "classifications", "owners"}
    for name, value in values.items():
        if name not in special:
            put(name, value)
    _put_price(typed, values.get("price") or {})
    _put_codes(typed, values.get("classifications") or ())
    for number, owner in enumerate(values.get("owners") or ()):
        put(f"owners.{number}.name", owner["name"])
        if owner.get("percent") is not None:
            typed[f"owners.{number}.percent"] = [format_number(owner["percent"])]
    return Form(values=typed)


def _put_price(typed: dict[str, list[str]], price: Mapping[str, Any]) -> None:
    currency = price.get("currency") or "VND"
    for name in ("kind", "currency", "unit"):
        if price.get(name):
            typed[f"price.{name}"] = [price[name]]
    for name in ("from", "to"):
        if price.get(name) is not None:
            typed[f"price.{name}"] = [format_number(Decimal(price[name]) / minor_units(currency))]


def _put_codes(typed: dict[str, list[str]], codes: Sequence[Mapping[str, str]]) -> None:
    patents = [one["code"] for one in codes if one["scheme"] == "ipc"]
    others = [f"{one['scheme']}:{one['code']}" for one in codes if one["scheme"] != "ipc"]
    if patents:
        typed["ipc"] = ["; ".join(patents)]
    if others:
        typed["classifications"] = others


def read_typed(form: Form, *, kind: str, stored: Mapping[str, Any]) -> tuple[ListingInput | None, Form]:
    """What the form says, or None and the form with a message at each field that does not hold.

    Args:
        stored: what is stored now, for fields the form does not ask; empty for a new listing.
    """
    values, faults = _in_minor_units(dict(form.values))
    values["classifications"] = _codes_typed(values)
    values.pop("ipc", None)
    checked = Form(values=values).check(INPUTS[kind])
    # A code is chosen from lists of one name: whatever is wrong with one is told at the lists.
    errors = {
        "classifications" if path.startswith("classifications.") else path: message
        for path, message in {**checked.form.errors, **faults}.items()
    }
    if errors or checked.data is None:
        return None, form.with_errors(errors)
    kept = {name: stored[name] for name in KEPT if name in stored and name not in form.values}
    return checked.data.model_copy(update=kept), form


def _in_minor_units(values: dict[str, Sequence[str]]) -> tuple[dict[str, Sequence[str]], dict[str, str]]:
    currency = (values.get("price.currency") or ["VND"])[-1] or "VND"
    faults: dict[str, str] = {}
    for path in _AMOUNTS:
        text = (values.get(path) or [""])[-1].strip()
        if not text:
            continue
        try:
            amount = parse_number(text) * minor_units(currency)
        except ValueError:
            continue  # the model says what is wrong with it
        if amount == int(amount):
            values[path] = [str(int(amount))]
        elif minor_units(currency) == 1:
            faults[path] = _(_WHOLE)
        else:
            faults[path] = _("Không quá %(decimal_places)s chữ số sau dấu phẩy.", decimal_places=2)
    return values, faults


def _codes_typed(values: Mapping[str, Sequence[str]]) -> list[str]:
    chosen = [one for one in values.get("classifications", ()) if one]
    patents = re.split(r"[;\n]+", (values.get("ipc") or [""])[-1])
    return list(dict.fromkeys([*chosen, *(f"ipc:{code.strip()}" for code in patents if code.strip())]))


def told_at(form: Form, fields: Mapping[str, str]) -> Form:
    """The form with what a command refused (`Invalid.fields`) said at its fields."""
    return replace(form, errors={**form.errors, **{path: _(message) for path, message in fields.items()}})
