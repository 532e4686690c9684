"""Which listing stands for its cluster where a subject is shown once (docs/adr/0025), as conditions and orders of SQL.

Our own stand before those of other exchanges; what its owner let grow stale behind the rest; then those of verified
organisations before others; then the eldest. No instant decides, or heads would change places with every look at a
partner. Only what everybody may see, with whose it is, takes part.
"""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ColumnElement, Label, Select, and_, exists, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.models.clusters import ClusterMember
from app.models.listings import PUBLIC_STATES, Listing
from app.models.organisations import Organisation
from app.models.taking import TakenRecord


def is_shown(listing: Any = Listing) -> ColumnElement[bool]:
    """Whether a listing may take part in a cluster: everybody sees it, and whose it is."""
    return and_(listing.state.in_(PUBLIC_STATES), listing.visibility == "public")


def place_of(listing: Any = Listing) -> tuple[ColumnElement[Any], ...]:
    """What a cluster is put in order by; the least stands for it. `listing` is an entity of the statement around."""
    verified = exists().where(Organisation.id == listing.organisation_id, Organisation.verified_at.is_not(None))
    return (
        exists().where(TakenRecord.listing_id == listing.id).correlate_except(TakenRecord),
        # Falling due and being confirmed again comes and goes.
        listing.state == "stale",
        ~verified.correlate_except(Organisation),
        listing.id,
    )


@cache
def is_head(*, kinds: tuple[str, ...] = ()) -> ColumnElement[bool]:
    """Whether a listing of the statement stands for its cluster; one without cluster does. For some listings of many:
    each is looked up.

    Args:
        kinds: for the members of these kinds alone.
    """
    me, mate, other = aliased(ClusterMember), aliased(ClusterMember), aliased(Listing)
    better = (
        select(mate.listing_id)
        .select_from(me)
        .join(mate, mate.cluster_id == me.cluster_id)
        .join(other, other.id == mate.listing_id)
        .where(
            me.listing_id == Listing.id,
            me.separated_at.is_(None),
            mate.separated_at.is_(None),
            mate.listing_id != Listing.id,
            is_shown(other),
            tuple_(*place_of(other)) < tuple_(*place_of(Listing)),
        )
    )
    if kinds:
        better = better.where(other.kind.in_(kinds))
    return ~and_(Listing.visibility == "public", better.correlate(Listing).exists())


@cache
def behind_others() -> Select[UUID]:
    """The ids of listings for which another of their cluster and kind stands. For all listings at once: read once."""
    me, mate = aliased(ClusterMember), aliased(ClusterMember)
    mine, other = aliased(Listing), aliased(Listing)
    return (
        select(mine.id)
        .select_from(me)
        .join(mine, mine.id == me.listing_id)
        .join(mate, mate.cluster_id == me.cluster_id)
        .join(other, other.id == mate.listing_id)
        .where(
            me.separated_at.is_(None),
            mate.separated_at.is_(None),
            is_shown(mine),
            is_shown(other),
            other.kind == mine.kind,
            tuple_(*place_of(other)) < tuple_(*place_of(mine)),
        )
    )


def stands_for(listing_id: UUID | InstrumentedAttribute[UUID]) -> ColumnElement[UUID]:
    """The id of what stands for a listing: another of its cluster, or itself. One index look-up without cluster."""
    me, mate = aliased(ClusterMember), aliased(ClusterMember)
    mine, other = aliased(Listing), aliased(Listing)
    head = (
        select(other.id)
        .select_from(me)
        .join(mine, mine.id == me.listing_id)
        .join(mate, mate.cluster_id == me.cluster_id)
        .join(other, other.id == mate.listing_id)
        .where(
            me.listing_id == listing_id,
            me.separated_at.is_(None),
            mate.separated_at.is_(None),
            is_shown(mine),
            is_shown(other),
        )
        .order_by(*place_of(other))
        .limit(1)
    )
    given = literal(listing_id) if isinstance(listing_id, UUID) else listing_id
    return func.coalesce(head.scalar_subquery(), given)


def mates_beside() -> Label[Any]:
    """A column beside a listing: the others of its cluster, in order, as the fields of a MateLine; None without any."""
    me, mate = aliased(ClusterMember), aliased(ClusterMember)
    other, whose = aliased(Listing), aliased(Organisation)
    rows = func.json_build_array(
        other.public_id, other.slug, other.title, other.title_en, other.language, other.authority, whose.name,
        whose.name_en, type_=JSON,
    )  # fmt: skip
    return (
        select(func.json_agg(aggregate_order_by(rows, *place_of(other)), type_=JSON))
        .select_from(me)
        .join(mate, mate.cluster_id == me.cluster_id)
        .join(other, other.id == mate.listing_id)
        .join(whose, whose.id == other.organisation_id)
        .where(
            me.listing_id == Listing.id,
            me.separated_at.is_(None),
            mate.separated_at.is_(None),
            mate.listing_id != Listing.id,
            is_shown(other),
            Listing.visibility == "public",
        )
        .correlate(Listing)
        .scalar_subquery()
        .label("mates")
    )
