"""What is known of a partner when its records come: its keys, and those of others that it may bring records of."""

import logging
from collections.abc import Mapping
from datetime import datetime

from joserfc.jwk import OKPKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import Database
from app.errors import Invalid
from app.exchange.taking.asking import AskLater, SourceFault, get
from app.exchange.taking.holdable import read_json, storable
from app.exchange.taking.understanding import Source
from app.features.partners.commands import set_keys
from app.features.partners.dublin_core_links import hosts_of
from app.identity import SYSTEM
from app.models.partners import Partner
from app.settings import Settings

log = logging.getLogger(__name__)


def source_of(session: Session, partner: Partner, *, now: datetime) -> Source:
    """The partner as a source of records, with the public keys that its records may be signed with."""
    asked = select(Partner.authority, Partner.keys)
    if not partner.relays:
        asked = asked.where(Partner.id == partner.id)
    keys: dict[str, Mapping[str, OKPKey]] = {
        authority: {one["kid"]: OKPKey.import_key(one) for one in kept}
        for authority, kept in session.execute(asked)
        if kept
    }
    return Source(
        authority=partner.authority,
        name=partner.name,
        licence=partner.licence,
        relays=partner.relays,
        mapping=partner.mapping,
        now=now,
        keys=keys,
        hosts=hosts_of(partner.authority, partner.address),
    )


def refresh_keys(database: Database, settings: Settings, partner: Partner, *, now: datetime) -> None:
    """Fetch the partner's key set anew, where it has an address. Without an answer the keys there are stay.

    Keys that the partner took out of its set are no longer believed.
    """
    if not partner.keys_url:
        return
    try:
        answer = get(partner.keys_url, partner=partner, settings=settings, now=now)
        said = read_json(answer.body)
        keys = [one for one in storable(said["keys"]) if isinstance(one, dict) and one.get("crv") == "Ed25519"]
        if not keys:
            raise ValueError("no Ed25519 key in the set")
        with database.unit_of_work() as session:
            set_keys(session, actor=SYSTEM, public_id=partner.public_id, keys=keys, now=now)
    except (SourceFault, AskLater, ValueError, KeyError, TypeError, RecursionError, Invalid) as fault:
        log.warning("partner %s: its key set could not be taken: %s", partner.authority, fault)
