"""Reading clusters and suggestions: what operators look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from app.errors import NotFound
from app.features.partners.policies import require_dealing
from app.identity import Actor
from app.models.cluster_heads import is_shown
from app.models.clusters import ClusterLook, ClusterMember, ClusterSuggestion, ListingIdentifier
from app.models.listings import Listing
from app.models.organisations import Organisation
from app.models.taking import TakenRecord

_MOST_SHOWN: Final = 50
PER_PAGE: Final = 20


@dataclass(frozen=True, slots=True)
class Beside:
    """A listing of a cluster, or of a pair.

    Attributes:
        shown: whether everybody may see it now.
        separated_at: since when a person holds it apart.
    """

    id: UUID
    public_id: str
    slug: str
    title: str
    title_en: str | None
    authority: str
    organisation: str
    shown: bool
    cluster_id: UUID | None = None
    joined_by: str = ""
    separated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two listings that read alike."""

    one: Beside
    other: Beside
    score: int
    state: str


@dataclass(frozen=True, slots=True)
class ClusterPage:
    """A stretch of the clusters, the newest first; `next` is what to go on from, "" at the end."""

    items: Sequence[Sequence[Beside]]
    next: str


@dataclass(frozen=True, slots=True)
class PairPage:
    """A stretch of the suggestions, what is most alike first."""

    items: Sequence[Pair]
    next: str


@dataclass(frozen=True, slots=True)
class Subject:
    """All about one listing's cluster; `members` without the listing itself."""

    listing: Beside
    numbers: Sequence[tuple[str, str]]
    members: Sequence[Beside]
    pairs: Sequence[Pair]


def list_clusters(session: Session, *, actor: Actor, after: str = "", limit: int = PER_PAGE) -> ClusterPage:
    """Clusters of two members or more, those held apart counted. Raises Forbidden."""
    require_dealing(actor)
    asked = select(ClusterMember.cluster_id).group_by(ClusterMember.cluster_id).having(func.count() > 1)
    if place := _uuid(after):
        asked = asked.where(ClusterMember.cluster_id < place)
    ids = session.scalars(asked.order_by(ClusterMember.cluster_id.desc()).limit(limit + 1)).all()
    rows = session.execute(
        _beside()
        .join(ClusterMember, ClusterMember.listing_id == Listing.id)
        .where(ClusterMember.cluster_id.in_(ids[:limit]))
        .order_by(ClusterMember.cluster_id.desc(), ClusterMember.joined_at, Listing.id)
    )
    groups: dict[UUID, list[Beside]] = {one: [] for one in ids[:limit]}
    for row in rows:
        one = Beside(*row)
        if one.cluster_id is not None:
            groups[one.cluster_id].append(one)
    return ClusterPage(list(groups.values()), str(ids[limit - 1]) if len(ids) > limit else "")


def list_suggestions(
    session: Session, *, actor: Actor, state: str = "open", after: str = "", limit: int = PER_PAGE
) -> PairPage:
    """Pairs that wait for a judgement (or were dismissed), both of them still shown. Raises Forbidden."""
    require_dealing(actor)
    order = (ClusterSuggestion.score, ClusterSuggestion.listing_id, ClusterSuggestion.other_id)
    asked = [ClusterSuggestion.state == state]
    place = after.split(".")
    if len(place) == 3 and place[0].isdecimal() and (one := _uuid(place[1])) and (two := _uuid(place[2])):
        asked.append(tuple_(*order) < tuple_(int(place[0]), one, two))
    rows = _pairs(session, asked, limit=limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    return PairPage(rows[:limit], f"{last.score}.{last.one.id}.{last.other.id}" if last else "")


def not_looked_at(session: Session, *, limit: int) -> dict[str, UUID]:
    """Public offers of other exchanges of which nobody has asked yet what reads like them, the newest first:
    ids by public id."""
    rows = session.execute(
        select(Listing.public_id, Listing.id)
        .join(TakenRecord, TakenRecord.listing_id == Listing.id)
        .outerjoin(ClusterLook, ClusterLook.listing_id == Listing.id)
        .where(ClusterLook.listing_id.is_(None), ~TakenRecord.deleted, Listing.kind != "need", is_shown(Listing))
        .order_by(TakenRecord.id.desc())
        .limit(limit)
    )
    return {row.public_id: row.id for row in rows}


def subject_of(session: Session, *, actor: Actor, public_id: str) -> Subject:
    """A listing with its numbers, its cluster and what reads like it. Raises Forbidden, NotFound."""
    require_dealing(actor)
    row = session.execute(
        _beside().outerjoin(ClusterMember, ClusterMember.listing_id == Listing.id).where(Listing.public_id == public_id)
    ).one_or_none()
    if row is None:
        raise NotFound
    me = Beside(*row)
    numbers = session.execute(
        select(ListingIdentifier.scheme, ListingIdentifier.value)
        .where(ListingIdentifier.listing_id == me.id)
        .order_by(ListingIdentifier.scheme, ListingIdentifier.value)
        .limit(_MOST_SHOWN)
    ).all()
    members = session.execute(
        _beside()
        .join(ClusterMember, ClusterMember.listing_id == Listing.id)
        .where(ClusterMember.cluster_id == me.cluster_id, Listing.id != me.id)
        .order_by(ClusterMember.joined_at, Listing.id)
        .limit(_MOST_SHOWN)
    )
    mine = or_(ClusterSuggestion.listing_id == me.id, ClusterSuggestion.other_id == me.id)
    pairs = _pairs(session, [mine, ClusterSuggestion.state != "joined"], limit=_MOST_SHOWN)
    return Subject(me, [(one[0], one[1]) for one in numbers], [Beside(*one) for one in members], pairs)


def _columns(listing: Any, organisation: Any) -> tuple[Any, ...]:
    """The first columns of Beside."""
    return (
        listing.id,
        listing.public_id,
        listing.slug,
        listing.title,
        listing.title_en,
        listing.authority,
        organisation.name,
        is_shown(listing),
    )


def _beside() -> Select[Any]:
    """Rows of Beside; the caller joins ClusterMember."""
    member = (ClusterMember.cluster_id, ClusterMember.joined_by, ClusterMember.separated_at)
    return (
        select(*_columns(Listing, Organisation), *member)
        .select_from(Listing)
        .join(Organisation, Organisation.id == Listing.organisation_id)
    )


def _pairs(session: Session, asked: Sequence[ColumnElement[bool]], *, limit: int) -> list[Pair]:
    one, other = aliased(Listing), aliased(Listing)
    its, theirs = aliased(Organisation), aliased(Organisation)
    rows = session.execute(
        select(ClusterSuggestion.score, ClusterSuggestion.state, *_columns(one, its), *_columns(other, theirs))
        .join(one, one.id == ClusterSuggestion.listing_id)
        .join(its, its.id == one.organisation_id)
        .join(other, other.id == ClusterSuggestion.other_id)
        .join(theirs, theirs.id == other.organisation_id)
        .where(*asked, is_shown(one), is_shown(other))
        .order_by(
            ClusterSuggestion.score.desc(), ClusterSuggestion.listing_id.desc(), ClusterSuggestion.other_id.desc()
        )
        .limit(limit)
    )
    return [Pair(Beside(*row[2:10]), Beside(*row[10:18]), row.score, row.state) for row in rows]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
