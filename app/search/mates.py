"""Of a cluster one listing stands for all: whichever changes, all of them are looked at again."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.models.clusters import ClusterMember
from app.models.journal import JournalEntry


def with_mates(session: Session, listing_ids: Collection[UUID], entries: Sequence[JournalEntry] = ()) -> set[UUID]:
    """These listings, those that came into or left the clusters of these entries, and all that share one with any."""
    about = [entry for entry in entries if entry.entity == "cluster"]
    # Who left a cluster is named by the entry alone.
    named = set(listing_ids).union(UUID(one) for entry in about for one in entry.data.get("listings", ()))
    if not named and not about:
        return named
    mine = select(ClusterMember.cluster_id).where(ClusterMember.listing_id.in_(named))
    mates = select(ClusterMember.listing_id).where(
        or_(ClusterMember.cluster_id.in_({entry.entity_id for entry in about}), ClusterMember.cluster_id.in_(mine))
    )
    return named.union(session.scalars(mates))
