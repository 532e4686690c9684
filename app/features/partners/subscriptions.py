"""What a partner does with its webhooks: subscribe, end, change the secret, switch on again, see the log, replay.

The partner itself acts, known by its key; each command takes its id and finds nothing of others.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app import jobs
from app.errors import Conflict, NotFound
from app.features.partners.commands import note_change
from app.features.partners.schemas import Address
from app.i18n import N_
from app.identity import SYSTEM, new_public_id, uuid7
from app.models.exchange import ExchangeProgress
from app.models.partners import Partner
from app.models.subscriptions import Delivery, DeliveryAttempt, PartnerSubscription

MOST: Final = 5
PER_PAGE: Final = 50
DELIVER: Final = "exchange.deliver"
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:.]+")
# What programs are told that an address looks like.
_TOLD: Final = r"^https?://[a-z0-9]+(\.[a-z0-9]+)*(:[1-9][0-9]{0,3})?(/[!-\"$-~]*)?$"


def _reachable(text: str) -> str:
    if not text or not text.isascii() or not _HOST.fullmatch(urlsplit(text).hostname or ""):
        raise ValueError(N_("Hãy nhập địa chỉ đầy đủ, ví dụ https://doitac.vn/oai"))
    return text


class SubscriptionInput(BaseModel):
    """A subscription as it is asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: Annotated[Address, AfterValidator(_reachable), Field(json_schema_extra={"pattern": _TOLD})]


def subscribe(session: Session, *, partner_id: UUID, data: SubscriptionInput, now: datetime) -> PartnerSubscription:
    """A new subscription, told of what changes from now on.

    Raises:
        Conflict: the address is subscribed already, or the partner has as many as allowed.
    """
    partner = _locked(session, partner_id)
    addresses = session.scalars(
        select(PartnerSubscription.address).where(PartnerSubscription.partner_id == partner_id)
    ).all()
    if data.address in addresses:
        raise Conflict(N_("Địa chỉ này đã được đăng ký."))
    if len(addresses) >= MOST:
        raise Conflict(N_("Mỗi đối tác đăng ký được nhiều nhất năm địa chỉ"))
    head = session.scalar(select(ExchangeProgress.position)) or 0
    made = PartnerSubscription(id=uuid7(), partner_id=partner_id, address=data.address, position=head, created_at=now)
    session.add(made)
    session.flush()
    note_change(session, partner, actor=SYSTEM, action="subscribed", now=now, data={"address": data.address})
    return made


def unsubscribe(session: Session, *, partner_id: UUID, public_id: str, now: datetime) -> None:
    """End a subscription; its log goes with it.

    Raises:
        NotFound.
    """
    partner, found = _found(session, partner_id, public_id)
    deliveries = select(Delivery.id).where(Delivery.subscription_id == found.id)
    session.execute(delete(DeliveryAttempt).where(DeliveryAttempt.delivery_id.in_(deliveries)))
    session.execute(delete(Delivery).where(Delivery.subscription_id == found.id))
    session.delete(found)
    note_change(session, partner, actor=SYSTEM, action="unsubscribed", now=now, data={"address": found.address})


def rotate_secret(session: Session, *, partner_id: UUID, public_id: str, now: datetime) -> PartnerSubscription:
    """Have the next secret; messages carry the signatures of both for a day.

    Raises:
        NotFound.
    """
    partner, found = _found(session, partner_id, public_id)
    found.generation += 1
    found.rotated_at = now
    note_change(session, partner, actor=SYSTEM, action="subscription_rotated", now=now, data={"id": public_id})
    return found


def enable(session: Session, *, partner_id: UUID, public_id: str, now: datetime) -> PartnerSubscription:
    """Switch on what was switched off; what changed meanwhile is told next. Doing so again changes nothing.

    Raises:
        NotFound.
    """
    partner, found = _found(session, partner_id, public_id)
    if found.disabled_for is not None:
        found.disabled_for = found.disabled_at = None
        note_change(session, partner, actor=SYSTEM, action="subscription_enabled", now=now, data={"id": public_id})
    return found


def send_trial(session: Session, *, partner_id: UUID, public_id: str, now: datetime) -> Delivery:
    """A ping that says only that it is one.

    Raises:
        NotFound; Conflict: a ping is under way, or the subscription is switched off.
    """
    _partner, found = _found(session, partner_id, public_id)
    if found.disabled_for is not None:
        raise Conflict(N_("Đăng ký này đang bị tắt: hãy bật lại trước"))
    if session.scalar(_waiting(found.id)) is not None:
        raise Conflict(N_("Một thông báo khác đang được gửi"))
    return new_delivery(session, found, kind="test", data={}, now=now)


def replay(session: Session, *, partner_id: UUID, public_id: str, message_id: str, now: datetime) -> Delivery:
    """Send a ping of the log once more, with the id and body it had.

    Raises:
        NotFound; Conflict: a ping is under way, or the subscription is switched off.
    """
    _partner, found = _found(session, partner_id, public_id)
    wanted = session.scalars(
        select(Delivery).where(Delivery.subscription_id == found.id, Delivery.message_id == message_id)
    ).one_or_none()
    if wanted is None:
        raise NotFound
    if found.disabled_for is not None:
        raise Conflict(N_("Đăng ký này đang bị tắt: hãy bật lại trước"))
    if session.scalar(_waiting(found.id)) is not None:
        raise Conflict(N_("Một thông báo khác đang được gửi"))
    wanted.state, wanted.next_at, wanted.ended_at = "waiting", now, None
    wanted.round += 1
    send_later(session, wanted, at=now, attempt=1)
    return wanted


def subscriptions_of(session: Session, *, partner_id: UUID) -> Sequence[PartnerSubscription]:
    """The partner's subscriptions, oldest first."""
    asked = select(PartnerSubscription).where(PartnerSubscription.partner_id == partner_id)
    return session.scalars(asked.order_by(PartnerSubscription.id).limit(MOST)).all()


def find_subscription(session: Session, *, partner_id: UUID, public_id: str) -> PartnerSubscription:
    """One of the partner's own. Raises NotFound."""
    found = session.scalars(
        select(PartnerSubscription).where(
            PartnerSubscription.partner_id == partner_id, PartnerSubscription.public_id == public_id
        )
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


def last_pings(session: Session, *, subscription_ids: Sequence[UUID]) -> dict[UUID, Delivery]:
    """The newest ping of each of these subscriptions that has had one."""
    if not subscription_ids:
        return {}
    asked = (
        select(Delivery)
        .where(Delivery.subscription_id.in_(subscription_ids))
        .order_by(Delivery.subscription_id, Delivery.created_at.desc(), Delivery.id.desc())
        .ext(distinct_on(Delivery.subscription_id))
    )
    return {one.subscription_id: one for one in session.scalars(asked)}


def delivery_log(
    session: Session, *, subscription_id: UUID, before: str = "", limit: int = PER_PAGE
) -> tuple[list[tuple[Delivery, list[DeliveryAttempt]]], str]:
    """Pings, newest first, each with its attempts; and the message id to go on behind, "" at the end."""
    order = (Delivery.created_at, Delivery.id)
    asked = select(Delivery).where(Delivery.subscription_id == subscription_id)
    if before:
        asked = asked.where(tuple_(*order) < select(*order).where(Delivery.message_id == before).scalar_subquery())
    rows = session.scalars(asked.order_by(*(one.desc() for one in order)).limit(limit + 1)).all()
    shown = rows[:limit]
    attempts: dict[UUID, list[DeliveryAttempt]] = {one.id: [] for one in shown}
    wanted = select(DeliveryAttempt).where(DeliveryAttempt.delivery_id.in_(attempts))
    for one in session.scalars(wanted.order_by(DeliveryAttempt.delivery_id, DeliveryAttempt.sequence)):
        attempts[one.delivery_id].append(one)
    return [(one, attempts[one.id]) for one in shown], shown[-1].message_id if len(rows) > limit else ""


def new_delivery(
    session: Session, subscription: PartnerSubscription, *, kind: str, data: dict[str, Any], now: datetime
) -> Delivery:
    """A ping and the job that sends it. At most one of a subscription may be waiting."""
    body = {"type": f"exchange.{kind}", "timestamp": now.isoformat(timespec="seconds"), "data": data}
    made = Delivery(
        id=uuid7(),
        subscription_id=subscription.id,
        message_id=f"msg_{new_public_id()}{new_public_id()}",
        body=body,
        next_at=now,
        created_at=now,
    )
    session.add(made)
    session.flush()
    send_later(session, made, at=now, attempt=1)
    return made


def send_later(session: Session, delivery: Delivery, *, at: datetime, attempt: int) -> None:
    """Have an attempt made at a time, once."""
    key = f"{DELIVER}:{delivery.id}:{delivery.round}:{attempt}"
    payload = {"delivery": str(delivery.id), "attempt": attempt}
    jobs.enqueue(session, kind=DELIVER, payload=payload, due_at=at, key=key, now=at)


def _waiting(subscription_id: UUID) -> Any:
    return select(func.min(Delivery.created_at)).where(
        Delivery.subscription_id == subscription_id, Delivery.state == "waiting"
    )


def _locked(session: Session, partner_id: UUID) -> Partner:
    return session.scalars(select(Partner).where(Partner.id == partner_id).with_for_update()).one()


def _found(session: Session, partner_id: UUID, public_id: str) -> tuple[Partner, PartnerSubscription]:
    partner = _locked(session, partner_id)
    return partner, find_subscription(session, partner_id=partner_id, public_id=public_id)
