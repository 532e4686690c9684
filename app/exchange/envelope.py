"""The envelope a record travels in: its key, where it comes from, on what terms, what it says, and who signed it.

`origin.content_sha256` is over the canonical form (RFC 8785) of content, identifiers and rights. The origin's detached
JWS (RFC 7515, Ed25519) covers all but `via` and `jws`, so that an exchange which passes a record on may add itself to
`via` and alter nothing else unnoticed.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from pydantic import Field, StringConstraints, model_validator

from app.exchange.canonical import canonical
from app.exchange.content import Content, Instant, Kind, Line, Shape, Word, as_json
from app.exchange.keys import ALGORITHM, SigningKey

Republish = Literal["all", "partners", "link-only", "none"]
Reason = Literal["withdrawn", "expired", "sold", "takedown", "merged"]
# A DNS name as docs/adr/0008 has it: labels begin with a letter and have two characters or more.
Authority = Annotated[
    str, StringConstraints(max_length=253, pattern=r"^[a-z][a-z0-9-]*[a-z0-9](\.[a-z][a-z0-9-]*[a-z0-9])*$")
]
LocalId = Annotated[str, StringConstraints(max_length=200, pattern=r"^[A-Za-z0-9._~-]+$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
_UNSIGNED: Final = ("via", "jws")


class Key(Shape):
    """The name of a record on every exchange; given once by its owner, never made anew, never read for meaning."""

    authority: Authority
    local_id: LocalId


class Origin(Shape):
    """The record at its owner's: which version, since when, and, when it is gone, why and what came in its place."""

    version: Annotated[int, Field(ge=1, le=2**31)]
    modified: Instant
    content_sha256: Digest
    deleted: bool = False
    landing: Annotated[str, StringConstraints(max_length=2_000, pattern=r"^https?://\S+$")]
    reason: Reason | None = None
    successor: Key | None = None


class Via(Shape):
    """An exchange that passed the record on, and when it got it."""

    authority: Authority
    received: Instant


class Rights(Shape):
    """On what terms the record may be used and passed on."""

    licence: Line | None = None
    attribution: Line | None = None
    republish: Republish


class Identifier(Shape):
    """A number that others know the same thing by: a patent's, a DOI, a handle."""

    scheme: Word
    value: Line


class Envelope(Shape):
    """A record, or the tombstone of one: then it has no content and no identifiers."""

    key: Key
    kind: Kind
    origin: Origin
    via: list[Via] = Field(default_factory=list, max_length=16)
    rights: Rights
    lang: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
    content: Content | None = None
    identifiers: list[Identifier] = Field(default_factory=list)
    jws: Annotated[str, StringConstraints(max_length=2_000, pattern=r"^[\w-]+\.\.[\w-]+$")] | None = None

    @model_validator(mode="after")
    def _whole(self) -> "Envelope":
        if self.origin.deleted != (self.content is None):
            raise ValueError("a record has content, a tombstone has none")
        if self.origin.deleted and self.origin.reason is None:
            raise ValueError("a tombstone says why")
        return self


class BadSignature(Exception):
    """The envelope is not what its origin signed, or was not signed by a key of that origin."""


def seal(envelope: Envelope, key: SigningKey) -> dict[str, Any]:
    """The envelope as JSON with its digest and signature put in."""
    return sign(as_json(envelope), key)


def sign(made: dict[str, Any], key: SigningKey) -> dict[str, Any]:
    """The same of an envelope's JSON, in its place."""
    made["origin"]["content_sha256"] = digest(made)
    made.pop("jws", None)
    payload = _signed_part(made)
    whole = jws.serialize_compact({"alg": ALGORITHM, "kid": key.kid}, payload, key.key, algorithms=[ALGORITHM])
    made["jws"] = jws.detach_content(whole)
    return made


def digest(envelope: Mapping[str, Any]) -> str:
    """SHA-256, in hexadecimal, of content, identifiers and rights."""
    covered = {name: envelope[name] for name in ("content", "identifiers", "rights") if name in envelope}
    return hashlib.sha256(canonical(covered)).hexdigest()


def verify(envelope: Mapping[str, Any], keys: Mapping[str, OKPKey]) -> None:
    """Check digest and signature.

    Args:
        envelope: as it came, before anything was added to it but `via`.
        keys: the origin's public keys by `kid`.

    Raises:
        BadSignature: saying which of the two does not hold.
    """
    if digest(envelope) != envelope["origin"]["content_sha256"]:
        raise BadSignature("content_sha256 is not that of content, identifiers and rights")
    signature = envelope.get("jws")
    if not isinstance(signature, str):
        raise BadSignature("not signed")
    try:
        kid = jws.extract_compact(signature.encode()).headers().get("kid")
        key = keys.get(str(kid))
        if key is None:
            raise BadSignature(f"signed with a key that is not its origin's: {kid}")
        jws.deserialize_compact(signature, key, algorithms=[ALGORITHM], payload=_signed_part(envelope))
    except (JoseError, ValueError) as fault:
        raise BadSignature(f"the signature does not hold: {fault}") from fault


def _signed_part(envelope: Mapping[str, Any]) -> bytes:
    return canonical({name: value for name, value in envelope.items() if name not in _UNSIGNED})


def stamp(moment: datetime) -> str:
    """An instant as envelopes and OAI-PMH write it: whole seconds of UTC."""
    return moment.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
