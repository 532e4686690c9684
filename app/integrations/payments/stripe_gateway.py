"""Stripe through its own library: Connect accounts, Checkout with destination charges, refunds, its lists.

Destination charges on behalf of the seller: the seller is the merchant of record and the money is transferred to its
account with the charge; a refund takes it back from there. The operator holds nothing.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import requests
import stripe

from app.integrations.payments.gateway import (
    Account,
    Checkout,
    CheckoutOrder,
    FeeOrder,
    GatewayDown,
    GatewayRefused,
    Link,
    Refunded,
    Seen,
)

Answer = TypeVar("Answer")
_TIMEOUT_S = (5, 20)
_PAGE = 100
# A wrong key is the operator's to mend; what was asked for stays right.
_LATER = (stripe.APIConnectionError, stripe.RateLimitError, stripe.AuthenticationError, stripe.PermissionError)
_STATES = {"succeeded": "succeeded", "pending": "pending", "requires_action": "pending"}


class StripeGateway:
    """PaymentGateway on Stripe's API at `base` (https://api.stripe.com when empty)."""

    def __init__(self, key: str, *, base: str = "") -> None:
        session = requests.Session()
        # The only address asked is the one set; no proxy of the environment, nowhere else by a redirect.
        session.trust_env = False
        session.max_redirects = 0
        self._client = stripe.StripeClient(
            key,
            base_addresses={"api": base} if base else None,
            max_network_retries=0,  # the job tries again, with the same key
            http_client=stripe.RequestsClient(timeout=_TIMEOUT_S, session=session),
        )

    def open_account(self, *, key: str, email: str, reference: str) -> Account:
        """An account for a seller, empty until its owner fills it in at Stripe."""
        made = _asked(
            lambda: self._client.v1.accounts.create(
                {
                    "type": "express",
                    "email": email,
                    "capabilities": {"card_payments": {"requested": True}, "transfers": {"requested": True}},
                    "metadata": {"organisation": reference},
                },
                {"idempotency_key": key},
            )
        )
        return Account(made.id, bool(made.charges_enabled), bool(made.payouts_enabled), bool(made.details_submitted))

    def account_link(self, *, key: str, account: str, return_url: str, refresh_url: str) -> Link:
        """Where the seller fills in its account."""
        made = _asked(
            lambda: self._client.v1.account_links.create(
                {
                    "account": account,
                    "type": "account_onboarding",
                    "return_url": return_url,
                    "refresh_url": refresh_url,
                },
                {"idempotency_key": key},
            )
        )
        return Link(made.url, _instant(made.expires_at))

    def open_checkout(self, *, key: str, order: CheckoutOrder) -> Checkout:
        """A page to pay on."""
        named = {"payment": order.number, "authority": order.authority}
        intent: dict[str, Any] = {
            "transfer_data": {"destination": order.account},
            "on_behalf_of": order.account,
            "metadata": named,
            "description": f"{order.number} {order.title}"[:200],
        }
        if order.fee:
            intent["application_fee_amount"] = order.fee
        wanted: dict[str, Any] = {
            "mode": "payment",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": order.currency.lower(),
                        "unit_amount": order.amount,
                        "product_data": {"name": order.title[:200]},
                    },
                }
            ],
            "payment_intent_data": intent,
            "metadata": named,
            "client_reference_id": order.number,
            "success_url": order.success_url,
            "cancel_url": order.cancel_url,
            "expires_at": int(order.expires_at.timestamp()),
            "locale": order.language,
        }
        made = _asked(lambda: self._client.v1.checkout.sessions.create(wanted, {"idempotency_key": key}))  # type: ignore[arg-type]
        return Checkout(made.id, made.url or "", _instant(made.expires_at))

    def end_checkout(self, *, key: str, checkout: str) -> None:
        """Let nobody pay there any more."""
        _asked(lambda: self._client.v1.checkout.sessions.expire(checkout, {}, {"idempotency_key": key}))

    def open_subscription(self, *, key: str, order: FeeOrder) -> Checkout:
        """A page to subscribe on; this money is the operator's own."""
        named = {"fee": order.fee, "authority": order.authority}
        wanted: dict[str, Any] = {
            "mode": "subscription",
            "line_items": [{"price": order.price, "quantity": 1}],
            "customer_email": order.email,
            "metadata": named,
            "subscription_data": {"metadata": named},
            "success_url": order.success_url,
            "cancel_url": order.cancel_url,
            "expires_at": int(order.expires_at.timestamp()),
            "locale": order.language,
        }
        made = _asked(lambda: self._client.v1.checkout.sessions.create(wanted, {"idempotency_key": key}))  # type: ignore[arg-type]
        return Checkout(made.id, made.url or "", _instant(made.expires_at))

    def end_subscription(self, *, key: str, subscription: str) -> None:
        """Let it end with the period that is paid."""
        _asked(
            lambda: self._client.v1.subscriptions.update(
                subscription, {"cancel_at_period_end": True}, {"idempotency_key": key}
            )
        )

    def refund(self, *, key: str, charge: str, amount: int, number: str) -> Refunded:
        """Send money back from the seller's account, with the operator's fee on it."""
        made = _asked(
            lambda: self._client.v1.refunds.create(
                {
                    "payment_intent": charge,
                    "amount": amount,
                    "reverse_transfer": True,
                    "refund_application_fee": True,
                    "metadata": {"payment": number},
                },
                {"idempotency_key": key},
            )
        )
        return Refunded(
            id=made.id,
            state=_STATES.get(made.status or "", "failed"),
            amount=made.amount,
            currency=made.currency.upper(),
            charge=charge,
            created=_instant(made.created),
        )

    def events_since(self, since: datetime) -> Iterator[Mapping[str, Any]]:
        """Stripe keeps events for thirty days."""
        listed = _all(lambda after: self._client.v1.events.list(_page(after, created={"gte": int(since.timestamp())})))
        # As a webhook would have brought it: the library makes decimals of some texts.
        plain = (json.loads(json.dumps(one.to_dict(), default=str)) for one in listed)
        yield from sorted(plain, key=lambda one: int(one["created"]))

    def movements(self, since: datetime, until: datetime) -> Iterator[Seen]:
        """Payment intents that succeeded, refunds that did not fail, disputes that took money."""
        within = {"gte": int(since.timestamp()), "lt": int(until.timestamp())}
        for intent in _all(lambda after: self._client.v1.payment_intents.list(_page(after, created=within))):
            if intent.status == "succeeded":
                yield _seen("charge", intent, intent.id, amount=intent.amount_received or intent.amount)
        for refund in _all(lambda after: self._client.v1.refunds.list(_page(after, created=within))):
            if refund.status == "succeeded":
                yield _seen("refund", refund, _id(refund.payment_intent))
        for dispute in _all(lambda after: self._client.v1.disputes.list(_page(after, created=within))):
            if not dispute.status.startswith("warning"):
                yield _seen("dispute", dispute, _id(dispute.payment_intent))


def _seen(kind: str, told: Any, charge: str, *, amount: int | None = None) -> Seen:
    named = (told.to_dict().get("metadata") or {}) if kind == "charge" else {}
    return Seen(
        kind=kind,
        id=told.id,
        charge=charge,
        amount=told.amount if amount is None else amount,
        currency=str(told.currency).upper(),
        number=str(named.get("payment", "")),
        created=_instant(told.created),
        authority=str(named.get("authority", "")),
    )


def _id(reference: Any) -> str:
    """The id of what Stripe names, whether it gave the id alone or the whole object."""
    return reference if isinstance(reference, str) else str(getattr(reference, "id", "") or "")


def _page(after: str, **within: Any) -> Any:
    """What to ask a list for."""
    return {"limit": _PAGE, **within, **({"starting_after": after} if after else {})}


def _all(ask: Callable[[str], Any]) -> Iterator[Any]:
    """Every object of a list, page after page."""
    after = ""
    while True:
        page = _asked(lambda: ask(after))  # noqa: B023 - asked at once
        yield from page.data
        if not page.has_more or not page.data:
            return
        after = page.data[-1].id


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _asked(ask: Callable[[], Answer]) -> Answer:
    """Ask, and tell apart what may be tried again and what may not."""
    try:
        return ask()
    except (
        stripe.APIConnectionError,
        stripe.RateLimitError,
        stripe.AuthenticationError,
        stripe.PermissionError,
    ) as fault:
        # A wrong key is the operator's to mend; what was asked for stays right.
        raise GatewayDown(type(fault).__name__) from fault
    except stripe.StripeError as fault:
        # 409: the first call with this key is still under way.
        if fault.http_status is None or fault.http_status >= 500 or fault.http_status == 409:
            raise GatewayDown(type(fault).__name__) from fault
        raise GatewayRefused(fault.user_message or str(fault)) from fault
