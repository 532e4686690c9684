"""What the exchange needs of a provider of card payments. Amounts are integer minor units with an ISO 4217 currency.

Every call that makes something takes an idempotency key: the same key again gives the same thing, made once. Callers
record the key and commit before they call, and record what came of it after.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from app.settings import Settings


class GatewayDown(Exception):
    """No answer, or one that may be another in a while: the same call with the same key may be made again."""


class GatewayRefused(Exception):
    """The provider says no, and would say so again. The message is the provider's, in English."""


@dataclass(frozen=True, slots=True)
class Account:
    """A seller's account at the provider. Money goes there directly, never to the operator."""

    id: str
    charges_enabled: bool
    payouts_enabled: bool
    details_submitted: bool


@dataclass(frozen=True, slots=True)
class Link:
    """An address of the provider to send the seller's browser to, once and soon."""

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckoutOrder:
    """What a buyer pays on the provider's page. The money's destination is the seller's account.

    `number` names the payment, and `authority` the exchange it is of, in everything the provider tells us later.
    `fee` is what the operator gets of it, 0 for nothing.
    """

    number: str
    authority: str
    title: str
    amount: int
    currency: str
    account: str
    fee: int
    success_url: str
    cancel_url: str
    expires_at: datetime
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeOrder:
    """A subscription with the operator itself. `price` names it at the provider, `fee` our own record of it."""

    fee: str
    authority: str
    price: str
    email: str
    success_url: str
    cancel_url: str
    expires_at: datetime
    language: str


@dataclass(frozen=True, slots=True)
class Checkout:
    """A page of the provider where one payment can be made."""

    id: str
    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Refunded:
    """A refund as the provider has it; `state` is "succeeded", "pending" or "failed"."""

    id: str
    state: str
    amount: int
    currency: str
    charge: str
    created: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """One movement in the provider's own list. `kind` is "charge", "refund" or "dispute".

    `id` is what the ledger knows it by; `charge` the payment it belongs to; `number` our payment's number, `authority`
    the exchange it is of, where told.
    """

    kind: str
    id: str
    charge: str
    amount: int
    currency: str
    number: str
    created: datetime
    authority: str = ""


class PaymentGateway(Protocol):
    """A provider. Every method may raise GatewayDown or GatewayRefused."""

    def open_account(self, *, key: str, email: str, reference: str) -> Account: ...

    def account_link(self, *, key: str, account: str, return_url: str, refresh_url: str) -> Link: ...

    def open_checkout(self, *, key: str, order: CheckoutOrder) -> Checkout: ...

    def end_checkout(self, *, key: str, checkout: str) -> None: ...

    def open_subscription(self, *, key: str, order: FeeOrder) -> Checkout: ...

    def end_subscription(self, *, key: str, subscription: str) -> None: ...

    def refund(self, *, key: str, charge: str, amount: int, number: str) -> Refunded: ...

    def events_since(self, since: datetime) -> Iterator[Mapping[str, Any]]:
        """What the provider told since then, oldest first, in the form its webhooks have."""
        ...

    def movements(self, since: datetime, until: datetime) -> Iterator[Seen]:
        """The provider's own list of what moved between two instants."""
        ...


def gateway_from(settings: Settings) -> PaymentGateway | None:
    """Stripe when TECHMART_STRIPE_KEY is set; None when card payments are off."""
    if settings.stripe_key is None:
        return None
    from app.integrations.payments.stripe_gateway import StripeGateway

    return StripeGateway(settings.stripe_key.get_secret_value(), base=settings.stripe_api)
