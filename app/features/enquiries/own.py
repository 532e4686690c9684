"""What of the reader's own a request may name, and what they have open about a listing."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.features.enquiries.policies import readable_by
from app.features.enquiries.states import OPEN_STATES
from app.identity import Actor
from app.models import Listing, QuoteRequest
from app.models.listings import PUBLIC_STATES


@dataclass(frozen=True, slots=True)
class OwnNeed:
    """A need of the actor's own that a request may name. `named` says whether it is posted with the owner's name."""

    public_id: str
    title: str
    named: bool


def own_needs(session: Session, *, actor: Actor) -> Sequence[OwnNeed]:
    """Published needs of the actor's organisations, newest first, at most fifty. One query."""
    if not actor.organisations:
        return ()
    found = session.execute(
        select(Listing.public_id, Listing.title, Listing.visibility)
        .where(
            Listing.organisation_id.in_(actor.organisations),
            Listing.kind == "need",
            Listing.state.in_(PUBLIC_STATES),
        )
        .order_by(Listing.published_at.desc(), Listing.id)
        .limit(50)
    )
    return [OwnNeed(public_id, title, visibility == "public") for public_id, title, visibility in found]


def open_requests_about(session: Session, *, actor: Actor, listing_id: UUID) -> Sequence[str]:
    """Numbers of the requests the actor's organisations have open about a listing. One query."""
    if not actor.organisations:
        return ()
    return session.scalars(
        readable_by(actor)
        .where(
            QuoteRequest.listing_id == listing_id,
            QuoteRequest.buyer_organisation_id.in_(actor.organisations),
            QuoteRequest.state.in_(OPEN_STATES),
        )
        .with_only_columns(QuoteRequest.number)
        .order_by(QuoteRequest.number)
    ).all()
