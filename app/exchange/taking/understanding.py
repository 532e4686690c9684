"""From a record as it came to one that is understood: checked against its shape, its signature and our own rules."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from joserfc.jwk import OKPKey
from pydantic import ValidationError

from app.exchange.canonical import canonical
from app.exchange.content import bare
from app.exchange.envelope import BadSignature, Envelope, stamp, verify
from app.exchange.taking.accepting import OUTSIDE, via_of
from app.exchange.taking.holdable import unholdable
from app.exchange.taking.incoming import Bad, Incoming, Raw
from app.features.listings.foreign import ForeignListing, ForeignOrganisation
from app.features.listings.import_lines import codes_of, guessed_type
from app.features.listings.placing import find_region
from app.features.listings.schemas import INPUTS, problems_of
from app.features.partners.dublin_core import Mapped, MappingFault, map_record
from app.i18n import use_locale
from app.models.organisations import ORGANISATION_TYPES

_TEXTS: Final = ("title", "benefit", "summary", "description")
_PLAIN: Final = ("keywords", "country", "trl", "transfer_forms", "payment_forms", "territory", "ip_status", "price")
_NOT_IN_A_KEY: Final = "~"


@dataclass(frozen=True, slots=True)
class Source:
    """What has to be known of a partner to understand its records.

    Attributes:
        keys: public keys by the authority whose they are; the partner's own and those of other partners.
        mapping: of Dublin Core, how its elements become ours.
        hosts: those whose pages are its own.
        now: when its records are received.
    """

    authority: str
    name: str
    licence: str
    relays: bool
    mapping: Mapping[str, Any]
    now: datetime
    keys: Mapping[str, Mapping[str, OKPKey]] = field(default_factory=dict)
    hosts: frozenset[str] = frozenset()


def understood(raw: Raw, source: Source) -> Incoming:
    """The record, whatever way it came.

    Raises:
        Bad: it cannot be taken, and why.
    """
    if raw.fault:
        raise Bad("unreadable", raw.fault)
    if why := unholdable(raw.body):
        raise Bad("unreadable", why)
    if raw.deleted:
        return _gone(raw, source)
    if raw.form == "envelope":
        return _of_envelope(raw, source)
    return _of_fields(raw, source)


def left_out(raw: Raw, source: Source) -> Incoming:
    """A record that the mapping leaves out: of what we never had nothing is kept, and what we have of it goes."""
    return replace(_gone(raw, source), reason=OUTSIDE)


def local_id_of(source_id: str, authority: str) -> str:
    """The half of a key for a record that brings none: its OAI identifier without scheme and authority.

    Signs that a key cannot hold are written as ~ and their two hexadecimal digits, so that no two become one.
    """
    rest = source_id.removeprefix(f"oai:{authority}:")
    if rest == source_id and source_id.startswith("oai:"):
        rest = source_id.split(":", 2)[-1]
    made = "".join(
        sign
        if sign.isascii() and (sign.isalnum() or sign in "._-")
        else "".join(f"~{one:02x}" for one in sign.encode())
        for sign in rest
    )
    if len(made) <= 200:
        return made or "~"
    return made[:150] + _NOT_IN_A_KEY + hashlib.sha256(rest.encode()).hexdigest()[:40]


def _of_envelope(raw: Raw, source: Source) -> Incoming:
    body = dict(raw.body)
    try:
        envelope = Envelope.model_validate_json(json.dumps(body))
    except (ValidationError, ValueError, RecursionError) as fault:
        raise Bad("shape", _first(fault)) from None
    authority = envelope.key.authority
    if authority != source.authority and not source.relays:
        raise Bad("authority", f"{authority} is not {source.authority}")
    keys = source.keys.get(authority)
    if not keys:
        raise Bad("keys", f"no key of {authority} is known here")
    try:
        verify(body, keys)
    except BadSignature as fault:
        raise Bad("signature", str(fault)) from None
    except (ValueError, RecursionError) as fault:
        # What cannot be written in one form cannot have been signed.
        raise Bad("shape", str(fault)[:300]) from None
    if envelope.rights.republish == "none":
        raise Bad("terms", "its origin does not let it be shown elsewhere")
    via = via_of(body, partner=source.authority, received=stamp(source.now))
    kept = {name: value for name, value in body.items() if name != "via"}
    listing = None
    if envelope.content is not None:
        listing = _listing(envelope, body["content"], source)
    return Incoming(
        source_id=raw.source_id,
        authority=authority,
        local_id=envelope.key.local_id,
        kind=envelope.kind,
        version=envelope.origin.version,
        digest=envelope.origin.content_sha256,
        datestamp=raw.datestamp or datetime.fromisoformat(envelope.origin.modified),
        via=via,
        envelope=kept,
        landing=envelope.origin.landing,
        reason=envelope.origin.reason,
        listing=listing,
    )


def _listing(envelope: Envelope, content: Mapping[str, Any], source: Source) -> ForeignListing:
    shape = envelope.content
    if shape is None:
        raise Bad("shape", "no content")
    said: dict[str, Any] = {"kind": envelope.kind, "language": "en" if envelope.lang == "en" else "vi"}
    said |= {name: content[name] for name in (*_TEXTS, *_PLAIN) if name in content}
    if said["language"] != "en":
        said |= {f"{name}_en": value for name, value in content.get("english", {}).items()}
    if envelope.kind == "need":
        said |= {name: content[name] for name in ("deadline", "visibility") if name in content}
    said["details"] = content.get(envelope.kind, {})
    key = envelope.key
    owner = shape.organisation
    if owner is None:
        organisation = _nobody(key.authority, source)
    else:
        kind = owner.type if owner.type in ORGANISATION_TYPES else guessed_type(owner.name)
        organisation = ForeignOrganisation(
            key.authority, owner.id, owner.name, owner.name_en, kind, find_region(owner.region)
        )
    return _checked(
        said,
        authority=key.authority,
        local_id=key.local_id,
        organisation=organisation,
        region=shape.region,
        codes=content.get("classifications", []),
        source=source.name if key.authority == source.authority else key.authority,
        licence=envelope.rights.licence,
        times=(shape.published_at, shape.confirmed_at, shape.expires_at),
    )


def _of_fields(raw: Raw, source: Source) -> Incoming:
    """A record without an envelope: Dublin Core, or a line of a file that speaks our names."""
    local_id = local_id_of(raw.source_id, source.authority)
    if raw.form == "dublin_core":
        try:
            mapped = map_record(raw.body, source.mapping, hosts=source.hosts)
        except MappingFault as fault:
            raise Bad("mapping", str(fault)) from None
    else:
        mapped = _line(raw.body)
    named = mapped.organisation
    organisation = (
        ForeignOrganisation(
            source.authority,
            f"~{hashlib.sha256(named.encode()).hexdigest()[:24]}",
            named,
            None,
            guessed_type(named),
            None,
        )
        if named
        else _nobody(source.authority, source)
    )
    listing = _checked(
        mapped.said,
        authority=source.authority,
        local_id=local_id,
        organisation=organisation,
        region=mapped.region,
        codes=mapped.codes,
        source=source.name,
        licence=mapped.licence or source.licence or None,
        times=(mapped.published_at, None, None),
    )
    kind = listing.data.kind
    content = bare({**mapped.said, "region": mapped.region, "organisation": named, "codes": mapped.codes})
    envelope = {
        "key": {"authority": source.authority, "local_id": local_id},
        "kind": kind,
        "content": content,
        "identifiers": mapped.identifiers,
        "rights": bare({"licence": listing.licence}),
    }
    return Incoming(
        source_id=raw.source_id,
        authority=source.authority,
        local_id=local_id,
        kind=kind,
        version=0,
        # A record without a version has changed where anything of it is shown otherwise.
        digest=_digest(
            envelope
            | bare(
                {
                    "lang": listing.data.language,
                    "landing": mapped.landing,
                    "published_at": listing.published_at and listing.published_at.isoformat(),
                }
            )
        ),
        datestamp=raw.datestamp,
        via=(),
        envelope=envelope,
        landing=mapped.landing,
        reason=None,
        listing=listing,
    )


def _digest(envelope: Mapping[str, Any]) -> str:
    try:
        return hashlib.sha256(canonical(dict(envelope))).hexdigest()
    except (ValueError, RecursionError) as fault:
        raise Bad("content", str(fault)[:300]) from None


def _gone(raw: Raw, source: Source) -> Incoming:
    """A deletion by word alone: OAI-PMH tells it in a header, without version or signature."""
    authority, local_id = source.authority, local_id_of(raw.source_id, source.authority)
    if raw.form == "envelope":
        scheme, _colon, key = raw.source_id.partition(":")
        authority, _colon, local_id = key.partition(":")
        if scheme != "oai" or not authority or not local_id:
            raise Bad("shape", f"{raw.source_id} is no identifier of a record")
    return Incoming(
        source_id=raw.source_id,
        authority=authority,
        local_id=local_id,
        kind="technology",
        version=0,
        digest="",
        datestamp=raw.datestamp,
        via=(),
        envelope={"key": {"authority": authority, "local_id": local_id}},
        landing="",
        reason="withdrawn",
        listing=None,
        known_only=True,
    )


def _line(body: Mapping[str, Any]) -> Mapped:
    """A line of a file, in the names that `techmart import` knows."""
    said = dict(body)
    named = said.pop("organisation", None)
    organisation = named.get("name") if isinstance(named, Mapping) else named
    landing, region = said.pop("landing", None), said.pop("region", None)
    codes, licence = said.pop("classifications", []), said.pop("licence", None)
    published = said.pop("published_at", None)
    model = INPUTS.get(str(said.get("kind")))
    if model is None:
        raise Bad("content", "kind: technology, equipment, patent, service or need is wanted")
    # What our own files may say beside, and an exchange's listing has no place for.
    known = {name: value for name, value in said.items() if name in model.model_fields and value not in (None, "")}
    known.pop("external_id", None)
    known.pop("owners", None)
    return Mapped(
        said=known,
        organisation=str(organisation or "").strip(),
        region=str(region) if region else None,
        codes=codes,
        licence=str(licence) if licence else None,
        landing=str(landing) if landing and str(landing).startswith(("https://", "http://")) else "",
        published_at=str(published) if published else None,
        identifiers=[],
    )


def _nobody(authority: str, source: Source) -> ForeignOrganisation:
    """Whom a listing is kept under that does not say whose it is (an anonymous need, a bare record)."""
    name = source.name if authority == source.authority else authority
    return ForeignOrganisation(authority, "~", name, None, "intermediary", None)


def _checked(
    said: Mapping[str, Any],
    *,
    authority: str,
    local_id: str,
    organisation: ForeignOrganisation,
    region: str | None,
    codes: Any,
    source: str,
    licence: str | None,
    times: tuple[str | None, str | None, str | None],
) -> ForeignListing:
    """The listing by the same rules that our own obey."""
    model = INPUTS.get(str(said.get("kind")))
    if model is None:
        raise Bad("content", f"kind {said.get('kind')!r} is not known here")
    try:
        with use_locale("en"):
            data = model.model_validate(dict(said))
    except ValidationError as fault:
        with use_locale("en"):
            raise Bad("content", "; ".join(f"{at}: {why}" for at, why in problems_of(fault).items())) from None
    if not data.title:
        raise Bad("content", "title: missing")
    return ForeignListing(
        authority=authority,
        local_id=local_id,
        data=data,
        organisation=organisation,
        region=find_region(region),
        classifications=tuple(codes_of(codes)),
        source=source,
        licence=licence,
        published_at=_moment(times[0]),
        confirmed_at=_moment(times[1]),
        expires_at=_moment(times[2]),
    )


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _first(fault: Exception) -> str:
    if isinstance(fault, ValidationError):
        error = fault.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, error['loc']))}: {error['msg']}"
    return str(fault)[:300]
