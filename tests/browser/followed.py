"""What somebody of the demo follows in every state there is, and a letter that told them."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.features.alerts.commands import (
    delete,
    follow_listing,
    follow_organisation,
    open_feed,
    pause,
    save_search,
    token_digest,
)
from app.features.alerts.schemas import Following, SavedSearch
from app.identity import Actor, uuid7
from app.models import Alert, AlertLetter, Listing, Organisation

STOP, ENDED = "s" * 43, "e" * 43


def follow_things(session: Session, *, actor: Actor) -> dict[str, str]:
    """Have the actor follow some things; the secrets of two letters, one of which was used."""
    now = clock.now()
    listing = session.scalars(select(Listing).where(Listing.external_id == "CN-001")).one()
    organisation = session.scalars(select(Organisation).where(Organisation.verified_at.is_not(None)).limit(1)).one()
    search = save_search(
        session,
        actor=actor,
        data=SavedSearch(name="Máy sấy nông sản", criteria="q=may+say", rhythm="daily"),
        now=now - timedelta(days=9),
    )
    open_feed(session, actor=actor, subscription_id=search.id)
    field = save_search(
        session,
        actor=actor,
        data=SavedSearch(name="Chế biến, chế tạo", criteria="industry=C", rhythm="at_once"),
        is_field=True,
        now=now - timedelta(days=8),
    )
    pause(session, actor=actor, subscription_id=field.id, now=now)
    follow_listing(
        session, actor=actor, public_id=listing.public_id, data=Following(rhythm="off"), now=now - timedelta(days=7)
    )
    left = follow_organisation(
        session, actor=actor, public_id=organisation.public_id, data=Following(rhythm="weekly"), now=now
    )
    delete(session, actor=actor, subscription_id=left.id, now=now)
    letters = [
        AlertLetter(id=uuid7(), person_id=search.person_id, created_at=now, stop_sha256=token_digest(token))
        for token in (STOP, ENDED)
    ]
    letters[1].stopped_at = now
    session.add_all(letters)
    session.flush()
    session.add(
        Alert(
            subscription_id=search.id,
            listing_id=listing.id,
            occasion="new",
            noticed_at=now - timedelta(hours=30),
            due_at=now - timedelta(hours=20),
            letter_id=letters[0].id,
        )
    )
    search.last_told_at = now - timedelta(hours=20)
    return {"stop": STOP, "ended": ENDED, "followed_organisation": organisation.public_id}
