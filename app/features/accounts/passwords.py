"""Passwords: kept as Argon2id, stretched anew when the parameters grow."""

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10
LONGEST = 200
# OWASP's recommendation for Argon2id: 19 MiB, two passes, one lane. Ten at once fit into a small server.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Checked when there is no account, so that the answer takes the time it takes for one.
_NOBODYS = _hasher.hash("nobody has this password")

_COMMON = frozenset(
    # One word per entry would make this a page long.
    """
    0123456789 1234567890 0987654321 9876543210 12345678910 123456789a abc1234567 abcd123456 qwertyuiop qwerty1234
    qwerty12345 1q2w3e4r5t password12 password123 password1234 passw0rd123 matkhau123 matkhau1234 matkhau12345
    iloveyou123 anhyeuem123 emyeuanh123 anhyeuem1234 vietnam123 vietnam1234 vietnam2026 techmart123 techmart1234
    techmart2026 admin12345 admin123456 administrator hoilamgi123 khongbiet123 saigon1234 hanoi12345
    """.split()  # noqa: SIM905
)


def _normal(password: str) -> bytes:
    # The same Vietnamese password typed on another keyboard may arrive decomposed.
    return unicodedata.normalize("NFC", password).encode()


def hash_password(password: str) -> str:
    """The Argon2id string to store."""
    return _hasher.hash(_normal(password))


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether the password fits. None (no account) takes the same time and is never right."""
    try:
        _hasher.verify(password_hash or _NOBODYS, _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def needs_rehash(password_hash: str) -> bool:
    """Whether the string was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def is_guessable(password: str, *personal: str) -> bool:
    """Whether it is among the first things an attacker tries: common, monotonous, or the person's own data."""
    plain = password.casefold().replace(" ", "")
    if plain in _COMMON or len(set(plain)) < 4:
        return True
    return any(plain == part.casefold().replace(" ", "") for text in personal for part in (text, text.split("@")[0]))
