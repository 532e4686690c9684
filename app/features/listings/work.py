"""What time does to listings: due for confirmation, stale, archived, past their date; and what was left lying."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import Session

from app import jobs
from app.features.listings.notices import people_of
from app.features.listings.states import transition_many
from app.features.messages import send_message
from app.integrations.storage import Area, FileStore, store_from
from app.jobs import JobContext, every, job
from app.models.listings import PUBLIC_STATES, Listing, ListingConfidentialFile, ListingFile
from app.settings import Settings

BATCH: Final = 200
_LISTED_IN_A_LETTER: Final = 25


@dataclass(frozen=True, slots=True)
class Ageing:
    """One thing that time does: the move, which listings are ripe for it, and the letter their people get."""

    move: str
    ripe: ColumnElement[bool]
    letter: str
    reason: str
    set_columns: Mapping[str, Any] = field(default_factory=dict)


def ageings(settings: Settings, *, now: datetime) -> tuple[Ageing, ...]:
    """Everything that may be due at `now`, the last stage first, so that a listing makes one step in one run.

    A listing that fell due while nobody was looking (a server switched off for a month) has its full time from now.
    """
    stale_at = now - timedelta(days=settings.stale_after_days)
    archived_at = stale_at - timedelta(days=settings.archive_after_days)
    long_ago = now - timedelta(days=1)
    return (
        Ageing(
            "archive",
            Listing.state.in_(PUBLIC_STATES) & (Listing.expires_at <= now),
            "listing_expired",
            "expired",
            {"recheck_since": None},
        ),
        Ageing(
            "archive",
            (Listing.state == "stale") & (Listing.confirm_due_at <= archived_at),
            "listing_archived",
            "not_confirmed",
            {"recheck_since": None},
        ),
        Ageing(
            "demote", (Listing.state == "due") & (Listing.confirm_due_at <= stale_at), "listing_stale", "not_confirmed"
        ),
        Ageing(
            "fall_due",
            (Listing.state == "published") & (Listing.confirm_due_at <= now),
            "listing_due",
            "not_confirmed",
            {"confirm_due_at": func.greatest(Listing.confirm_due_at, long_ago)},
        ),
    )


@every(timedelta(hours=1), "listings.age")
def age_listings(context: JobContext, _payload: dict[str, Any]) -> None:
    """Make every listing take the step it is due for, in batches of one transaction each."""
    for ageing in ageings(context.settings, now=context.now):
        while True:
            with context.database.unit_of_work() as session:
                moved = age_batch(session, ageing, now=context.now)
            if moved < BATCH:
                break


def age_batch(session: Session, ageing: Ageing, *, now: datetime) -> int:
    """One batch of one ageing; returns how many listings moved. Those somebody is working on wait for the next run."""
    rows = session.execute(
        select(Listing.id, Listing.state)
        .where(ageing.ripe)
        .order_by(Listing.confirm_due_at, Listing.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    ).all()
    found = {row.id: row.state for row in rows}
    transition_many(
        session,
        move=ageing.move,
        listings=found,
        now=now,
        data={"reason": ageing.reason},
        set_columns=ageing.set_columns,
    )
    if found:
        jobs.enqueue(
            session,
            kind="listings.letters",
            payload={"template": ageing.letter, "listings": [str(one) for one in found]},
            now=now,
        )
    return len(found)


@job("listings.letters")
def write_letters(context: JobContext, payload: dict[str, Any]) -> None:
    """One letter to each person about all of their listings in a batch, however many these are."""
    with context.database.unit_of_work() as session:
        rows = session.execute(
            select(Listing.organisation_id, Listing.title, Listing.public_id, Listing.state)
            .where(Listing.id.in_([UUID(one) for one in payload["listings"]]))
            .order_by(Listing.title, Listing.id)
        ).all()
        people = people_of(session, sorted({row.organisation_id for row in rows}))
        letters: dict[UUID, list[dict[str, str]]] = {}
        known = {}
        for row in rows:
            for person in people.get(row.organisation_id, []):
                known[person.id] = person
                letters.setdefault(person.id, []).append({"title": row.title, "public_id": row.public_id})
        for person_id, listings in letters.items():
            send_message(
                session,
                to=known[person_id],
                template=payload["template"],
                context={
                    "listings": listings[:_LISTED_IN_A_LETTER],
                    "count": len(listings),
                    "more": max(0, len(listings) - _LISTED_IN_A_LETTER),
                },
                key=f"{payload['template']}:{context.job_id}:{person_id}",
                now=context.now,
            )


@every(timedelta(hours=24), "listings.sweep_files")
def sweep_files(context: JobContext, _payload: dict[str, Any]) -> None:
    """Delete files that were stored and that no listing names: the transaction that was to name them failed.

    Looks at what was stored one to three days ago: a form being sent right now is left alone, and older files were
    looked at before.
    """
    store = store_from(context.settings)
    before, since = context.now - timedelta(days=1), context.now - timedelta(days=3)
    for area in ("public", "confidential"):
        keys = list(store.keys(area, before=before, since=since))
        for start in range(0, len(keys), 500):
            _sweep(context, store, area, keys[start : start + 500])


def _sweep(context: JobContext, store: FileStore, area: Area, keys: Sequence[str]) -> None:
    with context.database.read_only() as session:
        if area == "confidential":
            known = set(
                session.scalars(
                    select(ListingConfidentialFile.storage_key).where(ListingConfidentialFile.storage_key.in_(keys))
                )
            )
        else:
            rendition = func.jsonb_each(ListingFile.variants).table_valued("key", "value").lateral("rendition")
            key = rendition.c.value.op("->>")("key")
            known = set(
                session.scalars(
                    select(key)
                    .select_from(ListingFile)
                    .join(rendition, true())
                    .where(ListingFile.created_at >= context.now - timedelta(days=4), key.in_(keys))
                )
            )
            known |= set(session.scalars(select(ListingFile.storage_key).where(ListingFile.storage_key.in_(keys))))
    for one in keys:
        if one not in known:
            store.delete(area, one)
