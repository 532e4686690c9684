"""Another exchange's records for tests, signed by a key of its own."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import rfc8785
from joserfc import jws
from joserfc.jwk import OKPKey

from app.exchange.content import Content
from app.exchange.envelope import Envelope, Identifier, Key, Origin, Rights, Via, digest, seal, stamp
from app.exchange.keys import SigningKey
from app.exchange.taking.incoming import Raw
from app.exchange.taking.understanding import Source
from tests.factories import NOW


def _key() -> SigningKey:
    key = OKPKey.generate_key("Ed25519")
    return SigningKey(key, key.thumbprint())


@dataclass
class Elsewhere:
    """An exchange that is not ours."""

    authority: str = "san.danang.test"
    key: SigningKey = field(default_factory=_key)

    @property
    def keys(self) -> dict[str, OKPKey]:
        return {self.key.kid: OKPKey.import_key(self.key.public)}

    def sealed(
        self,
        local_id: str = "m1",
        *,
        version: int = 1,
        kind: str = "technology",
        modified: datetime = NOW,
        deleted: str = "",
        via: tuple[str, ...] = (),
        identifiers: tuple[tuple[str, str], ...] = (),
        republish: str = "all",
        **content: Any,
    ) -> dict[str, Any]:
        """An envelope as JSON. `deleted`: why, for a tombstone."""
        said: dict[str, Any] = {
            "title": f"Máy sấy {local_id}",
            "summary": "Sấy nông sản ở nhiệt độ thấp.",
            "visibility": "public",
            "organisation": {"id": "v1", "name": "Viện Cơ điện", "type": "research_institute", "verified": True},
        } | content
        made = Envelope(
            key=Key(authority=self.authority, local_id=local_id),
            kind=kind,  # type: ignore[arg-type]
            origin=Origin(
                version=version,
                modified=stamp(modified),
                content_sha256="0" * 64,
                landing=f"https://{self.authority}/id/{local_id}",
                deleted=bool(deleted),
                reason=deleted or None,  # type: ignore[arg-type]
            ),
            rights=Rights(licence="CC-BY-4.0", republish=republish),  # type: ignore[arg-type]
            lang="vi",
            content=None if deleted else Content.model_validate_json(json.dumps(said)),
            identifiers=[] if deleted else [Identifier(scheme=scheme, value=value) for scheme, value in identifiers],
        )
        sealed = seal(made, self.key)
        if via:
            sealed["via"] = [Via(authority=one, received=stamp(NOW)).model_dump() for one in via]
        return sealed

    def raw(self, local_id: str = "m1", **given: Any) -> Raw:
        body = self.sealed(local_id, **given)
        return Raw("envelope", f"oai:{self.authority}:{local_id}", given.get("modified", NOW), body=body)

    @staticmethod
    def as_raw(envelope: dict[str, Any]) -> Raw:
        """An envelope as it comes from whoever gives it."""
        key = envelope["key"]
        return Raw("envelope", f"oai:{key['authority']}:{key['local_id']}", NOW, body=envelope)


def source(*known: Elsewhere, relays: bool = False, **given: Any) -> Source:
    """What is known of the first of these exchanges, with the keys of all."""
    values: dict[str, Any] = {
        "authority": known[0].authority,
        "name": "Sàn Đà Nẵng",
        "licence": "",
        "relays": relays,
        "mapping": {},
        "now": NOW,
        "keys": {one.authority: one.keys for one in known},
    } | given
    return Source(**values)


def with_a_null_sign(elsewhere: Elsewhere, local_id: str = "m1") -> dict[str, Any]:
    """A record signed by its origin, and still with a sign that PostgreSQL cannot hold."""
    evil = elsewhere.sealed(local_id)
    evil["content"]["summary"] = "a\x00b"
    evil["origin"]["content_sha256"] = digest(evil)
    covered = rfc8785.dumps({name: one for name, one in evil.items() if name not in {"via", "jws"}})
    whole = jws.serialize_compact(
        {"alg": "Ed25519", "kid": elsewhere.key.kid}, covered, elsewhere.key.key, algorithms=["Ed25519"]
    )
    evil["jws"] = jws.detach_content(whole)
    return evil
