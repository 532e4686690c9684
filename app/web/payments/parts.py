"""What the pages of payments share: badges, and amounts as people type them."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from pydantic import BaseModel

from app.features.payments.states import KIND_NAMES, STATE_NAMES
from app.i18n import _
from app.i18n.formats import minor_units, parse_number
from app.web.forms import Form
from app.web.views.basics import Badge

ModelT = TypeVar("ModelT", bound=BaseModel)

_BADGES = {
    "asked": ("warn", "clock"),
    "reported": ("info", "send"),
    "part_paid": ("info", "clock"),
    "paid": ("good", "check"),
    "partly_refunded": ("plain", "check"),
    "refunded": ("plain", "close"),
    "disputed": ("bad", "alert"),
    "charged_back": ("bad", "close"),
    "cancelled": ("plain", "close"),
}


def state_badge(state: str) -> Badge:
    """How a payment stands, in words with a sign."""
    tone, icon = _BADGES[state]
    return Badge(_(STATE_NAMES[state]), tone, icon)  # type: ignore[arg-type]


def kind_name(kind: str) -> str:
    """What sort of payment it is."""
    return _(KIND_NAMES[kind])


def only(form: Form, *names: str) -> Form:
    """The form with these fields alone."""
    return Form(values={name: typed for name, typed in form.values.items() if name in names})


def check_amount(form: Form, model: type[ModelT], *, currency: str) -> tuple[ModelT | None, Form]:
    """The model, given `amount` in minor units; and the form as it was typed, with what is wrong."""
    given: Mapping[str, Sequence[str]] = form.values
    try:
        amount = parse_number(form.value("amount")) * minor_units(currency)
        given = {**form.values, "amount": [str(int(amount)) if amount == int(amount) else str(amount)]}
    except ValueError:
        pass  # the model says what is wrong with it
    checked = Form(values=given).check(model)
    return checked.data, form.with_errors(checked.form.errors)
