"""Reading a webhook of Stripe: the signature is checked over the raw body before a byte of it is believed."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

TOLERANCE_S = 300


class BadSignature(Exception):
    """Not signed by the provider, or too long ago."""


def read_event(body: bytes, header: str, *, secrets: Sequence[str], now: datetime) -> Mapping[str, Any]:
    """The event in a webhook's body.

    Args:
        header: Stripe-Signature ("t=…,v1=…").
        secrets: of the endpoints we have at the provider; several while one is being replaced, or beside each other.

    Raises:
        BadSignature: signed with none of the secrets, not within five minutes of `now`, or no event.
    """
    from stripe import SignatureVerificationError, WebhookSignature

    for secret in secrets:
        try:
            WebhookSignature.verify_header(body, header, secret)
            # The first t is the one that is signed; what is written after it anybody may have added.
            signed_at = next(int(part[2:]) for part in header.split(",") if part.startswith("t="))
        except (SignatureVerificationError, ValueError, StopIteration):
            continue
        if abs(now.timestamp() - signed_at) > TOLERANCE_S:
            raise BadSignature("signed too long ago")
        event = json.loads(body)
        if (
            not isinstance(event, dict)
            or not isinstance(event.get("id"), str)
            or not isinstance(event.get("type"), str)
        ):
            raise BadSignature("no event")
        return event
    raise BadSignature("signature")
