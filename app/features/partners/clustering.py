"""Clusters follow the numbers that listings share: read from the journal, a batch of listings at a time."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, insert, select, tuple_, update
from sqlalchemy.orm import Session

from app import clock, journal
from app.database import Database
from app.features.partners.identifiers import Identifier, identifiers_of
from app.identity import uuid7
from app.models.clusters import ClusterMember, ListingIdentifier
from app.models.journal import JournalEntry
from app.models.listings import PUBLIC_STATES, Listing
from app.models.taking import TakenRecord

CONSUMER: Final = "clusters"
# A fixed name for the advisory lock: clusters are changed by one at a time, the worker or an operator.
_CLUSTERING: Final = 7_414_033
# A number that more listings carry than this is a mistake of their source, and names no subject.
MOST_HOLDERS: Final = 50


def clusters_consumer(database: Database) -> int:
    """The worker's journal consumer: takes the next batch, returns how many entries it dealt with."""
    return journal.consume(database, consumer=CONSUMER, handler=_handle)


def _handle(session: Session, entries: Sequence[JournalEntry]) -> None:
    listings = {entry.entity_id for entry in entries if entry.entity == "listing"}
    if listings:
        lock_clusters(session)
        changed = _keep_identifiers(session, listings)
        if changed:
            arrange(session, changed, now=clock.now())


def lock_clusters(session: Session) -> None:
    """Be the only one who changes clusters until the transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(_CLUSTERING)))


def _keep_identifiers(session: Session, listing_ids: Collection[UUID]) -> set[UUID]:
    """Bring the identifiers of these listings to what they say now; those without public listing have none.

    Returns:
        the listings of which any identifier came or went.
    """
    rows = session.execute(
        select(Listing.id, Listing.kind, Listing.details, TakenRecord.envelope["identifiers"].label("given"))
        .outerjoin(TakenRecord, TakenRecord.listing_id == Listing.id)
        .where(Listing.id.in_(listing_ids), Listing.state.in_(PUBLIC_STATES), Listing.visibility == "public")
    )
    wanted = {
        (row.id, scheme, value)
        for row in rows
        for scheme, value in identifiers_of(row.kind, row.details, row.given if isinstance(row.given, list) else ())
    }
    key = (ListingIdentifier.listing_id, ListingIdentifier.scheme, ListingIdentifier.value)
    present = {(row[0], row[1], row[2]) for row in session.execute(select(*key).where(key[0].in_(listing_ids)))}
    lost, gained = present - wanted, wanted - present
    if lost:
        session.execute(delete(ListingIdentifier).where(tuple_(*key).in_(sorted(lost))))
    if gained:
        session.execute(
            insert(ListingIdentifier),
            [{"listing_id": one[0], "scheme": one[1], "value": one[2]} for one in sorted(gained)],
        )
    return {listing_id for listing_id, _scheme, _value in lost | gained}


def arrange(session: Session, listing_ids: Collection[UUID], *, now: datetime) -> None:
    """Put together what shares a number with these listings, and let go what no longer does.

    What a person joined stays joined; what a person holds apart stays apart. The caller holds the lock.
    """
    holders = _holders(session, listing_ids)
    members = _touched(session, holders | set(listing_ids))
    apart = {one for one, row in members.items() if row.separated_at is not None}
    affected = (set(members) | holders | set(listing_ids)) - apart
    groups = _groups(affected, _shared(session, affected), members)
    # Those with a person's word first: they keep the cluster that it was said of.
    groups.sort(key=lambda group: not any(_by_person(members.get(one)) for one in group))
    held_open = {members[one].cluster_id for one in apart}
    taken: set[UUID] = set()
    fresh: list[dict[str, object]] = []
    moved: dict[UUID, UUID] = {}
    gone: list[UUID] = []
    # Cluster → whose membership of it came or went: of a cluster that ended, nothing else tells who was in it.
    touched: dict[UUID, set[UUID]] = defaultdict(set)
    for group in groups:
        rows = [members[one] for one in group if one in members]
        said = [one for one in rows if _by_person(one)]
        if len(group) == 1 and not said and not held_open.intersection(one.cluster_id for one in rows):
            for one in rows:
                gone.append(one.listing_id)
                touched[one.cluster_id].add(one.listing_id)
            continue
        free = sorted({one.cluster_id for one in said or rows} - taken)
        target = free[0] if free else uuid7()
        taken.add(target)
        for listing_id in group:
            row = members.get(listing_id)
            if row is None:
                fresh.append(
                    {"listing_id": listing_id, "cluster_id": target, "joined_by": "identifier", "joined_at": now}
                )
                touched[target].add(listing_id)
            elif row.cluster_id != target:
                moved[listing_id] = target
                touched[row.cluster_id].add(listing_id)
                touched[target].add(listing_id)
    # What is held apart is told beside the cluster it was taken from, wherever that has gone.
    renamed = {members[one].cluster_id: target for one, target in moved.items()}
    moved |= {one: renamed[old] for one in apart if (old := members[one].cluster_id) in renamed and old not in taken}
    if gone:
        session.execute(delete(ClusterMember).where(ClusterMember.listing_id.in_(gone)))
    if moved:
        session.execute(update(ClusterMember), [{"listing_id": one, "cluster_id": to} for one, to in moved.items()])
    if fresh:
        session.execute(insert(ClusterMember), fresh)
    if touched:
        data = {one: {"listings": sorted(map(str, listings))} for one, listings in touched.items()}
        journal.append_many(
            session, entity="cluster", entity_ids=sorted(touched), action="arranged", at=now, data_of=data
        )


def _by_person(row: ClusterMember | None) -> bool:
    return row is not None and row.joined_by == "person"


def _holders(session: Session, listing_ids: Collection[UUID]) -> set[UUID]:
    """Who shares a number with these listings: of one that too many hold, only those it once put together."""
    number = (ListingIdentifier.scheme, ListingIdentifier.value)
    mine = select(*number).where(ListingIdentifier.listing_id.in_(listing_ids))
    good = select(*number).where(tuple_(*number).in_(mine)).group_by(*number).having(func.count() <= MOST_HOLDERS)
    holder = select(ListingIdentifier.listing_id)
    joined = holder.join(ClusterMember, ClusterMember.listing_id == ListingIdentifier.listing_id)
    both = holder.where(tuple_(*number).in_(good)).union(joined.where(tuple_(*number).in_(mine)))
    return set(session.scalars(both))


def _touched(session: Session, listing_ids: Collection[UUID]) -> dict[UUID, ClusterMember]:
    """All members of all clusters that these listings are in."""
    clusters = select(ClusterMember.cluster_id).where(ClusterMember.listing_id.in_(listing_ids))
    found = session.scalars(
        select(ClusterMember)
        .where(ClusterMember.cluster_id.in_(clusters))
        .order_by(ClusterMember.listing_id)
        .execution_options(populate_existing=True)
    )
    return {one.listing_id: one for one in found}


def _shared(session: Session, listing_ids: Collection[UUID]) -> list[tuple[UUID, Identifier]]:
    """Which of these listings hold which numbers, without numbers that too many hold."""
    number = (ListingIdentifier.scheme, ListingIdentifier.value)
    theirs = select(*number).where(ListingIdentifier.listing_id.in_(listing_ids))
    good = select(*number).where(tuple_(*number).in_(theirs)).group_by(*number).having(func.count() <= MOST_HOLDERS)
    rows = session.execute(
        select(ListingIdentifier.listing_id, *number).where(
            ListingIdentifier.listing_id.in_(listing_ids), tuple_(*number).in_(good)
        )
    )
    return [(row.listing_id, (row.scheme, row.value)) for row in rows]


def _groups(
    listing_ids: Collection[UUID], shared: Sequence[tuple[UUID, Identifier]], members: Mapping[UUID, ClusterMember]
) -> list[list[UUID]]:
    """The listings, in groups of what hangs together by numbers or by a person's word; each group in order of id."""
    above: dict[Hashable, Hashable] = {}

    def top(one: Hashable) -> Hashable:
        while (next_one := above.get(one, one)) != one:
            one = next_one
        return one

    links: list[tuple[UUID, Hashable]] = list(shared)
    links += [(one, members[one].cluster_id) for one in listing_ids if _by_person(members.get(one))]
    for one, tie in links:
        above[top(one)] = top(tie)
    groups: dict[Hashable, list[UUID]] = defaultdict(list)
    for one in sorted(listing_ids):
        groups[top(one)].append(one)
    return list(groups.values())
