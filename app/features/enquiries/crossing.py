"""Requests that are carried to the exchange that owns the listing: who takes them, and what is on its way.

What is written here is sent by app/exchange/carrying; nothing of it is sent within a transaction.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import jobs
from app.features.partners.origins import carries_requests
from app.identity import Actor
from app.models import CarriedDelivery, CarriedRequest, Partner, QuoteRequest, TakenRecord

DELIVER: Final = "carrying.deliver"
# The text on the form about what leaves, and where to: another text is another version.
CONSENT_VERSION: Final = "2026-11-30"
# How long after it was sent a request's home is first asked how it stands, in case its own word does not arrive.
FIRST_PULL: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class CarryInput:
    """What the person who asks agrees to: `consent`, that it is carried; `email`, that their own goes along."""

    consent: bool = False
    email: bool = False


NOT_CARRIED: Final = CarryInput()


def carrying_partner(session: Session, *, listing_id: UUID, now: datetime) -> Partner | None:
    """The exchange that owns the listing, where requests are carried to it. One query.

    It is the owner that counts, not the partner that brought the listing.
    """
    return session.scalars(
        select(Partner)
        .join(TakenRecord, TakenRecord.authority == Partner.authority)
        .where(TakenRecord.listing_id == listing_id, ~TakenRecord.deleted, carries_requests(Partner, now=now))
    ).one_or_none()


def begin_carrying(
    session: Session, request: QuoteRequest, *, partner: Partner, carrying: CarryInput, actor: Actor, now: datetime
) -> None:
    """Note where the request goes and what was consented to, and have it sent."""
    session.add(
        CarriedRequest(
            request_id=request.id,
            partner_id=partner.id,
            direction="out",
            carry_id=request.public_id,
            exchange_name=partner.name,
            gives_email=carrying.email,
            consent_version=CONSENT_VERSION,
            consent_at=now,
            created_at=now,
        )
    )
    session.flush()
    send_act(session, request, act="ask", body={}, actor=actor, now=now)


def send_act(
    session: Session, request: QuoteRequest, *, act: str, body: dict[str, Any], actor: Actor, now: datetime
) -> CarriedDelivery:
    """Have something sent to the other exchange, after what waits already."""
    delivery = CarriedDelivery(
        request_id=request.id, act=act, body=body, next_at=now, created_at=now, created_by_id=actor.person_id
    )
    session.add(delivery)
    session.flush()
    send_at(session, delivery, at=now)
    return delivery


def send_at(session: Session, delivery: CarriedDelivery, *, at: datetime) -> None:
    """Have the delivery tried at this moment."""
    jobs.enqueue(
        session,
        kind=DELIVER,
        payload={"delivery": str(delivery.id), "attempt": delivery.attempts + 1, "round": delivery.round},
        due_at=at,
        key=f"{DELIVER}:{delivery.id}:{delivery.round}:{delivery.attempts + 1}",
    )


def waiting_decision(session: Session, request_id: UUID) -> CarriedDelivery | None:
    """What the buyer decided and its home has not answered yet. One query."""
    return session.scalars(
        select(CarriedDelivery)
        .where(
            CarriedDelivery.request_id == request_id,
            CarriedDelivery.act.in_(("accept", "reject", "withdraw")),
            CarriedDelivery.state.in_(("waiting", "failed")),
        )
        .order_by(CarriedDelivery.id.desc())
        .limit(1)
    ).one_or_none()
