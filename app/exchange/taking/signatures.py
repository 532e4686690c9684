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
from sqlalchemy import select, true
from sqlalchemy.orm import Session

from app.errors import SignInRequired
from app.features.partners.terms import in_force
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
    """The public keys of live partners by `kid`. Whoever likes may call its key as another calls its own."""

    def __init__(self, session: Session, *, now: datetime, whoever: bool) -> None:
        self._session, self._now, self._whoever = session, now, whoever
        self._found: dict[str, list[tuple[Partner, Ed25519PublicKey]]] = {}
        self._at = 0

    def resolve_public_key(self, key_id: str) -> Ed25519PublicKey | None:
        if key_id not in self._found:
            self._found[key_id] = self._candidates(key_id)
        found = self._found[key_id]
        return found[self._at][1] if self._at < len(found) else None

    def _candidates(self, key_id: str) -> list[tuple[Partner, Ed25519PublicKey]]:
        partners = self._session.scalars(
            select(Partner)
            .where(
                Partner.state == "live",
                true() if self._whoever else Partner.direction != "give",
                Partner.keys.contains([{"kid": key_id}]),
                in_force(now=self._now),
            )
            .order_by(Partner.id)
        )
        return [
            (partner, cast("Ed25519PublicKey", OKPKey.import_key(one).public_key))
            for partner in partners
            for one in partner.keys
            if one["kid"] == key_id
        ]

    def partner_of(self, key_id: str) -> Partner:
        """Whose key was given last for this name."""
        return self._found[key_id][self._at][0]

    def go_on(self) -> bool:
        """Give the next of those of one name from now on; False when there is none."""
        self._at += 1
        return any(self._at < len(found) for found in self._found.values())


def signers_of(
    session: Session, message: Message, body: bytes, *, now: datetime, whoever: bool = False
) -> list[Signer]:
    """The partners whose signature the message bears: one, unless another gave out that one's public key as its own.

    Args:
        whoever: any live partner, and not only one that we take records from.

    Raises:
        BadPush: none, a wrong or old one, of nobody live, or over too little.
    """
    keys = _Keys(session, now=now, whoever=whoever)
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=keys)
    signers: list[Signer] = []
    fault: Exception | None = None
    going = True
    while going:
        try:
            results: list[Any] = verifier.verify(message, max_age=OLDEST, require_components=COVERED, body=body)
        except (HTTPMessageSignaturesException, ValueError, TypeError) as one:
            fault = fault or one
        else:
            nonce = results[0].nonce if len(results) == 1 else None
            if not isinstance(nonce, str) or not 8 <= len(nonce) <= _LONGEST_NONCE:
                raise BadPush("a nonce of 8 to 200 signs is wanted")
            signers.append(Signer(keys.partner_of(str(results[0].parameters["keyid"])), nonce))
        going = keys.go_on()
    if not signers:
        raise BadPush(str(fault)[:300] or type(fault).__name__) from fault
    return signers


def oldest_kept(now: datetime) -> datetime:
    """Nonces from before this moment can be forgotten: no signature with them would be young enough."""
    return now - OLDEST - timedelta(minutes=5)
