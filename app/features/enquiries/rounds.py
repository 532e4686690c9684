"""A buyer's round: the requests sent to several holders, as only the buyer may see them together."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import false, select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.features.enquiries.policies import READ
from app.features.listings.paging import Keyset
from app.identity import Actor
from app.models import QuoteRequest, QuoteRound


@dataclass(frozen=True, slots=True)
class RoundRecord:
    """A round with its requests, in the order they were sent."""

    round: QuoteRound
    requests: Sequence[QuoteRequest]


def round_record(session: Session, *, actor: Actor, public_id: str) -> RoundRecord:
    """The round, for people of the organisation that asks. Two queries.

    Raises:
        NotFound: there is none, or the actor does not act for its organisation.
    """
    found = own_round(session, actor=actor, public_id=public_id)
    requests = session.scalars(
        select(QuoteRequest)
        .where(QuoteRequest.round_id == found.id)
        .order_by(QuoteRequest.sent_at, QuoteRequest.number)
    ).all()
    return RoundRecord(found, requests)


def own_round(session: Session, *, actor: Actor, public_id: str, for_update: bool = False) -> QuoteRound:
    """The row alone; see `round_record`. `for_update` locks it.

    Raises:
        NotFound.
    """
    mine = QuoteRound.organisation_id.in_(actor.organisations) if actor.organisations and actor.may(READ) else false()
    wanted = select(QuoteRound).where(QuoteRound.public_id == public_id, mine)
    if for_update:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    found = session.scalars(wanted).one_or_none()
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class RoundList:
    """One page of rounds, newest first. `next_cursor` is empty on the last."""

    rows: Sequence[QuoteRound]
    next_cursor: str


def list_rounds(session: Session, *, actor: Actor, cursor: str = "", limit: int = 20) -> RoundList:
    """Rounds of the actor's organisations. One query; a cursor that is none of ours begins anew."""
    if not actor.organisations or not actor.may(READ):
        return RoundList((), "")
    wanted = select(QuoteRound).where(QuoteRound.organisation_id.in_(actor.organisations))
    after = Keyset.read(cursor) if cursor else None
    if after is not None:
        wanted = wanted.where(after.before(QuoteRound.created_at, QuoteRound.id))
    found = session.scalars(wanted.order_by(QuoteRound.created_at.desc(), QuoteRound.id.desc()).limit(limit + 1)).all()
    last = found[limit - 1] if len(found) > limit else None
    return RoundList(found[:limit], Keyset(last.created_at, last.id).token if last else "")
