"""Taking card payments through a provider: one Protocol, and Stripe behind it. Without a key there is none."""

from app.integrations.payments.gateway import (
    Account,
    Checkout,
    CheckoutOrder,
    FeeOrder,
    GatewayDown,
    GatewayRefused,
    Link,
    PaymentGateway,
    Refunded,
    Seen,
    gateway_from,
)
from app.integrations.payments.signature import BadSignature, read_event

__all__ = [
    "Account",
    "BadSignature",
    "Checkout",
    "CheckoutOrder",
    "FeeOrder",
    "GatewayDown",
    "GatewayRefused",
    "Link",
    "PaymentGateway",
    "Refunded",
    "Seen",
    "gateway_from",
    "read_event",
]
