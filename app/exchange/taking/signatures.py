"""Whose push it is: HTTP message signatures (RFC 9421, Ed25519) over method, address and the body's digest.

Created at most 300 seconds ago, with a nonce that is good once; the key is one of those kept of a live partner.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    algorithms,
)
from joserfc.jwk import OKPKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import SignInRequired
from app.i18n import N_
from app.models.partners import Partner

OLDEST: Final = timedelta(seconds=300)
COVERED: Final = ("@method", "@target-uri", "content-digest")
_LONGEST_NONCE: Final = 200


class BadPush(SignInRequired):
    """The push is not signed as it must be; `detail` says what is wrong."""

    code = "invalid-signature"
    title = N_("Chữ ký của yêu cầu không đúng")


@dataclass(frozen=True, slots=True)
class Message:
    """A request as the signature covers it. `url` is the address it was sent to."""

    method: str
    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Signer:
    """Who pushed, and the nonce to be used up."""

    partner: Partner
    nonce: str


class _Keys(HTTPSignatureKeyResolver):
    """The public keys of live partners by `kid`; remembers whose the asked one was."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.partner: Partner | None = None

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey | None:
        found = self._session.scalars(
            select(Partner).where(
                Partner.state == "live", Partner.direction != "give", Partner.keys.contains([{"kid": key_id}])
            )
        ).all()
        if len(found) != 1:
            return None
        self.partner = found[0]
        kept = next(one for one in found[0].keys if one["kid"] == key_id)
        return cast("Ed25519PublicKey", OKPKey.import_key(kept).public_key)


def signer_of(session: Session, message: Message, body: bytes) -> Signer:
    """The partner whose signature the message bears.

    Raises:
        BadPush: none, a wrong or old one, of nobody live, or over too little.
    """
    keys = _Keys(session)
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=keys)
    try:
        results: list[Any] = verifier.verify(message, max_age=OLDEST, require_components=COVERED, body=body)
    except (HTTPMessageSignaturesException, ValueError, TypeError) as fault:
        raise BadPush(str(fault)[:300] or type(fault).__name__) from fault
    nonce = results[0].nonce if len(results) == 1 else None
    if keys.partner is None or not isinstance(nonce, str) or not 8 <= len(nonce) <= _LONGEST_NONCE:
        raise BadPush("a nonce of 8 to 200 signs is wanted")
    return Signer(keys.partner, nonce)


def oldest_kept(now: datetime) -> datetime:
    """Nonces from before this moment can be forgotten: no signature with them would be young enough."""
    return now - OLDEST - timedelta(minutes=5)
