"""What the library for Standard Webhooks gets wrong does not get through."""

import base64
from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.exchange.webhook_signing import BadWebhook, signed_headers, verify_webhook

START = datetime.now(UTC).replace(microsecond=0)
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


def test_an_instant_with_an_offset_is_signed_as_the_instant_it_is() -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    here = now.astimezone(timezone(timedelta(hours=7)))
    made = signed_headers([SECRET], message_id="msg_1", at=here, body="{}")
    assert made == signed_headers([SECRET], message_id="msg_1", at=now, body="{}")
    verify_webhook(SECRET, headers=made, body=b"{}")
    with pytest.raises(ValueError, match="offset"):
        signed_headers([SECRET], message_id="msg_1", at=here.replace(tzinfo=None), body="{}")


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,a,b"},
        {"webhook-signature": "v1,!"},
        {"webhook-signature": ""},
        {"webhook-timestamp": "nan"},
        {"webhook-timestamp": "1e400"},
        {"webhook-timestamp": "9" * 30},
        {"webhook-timestamp": str(int(START.timestamp()) - 400)},
        {"webhook-id": "msg_2"},
    ],
)
def test_whatever_is_wrong_with_what_comes_is_one_fault(wrong: dict[str, str]) -> None:
    good = signed_headers([SECRET], message_id="msg_1", at=datetime.now(UTC), body="{}")
    with pytest.raises(BadWebhook):
        verify_webhook(SECRET, headers=good | wrong, body=b"{}")
    with pytest.raises(BadWebhook):
        verify_webhook(SECRET, headers=good, body=b"\xff")
