"""From the journal to things to tell: which subscriptions does a change of listings concern?

A listing is new to a search, a field or an organisation's follower when it appeared on the exchange after they began
to follow, and it is told to each of them once, whenever it first fits. It is no news to a search that finds another one
about the same subject, which appeared before. A followed listing is told of at each change.
Nothing is decided here about letters but when one may go out.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from app import clock
from app.database import Database
from app.features.alerts.policies import is_watching
from app.features.alerts.timing import USUAL, Hours
from app.identity import uuid7
from app.journal import consume
from app.models import Alert, AlertSettings, Membership, Person, Subscription
from app.models.cluster_heads import is_shown
from app.models.clusters import ClusterMember
from app.models.journal import JournalEntry
from app.models.listings import PUBLIC_STATES, Listing

CONSUMER: Final = "alerts"
# Changes that alter nothing a follower could see.
_UNSEEN: Final = frozenset(
    {
        "confidential_changed",
        "checked",
        "confirm",
        "fall_due",
        "demote",
        "submit",
        "recall",
        "created",
        "return",
        "lose_sight",
    }
)
_CLOSING: Final = frozenset({"withdraw", "archive", "suspend", "transfer"})
_OPENING: Final = frozenset({"publish", "reinstate", "reappear"})
_INSERTED_AT_ONCE: Final = 2_000
# A field that thousands follow and an import of tens of thousands must not multiply: what is beyond this is found by
# the search that the letter leads to.
MOST_A_DAY: Final = 200


class PublicListings(Protocol):
    """Some listings as anybody sees them; those nobody may see are not among them."""

    @property
    def named(self) -> Collection[UUID]:
        """Those that name their organisation."""

    def __contains__(self, listing_id: object) -> bool: ...
    def __len__(self) -> int: ...
    def answering(self, criteria: str) -> Collection[UUID]:
        """Which of them answer a saved search, given as the query of the results page."""


# Reads listings as they are now, in a fixed number of queries. Given at start, since search is nobody's feature.
ListingReader = Callable[[Session, Sequence[UUID]], PublicListings]


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something to tell: the row of the subscription, the listing, the occasion; for a match one's own listing."""

    watch: Any
    listing_id: UUID
    occasion: str
    for_listing_id: UUID | None = None


def alerts_consumer(reader: ListingReader) -> Callable[[Database], int]:
    """The worker's journal consumer: takes the next batch of entries, returns how many it dealt with."""

    def take_next(database: Database) -> int:
        def handler(session: Session, entries: Sequence[JournalEntry]) -> None:
            notice(session, entries, reader=reader, now=clock.now())

        return consume(database, consumer=CONSUMER, handler=handler)

    return take_next


def notice(session: Session, entries: Sequence[JournalEntry], *, reader: ListingReader, now: datetime) -> int:
    """Note what these entries give to tell; returns how many things. The same entries again give nothing.

    The number of queries is fixed, however many subscriptions there are; more where listings are in clusters.
    """
    since = session.scalar(select(func.min(Subscription.created_at)).where(Subscription.deleted_at.is_(None)))
    actions: dict[UUID, list[JournalEntry]] = {}
    for entry in entries:
        # What happened before anybody followed anything concerns nobody: a new reader passes over old entries quickly.
        if since is not None and entry.at >= since and entry.entity == "listing" and entry.action not in _UNSEEN:
            actions.setdefault(entry.entity_id, []).append(entry)
    if not actions:
        return 0
    ids = list(actions)
    public = reader(session, ids)
    listings = {
        row.id: row
        for row in session.execute(
            select(
                Listing.id,
                Listing.organisation_id,
                Listing.state,
                Listing.version,
                Listing.created_at,
                Listing.published_at,
            ).where(Listing.id.in_(ids))
        )
    }
    elder = _elder(session, listings) if len(public) else {}
    beside = reader(session, sorted(set().union(*elder.values()))) if elder else None
    noticed = [*_searches(session, public, listings, elder, beside), *_organisations(session, public, listings)]
    noticed += _followed(session, public, listings, actions)
    return keep(session, _not_ones_own(session, noticed, listings), now=now)


def watching(session: Session, *where: ColumnElement[bool]) -> Sequence[Any]:
    """Subscriptions to be looked after, each with what decides when its person may be told."""
    return session.execute(
        select(
            Subscription.id,
            Subscription.person_id,
            Subscription.criteria,
            Subscription.listing_id,
            Subscription.organisation_id,
            Subscription.rhythm,
            Subscription.created_at,
            AlertSettings.quiet_from,
            AlertSettings.quiet_to,
            AlertSettings.digest_hour,
            AlertSettings.digest_day,
        )
        .join(Person, Person.id == Subscription.person_id)
        .outerjoin(AlertSettings, AlertSettings.person_id == Subscription.person_id)
        .where(is_watching(), *where)
    ).all()


def _appeared(row: Any) -> datetime:
    """When the public could first see it: an import keeps the date of another house, which may be years back."""
    appeared: datetime = max(row.created_at, row.published_at or row.created_at)
    return appeared


def _elder(session: Session, listings: Mapping[UUID, Any]) -> dict[UUID, set[UUID]]:
    """Of the listings that others of their cluster came before: those others."""
    me, mate = aliased(ClusterMember), aliased(ClusterMember)
    rows = session.execute(
        select(me.listing_id.label("mine"), Listing.id, Listing.created_at, Listing.published_at)
        .select_from(me)
        .join(mate, mate.cluster_id == me.cluster_id)
        .join(Listing, Listing.id == mate.listing_id)
        .where(
            me.listing_id.in_(listings), mate.listing_id != me.listing_id, is_shown(),
            me.separated_at.is_(None), mate.separated_at.is_(None),
        )
    )  # fmt: skip
    found: dict[UUID, set[UUID]] = {}
    for row in rows:
        if (_appeared(row), row.id) < (_appeared(listings[row.mine]), row.mine):
            found.setdefault(row.mine, set()).add(row.id)
    return found


def _searches(
    session: Session,
    public: PublicListings,
    listings: Mapping[UUID, Any],
    elder: Mapping[UUID, Collection[UUID]],
    beside: PublicListings | None,
) -> Iterable[Noticed]:
    if not len(public):
        return
    newest = max(_appeared(row) for row in listings.values() if row.id in public)
    watches = watching(session, Subscription.kind.in_(("search", "field")), Subscription.created_at <= newest)
    answers: dict[str, Collection[UUID]] = {}
    for watch in watches:
        if watch.criteria not in answers:
            answers[watch.criteria] = public.answering(watch.criteria)
            if beside is not None:
                known = set(beside.answering(watch.criteria))
                answers[watch.criteria] = [
                    one for one in answers[watch.criteria] if known.isdisjoint(elder.get(one, ()))
                ]
        for listing_id in answers[watch.criteria]:
            if _appeared(listings[listing_id]) >= watch.created_at:
                yield Noticed(watch, listing_id, "new")


def _organisations(session: Session, public: PublicListings, listings: Mapping[UUID, Any]) -> Iterable[Noticed]:
    of: dict[UUID, list[Any]] = {}
    for listing_id in public.named:
        of.setdefault(listings[listing_id].organisation_id, []).append(listings[listing_id])
    if not of:
        return
    watches = watching(session, Subscription.kind == "organisation", Subscription.organisation_id.in_(of))
    for watch in watches:
        for row in of[watch.organisation_id]:
            if _appeared(row) >= watch.created_at:
                yield Noticed(watch, row.id, "new")


def _followed(
    session: Session,
    public: PublicListings,
    listings: Mapping[UUID, Any],
    actions: Mapping[UUID, Sequence[JournalEntry]],
) -> Iterable[Noticed]:
    for watch in watching(session, Subscription.kind == "listing", Subscription.listing_id.in_(list(actions))):
        row = listings[watch.listing_id]
        done = {entry.action for entry in actions[watch.listing_id] if entry.at > watch.created_at}
        if not done:
            continue
        if row.id in public:
            word = "back" if done & _OPENING else "changed"
        elif done & _CLOSING and row.state not in PUBLIC_STATES:
            word = "closed"
        else:
            continue
        yield Noticed(watch, row.id, f"{word}:{row.version}")


def _not_ones_own(session: Session, noticed: Sequence[Noticed], listings: Mapping[UUID, Any]) -> list[Noticed]:
    """Without what people themselves put on the exchange."""
    if not noticed:
        return []
    organisations = {listings[one.listing_id].organisation_id for one in noticed}
    seats = set(
        session.execute(
            select(Membership.person_id, Membership.organisation_id).where(
                Membership.organisation_id.in_(organisations)
            )
        ).all()
    )
    return [one for one in noticed if (one.watch.person_id, listings[one.listing_id].organisation_id) not in seats]


def keep(session: Session, noticed: Sequence[Noticed], *, now: datetime) -> int:
    """Note things to tell, each once and within the day's measure; returns how many are new."""
    if not noticed:
        return 0
    watches = {one.watch.id for one in noticed}
    told = set(
        session.execute(
            select(Alert.subscription_id, Alert.listing_id, Alert.occasion).where(
                Alert.subscription_id.in_(watches), Alert.listing_id.in_({one.listing_id for one in noticed})
            )
        ).all()
    )
    room = _room(session, watches, now=now)
    within = []
    for one in noticed:
        if (one.watch.id, one.listing_id, one.occasion) in told:
            continue
        room[one.watch.id] -= 1
        if room[one.watch.id] >= 0:
            within.append(one)
    rows = [
        {
            "id": uuid7(),
            "subscription_id": one.watch.id,
            "listing_id": one.listing_id,
            "for_listing_id": one.for_listing_id,
            "occasion": one.occasion,
            "noticed_at": now,
            "due_at": _hours(one.watch).due(one.watch.rhythm, now),
        }
        for one in within
    ]
    kept = 0
    for start in range(0, len(rows), _INSERTED_AT_ONCE):
        made = session.execute(
            insert(Alert)
            .values(rows[start : start + _INSERTED_AT_ONCE])
            .on_conflict_do_nothing(index_elements=[Alert.subscription_id, Alert.listing_id, Alert.occasion])
            .returning(Alert.id)
        )
        kept += len(made.all())
    return kept


def _room(session: Session, subscription_ids: Collection[UUID], *, now: datetime) -> dict[UUID, int]:
    """How many more things each subscription may note today."""
    noted = session.execute(
        select(Alert.subscription_id, func.count())
        .where(Alert.subscription_id.in_(subscription_ids), Alert.noticed_at > now - timedelta(days=1))
        .group_by(Alert.subscription_id)
    )
    return dict.fromkeys(subscription_ids, MOST_A_DAY) | {one: MOST_A_DAY - count for one, count in noted}


def _hours(watch: Any) -> Hours:
    if watch.quiet_from is None:
        return USUAL
    return Hours(watch.quiet_from, watch.quiet_to, watch.digest_hour, watch.digest_day)


__all__ = ["CONSUMER", "ListingReader", "PublicListings", "alerts_consumer", "notice"]
