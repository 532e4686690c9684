"""What goes with searching: suggestions, reference tables, organisations."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.responses import Response

from app.api.caller import PublicCall
from app.api.conditional import LASTING, answer
from app.api.cursors import PLACE_CURSOR
from app.api.parameters import Parameters, plain
from app.api.responses import reading
from app.api.wire import PUBLIC_ID, Answer
from app.errors import NotFound
from app.features.organisations.queries import find_public, listing_counts
from app.i18n import current_locale
from app.i18n.terms import term
from app.reference.current import current_tables, label, refresh
from app.search.port import LONGEST_TEXT

router = APIRouter()

_CODES_PER_PAGE: Final = 1_000


class SuggestQuery(Parameters):
    """What GET /suggest takes."""

    q: Annotated[str, Field(max_length=LONGEST_TEXT)] = Field(
        default="", description="The beginning of what is looked for"
    )
    limit: Annotated[int, Field(ge=1, le=20)] = Field(default=8, description="Phrases at most")


class SuggestedText(Answer):
    """A phrase of listing titles."""

    text: str
    count: int = Field(description="How many titles hold it")


class Suggestions(Answer):
    """Phrases that go on from what was typed, the most frequent first."""

    items: list[SuggestedText]


@router.get(
    "/suggest",
    operation_id="suggest",
    summary="Suggest searches",
    tags=["Listings"],
    response_model=Suggestions,
    responses=reading(400),
)
def suggest(call: PublicCall, asked: Annotated[SuggestQuery, Query()]) -> Response:
    """Phrases of listing titles that begin with what was typed, with or without diacritics."""
    typed = plain(asked.q)
    found = call.search.suggest(typed, language=current_locale(), limit=asked.limit) if typed.strip() else []
    items = [SuggestedText(text=one.text, count=one.count) for one in found]
    return answer(call.request, Suggestions(items=items))


class SchemeLine(Answer):
    """One reference table in its current version."""

    scheme: str
    version: str
    title: str
    codes: int = Field(description="How many codes it has")


class Schemes(Answer):
    items: list[SchemeLine]


class TableQuery(Parameters):
    """What GET /reference/{scheme} takes."""

    parent: Annotated[str, Field(max_length=120)] = Field(default="", description="Only the codes right below this one")
    cursor: Annotated[str, Field(pattern=PLACE_CURSOR)] | None = Field(
        default=None, description="`next_cursor` of the page before"
    )


class ReferenceCode(Answer):
    """A code. `label` and `note` are in the language of the answer."""

    code: str
    parent: str | None = Field(description="The code above it")
    level: int = Field(ge=1, description="1 is the top")
    label: str
    label_vi: str
    label_en: str
    note: str


class ReferencePage(Answer):
    """Codes of a table, those above before those below."""

    scheme: str
    version: str
    title: str
    source: str
    licence: str
    items: list[ReferenceCode]
    next_cursor: str | None


@router.get(
    "/reference",
    operation_id="listReferenceTables",
    summary="List the reference tables",
    tags=["Reference"],
    response_model=Schemes,
    responses=reading(),
)
def list_schemes(call: PublicCall) -> Response:
    """The classifications that listings use, each in its current version."""
    refresh(call.session)
    locale = current_locale()
    tables = sorted(current_tables().values(), key=lambda table: table.scheme)
    items = [
        SchemeLine(
            scheme=table.scheme, version=table.version, title=table.manifest.title(locale), codes=len(table.terms)
        )
        for table in tables
    ]
    return answer(call.request, Schemes(items=items), cache=LASTING)


@router.get(
    "/reference/{scheme}",
    operation_id="getReferenceTable",
    summary="Read a reference table",
    tags=["Reference"],
    response_model=ReferencePage,
    responses=reading(400, 404),
)
def get_scheme(
    call: PublicCall,
    scheme: Annotated[str, Path(description="The scheme, such as region, vsic or ipc", examples=["region"])],
    asked: Annotated[TableQuery, Query()],
) -> Response:
    """The codes with their labels in both languages, a thousand on a page."""
    refresh(call.session)
    table = current_tables().get(scheme)
    if table is None:
        raise NotFound
    locale = current_locale()
    terms = table.children(asked.parent) if asked.parent else table.terms
    start = int(asked.cursor or 0)
    end = start + _CODES_PER_PAGE
    items = [
        ReferenceCode(
            code=one.code,
            parent=one.parent,
            level=one.level,
            label=one.label(locale),
            label_vi=one.label_vi,
            label_en=one.label_en,
            note=one.note(locale),
        )
        for one in terms[start:end]
    ]
    page = ReferencePage(
        scheme=table.scheme,
        version=table.version,
        title=table.manifest.title(locale),
        source=table.manifest.source,
        licence=table.manifest.licence,
        items=items,
        next_cursor=str(end) if end < len(terms) else None,
    )
    return answer(call.request, page, cache=LASTING)


class OrganisationProfile(Answer):
    """What an organisation tells the public. Its anonymous needs are not counted."""

    id: str
    name: str
    name_en: str | None
    type: str
    type_label: str
    region: str | None
    region_label: str | None
    website: str | None
    description: str | None
    description_en: str | None
    sectors: list[str]
    verified_at: datetime | None = Field(description="When the operator compared it with its registration")
    offers: int = Field(description="Its public offers")
    needs: int = Field(description="Its public needs")
    url: str


@router.get(
    "/organisations/{organisation_id}",
    operation_id="getOrganisation",
    summary="Read an organisation's public profile",
    tags=["Organisations"],
    response_model=OrganisationProfile,
    responses=reading(404),
)
def get_organisation(
    call: PublicCall,
    organisation_id: Annotated[
        str, Path(pattern=PUBLIC_ID, description="Id of the organisation", examples=["c4v9x2h7n5qd"])
    ],
) -> Response:
    """The public profile. An organisation nobody has verified and that shows nothing has none."""
    refresh(call.session)
    one = find_public(call.session, public_id=organisation_id)
    counts = listing_counts(call.session, [one.id]).get(one.id)
    locale = current_locale()
    profile = OrganisationProfile(
        id=one.public_id,
        name=one.name,
        name_en=one.name_en,
        type=one.type,
        type_label=term("organisation_type", one.type),
        region=one.region,
        region_label=label("region", one.region, locale) if one.region else None,
        website=one.website,
        description=one.description,
        description_en=one.description_en,
        sectors=list(one.sectors),
        verified_at=one.verified_at,
        offers=counts.offers if counts else 0,
        needs=counts.needs if counts else 0,
        url=f"{call.base_url}/{locale}/organisations/{one.slug}-{one.public_id}",
    )
    return answer(call.request, profile)
