"""From kept matches to things to tell: what newly fits the needs and offers of an organisation somebody acts for."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from app.features.alerts.noticing import Noticed, keep, watching
from app.features.matching.queries import KeptMatch, new_matches
from app.i18n.formats import local_date
from app.identity import ANONYMOUS
from app.models import Listing, MatchReading, Subscription
from app.models.cluster_heads import is_shown
from app.models.clusters import ClusterMember

_PAGE: Final = 500


def notice_matches(session: Session, *, now: datetime) -> int:
    """Note what matches first seen since the last time give to tell; returns how many things.

    Both sides must be visible to anybody. Each pair is told once to each person, also when it left and came back.
    """
    reading = session.get(MatchReading, 1, with_for_update=True)
    watches: dict[UUID, list[Any]] = {}
    for watch in watching(session, Subscription.kind == "matches"):
        watches.setdefault(watch.organisation_id, []).append(watch)
    since = reading.until if reading is not None else now
    until, told, after = now, 0, ""
    while True:
        page = new_matches(
            session,
            actor=ANONYMOUS,
            organisation_ids=list(watches),
            since=since,
            now=now,
            today=local_date(now),
            after=after,
            limit=_PAGE,
        )
        told += keep(session, list(_noticed(page.items, _owners(session, page.items), watches)), now=now)
        until, after = page.until, page.next
        if not after:
            break
    session.execute(
        insert(MatchReading)
        .values(id=1, until=until)
        .on_conflict_do_update(index_elements=[MatchReading.id], set_={"until": until})
    )
    return told


def _owners(session: Session, matches: Sequence[KeptMatch]) -> dict[UUID, list[tuple[UUID, UUID]]]:
    """Listing → itself and all it stands for, each with whose it is."""
    ids = {side for one in matches for side in (one.mine, one.other)}
    owners: dict[UUID, list[tuple[UUID, UUID]]] = {one: [] for one in ids}
    if ids:
        me, mate = aliased(ClusterMember), aliased(ClusterMember)
        mates = (
            select(me.listing_id.label("head_id"), Listing.id, Listing.organisation_id)
            .select_from(me)
            .join(mate, mate.cluster_id == me.cluster_id)
            .join(Listing, Listing.id == mate.listing_id)
            .where(
                me.listing_id.in_(ids), me.separated_at.is_(None), mate.separated_at.is_(None), is_shown(),
                me.listing_id != mate.listing_id,
            )
        )  # fmt: skip
        themselves = select(Listing.id.label("head_id"), Listing.id, Listing.organisation_id).where(Listing.id.in_(ids))
        for row in session.execute(union_all(themselves, mates)):
            owners[row.head_id].append((row.id, row.organisation_id))
    return owners


def _noticed(
    matches: Sequence[KeptMatch],
    owners: Mapping[UUID, Sequence[tuple[UUID, UUID]]],
    watches: Mapping[UUID, Sequence[Any]],
) -> Iterator[Noticed]:
    """Both sides of a match, and whoever it stands for, may have people who want to hear of it; once each."""
    for match in matches:
        for head, other in ((match.mine, match.other), (match.other, match.mine)):
            told: set[UUID] = set()
            for mine, owner in owners[head]:
                for watch in watches.get(owner, ()):
                    if match.first_seen_at >= watch.created_at and watch.id not in told:
                        told.add(watch.id)
                        yield Noticed(watch, other, f"match:{match.id}", mine)
