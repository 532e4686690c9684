"""What people give about themselves. Messages are msgids, shown in the language of the moment."""

import unicodedata
from typing import Annotated, Literal

from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from app.features.accounts.passwords import LONGEST, SHORTEST, is_guessable
from app.i18n import N_

SCOPES = ("listings:read", "listings:write", "enquiries:read", "enquiries:write")
Scope = Literal["listings:read", "listings:write", "enquiries:read", "enquiries:write"]
TOKEN_DAYS = (30, 90, 180, 365)
GUESSABLE = N_("Mật khẩu này quá dễ đoán. Hãy chọn một câu dài mà chỉ bạn biết.")


def normal_email(text: str) -> str:
    """The address as it is stored and compared: trimmed, lower-case, NFC.

    Raises:
        ValueError: not an address mail can be sent to. Nothing is looked up.
    """
    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise ValueError(N_("Hãy nhập địa chỉ e-mail đầy đủ, ví dụ ten@donvi.vn.")) from None
    if "." not in found.domain:
        raise ValueError(N_("Hãy nhập địa chỉ e-mail đầy đủ, ví dụ ten@donvi.vn."))
    return unicodedata.normalize("NFC", found.normalized).lower()


def _person_name(text: str) -> str:
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    # Names stand in letters we send: nobody may have us carry addresses and advertisements to strangers.
    if not any(sign.isalpha() for sign in name) or any(
        sign in "<>@:/\\{}[]|" or not sign.isprintable() for sign in name
    ):
        raise ValueError(N_("Hãy nhập họ và tên, không có ký hiệu như @ : / < >."))
    return name


def _agreed(value: bool) -> bool:
    if not value:
        raise ValueError(N_("Cần đồng ý với văn bản này để mở tài khoản."))
    return value


def _offered_days(days: int) -> int:
    if days not in TOKEN_DAYS:
        raise ValueError(N_("Hãy chọn một trong các mục có sẵn."))
    return days


Email = Annotated[str, StringConstraints(max_length=254), AfterValidator(normal_email)]
PersonName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(_person_name)
]
NewPassword = Annotated[str, StringConstraints(min_length=SHORTEST, max_length=LONGEST)]
LocaleName = Literal["vi", "en"]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Registration(_Input):
    """Opening an account. Both consents are given by hand, each for its own text."""

    name: PersonName
    email: Email
    password: NewPassword
    regulation: Annotated[bool, AfterValidator(_agreed)] = Field(default=False, validate_default=True)
    privacy: Annotated[bool, AfterValidator(_agreed)] = Field(default=False, validate_default=True)

    @field_validator("password")
    @classmethod
    def _password_is_no_guess(cls, password: str, info: ValidationInfo) -> str:
        if is_guessable(password, info.data.get("email", ""), info.data.get("name", "")):
            raise ValueError(GUESSABLE)
        return password


class Credentials(_Input):
    """What somebody types to sign in; kept as typed, since a wrong form of address is just a wrong address."""

    email: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=254)]
    password: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]


class EmailOnly(_Input):
    """For a link by mail."""

    email: Email


class PasswordReset(_Input):
    """A new password, with the link as proof."""

    password: NewPassword


class PasswordChange(_Input):
    """A new password, with the present one as proof."""

    current: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]
    password: NewPassword


class Profile(_Input):
    """What a person may change about themselves at once."""

    name: PersonName
    locale: LocaleName


class NewAccessToken(_Input):
    """A personal access token to be made: what for, what it may do, for how many days."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
    scopes: Annotated[list[Scope], Field(min_length=1)]
    days: Annotated[int, AfterValidator(_offered_days)]
