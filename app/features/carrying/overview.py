"""What the operator sees of carrying with one partner: how much, and what did not get there. No text, price or name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import Conflict, NotFound
from app.features.carrying.outgoing import try_again
from app.features.moderation import audit
from app.features.partners.policies import require_dealing
from app.i18n import N_
from app.identity import Actor
from app.models import CarriedDelivery, CarriedRequest, Partner, QuoteRequest

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Stuck:
    """Something that did not get there, though it was tried to the end, or was not taken."""

    delivery_id: UUID
    number: str
    act: str
    state: str
    status: int | None
    fault: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Carrying:
    """How many requests went out and came in, how many messages wait, and what is stuck, newest first."""

    sent: int
    received: int
    waiting: int
    stuck: Sequence[Stuck]


def carrying_with(session: Session, *, actor: Actor, partner_id: UUID) -> Carrying:
    """Two queries.

    Raises:
        Forbidden: the actor is no operator.
    """
    require_dealing(actor)
    mine = CarriedRequest.partner_id == partner_id
    waiting = (
        select(func.count())
        .select_from(CarriedDelivery)
        .join(CarriedRequest, CarriedRequest.request_id == CarriedDelivery.request_id)
        .where(mine, CarriedDelivery.state == "waiting")
        .scalar_subquery()
    )
    sent, received, waits = session.execute(
        select(
            func.count().filter(CarriedRequest.direction == "out"),
            func.count().filter(CarriedRequest.direction == "in"),
            waiting,
        ).where(mine)
    ).one()
    rows = session.execute(
        select(CarriedDelivery, QuoteRequest.number)
        .join(CarriedRequest, CarriedRequest.request_id == CarriedDelivery.request_id)
        .join(QuoteRequest, QuoteRequest.id == CarriedDelivery.request_id)
        .where(mine, CarriedDelivery.state.in_(("failed", "refused")))
        .order_by(CarriedDelivery.id.desc())
        .limit(MOST_SHOWN)
    )
    stuck = [Stuck(one.id, number, one.act, one.state, one.status, one.fault, one.created_at) for one, number in rows]
    return Carrying(sent, received, waits, stuck)


def send_again(session: Session, *, actor: Actor, public_id: str, delivery_id: UUID, now: datetime) -> None:
    """Have what failed tried again, from the first wait on.

    Raises:
        Forbidden; NotFound: the partner has no such delivery; Conflict: it did not fail.
    """
    require_dealing(actor)
    row = session.execute(
        select(CarriedDelivery, Partner.id)
        .join(CarriedRequest, CarriedRequest.request_id == CarriedDelivery.request_id)
        .join(Partner, Partner.id == CarriedRequest.partner_id)
        .where(CarriedDelivery.id == delivery_id, Partner.public_id == public_id)
        .with_for_update(of=CarriedDelivery)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound
    if row[0].state != "failed":
        raise Conflict(N_("Việc này không còn chờ thử lại"))
    try_again(session, row[0], now=now)
    audit.record(
        session, actor=actor, action="partner.carry_again", entity="partner", entity_id=row[1], now=now,
        data={"act": row[0].act},
    )  # fmt: skip
