"""The keys this exchange signs with (Ed25519), and what is derived from them.

TECHMART_EXCHANGE_KEY holds them as PEM where several machines serve one exchange; otherwise one is made once and kept
in the data folder, readable by its owner alone. There may be several, one behind the other: the first signs, the others
signed before and stay published, so that what they signed stays true. A next one is published for a while before it
signs, so that partners know it by then. What only this exchange can make (tokens, secrets of pings) hangs on the last,
the eldest, and outlives a change of the key that signs. A backup holds them all but the next.
"""

import functools
import hashlib
import hmac
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from joserfc.jwk import OKPKey

from app.errors import Conflict
from app.i18n import N_
from app.settings import Settings, SettingsFault

ALGORITHM: Final = "Ed25519"
_PEM: Final = re.compile(r"-----BEGIN [A-Z ]+-----.+?-----END [A-Z ]+-----", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key with its name (`kid`, the RFC 7638 thumbprint).

    Attributes:
        eldest: the key that secrets hang on; None where that is this one.
    """

    key: OKPKey
    kid: str
    eldest: OKPKey | None = None

    @property
    def public(self) -> dict[str, Any]:
        """The public half as a JWK (RFC 8037)."""
        return {**self.key.as_dict(private=False), "kid": self.kid, "alg": ALGORITHM, "use": "sig"}

    def mac(self, purpose: str, message: bytes) -> bytes:
        """A message authentication code that only this exchange can make, apart for each purpose (32 bytes)."""
        secret = hashlib.sha256(
            b"techmart:" + purpose.encode() + b":" + (self.eldest or self.key).as_pem(private=True)
        ).digest()
        return hmac.digest(secret, message, "sha256")


def signing_key(settings: Settings) -> SigningKey:
    """The key that signs, made and kept at the first call.

    Raises:
        SettingsFault: what is kept is no Ed25519 key in PEM.
        OSError: the data folder cannot be written.
    """
    return own_keys(settings)[0]


def own_keys(settings: Settings) -> Sequence[SigningKey]:
    """The key that signs, and those that did, the eldest last. Raises as `signing_key`."""
    if settings.exchange_key is not None:
        return _read(settings.exchange_key.get_secret_value(), "TECHMART_EXCHANGE_KEY")
    path = _file(settings)
    if not path.exists():
        _make(path)
    return _kept(path, path.stat().st_mtime_ns)


def next_key(settings: Settings) -> SigningKey | None:
    """The key that is published and does not sign yet, if there is one. Raises as `signing_key`."""
    if settings.exchange_key is not None:
        given = settings.exchange_next_key
        return _read(given.get_secret_value(), "TECHMART_EXCHANGE_NEXT_KEY")[0] if given is not None else None
    path = _next_file(settings)
    return _kept(path, path.stat().st_mtime_ns)[0] if path.exists() else None


def published_keys(settings: Settings) -> list[dict[str, Any]]:
    """The public halves of all, as JWKs. Raises as `signing_key`."""
    coming = next_key(settings)
    return [one.public for one in (*own_keys(settings), *([coming] if coming is not None else ()))]


def prepare_next(settings: Settings) -> SigningKey:
    """Make the next key, which is published from now on.

    Raises:
        Conflict: there is one already, or the environment gives the keys.
    """
    path = _next_file(settings)
    if next_key(settings) is not None:
        raise Conflict(N_("Đã có khoá kế tiếp"))
    own_keys(settings)
    _make(path)
    return _kept(path, path.stat().st_mtime_ns)[0]


def use_next(settings: Settings) -> SigningKey:
    """Let the next key sign from now on; the one before stays published.

    Raises:
        Conflict: there is no next one, or the environment gives the keys.
    """
    path, coming = _next_file(settings), next_key(settings)
    if coming is None:
        raise Conflict(N_("Chưa có khoá kế tiếp"))
    # It is among them already where this was broken off before its last step.
    before = [one.key for one in own_keys(settings) if one.kid != coming.kid]
    _write(_file(settings), [coming.key, *before])
    path.unlink()
    return signing_key(settings)


def drop_key(settings: Settings, kid: str) -> None:
    """Forget a former key: what it signed is not believed any more. Without the eldest, tokens and secrets end too.

    Raises:
        Conflict: it is none of the former ones, or the environment gives the keys.
    """
    keys = own_keys(settings)
    kept = [one.key for one in keys if one.kid != kid]
    if len(kept) == len(keys) or kid == keys[0].kid:
        raise Conflict(N_("Đây không phải một khoá cũ của sàn"))
    _write(_file(settings), kept)


def _file(settings: Settings) -> Path:
    path = settings.exchange_key_file
    if path is None:
        raise Conflict(N_("Khoá của sàn này đặt trong biến môi trường, hãy đổi ở đó"))
    return path


def _next_file(settings: Settings) -> Path:
    return _file(settings).with_name("exchange-key.next.pem")


def _make(path: Path) -> None:
    """Make a key and keep it there, unless another process was first: then its key is the one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft(path, [OKPKey.generate_key("Ed25519")])
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _write(path: Path, keys: Sequence[OKPKey]) -> None:
    _draft(path, keys).replace(path)


def _draft(path: Path, keys: Sequence[OKPKey]) -> Path:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(b"".join(one.as_pem(private=True) for one in keys))
    return draft


@functools.lru_cache(maxsize=8)
def _kept(path: Path, _changed_at: int) -> tuple[SigningKey, ...]:
    return _read(path.read_text("ascii"), str(path))


@functools.lru_cache(maxsize=8)
def _read(pem: str, where: str) -> tuple[SigningKey, ...]:
    keys = []
    for part in _PEM.findall(pem) or [pem]:
        try:
            key = OKPKey.import_key(part)
        except ValueError as fault:
            raise SettingsFault(f"{where}: not a private key in PEM ({fault})") from fault
        if key.curve_name != "Ed25519" or not key.is_private:
            raise SettingsFault(f"{where}: an Ed25519 private key is wanted")
        keys.append(key)
    return tuple(SigningKey(one, one.thumbprint(), keys[-1]) for one in keys)
