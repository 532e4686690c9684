"""Files of partners (JSONL, CSV, XLSX) through the same pipeline; reading one twice changes nothing."""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from app.database import Database
from app.errors import Invalid
from app.exchange.taking.holdable import storable, unholdable
from app.exchange.taking.incoming import KEPT_OF_UNREADABLE, Raw
from app.exchange.taking.protocols import envelope_raw
from app.exchange.taking.singly import take_each
from app.exchange.taking.sources import source_of
from app.exchange.taking.writing import terms_of
from app.features.listings.exchange_rows import ReadRow, open_rows
from app.features.partners.runs import claim_run, end_run, held_run
from app.features.partners.states import transition
from app.features.partners.sweeping import end_sweep, note_seen
from app.i18n import _, use_locale
from app.identity import SYSTEM
from app.models.partners import Partner
from app.models.taking import TakingRun
from app.settings import Settings

BATCH: Final = 200


def take_file(
    database: Database,
    settings: Settings,
    run_id: UUID,
    *,
    path: Path,
    whole: bool,
    now: datetime,
    told: Callable[[TakingRun], None] | None = None,
) -> str:
    """Take what a file says: lines in the names of `techmart import`, or whole envelopes.

    Args:
        whole: what of the partner's the file does not name counts as absent (see features/partners/sweeping.py).
        told: called after every batch.

    Returns:
        the run's state: "done", "failed" (the file cannot be read), "braked", or "lost" to another worker.
    """
    with database.unit_of_work() as session:
        lease = claim_run(session, run_id, now=now)
    if lease is None:
        return "lost"
    try:
        with use_locale("en"), open_rows(path) as (rows, _position):
            while batch := list(islice(rows, BATCH)):
                with database.unit_of_work() as session:
                    run = held_run(session, run_id, lease=lease, now=now)
                    partner = session.get_one(Partner, run.partner_id)
                    raws = list(_raws(batch))
                    if whole:
                        note_seen(session, run.id, [one.source_id for one in raws])
                    counts = take_each(
                        session,
                        partner=partner,
                        source=source_of(session, partner, now=now),
                        raws=raws,
                        terms=terms_of(partner, own=settings.authority),
                        run_id=run.id,
                        now=now,
                    )
                    _count(run, counts)
                if told is not None:
                    told(run)
    except Invalid as fault:
        with database.unit_of_work() as session, use_locale("en"):
            run = held_run(session, run_id, lease=lease, now=now)
            end_run(session, run, state="failed", now=now, fault=_(fault.fields.get("file", fault.title)))
        return "failed"
    with database.unit_of_work() as session:
        run = held_run(session, run_id, lease=lease, now=now)
        partner = session.get_one(Partner, run.partner_id)
        if whole:
            end_sweep(session, run, partner=partner, now=now)
        else:
            end_run(session, run, state="done", now=now)
        session.flush()
        if partner.state == "draft" and run.created + run.changed + run.unchanged > 0:
            transition(session, partner, move="test", actor=SYSTEM, now=now)
        return run.state


def _raws(batch: list[ReadRow]) -> Iterator[Raw]:
    for row in batch:
        if row.data is None:
            yield Raw("line", f"line:{row.line}", fault=f"line {row.line}: {row.fault}")
            continue
        if why := unholdable(row.data):
            text = json.dumps(storable(row.data), default=str)[:KEPT_OF_UNREADABLE]
            yield Raw("line", f"line:{row.line}", body={"text": text}, fault=f"line {row.line}: {why}")
            continue
        # Sheets bring days and numbers as such; what is kept is JSON.
        data: dict[str, Any] = json.loads(json.dumps(row.data, default=str))
        if "key" in data and "origin" in data:
            yield envelope_raw(data)
            continue
        named = data.get("external_id")
        yield Raw("line", storable(str(named)) if named not in (None, "") else _made_up(data), body=data)


def _made_up(data: dict[str, Any]) -> str:
    """A name for a line that brings none: the same kind and title again are the same listing."""
    said = f"{data.get('kind')}\n{data.get('title')}"
    return f"line:{hashlib.sha256(said.encode()).hexdigest()[:24]}"


def _count(run: TakingRun, counts: Any) -> None:
    for name in ("seen", "created", "changed", "unchanged", "gone", "skipped", "quarantined"):
        setattr(run, name, getattr(run, name) + getattr(counts, name))
    run.pages += 1
