"""Counting what is on the exchange. Public figures count only what anybody can see."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.features.listings.policies import publicly_visible
from app.models.cluster_heads import behind_others, is_head
from app.models.enquiries import QuoteRequest
from app.models.listings import KINDS, Listing
from app.models.organisations import Organisation


@dataclass(frozen=True, slots=True)
class Figures:
    """Public counts. `by_kind` has every kind; `open_needs` leaves out needs whose deadline has passed."""

    by_kind: dict[str, int]
    open_needs: int
    organisations: int
    verified_organisations: int
    requests: int

    @property
    def offers(self) -> int:
        return sum(count for kind, count in self.by_kind.items() if kind != "need")


def figures(session: Session, *, today: date) -> Figures:
    """The public figures, in one query."""
    # As lists count: of what is about one subject, one of each kind.
    visible = publicly_visible().where(Listing.id.not_in(behind_others())).subquery()
    is_open = or_(visible.c.deadline.is_(None), visible.c.deadline >= today)
    counts = [func.count().filter(visible.c.kind == kind) for kind in KINDS]
    row = session.execute(
        select(
            *counts,
            func.count().filter(visible.c.kind == "need", is_open),
            select(func.count()).select_from(Organisation).scalar_subquery(),
            select(func.count()).where(Organisation.verified_at.is_not(None)).scalar_subquery(),
            select(func.count()).select_from(QuoteRequest).scalar_subquery(),
        ).select_from(visible)
    ).one()
    return Figures(
        by_kind=dict(zip(KINDS, row[: len(KINDS)], strict=True)),
        open_needs=row[len(KINDS)],
        organisations=row[len(KINDS) + 1],
        verified_organisations=row[len(KINDS) + 2],
        requests=row[len(KINDS) + 3],
    )


def newest_ids(session: Session, *, kinds: tuple[str, ...], limit: int, today: date | None = None) -> list[str]:
    """Public ids of the newest visible listings of these kinds, one of each subject; `today` leaves out needs past
    their deadline."""
    statement = publicly_visible().where(Listing.kind.in_(kinds), is_head(kinds=kinds))
    statement = statement.with_only_columns(Listing.public_id)
    if today is not None:
        statement = statement.where(or_(Listing.deadline.is_(None), Listing.deadline >= today))
    return list(session.scalars(statement.order_by(Listing.published_at.desc(), Listing.id.desc()).limit(limit)))


@dataclass(frozen=True, slots=True)
class SitemapEntry:
    """One address of the sitemap."""

    public_id: str
    slug: str
    modified: str


SITEMAP_CHUNK = 10_000


def sitemap_chunks(session: Session) -> list[str]:
    """Where each chunk of the sitemap begins: the public id of its first listing, in the order of public ids."""
    numbered = (
        publicly_visible()
        .with_only_columns(Listing.public_id, func.row_number().over(order_by=Listing.public_id).label("place"))
        .subquery()
    )
    first_of_chunk = (numbered.c.place - 1) % SITEMAP_CHUNK == 0
    return list(session.scalars(select(numbered.c.public_id).where(first_of_chunk).order_by(numbered.c.place)))


def sitemap_entries(session: Session, *, start: str) -> list[SitemapEntry]:
    """The listings of the chunk that begins at `start`."""
    rows = session.execute(
        publicly_visible()
        .with_only_columns(Listing.public_id, Listing.slug, Listing.updated_at)
        .where(Listing.public_id >= start)
        .order_by(Listing.public_id)
        .limit(SITEMAP_CHUNK)
    )
    return [SitemapEntry(public_id, slug, at.date().isoformat()) for public_id, slug, at in rows]
