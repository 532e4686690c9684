"""A listing of ours as an envelope: only what its owner shares, only fields that are on the list of what may leave."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from app.exchange.content import (
    LARGEST,
    ClassificationPart,
    Content,
    English,
    EquipmentPart,
    FilePart,
    NeedPart,
    OrganisationPart,
    PatentPart,
    PricePart,
    ServicePart,
    Shape,
    TechnologyPart,
    bare,
)
from app.exchange.envelope import Envelope, Identifier, Key, Origin, Republish, Rights, stamp
from app.features.listings.views import Detail, FileLine
from app.reference.current import current_tables

_PARTS: Final[Mapping[str, type[Shape]]] = {
    "technology": TechnologyPart,
    "equipment": EquipmentPart,
    "patent": PatentPart,
    "service": ServicePart,
    "need": NeedPart,
}
_REPUBLISH: Final[Mapping[str, Republish]] = {"all": "all", "partners": "partners", "link_only": "link-only"}
_NUMBERS: Final = ("application_number", "publication_number", "grant_number")
# What becomes of a listing's state, told to those who had it.
REASONS: Final[Mapping[str, str]] = {
    "withdrawn": "withdrawn",
    "archived": "expired",
    "suspended": "takedown",
    "transferred": "sold",
}


@dataclass(frozen=True, slots=True)
class House:
    """What every envelope of this exchange says alike."""

    authority: str
    base_url: str
    licence: str
    operator: str
    relays: bool = False


def envelope_of(listing: Detail, *, share: str, house: House, version: int, modified: datetime) -> Envelope:
    """The envelope of a public listing, not yet signed.

    Args:
        listing: as anybody may see it.
        share: how far its owner lets it go: "all", "partners" or "link_only"; the last gives title, kind and address.
        modified: when it came to say this.
    """
    owner = listing.organisation
    return Envelope(
        key=Key(authority=listing.authority, local_id=listing.local_id),
        kind=listing.kind,  # type: ignore[arg-type]  # one of the kinds, by the table's own check
        origin=_origin(listing.local_id, house, version, modified),
        rights=Rights(
            licence=listing.licence or house.licence or None,
            attribution=owner.name if owner is not None else house.operator or None,
            republish=_REPUBLISH[share],
        ),
        lang=listing.language,
        content=_pointer(listing) if share == "link_only" else _content(listing, house),
        identifiers=[] if share == "link_only" else _identifiers(listing),
    )


def tombstone_of(
    *, local_id: str, kind: str, language: str, house: House, version: int, modified: datetime, reason: str
) -> Envelope:
    """The tombstone of a record that partners were given: key, version, time, reason; nothing of what it said."""
    origin = _origin(local_id, house, version, modified).model_copy(update={"deleted": True, "reason": reason})
    return Envelope(
        key=Key(authority=house.authority, local_id=local_id),
        kind=kind,  # type: ignore[arg-type]
        origin=origin,
        rights=Rights(republish="all"),
        lang=language,
    )


def sets_of(listing: Detail) -> list[str]:
    """The OAI-PMH sets of a listing by kind, field (two levels) and region, each with those above it."""
    found = dict.fromkeys(("kind", f"kind:{listing.kind}"))
    for code in listing.classifications:
        if code.scheme == "research-field":
            codes = chain("research-field", code.code)[:2]
            found |= dict.fromkeys(":".join(("field", *codes[:depth])) for depth in range(len(codes) + 1))
    province = chain("region", listing.region)[:1] if listing.region else []
    found |= dict.fromkeys(":".join(("region", *province[:depth])) for depth in range(len(province) + 1) if province)
    return list(found)


def chain(scheme: str, code: str) -> list[str]:
    """The codes from the top down to this one; empty for a code or scheme that is not known."""
    table = current_tables().get(scheme)
    return [one.code for one in table.chain(code)] if table is not None else []


def _province(region: str | None) -> str | None:
    codes = chain("region", region) if region else []
    return codes[0] if codes else None


def _origin(local_id: str, house: House, version: int, modified: datetime) -> Origin:
    return Origin(
        version=version,
        modified=stamp(modified),
        # Put in when the envelope is sealed.
        content_sha256="0" * 64,
        landing=f"{house.base_url}/id/{local_id}",
    )


def _pointer(listing: Detail) -> Content:
    return Content(title=listing.title, visibility=_visibility(listing))


def _visibility(listing: Detail) -> Any:
    return "public" if listing.organisation is not None else "anonymous"


def _content(listing: Detail, house: House) -> Content:
    part = _PARTS[listing.kind]
    told = bare({name: listing.details.get(name) for name in part.model_fields})
    own: dict[str, Any] = {listing.kind: part.model_validate(told)} if told else {}
    owner = listing.organisation
    said: dict[str, Any] = {
        "title": listing.title,
        "benefit": listing.benefit,
        "summary": listing.summary,
        "description": listing.description,
        "keywords": list(listing.keywords),
        "visibility": _visibility(listing),
        # Below the province a place may name the only firm of its kind there.
        "region": listing.region if owner is not None else _province(listing.region),
        "country": listing.country,
        "trl": listing.trl,
        "transfer_forms": list(listing.transfer_forms),
        "payment_forms": list(listing.payment_forms),
        "territory": listing.territory,
        "ip_status": listing.ip_status,
        "deadline": listing.deadline.isoformat() if listing.deadline else None,
        "published_at": stamp(listing.published_at) if listing.published_at else None,
        "confirmed_at": stamp(listing.confirmed_at) if listing.confirmed_at else None,
        "expires_at": stamp(listing.expires_at) if listing.expires_at else None,
    }
    return Content(
        **{name: value for name, value in said.items() if value not in (None, "", [])},
        english=_english(listing),
        organisation=OrganisationPart(
            id=owner.public_id,
            name=owner.name,
            name_en=owner.name_en or None,
            type=owner.type,
            region=owner.region or None,
            verified=owner.verified_at is not None,
        )
        if owner is not None
        else None,
        price=_price(listing),
        classifications=[
            ClassificationPart(scheme=one.scheme, version=one.version or None, code=one.code, label=one.label or None)
            for one in listing.classifications
        ],
        files=[_file(one, house) for one in (*listing.pictures, *listing.documents)],
        **own,
    )


def _english(listing: Detail) -> English | None:
    said = {
        "title": listing.title_en,
        "benefit": listing.benefit_en,
        "summary": listing.summary_en,
        "description": listing.description_en,
    }
    kept = {name: value for name, value in said.items() if value}
    return English(**kept) if kept else None


def _price(listing: Detail) -> PricePart | None:
    if listing.price_kind is None:
        return None
    bounds = {
        name: value
        for name, value in (("from", listing.price_from), ("to", listing.price_to))
        # A larger sum than JSON can carry exactly is not told rather than told wrong.
        if value is not None and 0 <= value <= LARGEST
    }
    return PricePart(
        kind=listing.price_kind,
        currency=listing.price_currency or None,
        unit=listing.price_unit or None,
        **bounds,
    )


def _file(one: FileLine, house: House) -> FilePart:
    return FilePart(
        kind="picture" if one.kind == "picture" else "document",
        url=house.base_url + one.path(form="jpg"),
        media_type="image/jpeg" if one.kind == "picture" and one.widths else one.media_type,
        size=one.size,
        caption=one.caption or None,
    )


def _identifiers(listing: Detail) -> list[Identifier]:
    if listing.kind != "patent":
        return []
    numbers = ((name, listing.details.get(name)) for name in _NUMBERS)
    return [
        Identifier(scheme=f"vn-patent-{name.removesuffix('_number')}", value=value)
        for name, value in numbers
        if isinstance(value, str) and value
    ]
