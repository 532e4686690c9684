"""/exchange/v1/subscriptions: a partner's webhooks, managed by the partner itself with its key."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app import clock
from app.dependencies import AppSettings, ReadSession, WriteSession
from app.errors import SignInRequired
from app.exchange.answers import json_answer
from app.exchange.envelope import stamp
from app.exchange.keys import signing_key
from app.exchange.pings import secret_of
from app.exchange.reader import ReadBy, Reader, WrittenBy
from app.features.partners import subscriptions as feature
from app.features.partners.credentials import Sight
from app.features.partners.subscriptions import SubscriptionInput
from app.i18n import N_
from app.models.subscriptions import Delivery, DeliveryAttempt, PartnerSubscription
from app.settings import Settings

router = APIRouter()
_BASE = "/exchange/v1/subscriptions"


class PartnersOnly(SignInRequired):
    """Only a partner has webhooks here."""

    title = N_("Chỉ đối tác có khoá mới dùng được địa chỉ này")


def _known(reader: Reader) -> Sight:
    if reader.partner is None:
        raise PartnersOnly
    return reader.partner


def _writing(reader: WrittenBy) -> Sight:
    return _known(reader)


Writing = Annotated[Sight, Depends(_writing)]


@router.get(_BASE, name="exchange_subscriptions")
def listed(request: Request, session: ReadSession, reader: ReadBy) -> Response:
    """{"items": [subscription …]}, without secrets."""
    partner = _known(reader)
    found = feature.subscriptions_of(session, partner_id=partner.partner_id)
    return json_answer(request, {"items": [_told(one) for one in found]}, reader=reader)


@router.post(_BASE, name="exchange_subscribe")
def subscribe(session: WriteSession, settings: AppSettings, partner: Writing, data: SubscriptionInput) -> Response:
    """A new subscription with its secret (`whsec_…`), which is shown now and after a change only."""
    made = feature.subscribe(session, partner_id=partner.partner_id, data=data, now=clock.now())
    return _answer(_with_secret(made, settings), 201, {"Location": f"{settings.base_url}{_BASE}/{made.public_id}"})


@router.get(_BASE + "/{subscription_id}", name="exchange_subscription")
def one(request: Request, session: ReadSession, reader: ReadBy, subscription_id: str) -> Response:
    partner = _known(reader)
    found = feature.find_subscription(session, partner_id=partner.partner_id, public_id=subscription_id)
    return json_answer(request, _told(found), reader=reader)


@router.delete(_BASE + "/{subscription_id}", name="exchange_unsubscribe")
def unsubscribe(session: WriteSession, partner: Writing, subscription_id: str) -> Response:
    feature.unsubscribe(session, partner_id=partner.partner_id, public_id=subscription_id, now=clock.now())
    return Response(status_code=204)


@router.post(_BASE + "/{subscription_id}/rotate", name="exchange_rotate_secret")
def rotate(session: WriteSession, settings: AppSettings, partner: Writing, subscription_id: str) -> Response:
    """The next secret. For a day every ping carries the signatures of both."""
    found = feature.rotate_secret(session, partner_id=partner.partner_id, public_id=subscription_id, now=clock.now())
    return _answer(_with_secret(found, settings))


@router.post(_BASE + "/{subscription_id}/enable", name="exchange_enable_subscription")
def enable(session: WriteSession, partner: Writing, subscription_id: str) -> Response:
    """Switch on again what was switched off because nobody answered."""
    found = feature.enable(session, partner_id=partner.partner_id, public_id=subscription_id, now=clock.now())
    return _answer(_told(found))


@router.post(_BASE + "/{subscription_id}/test", name="exchange_test_subscription")
def trial(session: WriteSession, partner: Writing, subscription_id: str) -> Response:
    """Have a ping of type exchange.test sent."""
    made = feature.send_trial(session, partner_id=partner.partner_id, public_id=subscription_id, now=clock.now())
    return _answer(_ping(made, ()), 202)


@router.get(_BASE + "/{subscription_id}/deliveries", name="exchange_deliveries")
def deliveries(
    request: Request,
    session: ReadSession,
    reader: ReadBy,
    subscription_id: str,
    before: Annotated[str, Query(pattern=r"^(msg_[0-9a-z]{1,60})?$")] = "",
) -> Response:
    """{"items": [ping with its attempts …], "next": message id to give as `before`}; newest first, kept for 30 days."""
    partner = _known(reader)
    found = feature.find_subscription(session, partner_id=partner.partner_id, public_id=subscription_id)
    rows, after = feature.delivery_log(session, subscription_id=found.id, before=before)
    return json_answer(request, {"items": [_ping(*row) for row in rows], "next": after}, reader=reader)


@router.post(_BASE + "/{subscription_id}/deliveries/{message_id}/replay", name="exchange_replay")
def replay(session: WriteSession, partner: Writing, subscription_id: str, message_id: str) -> Response:
    """Send a ping once more, with the id and body it had."""
    made = feature.replay(
        session,
        partner_id=partner.partner_id,
        public_id=subscription_id,
        message_id=message_id,
        now=clock.now(),
    )
    return _answer(_ping(made, ()), 202)


def _told(one: PartnerSubscription) -> dict[str, Any]:
    return {
        "id": one.public_id,
        "address": one.address,
        "state": "active" if one.disabled_for is None else "disabled",
        "created_at": stamp(one.created_at),
        **({"disabled_for": one.disabled_for, "disabled_at": _at(one.disabled_at)} if one.disabled_for else {}),
    }


def _with_secret(one: PartnerSubscription, settings: Settings) -> dict[str, Any]:
    return _told(one) | {"secret": secret_of(one, signing_key(settings))}


def _ping(one: Delivery, attempts: Sequence[DeliveryAttempt]) -> dict[str, Any]:
    return {
        "id": one.message_id,
        "state": one.state,
        "body": one.body,
        "created_at": stamp(one.created_at),
        "next_attempt_at": _at(one.next_at),
        "attempts": [
            {"at": stamp(tried.at), "status": tried.status, "fault": tried.fault, "took_ms": tried.took_ms}
            for tried in attempts
        ],
    }


def _at(moment: datetime | None) -> str | None:
    return stamp(moment) if moment is not None else None


def _answer(said: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(said, status, {"Cache-Control": "no-store", **(headers or {})})
