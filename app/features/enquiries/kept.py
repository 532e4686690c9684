"""The list of listings a person keeps, to compare them or to ask their holders later. Nobody else sees it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.errors import Conflict, SignInRequired
from app.features.enquiries.asking import once_public_listing
from app.i18n import N_
from app.identity import Actor
from app.models import KeptListing, Listing

MOST_KEPT = 100


def keep(session: Session, *, actor: Actor, public_id: str, now: datetime) -> bool:
    """Put a listing on the actor's list; False when it stands there already.

    Raises:
        SignInRequired, NotFound; Conflict: the list is full.
    """
    if actor.person_id is None:
        raise SignInRequired
    listing = once_public_listing(session, public_id=public_id)
    count = session.scalar(select(func.count()).where(KeptListing.person_id == actor.person_id)) or 0
    if count >= MOST_KEPT and session.get(KeptListing, (actor.person_id, listing.id)) is None:
        raise Conflict(N_("Danh sách đã đầy (100 mục): hãy bỏ bớt mục không cần nữa"))
    made = session.execute(
        insert(KeptListing)
        .values(person_id=actor.person_id, listing_id=listing.id, kept_at=now)
        .on_conflict_do_nothing()
        .returning(KeptListing.listing_id)
    )
    return made.one_or_none() is not None


def let_go(session: Session, *, actor: Actor, public_ids: Sequence[str]) -> int:
    """Take listings off the actor's list; how many stood there.

    Raises:
        SignInRequired.
    """
    if actor.person_id is None:
        raise SignInRequired
    gone = session.execute(
        delete(KeptListing)
        .where(
            KeptListing.person_id == actor.person_id,
            KeptListing.listing_id.in_(select(Listing.id).where(Listing.public_id.in_(public_ids))),
        )
        .returning(KeptListing.listing_id)
    )
    return len(gone.all())


def kept(session: Session, *, actor: Actor) -> Sequence[str]:
    """Public ids of what the actor keeps, newest first, on show or not. One query."""
    if actor.person_id is None:
        return ()
    return session.scalars(
        select(Listing.public_id)
        .join(KeptListing, KeptListing.listing_id == Listing.id)
        .where(KeptListing.person_id == actor.person_id)
        .order_by(KeptListing.kept_at.desc(), KeptListing.listing_id)
    ).all()
