"""Secrets that open something: made here, shown or sent once, kept only as SHA-256."""

import hashlib
import secrets

ACCESS_TOKEN_PREFIX = "tmpat_"  # noqa: S105 - tells scanners of leaked secrets what they found


def new_token() -> str:
    """256 random bits, safe in addresses and cookies."""
    return secrets.token_urlsafe(32)


def new_access_token() -> str:
    """A personal access token, recognisable by its beginning."""
    return ACCESS_TOKEN_PREFIX + new_token()


def digest(token: str) -> str:
    """What is stored of a token. Plain SHA-256 will do: there is nothing to guess in 256 random bits."""
    return hashlib.sha256(token.encode()).hexdigest()
