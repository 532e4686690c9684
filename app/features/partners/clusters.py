"""What a person says about listings of one subject: join them, hold one apart, and take either back."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from app import journal
from app.errors import Conflict, NotFound
from app.features.moderation import audit
from app.features.partners.clustering import arrange, lock_clusters
from app.features.partners.policies import require_dealing
from app.i18n import N_
from app.identity import Actor, uuid7
from app.models.clusters import ClusterLook, ClusterMember, ClusterSuggestion
from app.models.listings import PUBLIC_STATES, Listing

_SELF: Final = N_("Đó chính là tin này.")
_OTHER_SIDE: Final = N_("Một bên là nhu cầu, một bên là tin chào: không thể cùng một đối tượng.")
_TOGETHER: Final = N_("Hai tin đã ở cùng một nhóm.")
_TWO_CLUSTERS: Final = N_("Hai tin đã ở hai nhóm khác nhau; hãy tách một tin ra trước.")
_NOT_IN: Final = N_("Tin này không ở trong nhóm nào.")
_NOT_APART: Final = N_("Tin này không bị tách.")


def join(session: Session, *, actor: Actor, public_id: str, other: str, now: datetime) -> UUID:
    """Say that two public listings are about the same; returns their cluster.

    Raises:
        Forbidden; NotFound: one of them is not there for everybody; Conflict: the same listing, a need and an offer,
        already together, or each in a cluster of its own.
    """
    require_dealing(actor)
    one, two = _pair(session, public_id, other)
    if (one.kind == "need") != (two.kind == "need"):
        raise Conflict(_OTHER_SIDE)
    lock_clusters(session)
    rows = _members(session, [one.id, two.id])
    clusters = {row.cluster_id for row in rows.values() if row.separated_at is None}
    if len(clusters) == 2:
        raise Conflict(_TWO_CLUSTERS)
    if len(clusters) == 1 and len([row for row in rows.values() if row.separated_at is None]) == 2:
        raise Conflict(_TOGETHER)
    cluster_id = next(iter(clusters), None) or uuid7()
    for listing_id in (one.id, two.id):
        row = rows.get(listing_id)
        if row is None:
            row = ClusterMember(listing_id=listing_id)
            session.add(row)
        row.cluster_id, row.joined_by = cluster_id, "person"
        row.joined_at, row.joined_by_id = now, actor.person_id
        row.separated_at = row.separated_by_id = None
    session.flush()
    # Those that share a number with either come along.
    arrange(session, [one.id, two.id], now=now)
    _settle(session, one.id, two.id, state="joined", actor=actor, now=now)
    facts = {"other": two.public_id}
    _note(session, actor, "join", listing_id=one.id, cluster_id=cluster_id, now=now, facts=facts)
    return cluster_id


def separate(session: Session, *, actor: Actor, public_id: str, now: datetime) -> None:
    """Hold a listing apart from its cluster, whatever numbers it shares.

    Raises:
        Forbidden, NotFound; Conflict: it is in no cluster.
    """
    listing = _find(session, actor, public_id)
    lock_clusters(session)
    row = _members(session, [listing.id]).get(listing.id)
    if row is None or row.separated_at is not None:
        raise Conflict(_NOT_IN)
    row.separated_at, row.separated_by_id = now, actor.person_id
    _note(session, actor, "separate", listing_id=listing.id, cluster_id=row.cluster_id, now=now)
    session.flush()
    # Others may have hung together by this one alone.
    mates = session.scalars(
        select(ClusterMember.listing_id).where(
            ClusterMember.cluster_id == row.cluster_id, ClusterMember.listing_id != listing.id
        )
    ).all()
    arrange(session, mates, now=now)


def restore(session: Session, *, actor: Actor, public_id: str, now: datetime) -> None:
    """Take a separation back: a person's joining holds again; by number, it joins whoever shares one now.

    Raises:
        Forbidden, NotFound; Conflict: it is not held apart.
    """
    listing = _find(session, actor, public_id)
    lock_clusters(session)
    row = _members(session, [listing.id]).get(listing.id)
    if row is None or row.separated_at is None:
        raise Conflict(_NOT_APART)
    _note(session, actor, "restore", listing_id=listing.id, cluster_id=row.cluster_id, now=now)
    if row.joined_by == "person":
        row.separated_at = row.separated_by_id = None
        session.flush()
    else:
        session.execute(delete(ClusterMember).where(ClusterMember.listing_id == listing.id))
    arrange(session, [listing.id], now=now)


def suggest(session: Session, *, actor: Actor, alike: Mapping[UUID, Sequence[tuple[str, int]]], now: datetime) -> int:
    """Keep what reads like listings for a person to judge, and that they were looked at.

    Args:
        alike: by listing, public ids with scores of 0 to 100, from the search engine. Those of its own cluster are left
            out, and so are pairs of one exchange: keeping its own records apart is that exchange's business.

    Returns:
        how many pairs were not known before.

    Raises:
        Forbidden: neither an operator nor the worker.
    """
    if not actor.is_system:
        require_dealing(actor)
    if not alike:
        return 0
    names = {public_id for found in alike.values() for public_id, _score in found}
    listings = session.execute(
        select(Listing.id, Listing.public_id, Listing.authority, ClusterMember.cluster_id)
        .outerjoin(ClusterMember, and_(ClusterMember.listing_id == Listing.id, ClusterMember.separated_at.is_(None)))
        .where(or_(Listing.id.in_(alike), Listing.public_id.in_(names)))
    ).all()
    by_id = {row.id: row for row in listings}
    by_name = {row.public_id: row for row in listings}
    rows: dict[tuple[UUID, UUID], dict[str, Any]] = {}
    for listing_id, found in alike.items():
        me = by_id.get(listing_id)
        for public_id, score in found:
            it = by_name.get(public_id)
            if me is None or it is None or it.authority == me.authority:
                continue
            if it.cluster_id is not None and it.cluster_id == me.cluster_id:
                continue
            pair = (min(me.id, it.id), max(me.id, it.id))
            rows[pair] = {"listing_id": pair[0], "other_id": pair[1], "score": score, "state": "open", "found_at": now}
    looked = [{"listing_id": one, "at": now} for one in alike if one in by_id]
    if looked:
        session.execute(pg_insert(ClusterLook).on_conflict_do_nothing(), looked)
    if not rows:
        return 0
    made = pg_insert(ClusterSuggestion).on_conflict_do_nothing().returning(ClusterSuggestion.listing_id)
    return len(session.execute(made, list(rows.values())).all())


def dismiss(session: Session, *, actor: Actor, public_id: str, other: str, now: datetime) -> None:
    """Say that two listings that read alike are not about the same. Raises Forbidden, NotFound."""
    _judge(session, actor, public_id, other, state="dismissed", now=now)


def reopen(session: Session, *, actor: Actor, public_id: str, other: str, now: datetime) -> None:
    """Take that back. Raises Forbidden, NotFound."""
    _judge(session, actor, public_id, other, state="open", now=now)


def _judge(session: Session, actor: Actor, public_id: str, other: str, *, state: str, now: datetime) -> None:
    require_dealing(actor)
    one, two = _pair(session, public_id, other)
    if not _settle(session, one.id, two.id, state=state, actor=actor, now=now):
        raise NotFound
    action = "dismiss" if state == "dismissed" else "reopen"
    _note(session, actor, action, listing_id=one.id, cluster_id=None, now=now, facts={"other": two.public_id})


def _settle(session: Session, one: UUID, two: UUID, *, state: str, actor: Actor, now: datetime) -> bool:
    done = None if state == "open" else now
    changed = session.execute(
        update(ClusterSuggestion)
        .where(ClusterSuggestion.listing_id == min(one, two), ClusterSuggestion.other_id == max(one, two))
        .values(state=state, ended_at=done, ended_by_id=actor.person_id if done else None)
        .returning(ClusterSuggestion.listing_id)
    ).all()
    return bool(changed)


def _find(session: Session, actor: Actor, public_id: str) -> Listing:
    require_dealing(actor)
    found = session.scalars(select(Listing).where(Listing.public_id == public_id)).one_or_none()
    if found is None:
        raise NotFound
    return found


def _pair(session: Session, public_id: str, other: str) -> tuple[Listing, Listing]:
    if public_id == other:
        raise Conflict(_SELF)
    found = {
        one.public_id: one
        for one in session.scalars(
            select(Listing).where(
                Listing.public_id.in_([public_id, other]),
                Listing.state.in_(PUBLIC_STATES),
                Listing.visibility == "public",
            )
        )
    }
    if len(found) < 2:
        raise NotFound
    return found[public_id], found[other]


def _members(session: Session, listing_ids: Sequence[UUID]) -> dict[UUID, ClusterMember]:
    rows = session.scalars(
        select(ClusterMember).where(ClusterMember.listing_id.in_(listing_ids)).execution_options(populate_existing=True)
    )
    return {one.listing_id: one for one in rows}


def _note(
    session: Session,
    actor: Actor,
    action: str,
    *,
    listing_id: UUID,
    cluster_id: UUID | None,
    now: datetime,
    facts: dict[str, Any] | None = None,
) -> None:
    said = dict(facts or {})
    if cluster_id is not None:
        journal.append(
            session,
            entity="cluster",
            entity_id=cluster_id,
            action=action,
            actor_id=actor.person_id,
            at=now,
            data={"listings": [str(listing_id)]},
        )
        said["cluster"] = str(cluster_id)
    audit.record(
        session, actor=actor, action=f"cluster.{action}", entity="listing", entity_id=listing_id, now=now, data=said
    )
