"""Signing what this exchange sends to others: HTTP message signatures (RFC 9421) with its own key.

The other side of app/exchange/taking/signatures.py: over method, address and the body's digest, with a fresh nonce.
"""

from collections.abc import Mapping
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver, algorithms

from app.exchange.keys import SigningKey
from app.exchange.taking.signatures import COVERED, Message
from app.identity import uuid7


class _OwnKey(HTTPSignatureKeyResolver):
    def __init__(self, key: SigningKey) -> None:
        self._key = key

    def resolve_private_key(self, key_id: str) -> Ed25519PrivateKey:
        private = self._key.key.private_key
        assert isinstance(private, Ed25519PrivateKey)  # noqa: S101 - `signing_key` lets no other pass
        return private


def signed_headers(key: SigningKey, *, method: str, url: str, body: bytes, at: datetime) -> Mapping[str, str]:
    """The header fields that say that we send this, now: Content-Digest, Signature-Input, Signature.

    Args:
        url: the whole address it goes to, with its query.
        body: what is sent; b"" where nothing is, and its digest is signed all the same.
    """
    headers: dict[str, str] = {}
    HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=_OwnKey(key)).sign(
        Message(method, url, headers),
        key_id=key.kid,
        created=at,
        nonce=uuid7().hex,
        label="sig",
        covered_component_ids=COVERED,
        body=body,
    )
    return headers
