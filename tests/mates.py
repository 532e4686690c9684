"""Clusters for tests, made straight as rows."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from app import journal
from app.features.partners.commands import register_partner
from app.identity import SYSTEM, uuid7
from app.models import Listing
from app.models.clusters import ClusterMember
from app.models.partners import Partner
from app.models.taking import TakenRecord
from tests.factories import NOW
from tests.features.partners.given import agreement


def together(session: Session, *listings: Listing) -> UUID:
    """These listings in one cluster, as if they shared a number."""
    cluster_id = uuid7()
    for one in listings:
        session.add(ClusterMember(listing_id=one.id, cluster_id=cluster_id, joined_by="identifier", joined_at=NOW))
    journal.append(session, entity="cluster", entity_id=cluster_id, action="arranged", data=_named(listings))
    return cluster_id


def apart(session: Session, listing: Listing, *, again: bool = False) -> None:
    """Hold a listing apart from its cluster, or (`again`) take that back."""
    row = session.get_one(ClusterMember, listing.id)
    row.separated_at = None if again else NOW
    journal.append(session, entity="cluster", entity_id=row.cluster_id, action="separate", data=_named([listing]))


def partner(session: Session) -> Partner:
    """Another exchange, that we take from."""
    given = agreement(starts_on=date(2020, 1, 1), ends_on=None)
    return register_partner(session, actor=SYSTEM, data=given, own_authority="techmart.test", now=NOW)


def taken(session: Session, listing: Listing, *, of: Partner) -> None:
    """Make a listing one that was taken from a partner."""
    listing.authority, listing.source = of.authority, of.name
    session.add(
        TakenRecord(
            authority=of.authority, local_id=listing.local_id, partner_id=of.id, source_id=listing.local_id,
            listing_id=listing.id, kind=listing.kind, version=1, digest="0" * 64, via=[], envelope={}, landing="",
            deleted=False, taken_at=NOW, changed_at=NOW,
        )
    )  # fmt: skip
    journal.append(session, entity="listing", entity_id=listing.id, action="taken")


def _named(listings: Sequence[Listing]) -> dict[str, list[str]]:
    return {"listings": [str(one.id) for one in listings]}
