"""The book of what is sent: a try is written down before it is made, and what came of it afterwards.

Sending itself is done between the two, outside of any transaction (app/exchange/carrying/sending.py).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from app.features.carrying.telling import ask_of, state_of
from app.features.enquiries import notices
from app.features.enquiries.crossing import FIRST_PULL, send_at
from app.features.enquiries.records import note_change
from app.features.enquiries.states import OPEN_STATES, transition
from app.features.partners.origins import carries_requests
from app.identity import SYSTEM
from app.models import CarriedAttempt, CarriedDelivery, CarriedRequest, Partner, QuoteRequest

ENQUIRIES_PATH: Final = "/exchange/v1/enquiries"
# Waits between the tries: more than three days in all.
WAITS: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
    timedelta(hours=36),
)
# What another answer may yet follow: the rest of 4xx is meant.
_PASSING: Final = frozenset({401, 408, 425, 429})
_UNAGREED: Final = "agreement"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One try to be made: to which address ("" for none now), with what."""

    delivery_id: UUID
    sequence: int
    url: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a try. `status` None: no answer; `fault`: why, or what the answer says was wrong."""

    status: int | None
    fault: str = ""

    @property
    def arrived(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_meant(self) -> bool:
        """Whether asking again would bring the same."""
        return self.status is not None and 400 <= self.status < 500 and self.status not in _PASSING


def home_of(partner: Partner) -> str:
    """Where a partner takes requests: at the house that its records come from."""
    parts = urlsplit(partner.address)
    return f"{parts.scheme}://{parts.netloc}{ENQUIRIES_PATH}"


def begin_attempt(
    session: Session, delivery_id: UUID, *, attempt: int, round_: int, again: bool, base_url: str, now: datetime
) -> Outgoing | None:
    """Write down that the delivery is about to be tried; None when it is not to be (any more).

    Args:
        again: the try may have been begun before, by a worker that died: then it is made once more.
    """
    found = _locked(session, delivery_id)
    if found is None:
        return None
    delivery, carried, partner = found
    begun = again and delivery.attempts == attempt
    if delivery.state != "waiting" or delivery.round != round_ or not (begun or delivery.attempts + 1 == attempt):
        return None
    if delivery.act != "state" and _waits_behind(session, delivery):
        return None
    if delivery.act == "ask" and not _is_agreed(session, partner, now=now):
        _refuse(session, delivery, carried, Outcome(None, _UNAGREED), now=now)
        return None
    delivery.attempts = attempt
    tried = select(func.coalesce(func.max(CarriedAttempt.sequence), 0)).where(CarriedAttempt.delivery_id == delivery.id)
    sequence = (session.scalar(tried) or 0) + 1
    session.add(CarriedAttempt(delivery_id=delivery.id, sequence=sequence, began_at=now))
    if partner.state != "live":
        # A paused partner is not spoken to; what waits, waits.
        return Outgoing(delivery.id, sequence, "", {})
    if delivery.act == "ask":
        url, body = home_of(partner), ask_of(session, carried, base_url=base_url)
    elif delivery.act == "state":
        url, body = carried.answers_to, state_of(session, carried)
        delivery.body = {"version": body["version"]}
    else:
        url = f"{home_of(partner)}/{carried.carry_id}/acts"
        body = {"id": delivery.id.hex, "act": delivery.act, **delivery.body}
    return Outgoing(delivery.id, sequence, url, body)


def end_attempt(session: Session, tried: Outgoing, outcome: Outcome, *, now: datetime) -> CarriedRequest | None:
    """Write down what came of a try, and have the next one made; the carried request, locked, where it arrived."""
    found = _locked(session, tried.delivery_id)
    attempt = session.get_one(CarriedAttempt, (tried.delivery_id, tried.sequence))
    attempt.ended_at, attempt.status, attempt.fault = now, outcome.status, outcome.fault
    if found is None:
        return None
    delivery, carried, _partner = found
    delivery.status, delivery.fault = outcome.status, outcome.fault
    if delivery.state != "waiting":
        return None
    # What was never there needs no taking back.
    if outcome.arrived or (delivery.act == "withdraw" and outcome.status == 404):
        _arrived(session, delivery, carried, now=now)
        return carried if outcome.arrived else None
    if outcome.is_meant:
        _refuse(session, delivery, carried, outcome, now=now)
    elif delivery.attempts > len(WAITS):
        delivery.state, delivery.ended_at, delivery.next_at = "failed", now, None
        if delivery.act != "state":
            _tell(session, carried, kind="failed", act=delivery.act, now=now)
            _go_on(session, delivery, now=now)
    else:
        delivery.next_at = now + WAITS[delivery.attempts - 1]
        send_at(session, delivery, at=delivery.next_at)
    return None


def try_again(session: Session, delivery: CarriedDelivery, *, now: datetime) -> None:
    """Give what failed a fresh set of tries, at once."""
    delivery.state, delivery.attempts = "waiting", 0
    delivery.round += 1
    delivery.ended_at, delivery.next_at = None, now
    send_at(session, delivery, at=now)


def tell_soon(session: Session, carried: CarriedRequest, *, version: int, now: datetime) -> None:
    """Have it told where the buyer is how a request stands here, unless that is known there or about to be told."""
    if not carried.answers_to or version <= carried.seen_version:
        return
    waiting = exists().where(
        CarriedDelivery.request_id == carried.request_id,
        CarriedDelivery.act == "state",
        CarriedDelivery.state == "waiting",
    )
    if session.scalar(select(waiting)):
        return
    delivery = CarriedDelivery(request_id=carried.request_id, act="state", next_at=now, created_at=now)
    session.add(delivery)
    session.flush()
    send_at(session, delivery, at=now)


def _locked(session: Session, delivery_id: UUID) -> tuple[CarriedDelivery, CarriedRequest, Partner] | None:
    """The delivery with what it belongs to; the request's row is locked first, so that none overtakes another."""
    request_id = session.scalar(select(CarriedDelivery.request_id).where(CarriedDelivery.id == delivery_id))
    if request_id is None:
        return None
    session.execute(select(QuoteRequest.id).where(QuoteRequest.id == request_id).with_for_update())
    carried = session.get_one(CarriedRequest, request_id, with_for_update=True, populate_existing=True)
    delivery = session.get_one(CarriedDelivery, delivery_id, with_for_update=True, populate_existing=True)
    return delivery, carried, session.get_one(Partner, carried.partner_id)


def _is_agreed(session: Session, partner: Partner, *, now: datetime) -> bool:
    """Whether requests are (still) carried there; a pause is no end."""
    if partner.state == "paused":
        return True
    agreed = exists().where(Partner.id == partner.id, carries_requests(Partner, now=now))
    return bool(session.scalar(select(agreed)))


def _waits_behind(session: Session, delivery: CarriedDelivery) -> bool:
    """Whether something of the same request has to leave before it: all that waits, and the request itself."""
    before = exists().where(
        CarriedDelivery.request_id == delivery.request_id,
        CarriedDelivery.id < delivery.id,
        CarriedDelivery.act != "state",
        (CarriedDelivery.state == "waiting") | ((CarriedDelivery.act == "ask") & (CarriedDelivery.state == "failed")),
    )
    return bool(session.scalar(select(before)))


def _arrived(session: Session, delivery: CarriedDelivery, carried: CarriedRequest, *, now: datetime) -> None:
    delivery.state, delivery.ended_at, delivery.next_at = "delivered", now, None
    carried.heard_at = now
    if delivery.act == "ask":
        carried.next_pull_at = now + FIRST_PULL
    if delivery.act == "state":
        carried.seen_version = max(carried.seen_version, delivery.body["version"])
        session.flush()
        version = session.scalar(select(QuoteRequest.version).where(QuoteRequest.id == carried.request_id)) or 0
        # What changed while it was under way.
        tell_soon(session, carried, version=version, now=now)
        return
    _go_on(session, delivery, now=now)


def _refuse(
    session: Session, delivery: CarriedDelivery, carried: CarriedRequest, outcome: Outcome, *, now: datetime
) -> None:
    delivery.state, delivery.ended_at, delivery.next_at = "refused", now, None
    delivery.status, delivery.fault = outcome.status, outcome.fault
    if delivery.act == "state":
        return
    if delivery.act == "ask":
        request = session.get_one(QuoteRequest, carried.request_id)
        if request.state == "sent":
            transition(session, request, move="undeliver", actor=SYSTEM, now=now)
            notices.tell_both(session, request, event="undelivered", now=now)
        return
    # How it stands there now is asked at once: that is why it was refused.
    carried.next_pull_at = now
    _tell(session, carried, kind="refused", act=delivery.act, now=now)
    _go_on(session, delivery, now=now)


def _tell(session: Session, carried: CarriedRequest, *, kind: str, act: str, now: datetime) -> None:
    request = session.get_one(QuoteRequest, carried.request_id)
    if request.state in OPEN_STATES or request.state == "accepted":
        note_change(session, request, action="stuck", actor=SYSTEM, now=now)
        notices.tell_both(session, request, event="stuck", now=now, kind=kind, act=act)


def _go_on(session: Session, delivery: CarriedDelivery, *, now: datetime) -> None:
    """Have the next of the request tried."""
    following = session.scalars(
        select(CarriedDelivery)
        .where(
            CarriedDelivery.request_id == delivery.request_id,
            CarriedDelivery.state == "waiting",
            CarriedDelivery.act != "state",
            CarriedDelivery.id != delivery.id,
        )
        .order_by(CarriedDelivery.id)
        .limit(1)
    ).one_or_none()
    if following is not None:
        following.round += 1
        send_at(session, following, at=now)
