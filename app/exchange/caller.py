"""Which partner a request comes from: its API key or its OAuth2 token, both as `Authorization: Bearer` (RFC 6750).

Tokens are stateless: the credential's id and the last second, with a code that only this exchange can make. The
credential is looked up each time, so that revoking it ends its tokens too.
"""

import base64
import binascii
import hmac
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session
from starlette.requests import Request

from app.errors import SignInRequired
from app.exchange.keys import SigningKey, signing_key
from app.features.partners.credentials import API_KEY_PREFIX, Sight, sight_of_credential, sight_of_key
from app.i18n import N_
from app.settings import Settings

TOKEN_PREFIX: Final = "tmpt_"  # noqa: S105 - tells scanners of leaked secrets what they found
TOKEN_LIFE_S: Final = 3_600
_PURPOSE: Final = "partner-token"


class BadPartnerToken(SignInRequired):
    """A key or token that opens nothing (any more)."""

    code = "invalid-token"
    title = N_("Khoá của đối tác không đúng hoặc đã hết hiệu lực")


def caller_of(request: Request, session: Session, settings: Settings, *, now: datetime) -> Sight | None:
    """Who asks and what they may see; None for a request that brings no key of a partner.

    Raises:
        BadPartnerToken: it brings one that opens nothing. Somebody who believes to be known is told so, not given less.
    """
    scheme, _space, given = request.headers.get("authorization", "").strip().partition(" ")
    token = given.strip()
    if scheme.lower() != "bearer" or not token.startswith((API_KEY_PREFIX, TOKEN_PREFIX)):
        return None
    if token.startswith(API_KEY_PREFIX):
        found = sight_of_key(session, key=token, now=now)
    else:
        credential_id = read_token(token, key=signing_key(settings), now=now)
        found = sight_of_credential(session, credential_id=credential_id, now=now) if credential_id else None
    if found is None:
        raise BadPartnerToken
    return found


def make_token(credential_id: UUID, *, key: SigningKey, now: datetime) -> str:
    """A token for whoever proved to hold this credential; lives TOKEN_LIFE_S seconds."""
    body = credential_id.bytes + (int(now.timestamp()) + TOKEN_LIFE_S).to_bytes(8, "big")
    return TOKEN_PREFIX + base64.urlsafe_b64encode(body + key.mac(_PURPOSE, body)).decode().rstrip("=")


def read_token(token: str, *, key: SigningKey, now: datetime) -> UUID | None:
    """The credential a token was made from; None when it is not ours, altered or over."""
    text = token.removeprefix(TOKEN_PREFIX)
    try:
        whole = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    body, code = whole[:24], whole[24:]
    if len(body) != 24 or not hmac.compare_digest(code, key.mac(_PURPOSE, body)):
        return None
    if int.from_bytes(body[16:], "big") <= now.timestamp():
        return None
    return UUID(bytes=body[:16])
