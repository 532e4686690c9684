"""Between what people type and what commands take: amounts, lists in one box, and forms filled from what is stored."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

from pydantic import BaseModel

from app.features.enquiries.schemas import Currency
from app.i18n import _
from app.i18n.formats import format_number, minor_units, parse_number
from app.web.forms import Checked, Form

ModelT = TypeVar("ModelT", bound=BaseModel)

CURRENCIES: tuple[Currency, ...] = ("VND", "USD", "EUR", "JPY", "CNY", "KRW", "GBP", "SGD")

_AMOUNTS = re.compile(
    r"yearly_revenue|items\.\d+\.target_price|answers\.\d+\.offers\.\d+\.unit_price"
    r"|ownership\.(?:installation|training|[a-z]+_yearly)"
)
_IN_ONE_BOX = re.compile(r"items\.\d+\.tiers")
_LINES = {"criteria"}


def check_amounts(form: Form, model: type[ModelT]) -> Checked[ModelT]:
    """`form.check(model)` for a form where amounts are typed in whole currency and lists into one box.

    The model gets minor units of the currency chosen in the form; the form that comes back still holds what was
    typed, with the messages beside it.
    """
    chosen = form.value("currency", "VND")
    currency = chosen if chosen in CURRENCIES else "VND"
    values: dict[str, Sequence[str]] = dict(form.values)
    faults: dict[str, str] = {}
    for path, typed in form.values.items():
        text = typed[-1].strip() if typed else ""
        if _IN_ONE_BOX.fullmatch(path):
            values[path] = [part for part in re.split(r"[;\s]+", text) if part]
        elif path in _LINES:
            values[path] = [line.strip() for line in text.splitlines() if line.strip()]
        elif text and _AMOUNTS.fullmatch(path):
            try:
                amount = parse_number(text) * minor_units(currency)
            except ValueError:
                continue  # the model says what is wrong with it
            if amount == int(amount):
                values[path] = [str(int(amount))]
            elif minor_units(currency) == 1:
                faults[path] = _("Hãy nhập một số nguyên, ví dụ 1.250.")
            else:
                faults[path] = _("Không quá %(decimal_places)s chữ số sau dấu phẩy.", decimal_places=2)
    checked = Form(values=values).check(model)
    errors = {**checked.form.errors, **faults}
    if errors:
        return Checked(data=None, form=form.with_errors(errors))
    return Checked(data=checked.data, form=form)


def typed_number(number: Decimal | int | None) -> str:
    """A number as somebody here would have typed it; nothing for None."""
    return "" if number is None else format_number(number)


def typed_amount(amount: int | None, currency: str) -> str:
    """Minor units as the amount somebody here would have typed."""
    return "" if amount is None else format_number(Decimal(amount) / minor_units(currency))


def typed_day(day: date | None) -> str:
    """A day as people here write it, in either language: 23/11/2026."""
    return "" if day is None else f"{day:%d/%m/%Y}"


def filled(values: Mapping[str, object]) -> Form:
    """A form that shows these values; those that are None or empty show nothing."""
    return Form(values={path: [str(value)] for path, value in values.items() if value is not None})
