"""Resumption tokens: everything the next page needs, signed, so that no state is kept here and none can be made up.

The window is fixed at the first page: `until` is in the token even where the harvester gave none. The same token gives
the same page again, but for records that have changed since and so moved out of the window into the next run's.
"""

import base64
import binascii
import hmac
import json
from dataclasses import asdict, dataclass
from typing import Final

from app.exchange.keys import SigningKey
from app.exchange.oai.request import OaiFault

_PURPOSE: Final = "oai-token"
_MAC_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list goes on: behind (datestamp, id) in the order of both.

    Instants are as the protocol writes them; `low` "" means from the beginning. `given` counts the records of the pages
    before, `total` is how many there were at the first page.
    """

    verb: str
    prefix: str
    low: str
    high: str
    set: str
    datestamp: str
    id: str
    given: int
    total: int


def write_token(place: Place, key: SigningKey) -> str:
    """The token, of letters that need no escaping in a URL."""
    text = json.dumps(list(asdict(place).values()), separators=(",", ":")).encode()
    return _letters(text) + "." + _letters(key.mac(_PURPOSE, text)[:_MAC_BYTES])


def read_token(token: str, *, verb: str, key: SigningKey) -> Place:
    """The place a token names.

    Raises:
        OaiFault: badResumptionToken, for one that was not made here or belongs to another verb.
    """
    text, _dot, mac = token.partition(".")
    try:
        raw, signature = _bytes(text), _bytes(mac)
        if not hmac.compare_digest(key.mac(_PURPOSE, raw)[:_MAC_BYTES], signature):
            raise ValueError("not ours")
        place = Place(*json.loads(raw))
    except (ValueError, TypeError, binascii.Error):
        raise OaiFault("badResumptionToken", "This token was not given by this exchange; begin anew") from None
    if place.verb != verb:
        raise OaiFault("badResumptionToken", f"This token is for {place.verb}")
    return place


def _letters(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(letters: str) -> bytes:
    return base64.b64decode(letters.encode("ascii") + b"=" * (-len(letters) % 4), altchars=b"-_", validate=True)
