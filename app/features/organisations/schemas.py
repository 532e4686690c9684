"""What an organisation says about itself."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app.features.accounts.schemas import Email
from app.features.organisations.tax_code import normal_tax_code
from app.i18n import N_
from app.text import one_line, tidy

OrganisationType = Literal[
    "firm", "university", "research_institute", "laboratory", "fablab", "intermediary", "incubator", "public_agency"
]
Role = Literal["owner", "editor"]


def _line(value: object) -> object:
    return one_line(value) if isinstance(value, str) else value


def _text(value: object) -> object:
    return tidy(value) if isinstance(value, str) else value


def _no_address(name: str) -> str:
    # Names stand in letters to strangers (invitations): nobody may have us carry their links.
    if "://" in name or "www." in name.lower():
        raise ValueError(N_("Tên tổ chức không chứa địa chỉ trang web."))
    if not any(sign.isalpha() for sign in name):
        raise ValueError(N_("Hãy nhập tên đầy đủ như trong giấy đăng ký."))
    return name


def _website(text: str) -> str:
    given = text if "://" in text else f"https://{text}"
    fault = N_("Hãy nhập địa chỉ trang web, ví dụ https://donvi.vn")
    try:
        parts = urlsplit(given)
    except ValueError:
        raise ValueError(fault) from None
    host = parts.hostname or ""
    if (
        parts.scheme not in {"http", "https"}
        or parts.username is not None
        or "." not in host
        or any(sign.isspace() or not sign.isprintable() for sign in given)
    ):
        raise ValueError(fault)
    return given


# The last validator before the text is the first to run: white space goes before lengths are counted.
Name = Annotated[
    str, StringConstraints(min_length=2, max_length=250), BeforeValidator(_line), AfterValidator(_no_address)
]
Line = Annotated[str, StringConstraints(min_length=1, max_length=300), BeforeValidator(_line)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=5000), BeforeValidator(_text)]
Reason = Annotated[str, StringConstraints(min_length=10, max_length=1000), BeforeValidator(_text)]


class OrganisationInput(BaseModel):
    """An organisation's profile. Region and sectors are codes of the reference tables."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    name_en: Name | None = None
    type: OrganisationType
    tax_code: (
        Annotated[str, StringConstraints(max_length=30), BeforeValidator(_line), AfterValidator(normal_tax_code)] | None
    ) = None
    region: str
    address: Line | None = None
    website: Annotated[Line, AfterValidator(_website)] | None = None
    description: LongText | None = None
    description_en: LongText | None = None
    sectors: Annotated[list[str], Field(max_length=10)] = Field(default_factory=list)
    representative: Line | None = None


class InvitationInput(BaseModel):
    """Whom to invite, and as what."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    email: Email
    role: Role


class RoleChange(BaseModel):
    """What a member becomes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: Role


class VerificationInput(BaseModel):
    """What the operator compared with what, kept in the audit log."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    evidence: Reason


class RevocationInput(BaseModel):
    """Why the mark is taken away; the organisation's people are told."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: Reason
