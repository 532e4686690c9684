"""What is counted of requests without opening one: states, sums, and why answers were no."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import false, func, literal, select, true, union_all
from sqlalchemy.orm import Session

from app.features.enquiries.policies import READ, require_operator
from app.identity import Actor
from app.models import Acceptance, Quote, QuoteRequest


def count_by_state(session: Session, *, actor: Actor) -> Mapping[str, int]:
    """How many requests stand in each state: the operator's figures. One query.

    Raises:
        Forbidden: the actor is no operator.
    """
    require_operator(actor)
    counted = session.execute(select(QuoteRequest.state, func.count()).group_by(QuoteRequest.state))
    return dict(counted.all())


def accepted_sums(session: Session, *, actor: Actor) -> Mapping[str, int]:
    """What all acceptances are worth, per currency in minor units: a figure that opens no quote. One query.

    Raises:
        Forbidden: the actor is no operator.
    """
    require_operator(actor)
    summed = session.execute(
        select(Acceptance.currency, func.sum(Acceptance.total))
        .group_by(Acceptance.currency)
        .order_by(Acceptance.currency)
    )
    return {currency: int(total) for currency, total in summed}


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How often a reason of the list was given: `said_by` the holder who declined or the buyer who rejected."""

    said_by: str
    reason: str
    count: int


def reasons_counted(session: Session, *, actor: Actor) -> Sequence[ReasonCount]:
    """Why requests were declined and quotes rejected, most frequent first. One query.

    An operator sees all of the exchange; people of an organisation what concerns its own listings: why they declined,
    and why buyers did not take their quotes.
    """
    own = QuoteRequest.holder_organisation_id.in_(actor.organisations) if actor.may(READ) else false()
    mine = true() if actor.is_operator else own
    declined = (
        select(literal("holder"), QuoteRequest.decline_reason, func.count())
        .where(mine, QuoteRequest.state == "declined")
        .group_by(QuoteRequest.decline_reason)
    )
    rejected = (
        select(literal("buyer"), Quote.rejected_reason, func.count())
        .join(QuoteRequest, QuoteRequest.id == Quote.request_id)
        .where(mine, Quote.state == "rejected")
        .group_by(Quote.rejected_reason)
    )
    rows = session.execute(union_all(declined, rejected)).all()
    found = [ReasonCount(said_by, reason, count) for said_by, reason, count in rows if reason]
    return sorted(found, key=lambda one: (one.said_by, -one.count, one.reason))
