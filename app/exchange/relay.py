"""Passing on what was taken from partners, as its origin signed it, with ourselves added to `via`.

Only what says that it may be passed on, is signed, and has not been through too many hands. What stops being so is told
as gone; a tombstone that the origin did not sign carries no signature, since ours would be that of a stranger.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.exchange.content import as_json
from app.exchange.envelope import Envelope, digest, stamp
from app.exchange.given import House, sets_of, tombstone_of
from app.features.listings.views import Detail
from app.models.exchange import ExchangeRecord
from app.models.partners import Partner
from app.models.taking import TakenRecord

_LONGEST_VIA: Final = 4
_SHARES: Final[Mapping[str, str]] = {"all": "all", "partners": "partners"}
# (the record, where it was asked for)
Taken = tuple[TakenRecord, str]


def taken_records(session: Session, listing_ids: Sequence[UUID]) -> dict[UUID, Taken]:
    """What was taken, by the listing that shows it."""
    rows = session.execute(
        select(TakenRecord, Partner.address)
        .join(Partner, Partner.id == TakenRecord.partner_id)
        .where(TakenRecord.listing_id.in_(listing_ids))
    )
    return {one.listing_id: (one, address) for one, address in rows if one.listing_id is not None}


def relayed_row(taken: Taken, shown: Detail | None, house: House) -> dict[str, Any] | None:
    """Columns of `exchange_record` for a record that is passed on; None for one that is not.

    Args:
        shown: the listing as anybody may see it; None while it is hidden here.
    """
    record, address = taken
    share = _SHARES.get(record.envelope.get("rights", {}).get("republish", ""))
    if record.deleted or shown is None or share is None or "jws" not in record.envelope:
        return None
    if len(record.via) >= _LONGEST_VIA:
        return None
    via = [*record.via, {"authority": house.authority, "received": stamp(record.changed_at)}]
    return {
        "authority": record.authority,
        "local_id": record.local_id,
        "kind": record.kind,
        "share": share,
        "sets": [*sets_of(shown), "origin", f"origin:{record.authority}"],
        "deleted": False,
        "reason": None,
        "content_sha256": record.envelope["origin"]["content_sha256"],
        "envelope": {**record.envelope, "via": via},
        "version": record.version,
        "source_address": address or None,
    }


def relayed_end(before: ExchangeRecord, taken: Taken | None, house: House) -> dict[str, Any]:
    """The same for one that was passed on and no longer is."""
    envelope = taken[0].envelope if taken is not None and taken[0].deleted else {}
    if not (envelope.get("origin", {}).get("deleted") and "jws" in envelope):
        envelope = unsigned_tombstone(before, house)
    return {
        "authority": before.authority,
        "local_id": before.local_id,
        "kind": before.kind,
        "share": before.share,
        "sets": list(before.sets),
        "deleted": True,
        "reason": envelope["origin"]["reason"],
        "content_sha256": envelope["origin"]["content_sha256"],
        "envelope": dict(envelope),
        "version": envelope["origin"]["version"],
        "source_address": before.source_address,
    }


def unsigned_tombstone(record: ExchangeRecord, house: House) -> dict[str, Any]:
    """That a record of another exchange is no longer to be had here, on nobody's word but ours."""
    made = tombstone_of(
        local_id=record.local_id,
        kind=record.kind,
        language=record.envelope["lang"],
        house=house,
        version=record.version,
        modified=record.datestamp,
        reason="withdrawn",
    )
    said = as_json(Envelope.model_validate(made))
    said["key"]["authority"] = record.authority
    said["origin"]["landing"] = record.envelope["origin"]["landing"]
    said["origin"]["content_sha256"] = digest(said)
    return said
