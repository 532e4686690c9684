"""What a list shows of each listing, fetched for many at once. The same rows serve pages, feeds and the API."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.features.listings.policies import shows_organisation, visible_to
from app.identity import Actor
from app.models.listings import Listing, ListingClassification, ListingFile
from app.models.organisations import Organisation


@dataclass(frozen=True, slots=True)
class CardOrganisation:
    """Whose listing it is; absent where the actor may not be told."""

    public_id: str
    slug: str
    name: str
    name_en: str | None
    type: str
    verified_at: datetime | None


@dataclass(frozen=True, slots=True)
class CardPicture:
    """The first picture. `variants`: width in pixels → storage key, as the files feature wrote them."""

    public_id: str
    width: int | None
    height: int | None
    caption: str
    variants: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CardRow:
    """One listing as lists show it. Money in minor units of `price_currency`; for a need it is the budget."""

    public_id: str
    slug: str
    kind: str
    state: str
    language: str
    title: str
    title_en: str | None
    benefit: str
    benefit_en: str | None
    summary: str
    summary_en: str | None
    external_id: str | None
    region: str | None
    country: str | None
    trl: int | None
    transfer_forms: tuple[str, ...]
    price_kind: str | None
    price_from: int | None
    price_to: int | None
    price_currency: str | None
    price_unit: str | None
    deadline: date | None
    visibility: str
    keywords: tuple[str, ...]
    details: dict[str, Any]
    source: str | None
    licence: str | None
    version: int
    published_at: datetime | None
    confirmed_at: datetime | None
    updated_at: datetime
    organisation: CardOrganisation | None
    picture: CardPicture | None
    classifications: tuple[tuple[str, str], ...] = field(default=())

    def text(self, name: str, locale: str) -> tuple[str, str]:
        """(text, language) of "title", "benefit" or "summary": the English beside it when asked for and there."""
        beside = getattr(self, f"{name}_en")
        if locale == "en" and beside:
            return beside, "en"
        return getattr(self, name), self.language


_COLUMNS = (
    "public_id",
    "slug",
    "kind",
    "state",
    "language",
    "title",
    "title_en",
    "benefit",
    "benefit_en",
    "summary",
    "summary_en",
    "region",
    "country",
    "trl",
    "price_kind",
    "price_from",
    "price_to",
    "price_currency",
    "price_unit",
    "deadline",
    "visibility",
    "details",
    "source",
    "licence",
    "version",
    "published_at",
    "confirmed_at",
    "updated_at",
)


def cards(session: Session, *, actor: Actor, public_ids: Sequence[str], classified: bool = False) -> dict[str, CardRow]:
    """The listings with these public ids that the actor may see, by public id. Two queries, three when `classified`.

    What the actor may not see (any more) is left out: search hits are looked up again here, since an index lags.
    """
    if not public_ids:
        return {}
    statement = (
        visible_to(actor)
        .where(Listing.public_id.in_(public_ids))
        .join(Organisation, Organisation.id == Listing.organisation_id)
        .add_columns(Organisation)
    )
    rows: list[tuple[Listing, Organisation]] = [(row[0], row[1]) for row in session.execute(statement)]
    ids = [listing.id for listing, _ in rows]
    pictures = {
        one.listing_id: CardPicture(one.public_id, one.width, one.height, one.caption, one.variants)
        for one in session.scalars(
            select(ListingFile)
            .where(
                and_(ListingFile.listing_id.in_(ids), ListingFile.kind == "picture", ListingFile.removed_at.is_(None))
            )
            .distinct(ListingFile.listing_id)
            .order_by(ListingFile.listing_id, ListingFile.position, ListingFile.id)
        )
    }
    codes: dict[Any, list[tuple[str, str]]] = {}
    if classified:
        for listing_id, scheme, code in session.execute(
            select(ListingClassification.listing_id, ListingClassification.scheme, ListingClassification.code)
            .where(ListingClassification.listing_id.in_(ids))
            .order_by(ListingClassification.listing_id, ListingClassification.position)
        ):
            codes.setdefault(listing_id, []).append((scheme, code))
    return {
        listing.public_id: _row(listing, organisation, actor, pictures.get(listing.id), codes.get(listing.id, []))
        for listing, organisation in rows
    }


def _row(
    listing: Listing,
    organisation: Organisation,
    actor: Actor,
    picture: CardPicture | None,
    codes: list[tuple[str, str]],
) -> CardRow:
    told = shows_organisation(actor, listing)
    return CardRow(
        **{name: getattr(listing, name) for name in _COLUMNS},
        # The id in somebody's own system could name its owner, so an anonymous need keeps it to itself.
        external_id=listing.external_id if told else None,
        transfer_forms=tuple(listing.transfer_forms),
        keywords=tuple(listing.keywords),
        organisation=CardOrganisation(
            public_id=organisation.public_id,
            slug=organisation.slug,
            name=organisation.name,
            name_en=organisation.name_en,
            type=organisation.type,
            verified_at=organisation.verified_at,
        )
        if told
        else None,
        picture=picture,
        classifications=tuple(codes),
    )


def in_order(found: dict[str, CardRow], public_ids: Sequence[str]) -> list[CardRow]:
    """The rows in the order of the ids, those that are not there left out."""
    return [found[one] for one in public_ids if one in found]
