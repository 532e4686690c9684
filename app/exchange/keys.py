"""The key this exchange signs with (Ed25519), and what is derived from it.

TECHMART_EXCHANGE_KEY holds it as PEM where several machines serve one exchange; otherwise it is made once and kept in
the data folder, readable by its owner alone. A backup holds it, so that what partners know to be signed by us stays so.
"""

import functools
import hashlib
import hmac
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from joserfc.jwk import OKPKey

from app.settings import Settings, SettingsFault

ALGORITHM: Final = "Ed25519"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The private key with its name (`kid`, the RFC 7638 thumbprint)."""

    key: OKPKey
    kid: str

    @property
    def public(self) -> dict[str, Any]:
        """The public half as a JWK (RFC 8037)."""
        return {**self.key.as_dict(private=False), "kid": self.kid, "alg": ALGORITHM, "use": "sig"}

    def mac(self, purpose: str, message: bytes) -> bytes:
        """A message authentication code that only this exchange can make, apart for each purpose (32 bytes)."""
        secret = hashlib.sha256(b"techmart:" + purpose.encode() + b":" + self.key.as_pem(private=True)).digest()
        return hmac.digest(secret, message, "sha256")


def signing_key(settings: Settings) -> SigningKey:
    """The key of this installation, made and kept at the first call.

    Raises:
        SettingsFault: TECHMART_EXCHANGE_KEY is no Ed25519 key in PEM.
        OSError: the data folder cannot be written.
    """
    if settings.exchange_key is not None:
        return _read(settings.exchange_key.get_secret_value(), "TECHMART_EXCHANGE_KEY")
    assert settings.exchange_key_file is not None  # noqa: S101 - the environment gives none
    return _kept(settings.exchange_key_file)


@functools.lru_cache(maxsize=8)
def _kept(path: Path) -> SigningKey:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(OKPKey.generate_key("Ed25519").as_pem(private=True))
        try:
            # Fails where another process was first: then its key is the one.
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return _read(path.read_text("ascii"), str(path))


@functools.lru_cache(maxsize=8)
def _read(pem: str, where: str) -> SigningKey:
    try:
        key = OKPKey.import_key(pem)
    except ValueError as fault:
        raise SettingsFault(f"{where}: not a private key in PEM ({fault})") from fault
    if key.curve_name != "Ed25519" or not key.is_private:
        raise SettingsFault(f"{where}: an Ed25519 private key is wanted")
    return SigningKey(key, key.thumbprint())
