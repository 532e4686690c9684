"""Where a listing comes from that another exchange owns: for its page, which anybody may read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from app.features.partners.terms import in_force
from app.models.listings import PUBLIC_STATES, Listing
from app.models.partners import Partner
from app.models.taking import TakenRecord, TakingProgress


@dataclass(frozen=True, slots=True)
class Origin:
    """The exchange that owns a listing.

    Attributes:
        name: of the partner it came from; `authority` is that of its owner, which may be another.
        landing: its page there; "" where none is known.
        seen_at: when it was last known to be as shown: its last change, or the last good run after that.
        silent: whether its source has stopped answering.
        carries: whether quote requests about it can be asked here and are carried there.
    """

    name: str
    authority: str
    landing: str
    seen_at: datetime
    silent: bool
    carries: bool


@dataclass(frozen=True, slots=True)
class PublicPartner:
    """A partner as anybody may see it: whether we take from it, and how many of its records are shown."""

    name: str
    authority: str
    gives: bool
    listings: int


def carries_requests(owner: type[Partner], *, now: datetime) -> ColumnElement[bool]:
    """Whether our buyers' requests are carried to this partner: agreed, in force, live, and a Techmart."""
    return and_(
        owner.enquiries_out,
        owner.state == "live",
        owner.protocol.in_(("techmart", "changes")),
        owner.address != "",
        in_force(now=now, of=owner),
    )


def origin_of(session: Session, *, listing_id: UUID, now: datetime) -> Origin | None:
    """Where a listing comes from; None for one of our own. One query."""
    owner = aliased(Partner)
    carries = exists().where(owner.authority == TakenRecord.authority, carries_requests(owner, now=now))
    row = session.execute(
        select(TakenRecord, Partner.name, Partner.authority, TakingProgress.last_ok_at, carries)
        .join(Partner, Partner.id == TakenRecord.partner_id)
        .outerjoin(TakingProgress, TakingProgress.partner_id == Partner.id)
        .where(TakenRecord.listing_id == listing_id)
    ).one_or_none()
    if row is None:
        return None
    record, name, authority, last_ok_at, carried = row
    return Origin(
        name=name if record.authority == authority else record.authority,
        authority=record.authority,
        landing=record.landing,
        seen_at=max(record.changed_at, last_ok_at) if last_ok_at is not None else record.changed_at,
        silent=record.stale_since is not None,
        carries=carried and not record.deleted,
    )


def is_named_elsewhere(listing: Listing) -> bool:
    """Whether the listing has its name from elsewhere, as all of other exchanges have. Our own are named by their
    public id, but for some that were imported.
    """
    return listing.local_id != listing.public_id


def is_foreign(session: Session, *, listing: Listing) -> bool:
    """Whether another exchange owns the listing. Where its name says that it is ours, nothing is asked."""
    if not is_named_elsewhere(listing):
        return False
    return bool(session.scalar(select(exists().where(TakenRecord.listing_id == listing.id))))


def public_partners(session: Session) -> Sequence[PublicPartner]:
    """The partners that are live, by name."""
    counted = (
        select(TakenRecord.partner_id, func.count().label("listings"))
        .join(Listing, Listing.id == TakenRecord.listing_id)
        .where(Listing.state.in_(PUBLIC_STATES), ~TakenRecord.deleted)
        .group_by(TakenRecord.partner_id)
        .subquery()
    )
    rows = session.execute(
        select(Partner.name, Partner.authority, Partner.direction != "give", func.coalesce(counted.c.listings, 0))
        .outerjoin(counted, counted.c.partner_id == Partner.id)
        .where(Partner.state == "live")
        .order_by(Partner.name, Partner.id)
        .limit(500)
    )
    return [PublicPartner(*row) for row in rows]
