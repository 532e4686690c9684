"""Following, saving, pausing, leaving. Every one is the act of the person it is about; nothing is followed unasked."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.errors import Conflict, Forbidden, NotFound
from app.features.accounts.policies import require_in_person
from app.features.alerts.policies import visible_to
from app.features.alerts.schemas import Following, HoursInput, SavedSearch
from app.features.alerts.timing import USUAL, Hours
from app.features.listings.policies import publicly_visible
from app.features.organisations.queries import find_public
from app.i18n import N_
from app.identity import Actor, uuid7
from app.models import Alert, AlertLetter, AlertSettings, Listing, Person, Subscription

MOST_SUBSCRIPTIONS = 200


def save_search(
    session: Session, *, actor: Actor, data: SavedSearch, is_field: bool = False, now: datetime
) -> Subscription:
    """Keep a search (or follow a field). The same criteria again change name and rhythm of what is there.

    Raises:
        Conflict: the person follows as much as allowed.
    """
    return _follow(
        session,
        actor=actor,
        same=Subscription.criteria == data.criteria,
        values={"kind": "field" if is_field else "search", "criteria": data.criteria, "name": data.name},
        rhythm=data.rhythm,
        now=now,
    )


def follow_listing(session: Session, *, actor: Actor, public_id: str, data: Following, now: datetime) -> Subscription:
    """Hear of changes of a listing that anybody may see, and of its end.

    Raises:
        NotFound: there is no such public listing.
        Conflict: the person follows as much as allowed.
    """
    found = session.scalars(publicly_visible().where(Listing.public_id == public_id)).one_or_none()
    if found is None:
        raise NotFound
    return _follow(
        session,
        actor=actor,
        same=Subscription.listing_id == found.id,
        values={"kind": "listing", "listing_id": found.id},
        rhythm=data.rhythm,
        now=now,
    )


def follow_organisation(
    session: Session, *, actor: Actor, public_id: str, data: Following, now: datetime
) -> Subscription:
    """Hear of what an organisation puts on the exchange under its name; its nameless needs are never among it.

    Raises:
        NotFound: there is no such organisation.
        Conflict: the person follows as much as allowed.
    """
    found = find_public(session, public_id=public_id)
    return _follow(
        session,
        actor=actor,
        same=(Subscription.organisation_id == found.id) & (Subscription.kind == "organisation"),
        values={"kind": "organisation", "organisation_id": found.id},
        rhythm=data.rhythm,
        now=now,
    )


def hear_of_matches(
    session: Session, *, actor: Actor, organisation_id: UUID, data: Following, now: datetime
) -> Subscription:
    """Hear of what newly fits the needs and offers of an organisation the actor acts for; each member chooses alone.

    Raises:
        Forbidden: the actor does not act for it.
        Conflict: the person follows as much as allowed.
    """
    if not actor.acts_for(organisation_id):
        raise Forbidden(N_("Hãy chọn một đơn vị mà bạn được đại diện"))
    return _follow(
        session,
        actor=actor,
        same=(Subscription.organisation_id == organisation_id) & (Subscription.kind == "matches"),
        values={"kind": "matches", "organisation_id": organisation_id},
        rhythm=data.rhythm,
        now=now,
    )


def set_rhythm(
    session: Session, *, actor: Actor, subscription_id: UUID, data: Following, now: datetime
) -> Subscription:
    """Change how often letters come; what waits to be told follows the new rhythm. Raises NotFound."""
    found = _own(session, actor=actor, subscription_id=subscription_id)
    _set_rhythm(session, found, rhythm=data.rhythm, now=now)
    return found


def pause(session: Session, *, actor: Actor, subscription_id: UUID, now: datetime) -> Subscription:
    """Look no further until resumed; what was noticed and not told yet stays untold. Raises NotFound."""
    found = _own(session, actor=actor, subscription_id=subscription_id)
    if found.paused_at is None:
        found.paused_at = now
        _drop_waiting(session, [found.id])
    return found


def resume(session: Session, *, actor: Actor, subscription_id: UUID) -> Subscription:
    """Look again, from now on. Raises NotFound."""
    found = _own(session, actor=actor, subscription_id=subscription_id)
    found.paused_at = None
    return found


def delete(session: Session, *, actor: Actor, subscription_id: UUID, now: datetime) -> Subscription:
    """Leave it. It can be brought back for thirty days; its feed is closed for good. Raises NotFound."""
    found = _own(session, actor=actor, subscription_id=subscription_id)
    if found.deleted_at is None:
        found.deleted_at = now
        found.feed_key = None
        _drop_waiting(session, [found.id])
    return found


def restore(session: Session, *, actor: Actor, subscription_id: UUID) -> Subscription:
    """Bring a deleted subscription back.

    Raises:
        NotFound: there is none, or it was swept.
        Conflict: the same is followed again already, or as much as allowed is.
    """
    _lock_person(session, require_in_person(actor))
    found = _own(session, actor=actor, subscription_id=subscription_id)
    if found.deleted_at is None:
        return found
    if session.scalar(_live(found.person_id).where(_same_as(found)).with_only_columns(func.count())):
        raise Conflict(N_("Bạn đã theo dõi lại mục này rồi."))
    _refuse_too_many(session, found.person_id)
    found.deleted_at = None
    return found


def open_feed(session: Session, *, actor: Actor, subscription_id: UUID) -> Subscription:
    """Give the subscription a feed at a secret address; a feed it had is closed. Raises NotFound."""
    found = _own(session, actor=actor, subscription_id=subscription_id)
    if found.deleted_at is not None or not found.criteria:
        raise NotFound
    found.feed_key = secrets.token_urlsafe(24)
    return found


def close_feed(session: Session, *, actor: Actor, subscription_id: UUID) -> Subscription:
    """Make the feed's address worthless. Raises NotFound."""
    found = _own(session, actor=actor, subscription_id=subscription_id)
    found.feed_key = None
    return found


def set_hours(session: Session, *, actor: Actor, data: HoursInput, now: datetime) -> None:
    """Set quiet hours and when digests come; what waits to be told follows them."""
    person_id = require_in_person(actor)
    values = {**data.model_dump(), "updated_at": now}
    session.execute(
        insert(AlertSettings)
        .values(person_id=person_id, **values)
        .on_conflict_do_update(index_elements=[AlertSettings.person_id], set_=values)
    )
    hours = Hours(**data.model_dump())
    rhythms = session.execute(
        select(Subscription.rhythm).where(Subscription.person_id == person_id, Subscription.rhythm != "off").distinct()
    ).scalars()
    for rhythm in rhythms.all():
        _move_waiting(
            session,
            which=Alert.subscription_id.in_(
                select(Subscription.id).where(Subscription.person_id == person_id, Subscription.rhythm == rhythm)
            ),
            due_at=hours.due(rhythm, now),
        )


def stop_letter(session: Session, *, token: str, only: list[UUID] | None = None, now: datetime) -> UUID | None:
    """End letters by the secret in one of them, with nobody signed in; returns its id, None for no such letter.

    Args:
        only: subscriptions that letter told of, to be stopped alone; None ends every letter of this sort to its person.

    Stopping again changes nothing. What is followed stays on the person's page, with its letters off.
    """
    letter = session.scalars(
        select(AlertLetter).where(AlertLetter.stop_sha256 == token_digest(token)).with_for_update()
    ).one_or_none()
    if letter is None:
        return None
    stopped = update(Subscription).where(Subscription.person_id == letter.person_id, Subscription.rhythm != "off")
    if only is not None:
        told = select(Alert.subscription_id).where(Alert.letter_id == letter.id)
        stopped = stopped.where(Subscription.id.in_(only), Subscription.id.in_(told))
    ids = session.scalars(stopped.values(rhythm="off").returning(Subscription.id)).all()
    _drop_waiting(session, ids)
    letter.stopped_at = letter.stopped_at or now
    return letter.id


def token_digest(token: str) -> str:
    """What is kept of the secret in an unsubscribe address: 256 random bits need no slower hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def _follow(
    session: Session,
    *,
    actor: Actor,
    same: ColumnElement[bool],
    values: dict[str, object],
    rhythm: str,
    now: datetime,
) -> Subscription:
    person_id = require_in_person(actor)
    _lock_person(session, person_id)
    found = session.scalars(_live(person_id).where(same)).one_or_none()
    if found is not None:
        found.name = str(values.get("name", ""))
        found.paused_at = None
        _set_rhythm(session, found, rhythm=rhythm, now=now)
        return found
    _refuse_too_many(session, person_id)
    made = Subscription(id=uuid7(), person_id=person_id, rhythm=rhythm, created_at=now, **values)
    session.add(made)
    session.flush()
    return made


def _own(session: Session, *, actor: Actor, subscription_id: UUID) -> Subscription:
    found = session.scalars(visible_to(actor).where(Subscription.id == subscription_id).with_for_update()).one_or_none()
    if found is None:
        raise NotFound
    return found


def _live(person_id: UUID) -> Select[Subscription]:
    return select(Subscription).where(Subscription.person_id == person_id, Subscription.deleted_at.is_(None))


def _same_as(one: Subscription) -> ColumnElement[bool]:
    if one.listing_id is not None:
        return Subscription.listing_id == one.listing_id
    if one.organisation_id is not None:
        return (Subscription.organisation_id == one.organisation_id) & (Subscription.kind == one.kind)
    return Subscription.criteria == one.criteria


def _lock_person(session: Session, person_id: UUID) -> None:
    # One at a time per person, so that counts and “not yet followed” hold.
    session.execute(select(Person.id).where(Person.id == person_id).with_for_update())


def _refuse_too_many(session: Session, person_id: UUID) -> None:
    count = session.scalar(_live(person_id).with_only_columns(func.count())) or 0
    if count >= MOST_SUBSCRIPTIONS:
        raise Conflict(N_("Bạn đang theo dõi %(most)s mục, là mức nhiều nhất. Hãy bớt vài mục."), most=count)


def _set_rhythm(session: Session, one: Subscription, *, rhythm: str, now: datetime) -> None:
    if one.rhythm == rhythm:
        return
    one.rhythm = rhythm
    session.flush()
    due_at = hours_of(session, one.person_id).due(rhythm, now)
    if due_at is None:
        _drop_waiting(session, [one.id])
    else:
        _move_waiting(session, which=Alert.subscription_id == one.id, due_at=due_at)


def hours_of(session: Session, person_id: UUID) -> Hours:
    """The person's hours, or the usual ones."""
    kept = session.get(AlertSettings, person_id)
    if kept is None:
        return USUAL
    return Hours(kept.quiet_from, kept.quiet_to, kept.digest_hour, kept.digest_day)


def _move_waiting(session: Session, *, which: ColumnElement[bool], due_at: datetime | None) -> None:
    session.execute(
        update(Alert).where(which, Alert.letter_id.is_(None), Alert.due_at.is_not(None)).values(due_at=due_at)
    )


def _drop_waiting(session: Session, subscription_ids: Sequence[UUID]) -> None:
    """What was to go into a letter does not; it stays on the page and the desk."""
    session.execute(
        update(Alert).where(Alert.subscription_id.in_(subscription_ids), Alert.letter_id.is_(None)).values(due_at=None)
    )
