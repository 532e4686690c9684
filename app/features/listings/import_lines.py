"""What one line of an exchange file says, checked, as rows for the tables. Nothing here asks the database."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from app.features.listings.completeness import expires_after
from app.features.listings.fields import LONGEST_KEYWORD, Line, OwnId, ShortLine
from app.features.listings.placing import find_classification, find_region
from app.features.listings.schemas import INPUTS, ListingInput, NeedInput, columns_of, problems_of
from app.i18n import N_, _
from app.i18n.formats import HERE
from app.models.organisations import ORGANISATION_TYPES
from app.text import fold, mend_vietnamese, one_line, slug

_KIND: Final = N_("kind phải là technology, equipment, patent, service hoặc need")
_MISSING: Final = N_("thiếu %(name)s")


def _instant(value: Any) -> Any:
    """A day alone is midnight here; an instant without a zone is Vietnamese time."""
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return None
        try:
            parsed = datetime.fromisoformat(text)
        except ValueError:
            return value
        return parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=HERE)
    return value


Instant = Annotated[AwareDatetime | None, BeforeValidator(_instant)]


class NamedOrganisation(BaseModel):
    """Whose listing a line is: a name alone, or with what makes a first profile."""

    model_config = ConfigDict(extra="ignore")

    name: Annotated[str, BeforeValidator(lambda value: one_line(value) if isinstance(value, str) else value)] = Field(
        min_length=2, max_length=300
    )
    name_en: Line = None
    type: (
        Literal[
            "firm",
            "university",
            "research_institute",
            "laboratory",
            "fablab",
            "intermediary",
            "incubator",
            "public_agency",
        ]
        | None
    ) = None
    region: ShortLine = None
    website: Line = None


class Beside(BaseModel):
    """What a line may say beside the listing's own fields. Names nobody knows are passed over."""

    model_config = ConfigDict(extra="ignore")

    external_id: OwnId = None
    organisation: NamedOrganisation | None = None
    source: Line = None
    licence: Line = None
    published_at: Instant = None
    confirmed_at: Instant = None
    expires_at: Instant = None


@dataclass(frozen=True, slots=True)
class ImportedLine:
    """A line ready to be written. `digest` is over everything it says, so that the same line again changes nothing."""

    line: int
    data: ListingInput
    external_id: str
    organisation: NamedOrganisation | None
    columns: dict[str, Any]
    classifications: tuple[dict[str, Any], ...]
    published_at: datetime | None
    confirmed_at: datetime | None
    digest: str


class BadLine(Exception):
    """Why a line does not go in, in words, field by field."""


def check_line(line: int, raw: Mapping[str, Any]) -> ImportedLine:
    """Check one line. The least it needs: kind, title, description.

    Region is found by code, name or former name; what names none known is left out. Codes of classifications unknown
    here are kept as they are, with their label.

    Raises:
        BadLine: what is missing or wrong.
    """
    said = {name: value for name, value in raw.items() if value not in (None, "")}
    if said.get("language", "vi") == "vi":
        said = _mended(said)
    model = INPUTS.get(kind) if isinstance(kind := said.get("kind"), str) else None
    if model is None:
        raise BadLine(_(_KIND))
    missing = [name for name in ("title", "description") if not _has_text(said.get(name))]
    if missing:
        raise BadLine("; ".join(_(_MISSING, name=name) for name in missing))
    codes = list(codes_of(said.pop("classifications", None)))
    region, organisation = said.pop("region", None), said.pop("organisation", None)
    if isinstance(organisation, str):
        organisation = {"name": organisation}
    if "external_id" in said:
        said["external_id"] = _text(said["external_id"])
    try:
        beside = Beside.model_validate({**said, "organisation": organisation})
        data = model.model_validate(_known(model, said))
    except ValidationError as fault:
        raise BadLine("; ".join(f"{path}: {message}" for path, message in problems_of(fault).items())) from None
    columns = {
        **columns_of(data),
        "region": find_region(region) if isinstance(region, str) else None,
        "slug": slug(data.title or ""),
        "source": beside.source,
        "licence": beside.licence,
        "expires_at": beside.expires_at or (expires_after(data.deadline) if isinstance(data, NeedInput) else None),
    }
    if "share" not in said:
        # How far a listing goes is decided once; a file that says nothing of it does not decide anew.
        del columns["share"]
    external_id = beside.external_id or _made_up_id(data)
    columns["external_id"] = external_id
    return ImportedLine(
        line=line,
        data=data,
        external_id=external_id,
        organisation=beside.organisation,
        columns=columns,
        classifications=tuple(codes),
        published_at=beside.published_at,
        confirmed_at=beside.confirmed_at,
        digest=_digest(columns, codes, beside),
    )


def _known(model: type[ListingInput], said: Mapping[str, Any]) -> dict[str, Any]:
    """The fields this kind has."""
    known = {name: said[name] for name in model.model_fields if name in said}
    for name in ("transfer_forms", "payment_forms", "owners"):
        if isinstance(known.get(name), str):
            known[name] = _parts(known[name])
    if isinstance(known.get("owners"), list):
        known["owners"] = [{"name": one} if isinstance(one, str) else one for one in known["owners"]]
    if isinstance(known.get("keywords"), list):
        # Sources put whole sentences here; that is no reason to lose the listing.
        known["keywords"] = [
            one for one in known["keywords"] if not isinstance(one, str) or len(one.strip()) <= LONGEST_KEYWORD
        ]
    details = known.get("details")
    if isinstance(details, dict):
        names = model.model_fields["details"].annotation
        fields = names.model_fields if isinstance(names, type) and issubclass(names, BaseModel) else {}
        known["details"] = {name: _parted(name, value) for name, value in details.items() if name in fields}
    return known


def _parted(name: str, value: Any) -> Any:
    if name == "offered_for" and isinstance(value, str):
        return _parts(value)
    return value


def _parts(text: str) -> list[str]:
    """A list that came in one cell."""
    return [one for part in text.split(";") if (one := part.strip())]


def _mended(value: Any) -> Any:
    """Every text of a Vietnamese line with the letters of old encodings put right."""
    if isinstance(value, str):
        return value if value.isascii() else mend_vietnamese(value)
    if isinstance(value, dict):
        return {name: _mended(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_mended(part) for part in value]
    return value


def codes_of(given: Any) -> Iterator[dict[str, Any]]:
    """Classification rows of what a line gives: [{"scheme", "code", …}] or “scheme:code; scheme:code”."""
    if isinstance(given, str):
        given = given.split(";")
    if not isinstance(given, list):
        return
    seen: set[tuple[str, str]] = set()
    for one in given[:60]:
        if isinstance(one, str):
            scheme, _colon, code = one.partition(":")
            version, label = "", ""
        elif isinstance(one, dict):
            scheme, code, version, label = (_text(one.get(name)) for name in ("scheme", "code", "version", "label"))
        else:
            continue
        scheme, code = one_line(scheme)[:60], one_line(code)[:200]
        if not scheme or not code:
            continue
        found = find_classification(scheme, code, version)
        if found is not None:
            (code, version), label = found, ""
        if (scheme, code) not in seen:
            seen.add((scheme, code))
            yield {
                "scheme": scheme,
                "version": version[:40],
                "code": code,
                "label": one_line(label)[:300],
                "position": len(seen) - 1,
            }


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def _has_text(value: Any) -> bool:
    return isinstance(value, str) and bool(one_line(value))


def _made_up_id(data: ListingInput) -> str:
    """A key for a line that brings none: the same words again are the same listing."""
    said = "\n".join((data.kind, data.title or "", data.description or ""))
    return f"line:{hashlib.sha256(said.encode()).hexdigest()[:24]}"


def _digest(columns: Mapping[str, Any], codes: list[dict[str, Any]], beside: Beside) -> str:
    said = json.dumps(
        [columns, codes, beside.model_dump(mode="json", include={"published_at", "confirmed_at"})],
        sort_keys=True,
        ensure_ascii=False,
        default=str,
    )
    return hashlib.sha256(said.encode()).hexdigest()


# What a name of an organisation says of its type; the first that fits, a firm where none does.
_TYPE_WORDS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("firm", ("cong ty", "tap doan", "doanh nghiep", "corporation", "company", "inc", "llc", "ltd", "gmbh", "jsc")),
    ("university", ("university", "universitat", "dai hoc", "hoc vien", "college", "cao dang")),
    ("laboratory", ("laboratory", "laboratories", "phong thi nghiem")),
    ("research_institute", ("institute", "vien", "research center", "research centre", "trung tam nghien cuu")),
    ("incubator", ("incubator", "vuon uom")),
    (
        "public_agency",
        (
            "so",
            "cuc",
            "phong",
            "uy ban nhan dan",
            "department",
            "agency",
            "administration",
            "commission",
            "bo",
            "ministry",
        ),
    ),
)


def guessed_type(name: str) -> str:
    """What kind of organisation a name speaks of, for a first profile that its people or the operator correct."""
    words = f" {' '.join(fold(name).replace('.', ' ').replace(',', ' ').split())} "
    found = next((kind for kind, signs in _TYPE_WORDS if any(f" {sign} " in words for sign in signs)), "firm")
    return found if found in ORGANISATION_TYPES else "firm"
