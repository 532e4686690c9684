"""Keeps `exchange_record` as partners should see it: reads the journal behind the cursor `exchange`.

One reader at a time writes it, so positions and datestamps only grow. A reader of the feed may go by position alone. A
harvester goes by datestamp, and must not be told of a time whose records are still being written: `horizon` says up to
when everything can be seen.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import clock
from app.database import Database
from app.exchange.envelope import Envelope, seal
from app.exchange.given import REASONS, House, envelope_of, sets_of, tombstone_of
from app.exchange.keys import SigningKey, signing_key
from app.exchange.ping_times import ping_soon
from app.exchange.relay import relayed_end, relayed_row, taken_records
from app.features.listings.queries import details
from app.identity import uuid7
from app.journal import consume, leave_for_later, take_up
from app.models.exchange import ExchangeProgress, ExchangeRecord
from app.models.journal import JournalEntry
from app.models.listings import Listing
from app.models.organisations import Organisation
from app.reference.current import refresh
from app.settings import Settings

CONSUMER = "exchange"
BATCH = 500


def house_of(settings: Settings) -> House:
    """What every envelope of this installation says alike."""
    return House(
        settings.authority,
        settings.base_url,
        settings.exchange_licence,
        settings.operator_name,
        settings.exchange_relays,
    )


def exchange_consumer(settings: Settings) -> Callable[[Database], int]:
    """The worker's reader of the journal that keeps the shared records."""
    house, key = house_of(settings), signing_key(settings)

    def take_next(database: Database) -> int:
        def share(session: Session, listing_ids: Sequence[UUID]) -> None:
            _begin(database)
            now = clock.now()
            if share_again(session, listing_ids=listing_ids, house=house, key=key, now=now):
                ping_soon(session, now=now)

        def handler(session: Session, entries: Sequence[JournalEntry]) -> None:
            _leave_those_of_organisations(session, entries)
            touched = sorted({entry.entity_id for entry in entries if entry.entity == "listing"})
            if touched:
                share(session, touched)

        handled = consume(database, consumer=CONSUMER, handler=handler, batch=BATCH)
        return handled + take_up(database, consumer=CONSUMER, handler=share, most=BATCH)

    return take_next


def horizon(session: Session, *, now: datetime) -> datetime:
    """The last whole second of which every record can be seen already. Read `now` before the session's first query."""
    since = session.scalar(select(ExchangeProgress.writing_since).where(ExchangeProgress.id == 1))
    safe = now if since is None else min(now, since - timedelta(seconds=1))
    return safe.astimezone(UTC).replace(microsecond=0)


def share_again(session: Session, *, listing_ids: Sequence[UUID], house: House, key: SigningKey, now: datetime) -> int:
    """Bring the records of these listings up to date; returns how many changed for partners.

    What says the same as before is left alone: no new datestamp, no new place in the feed.
    """
    progress = session.get(ExchangeProgress, 1, with_for_update=True, populate_existing=True)
    if progress is None:
        progress = ExchangeProgress(id=1, position=0)
        session.add(progress)
    # A clock that was set back must not put a change before what harvesters have seen.
    datestamp = max(filter(None, (now.astimezone(UTC).replace(microsecond=0), progress.datestamp)))
    known = {
        one.listing_id: one
        for one in session.scalars(select(ExchangeRecord).where(ExchangeRecord.listing_id.in_(listing_ids)))
    }
    shares, states = _own(session, listing_ids, house)
    refresh(session)
    # Of others nothing is given on unless this exchange relays.
    foreign = taken_records(session, listing_ids) if house.relays else {}
    wanted = [one for one in listing_ids if shares.get(one, "none") != "none" or one in foreign]
    public = {one.id: one for one in details(session, ids=wanted)}
    changed: list[dict[str, Any]] = []
    for listing_id in listing_ids:
        before = known.get(listing_id)
        version = before.version + 1 if before is not None else 1
        shown = public.get(listing_id)
        theirs = before is not None and before.authority != house.authority
        passed_on = relayed_row(foreign[listing_id], shown, house) if listing_id in foreign else None
        if passed_on is not None:
            row = passed_on
        elif before is not None and theirs:
            if before.deleted:
                continue
            row = relayed_end(before, foreign.get(listing_id), house)
        elif shown is not None and listing_id in shares:
            made = envelope_of(shown, share=shares[listing_id], house=house, version=version, modified=datestamp)
            row = _row(made, seal(made, key), shares[listing_id], [*sets_of(shown), "origin", "origin:own"])
        elif before is not None and not before.deleted:
            state = states.get(listing_id, "")
            row = _gone(before, state=state, house=house, key=key, version=version, datestamp=datestamp)
        else:
            continue
        if before is not None and _same(before, row):
            continue
        progress.position += 1
        row = {"version": version, "source_address": None, **row}
        row |= {"id": before.id if before is not None else uuid7(), "listing_id": listing_id}
        row |= {"datestamp": datestamp, "position": progress.position}
        row["sets_once"] = sorted({*row["sets"], *(before.sets_once if before is not None else ())})
        row["open_once"] = row["share"] != "partners" or (before is not None and before.open_once)
        changed.append(row)
    progress.writing_since = None
    if changed:
        progress.datestamp = datestamp
        _write(session, changed)
    return len(changed)


def _leave_those_of_organisations(session: Session, entries: Sequence[JournalEntry]) -> None:
    """What is said of an organisation is said in all its listings, which may be very many."""
    changed = {entry.entity_id for entry in entries if entry.entity == "organisation"}
    if changed:
        theirs = select(Listing.id).where(Listing.organisation_id.in_(changed))
        read_to = (entries[0].position or 0) - 1
        leave_for_later(session, consumer=CONSUMER, entity="listing", found=theirs, read_to=read_to)


def _begin(database: Database) -> None:
    """Tell harvesters, before any record is written, that a batch begins."""
    now = clock.now()
    with database.unit_of_work() as session:
        session.execute(
            insert(ExchangeProgress)
            .values(id=1, position=0, writing_since=now)
            .on_conflict_do_update(index_elements=[ExchangeProgress.id], set_={"writing_since": now})
        )


def _own(session: Session, listing_ids: Sequence[UUID], house: House) -> tuple[dict[UUID, str], dict[UUID, str]]:
    """How far each listing of this exchange may go, and its state. Those of others are not ours to give."""
    rows = session.execute(
        select(Listing.id, Listing.share, Listing.state)
        .join(Organisation, Organisation.id == Listing.organisation_id)
        .where(Listing.id.in_(listing_ids), Listing.authority == house.authority)
    ).all()
    return {row.id: row.share for row in rows}, {row.id: row.state for row in rows}


def _row(made: Envelope, sealed: Mapping[str, Any], share: str, sets: list[str]) -> dict[str, Any]:
    return {
        "authority": made.key.authority,
        "local_id": made.key.local_id,
        "kind": made.kind,
        "share": share,
        "sets": sets,
        "deleted": made.origin.deleted,
        "reason": made.origin.reason,
        "content_sha256": sealed["origin"]["content_sha256"],
        "envelope": sealed,
    }


def _gone(
    before: ExchangeRecord, *, state: str, house: House, key: SigningKey, version: int, datestamp: datetime
) -> dict[str, Any]:
    made = tombstone_of(
        local_id=before.local_id,
        kind=before.kind,
        language=before.envelope["lang"],
        house=house,
        version=version,
        modified=datestamp,
        reason=REASONS.get(state, "withdrawn"),
    )
    return _row(made, seal(made, key), before.share, list(before.sets))


def _same(before: ExchangeRecord, row: Mapping[str, Any]) -> bool:
    names = ("content_sha256", "deleted", "reason", "share", "kind")
    return all(getattr(before, name) == row[name] for name in names) and sorted(before.sets) == sorted(row["sets"])


def _write(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    session.flush()
    asked = insert(ExchangeRecord)
    columns = [name for name in rows[0] if name not in {"id", "listing_id", "authority", "local_id"}]
    session.execute(
        asked.on_conflict_do_update(
            index_elements=[ExchangeRecord.listing_id], set_={name: asked.excluded[name] for name in columns}
        ),
        list(rows),
    )
    session.expire_all()
