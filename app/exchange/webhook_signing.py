"""Signing and checking as Standard Webhooks has it (https://www.standardwebhooks.com), version v1: HMAC-SHA256.

The library does the reckoning, but it signs an instant with an offset as if it had none, and lets errors of its parts
out where what came is malformed.
"""

import binascii
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - tells scanners of leaked secrets what they found
_INSTANT: Final = re.compile(r"[1-9][0-9]{0,10}")


class BadWebhook(Exception):
    """The message was not sent by who has the secret, or not just now."""


def signed_headers(secrets: Sequence[str], *, message_id: str, at: datetime, body: str) -> dict[str, str]:
    """The three header fields of a message.

    Args:
        secrets: each adds its signature, so that a secret can be changed while both are good.
        at: when it is sent, with its offset.
    """
    if at.tzinfo is None:
        raise ValueError("an instant with its offset is wanted")
    moment = at.astimezone(UTC)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(message_id, moment, body) for secret in secrets),
    }


def verify_webhook(secret: str, *, headers: Mapping[str, str], body: bytes) -> None:
    """Check a message that came.

    Raises:
        BadWebhook: whatever is wrong with it.
    """
    named = {name.lower(): value for name, value in headers.items()}
    if not _INSTANT.fullmatch(named.get("webhook-timestamp", "")):
        raise BadWebhook("no instant in webhook-timestamp")
    try:
        Webhook(secret).verify(body, named, json_parse=False)
    except WebhookVerificationError as fault:
        raise BadWebhook(str(fault)) from fault
    except (ValueError, binascii.Error) as fault:
        raise BadWebhook("malformed") from fault
