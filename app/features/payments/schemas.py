"""What people say about payments. Money is in minor units of the deal's currency."""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app.features.payments.banks import bank_list
from app.i18n import N_
from app.text import one_line, tidy


def _line(value: Any) -> Any:
    return one_line(value) if isinstance(value, str) else value


def _block(value: Any) -> Any:
    return tidy(value) if isinstance(value, str) else value


def _bank(value: str) -> str:
    if value not in bank_list().banks:
        raise ValueError(N_("Hãy chọn một ngân hàng trong danh sách."))
    return value


def _account(value: Any) -> Any:
    return re.sub(r"[\s.-]", "", value).upper() if isinstance(value, str) else value


def _account_number(value: str) -> str:
    if not re.fullmatch(r"[0-9A-Z]{6,19}", value):
        raise ValueError(N_("Số tài khoản gồm 6 đến 19 chữ số hoặc chữ cái."))
    return value


Line = Annotated[str, BeforeValidator(_line), StringConstraints(min_length=1, max_length=200)]
Words = Annotated[str, BeforeValidator(_block), StringConstraints(max_length=2_000)]
Amount = Annotated[int, Field(gt=0, lt=10**13)]


class InputModel(BaseModel):
    """Base of what people may say here: an unknown name is told, not dropped."""

    model_config = ConfigDict(extra="forbid")


class PaymentInput(InputModel):
    """What is asked for, how much, and until when. `milestone` is the public id of the one it is for, if any."""

    kind: Literal["deposit", "milestone", "balance", "royalty"]
    description: Line
    amount: Amount
    due_on: date | None = None
    milestone: Annotated[str, StringConstraints(max_length=20)] = ""


class BankAccountInput(InputModel):
    """Where transfers go. `holder` is the name the bank shows."""

    bank_bin: Annotated[str, AfterValidator(_bank)]
    number: Annotated[str, BeforeValidator(_account), AfterValidator(_account_number)]
    holder: Line


class AmountInput(InputModel):
    """An amount that came or went back, with a remark."""

    amount: Amount
    note: Words = ""


class NoteInput(InputModel):
    """A remark or reason that the other side reads."""

    note: Annotated[Words, StringConstraints(min_length=1)]
