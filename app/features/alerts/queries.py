"""What somebody follows, what there was to tell them lately, and whose feed or letter an address opens."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from app.features.alerts.commands import token_digest
from app.features.alerts.policies import shown_until, visible_to
from app.features.listings.policies import is_public, publicly_visible
from app.features.listings.queries import cards_of
from app.features.listings.views import Card
from app.features.organisations.policies import visible_to as visible_organisations
from app.identity import ANONYMOUS, Actor
from app.models import Alert, AlertLetter, Listing, Organisation, Person, Subscription


@dataclass(frozen=True, slots=True)
class Followed:
    """One subscription as its person sees it.

    `listing` holds (slug, public id, title, title_en, language) and `organisation` (slug, public id, name, name_en),
    both only while anybody may see them. `noticed` counts what was noticed for it, the last 180 days.
    """

    subscription: Subscription
    listing: Any | None
    organisation: Any | None
    noticed: int


def followed(session: Session, *, actor: Actor, now: datetime) -> list[Followed]:
    """Everything the actor follows, the newest first, deleted ones last, in four queries.

    Matches are not among it: see `hearing_of_matches`.
    """
    subscriptions = session.scalars(
        visible_to(actor)
        .where(shown_until(now), Subscription.kind != "matches")
        .order_by(Subscription.deleted_at.is_not(None), Subscription.created_at.desc(), Subscription.id.desc())
        .limit(500)
    ).all()
    return named(session, subscriptions)


def hearing_of_matches(session: Session, *, actor: Actor) -> dict[UUID, Subscription]:
    """How the actor hears of matches, by organisation; those without were never chosen."""
    rows = session.scalars(visible_to(actor).where(Subscription.kind == "matches", Subscription.deleted_at.is_(None)))
    return {one.organisation_id: one for one in rows if one.organisation_id is not None}


def named(session: Session, subscriptions: Sequence[Subscription]) -> list[Followed]:
    """The subscriptions with what they are called and how much was noticed for each, in three queries."""
    if not subscriptions:
        return []
    listing_ids = [one.listing_id for one in subscriptions if one.listing_id is not None]
    organisation_ids = [one.organisation_id for one in subscriptions if one.organisation_id is not None]
    listings = session.execute(
        publicly_visible()
        .where(Listing.id.in_(listing_ids))
        .with_only_columns(
            Listing.id, Listing.slug, Listing.public_id, Listing.title, Listing.title_en, Listing.language
        )
    ).all()
    organisations = session.execute(
        visible_organisations(ANONYMOUS)
        .where(Organisation.id.in_(organisation_ids))
        .with_only_columns(
            Organisation.id, Organisation.slug, Organisation.public_id, Organisation.name, Organisation.name_en
        )
    ).all()
    counts = dict(
        session.execute(
            select(Alert.subscription_id, func.count())
            .where(Alert.subscription_id.in_([one.id for one in subscriptions]))
            .group_by(Alert.subscription_id)
        ).all()
    )
    named_listings = {row.id: row for row in listings}
    named_organisations = {row.id: row for row in organisations}
    return [
        Followed(
            one,
            named_listings.get(one.listing_id) if one.listing_id else None,
            named_organisations.get(one.organisation_id) if one.organisation_id else None,
            counts.get(one.id, 0),
        )
        for one in subscriptions
    ]


def following(
    session: Session, *, actor: Actor, criteria: str = "", listing: str = "", organisation: str = ""
) -> Subscription | None:
    """The actor's live subscription to just this (one of the three is given), or None."""
    asked = visible_to(actor).where(Subscription.deleted_at.is_(None))
    if listing:
        asked = asked.join(Listing, Listing.id == Subscription.listing_id).where(Listing.public_id == listing)
    elif organisation:
        asked = asked.join(Organisation, Organisation.id == Subscription.organisation_id).where(
            Organisation.public_id == organisation, Subscription.kind == "organisation"
        )
    else:
        asked = asked.where(Subscription.criteria == criteria)
    return session.scalars(asked).one_or_none()


@dataclass(frozen=True, slots=True)
class News:
    """A listing that was noticed for the actor, why, and when."""

    card: Card
    subscription: Subscription
    occasion: str
    noticed_at: datetime


def newest(session: Session, *, actor: Actor, limit: int) -> list[News]:
    """What was noticed for the actor last, each listing once, only what anybody may see now; in four queries."""
    newest_of_each = (
        select(Alert.listing_id, func.max(Alert.noticed_at).label("at"))
        .join(Subscription, Subscription.id == Alert.subscription_id)
        .join(Listing, Listing.id == Alert.listing_id)
        .where(Subscription.id.in_(visible_to(actor).with_only_columns(Subscription.id)))
        .where(Subscription.deleted_at.is_(None), is_public())
        .group_by(Alert.listing_id)
        .order_by(func.max(Alert.noticed_at).desc(), Alert.listing_id)
        .limit(limit)
        .subquery()
    )
    rows = session.execute(
        select(Alert, Subscription)
        .join(
            newest_of_each,
            and_(newest_of_each.c.listing_id == Alert.listing_id, newest_of_each.c.at == Alert.noticed_at),
        )
        .join(Subscription, Subscription.id == Alert.subscription_id)
        .where(
            Subscription.id.in_(visible_to(actor).with_only_columns(Subscription.id)), Subscription.deleted_at.is_(None)
        )
        .order_by(Alert.noticed_at.desc(), Alert.listing_id, Alert.id)
    ).all()
    first: dict[UUID, tuple[Alert, Subscription]] = {}
    for alert, subscription in rows:
        first.setdefault(alert.listing_id, (alert, subscription))
    shown = cards_of(session, actor=ANONYMOUS, ids=list(first))
    return [
        News(card, first[card.id][1], first[card.id][0].occasion.partition(":")[0], first[card.id][0].noticed_at)
        for card in shown
    ]


def of_feed(session: Session, *, feed_key: str) -> Subscription | None:
    """The subscription whose feed this secret opens; None when it was closed or its person is gone."""
    return session.scalars(
        select(Subscription)
        .join(Person, Person.id == Subscription.person_id)
        .where(
            Subscription.feed_key == feed_key,
            Subscription.deleted_at.is_(None),
            Person.confirmed_at.is_not(None),
            Person.disabled_at.is_(None),
        )
    ).one_or_none()


@dataclass(frozen=True, slots=True)
class StoppableLetter:
    """A letter by the secret in its unsubscribe address, with what it told of that still sends letters."""

    locale: str
    stopped: bool
    subscriptions: Sequence[Subscription]


def stoppable(session: Session, *, token: str) -> StoppableLetter | None:
    """The letter this secret belongs to, or None. Looking changes nothing: mail scanners open every link."""
    row = session.execute(
        select(AlertLetter, Person.locale)
        .join(Person, Person.id == AlertLetter.person_id)
        .where(AlertLetter.stop_sha256 == token_digest(token))
    ).one_or_none()
    if row is None:
        return None
    letter: AlertLetter = row[0]
    subscriptions = session.scalars(
        select(Subscription)
        .where(
            Subscription.id.in_(select(Alert.subscription_id).where(Alert.letter_id == letter.id)),
            Subscription.rhythm != "off",
            Subscription.deleted_at.is_(None),
        )
        .order_by(Subscription.created_at, Subscription.id)
    ).all()
    return StoppableLetter(row.locale, letter.stopped_at is not None, subscriptions)
