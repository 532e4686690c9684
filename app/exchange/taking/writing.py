"""Records of a partner into the database: listings, provenance, and what was laid aside. One page, one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, insert, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.orm import Session

from app.exchange.taking.accepting import OUTSIDE, Terms, is_agreed, verdict
from app.exchange.taking.holdable import storable
from app.exchange.taking.incoming import Bad, Incoming, Raw
from app.exchange.taking.understanding import Source, left_out, understood
from app.features.listings.foreign import (
    bring_organisations,
    clear_foreign,
    insert_foreign,
    laid_over,
    update_foreign,
)
from app.features.listings.import_lines import codes_of
from app.features.partners.dublin_core import SKIPPED
from app.features.partners.taken_down import forget_taken_down, known_marks, marks_of, note_taken_down
from app.identity import uuid7
from app.models.listings import Listing
from app.models.partners import Partner
from app.models.taking import Quarantined, TakenOverlay, TakenRecord
from app.reference.current import refresh

# A fixed name for the advisory lock: pages of all partners are written one after the other.
_TAKING: Final = 7_414_032
_LONGEST_DETAIL: Final = 1_000
# A note of the listing's history, for the operator who looks at it.
SAME_AS_TAKEN_DOWN: Final = "Trùng nội dung hoặc số hiệu với một tin đã bị gỡ"
Key = tuple[str, str]


@dataclass(slots=True)
class Counts:
    """What became of some records."""

    seen: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    gone: int = 0
    skipped: int = 0
    quarantined: int = 0

    def add(self, other: "Counts") -> None:
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


def terms_of(partner: Partner, *, own: str) -> Terms:
    """What the agreement says about what may come."""
    return Terms(own, partner.id, partner.authority, frozenset(partner.kinds), frozenset(partner.research_fields))


def take_batch(
    session: Session,
    *,
    partner: Partner,
    source: Source,
    raws: Sequence[Raw],
    terms: Terms,
    run_id: UUID | None,
    now: datetime,
    outcomes: dict[str, Mapping[str, str]] | None = None,
) -> Counts:
    """Take these records, in the caller's transaction. Nothing of them is written that says what it said before.

    Args:
        outcomes: filled in, by the source's name of each record, with what became of it and, if not taken, why.
    """
    counts = Counts(seen=len(raws))
    session.execute(select(func.pg_advisory_xact_lock(_TAKING)))
    refresh(session)
    bad: list[tuple[Raw, Bad]] = []
    coming = _understood(raws, source, bad, counts)
    known = known_records(session, list(coming))
    fresh: list[Incoming] = []
    changed: list[tuple[TakenRecord, Incoming]] = []
    gone: list[tuple[TakenRecord | None, Incoming]] = []
    settled: list[str] = []
    for key, (raw, incoming) in coming.items():
        try:
            what = verdict(incoming, known.get(key), terms)
        except Bad as fault:
            bad.append((raw, fault))
            continue
        settled.append(incoming.source_id)
        if outcomes is not None:
            outcomes[incoming.source_id] = {"outcome": what}
        if what == "new":
            fresh.append(incoming)
        elif what == "changed":
            changed.append((known[key], incoming))
        elif what == "gone":
            gone.append((known.get(key), incoming))
        elif what == "unchanged":
            counts.unchanged += 1
            _adopt(known.get(key), incoming, partner)
        else:
            counts.skipped += 1
    _write_listings(session, fresh, changed, partner=partner, now=now)
    _bury(session, gone, partner=partner, terms=terms, now=now)
    counts.created, counts.changed, counts.gone = len(fresh), len(changed), len(gone)
    counts.quarantined = len(bad)
    lay_aside(session, bad, partner_id=partner.id, run_id=run_id, now=now)
    if outcomes is not None:
        for raw, why in bad:
            outcomes[raw.source_id] = {"outcome": "refused", "reason": why.reason, "detail": why.detail}
    _settle(session, settled, partner_id=partner.id, now=now)
    return counts


def _understood(
    raws: Sequence[Raw], source: Source, bad: list[tuple[Raw, Bad]], counts: Counts
) -> dict[Key, tuple[Raw, Incoming]]:
    """The records by key; of one that came twice the newest."""
    coming: dict[Key, tuple[Raw, Incoming]] = {}
    for raw in raws:
        try:
            incoming = understood(raw, source)
        except Bad as fault:
            if fault.reason != "mapping" or fault.detail != SKIPPED:
                bad.append((raw, fault))
                continue
            incoming = left_out(raw, source)
        key = (incoming.authority, incoming.local_id)
        before = coming.get(key)
        if before is not None:
            counts.unchanged += 1
            if incoming.version < before[1].version:
                continue
        coming[key] = (raw, incoming)
    return coming


def known_records(session: Session, keys: Sequence[Key]) -> dict[Key, TakenRecord]:
    """What is kept of these records, by key."""
    if not keys:
        return {}
    found = session.scalars(
        select(TakenRecord)
        .where(tuple_(TakenRecord.authority, TakenRecord.local_id).in_(keys))
        .execution_options(populate_existing=True)
    )
    return {(one.authority, one.local_id): one for one in found}


def _write_listings(
    session: Session,
    fresh: Sequence[Incoming],
    changed: Sequence[tuple[TakenRecord, Incoming]],
    *,
    partner: Partner,
    now: datetime,
) -> None:
    overlays = _overlays(session, [record.id for record, _ in changed])
    changed = [(record, _overlaid(one, overlays.get(record.id))) for record, one in changed]
    hidden = {record.listing_id for record, _ in changed if record.id in overlays and overlays[record.id].hidden}
    listings = [one.listing for one in (*fresh, *(incoming for _, incoming in changed)) if one.listing is not None]
    organisations = bring_organisations(session, [one.organisation for one in listings], now=now)
    review = partner.accepting == "review"
    appearing = [(uuid7(), one) for one in fresh]
    # One that was only known as gone, or never agreed upon, has no listing yet.
    reborn = [(uuid7(), record, one) for record, one in changed if record.listing_id is None]
    new = [(listing_id, one.listing) for listing_id, one in appearing if one.listing is not None]
    new += [(listing_id, one.listing) for listing_id, _record, one in reborn if one.listing is not None]
    back = [(record.listing_id, one) for record, one in changed if record.deleted and record.listing_id is not None]
    held = _held(session, [*appearing, *((listing_id, one) for listing_id, _record, one in reborn), *back])
    insert_foreign(session, new, organisations=organisations, review=review, held=held, now=now)
    update_foreign(
        session,
        [(record.listing_id, one.listing) for record, one in changed if record.listing_id and one.listing],
        organisations=organisations,
        review=review,
        hidden={one for one in hidden if one is not None},
        held=held,
        now=now,
    )
    # What is sent of one that was taken down is known again as well; what its origin itself shows again is not held.
    taken_down = _suspended(session, [record.listing_id for record, _ in changed if record.listing_id])
    if appearing:
        session.execute(
            insert(TakenRecord).execution_options(render_nulls=True),
            [
                {**_columns(one, partner), "id": uuid7(), "listing_id": listing_id, "taken_at": now, "changed_at": now}
                for listing_id, one in appearing
            ],
        )
    for listing_id, record, _one in reborn:
        record.listing_id = listing_id
    for record, one in changed:
        _overwrite(record, one, partner, now)
    if taken_down:
        session.flush()
        note_taken_down(session, taken_down, now=now)
    if shown_again := [one for one, _ in back if one not in taken_down and one not in held]:
        forget_taken_down(session, shown_again)


def _held(session: Session, coming: Sequence[tuple[UUID, Incoming]]) -> dict[UUID, str]:
    """Those of new records that say the same as something taken down here or at its origin, and why they wait."""
    marks = {
        listing_id: marks_of(
            one.kind,
            one.listing.columns()["details"],
            one.envelope.get("content") or {},
            one.envelope.get("identifiers"),
        )
        for listing_id, one in coming
        if one.listing is not None
    }
    known = known_marks(session, frozenset[str]().union(*marks.values()))
    return {
        listing_id: SAME_AS_TAKEN_DOWN
        for listing_id, some in marks.items()
        if any(known.get(mark, set()) - {listing_id} for mark in some)
    }


def _suspended(session: Session, listing_ids: Sequence[UUID]) -> list[UUID]:
    if not listing_ids:
        return []
    return list(session.scalars(select(Listing.id).where(Listing.id.in_(listing_ids), Listing.state == "suspended")))


def _adopt(record: TakenRecord | None, one: Incoming, partner: Partner) -> None:
    """Have a record that others brought from its origin, once that gives it itself: then its word alone ends it.

    This is provenance only; nothing that is shown or given on changes.
    """
    if record is None or record.deleted or one.via or not record.via or record.digest != one.digest:
        return
    record.partner_id, record.source_id, record.via = partner.id, one.source_id, []


def _overlays(session: Session, record_ids: Sequence[UUID]) -> dict[UUID, TakenOverlay]:
    if not record_ids:
        return {}
    found = session.scalars(select(TakenOverlay).where(TakenOverlay.taken_id.in_(record_ids)))
    return {one.taken_id: one for one in found}


def _overlaid(one: Incoming, overlay: TakenOverlay | None) -> Incoming:
    """What came, with what the operator laid over this record."""
    if overlay is None or one.listing is None:
        return one
    codes = list(codes_of(overlay.codes)) if overlay.codes is not None else None
    return replace(one, listing=laid_over(one.listing, texts=overlay.texts, codes=codes))


def _bury(
    session: Session,
    gone: Sequence[tuple[TakenRecord | None, Incoming]],
    *,
    partner: Partner,
    terms: Terms,
    now: datetime,
) -> None:
    """Keep the tombstones, and empty what is shown of the records."""
    ended = [record.listing_id for record, one in gone if record and record.listing_id and one.reason == "takedown"]
    if ended:
        note_taken_down(session, ended, now=now)
    clear_foreign(
        session,
        listing_ids=sorted(record.listing_id for record, _ in gone if record is not None and record.listing_id),
        now=now,
    )
    for record, one in gone:
        outside = not is_agreed(one, terms)
        if record is None:
            session.add(
                TakenRecord(
                    **{**_columns(one, partner), "reason": one.reason or "withdrawn"},
                    listing_id=None,
                    taken_at=now,
                    changed_at=now,
                )
            )
            continue
        _overwrite(record, one, partner, now)
        record.deleted = True
        record.reason = OUTSIDE if outside else one.reason or "withdrawn"
        if outside:
            record.envelope = {"key": {"authority": one.authority, "local_id": one.local_id}}


def _columns(one: Incoming, partner: Partner) -> dict[str, Any]:
    return {
        "authority": one.authority,
        "local_id": one.local_id,
        "partner_id": partner.id,
        "source_id": one.source_id,
        "kind": one.kind,
        "version": one.version,
        "digest": one.digest,
        "datestamp": one.datestamp,
        "via": list(one.via),
        "envelope": dict(one.envelope),
        "landing": one.landing,
        "deleted": one.deleted,
        "reason": one.reason,
        "absences": 0,
        "stale_since": None,
    }


def _overwrite(record: TakenRecord, one: Incoming, partner: Partner, now: datetime) -> None:
    said = _columns(one, partner)
    if one.known_only:
        # A bare deletion tells neither kind nor page nor version of what it ends.
        for name in ("kind", "landing", "version", "digest", "via"):
            del said[name]
    for name, value in said.items():
        setattr(record, name, value)
    record.changed_at = now


def lay_aside(
    session: Session, bad: Sequence[tuple[Raw, Bad]], *, partner_id: UUID, run_id: UUID | None, now: datetime
) -> None:
    """Put records into quarantine; one that waits there already is told once more, with what came last."""
    if not bad:
        return
    rows: dict[str, dict[str, Any]] = {}
    for raw, fault in bad:
        rows[raw.source_id] = {
            "id": uuid7(),
            "partner_id": partner_id,
            "run_id": run_id,
            "source_id": storable(raw.source_id),
            "title": _title(raw.body),
            "reason": fault.reason,
            "detail": storable(fault.detail[:_LONGEST_DETAIL]),
            "raw": raw.as_json(),
            "state": "waiting",
            "times": 1,
            "first_at": now,
            "last_at": now,
        }
    asked = pg_insert(Quarantined)
    session.execute(
        asked.on_conflict_do_update(
            index_elements=[Quarantined.partner_id, Quarantined.source_id],
            # As a literal: a prepared statement's parameter would not be seen to fit the index.
            index_where=text("state = 'waiting'"),
            set_={
                **{name: asked.excluded[name] for name in ("run_id", "title", "reason", "detail", "raw", "last_at")},
                "times": Quarantined.times + 1,
            },
        ),
        list(rows.values()),
    )


def _settle(session: Session, source_ids: Sequence[str], *, partner_id: UUID, now: datetime) -> None:
    """What waited in quarantine and came again in order is done with."""
    if source_ids:
        session.execute(
            update(Quarantined)
            .where(
                Quarantined.partner_id == partner_id,
                Quarantined.state == "waiting",
                Quarantined.source_id.in_(source_ids),
            )
            .values(state="solved", ended_at=now)
            .execution_options(synchronize_session=False)
        )


def _title(body: Mapping[str, Any]) -> str:
    """A title to know a record by in a list, as far as one can be found."""
    content = body.get("content")
    given = content.get("title") if isinstance(content, Mapping) else body.get("title", body.get("text"))
    while isinstance(given, list) and given:
        given = given[0]
    return storable(given[:200]) if isinstance(given, str) else ""
