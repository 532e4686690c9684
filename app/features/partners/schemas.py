"""An agreement as it is typed, and how a partner is asked."""

from datetime import date
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from app.features.accounts.schemas import Email
from app.i18n import N_
from app.text import one_line, tidy

Protocol = Literal["techmart", "oai_dc", "changes", "file"]
Direction = Literal["give", "take", "both"]
Accepting = Literal["publish", "review"]
Kind = Literal["technology", "equipment", "patent", "service", "need"]
# Parts of a record that an agreement may leave out; key, title, kind and terms always go.
Withheld = Literal["price", "organisation", "files", "description", "identifiers"]
CredentialKind = Literal["api_key", "oauth_client"]


def _line(value: object) -> object:
    return one_line(value) if isinstance(value, str) else value


def _text(value: object) -> object:
    return tidy(value) if isinstance(value, str) else value


def _authority(text: str) -> str:
    labels = text.lower().split(".")
    for label in labels:
        plain = label.replace("-", "")
        good = len(label) >= 2 and plain.isascii() and plain.isalnum() and label[0].isalpha() and label[-1] != "-"
        if not good:
            raise ValueError(N_("Hãy nhập tên miền của đối tác, ví dụ techmart.danang.vn"))
    return text.lower()


def _address(text: str) -> str:
    fault = N_("Hãy nhập địa chỉ đầy đủ, ví dụ https://doitac.vn/oai")
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(fault) from None
    good = parts.scheme in {"http", "https"} and parts.hostname and parts.username is None and port != 0
    if not good or parts.fragment or any(sign.isspace() or not sign.isprintable() for sign in text):
        raise ValueError(fault)
    return text


Authority = Annotated[str, StringConstraints(max_length=253), BeforeValidator(_line), AfterValidator(_authority)]
Address = Annotated[str, StringConstraints(max_length=2_000), BeforeValidator(_line), AfterValidator(_address)]
Line = Annotated[str, StringConstraints(max_length=300), BeforeValidator(_line)]
Hour = Annotated[int, Field(ge=0, le=23)]
_CONNECTION: Final = ("protocol", "address", "set_spec")


class PartnerInput(BaseModel):
    """An agreement. Hours are of Vietnamese time; codes of fields are those of the scheme research-field."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    authority: Authority
    name: Annotated[str, StringConstraints(min_length=2, max_length=250), BeforeValidator(_line)]
    protocol: Protocol = "techmart"
    direction: Direction = "both"
    address: Address = Field(default="", validate_default=True)
    set_spec: Annotated[str, StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9\-_.!~*'():]*$")] = ""
    relays: bool = False
    kinds: list[Kind] = Field(default_factory=list, max_length=5)
    research_fields: list[Annotated[str, StringConstraints(max_length=20)]] = Field(default_factory=list, max_length=60)
    withheld: list[Withheld] = Field(default_factory=list, max_length=5)
    rate_per_minute: Annotated[int, Field(ge=1, le=6_000)] = 120
    licence: Line = ""
    contact_name: Line = ""
    contact_email: Email | Literal[""] = ""
    starts_on: date
    ends_on: date | None = None
    note: Annotated[str, StringConstraints(max_length=5_000), BeforeValidator(_text)] = ""
    accepting: Accepting = "publish"
    every_minutes: Annotated[int, Field(ge=5, le=10_080)] = 60
    from_hour: Hour | None = None
    to_hour: Hour | None = Field(default=None, validate_default=True)
    keys_url: Address = ""
    enquiries_out: bool = Field(default=False, validate_default=True)
    enquiries_in: bool = False

    @field_validator("enquiries_out", mode="after")
    @classmethod
    def _carried_to_a_techmart(cls, value: bool, info: ValidationInfo) -> bool:
        said = info.data
        if value and (said.get("protocol") not in {"techmart", "changes"} or said.get("direction") == "give"):
            raise ValueError(N_("Chỉ chuyển được yêu cầu đến một Techmart mà sàn này nhận dữ liệu."))
        return value

    @field_validator("ends_on", mode="after")
    @classmethod
    def _not_before_the_first_day(cls, value: date | None, info: ValidationInfo) -> date | None:
        first = info.data.get("starts_on")
        if value is not None and first is not None and value < first:
            raise ValueError(N_("Ngày kết thúc phải sau ngày bắt đầu."))
        return value

    @field_validator("to_hour", mode="after")
    @classmethod
    def _both_hours(cls, value: int | None, info: ValidationInfo) -> int | None:
        if (value is None) != (info.data.get("from_hour") is None):
            raise ValueError(N_("Hãy điền cả hai giờ, hoặc để trống cả hai."))
        return value

    @field_validator("address", mode="after")
    @classmethod
    def _asked_somewhere(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.data.get("direction") != "give" and info.data.get("protocol") != "file":
            raise ValueError(N_("Để nhận dữ liệu của đối tác cần có địa chỉ."))
        return value

    def columns(self) -> dict[str, Any]:
        """What goes into the columns of `partner`."""
        return self.model_dump()

    @classmethod
    def values_of(cls, partner: object) -> dict[str, Any]:
        """The agreement that stands, by the names of the fields here: what is changed is changed from that."""
        return {name: getattr(partner, name) for name in cls.model_fields}

    def connects_like(self, partner: object) -> bool:
        """Whether the partner is asked in the same way as before."""
        return all(getattr(self, name) == getattr(partner, name) for name in _CONNECTION)


class IssueInput(BaseModel):
    """A credential to be made. With `overlap_hours` those of its kind that there are end so many hours later."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: CredentialKind
    days: Annotated[int, Field(ge=1, le=1_100)] = 365
    overlap_hours: Annotated[int, Field(ge=0, le=24 * 60)] | None = None
