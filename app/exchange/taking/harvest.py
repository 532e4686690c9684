"""A run of taking, page by page: ask outside of any transaction, then write the page and the next token in one.

Killed anywhere, it goes on from the last page that was written. Records may come twice, which changes nothing.
"""

import logging
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy.orm import Session

from app import clock
from app.database import Database
from app.exchange.taking import beginning, protocols
from app.exchange.taking.asking import AskAnew, AskLater, SourceFault
from app.exchange.taking.incoming import KEPT_OF_UNREADABLE, Bad, Raw
from app.exchange.taking.oai_page import Page
from app.exchange.taking.singly import NOT_TAKEN, is_machines, reason_of
from app.exchange.taking.snapshot import SnapshotFault
from app.exchange.taking.snapshot_files import SnapshotFiles
from app.exchange.taking.sources import refresh_keys, source_of
from app.exchange.taking.writing import Counts, lay_aside, take_batch, terms_of
from app.features.partners.runs import (
    CHECK_EVERY,
    LeaseLost,
    claim_run,
    end_run,
    held_run,
    in_window,
    progress_of,
    release_run,
    sweep_every,
)
from app.features.partners.sweeping import end_sweep, note_seen
from app.features.partners.terms import is_in_force
from app.models.partners import Partner
from app.models.taking import TakingProgress, TakingRun
from app.settings import Settings

log = logging.getLogger(__name__)

# Runs are told from the source's own clock; what it was still writing when it told the time is asked for once more.
OVERLAP: Final = timedelta(minutes=10)
MOST_RESTARTS: Final = 3
MOST_PAGES: Final = 100_000
_MOVED_OF: Final = 100
Step = Literal["more", "done", "waiting", "failed", "lost"]


@dataclass(frozen=True, slots=True)
class Held:
    """A run as it is before its next page, read outside of any transaction."""

    run: TakingRun
    partner: Partner
    progress: TakingProgress
    lease: UUID


def work_on(
    database: Database,
    settings: Settings,
    run_id: UUID,
    *,
    until: datetime,
    now: Callable[[], datetime] = clock.now,
    told: Callable[[TakingRun], None] | None = None,
) -> Step:
    """Take the run and make pages until it is over, its source wants patience, or `until` has come.

    Args:
        told: called after every page with the run as it then is.
    """
    with database.unit_of_work() as session:
        lease = claim_run(session, run_id, now=now())
    if lease is None:
        return "lost"
    with closing(SnapshotFiles(settings)) as files:
        while True:
            step = one_step(database, settings, run_id, lease=lease, now=now(), files=files)
            if told is not None:
                with database.read_only() as session:
                    told(session.get_one(TakingRun, run_id))
            if step != "more":
                return step
            if now() >= until:
                with database.unit_of_work() as session:
                    release_run(session, run_id, lease=lease, now=now())
                return "more"


def one_step(
    database: Database,
    settings: Settings,
    run_id: UUID,
    *,
    lease: UUID,
    now: datetime,
    files: SnapshotFiles | None = None,
) -> Step:
    """One page. A fault of the source ends the run, one of the machine does not."""
    with database.read_only() as session:
        run = session.get_one(TakingRun, run_id)
        partner = session.get_one(Partner, run.partner_id)
        held = Held(run, partner, session.get_one(TakingProgress, run.partner_id), lease)
    try:
        if held.partner.state != "live" or not is_in_force(held.partner, now=now):
            return _stop(database, held, now=now)
        if run.requests == 0:
            return _first(database, settings, held, now=now)
        page = _page(held, files or SnapshotFiles(settings), settings=settings, now=now)
        return _write(database, settings, held, page, now=now)
    except AskLater as patience:
        with database.unit_of_work() as session:
            release_run(session, run_id, lease=lease, now=now, after=timedelta(seconds=patience.seconds))
        return "waiting"
    except AskAnew:
        return _restart(database, held, now=now)
    except SnapshotFault as fault:
        return _mistrust(database, held, str(fault), now=now)
    except SourceFault as fault:
        return _fail(database, held, str(fault), now=now)
    except LeaseLost:
        return "lost"


def _page(held: Held, files: SnapshotFiles, *, settings: Settings, now: datetime) -> Page:
    if beginning.is_in_snapshot(held.run, held.progress):
        return beginning.next_page(held.run, held.partner, held.progress, files=files, settings=settings, now=now)
    return protocols.next_page(held.run, held.partner, held.progress, settings=settings, now=now)


def _first(database: Database, settings: Settings, held: Held, *, now: datetime) -> Step:
    """Who the source is, what time it has (the end of this run's window), what it signs with, and its snapshot."""
    refresh_keys(database, settings, held.partner, now=now)
    oai = held.partner.protocol in protocols.OAI
    identity = protocols.identify(held.partner, settings=settings, now=now) if oai else None
    snapshot = beginning.looked_for(held.run, held.partner, held.progress, settings=settings, now=now)
    with database.unit_of_work() as session:
        run = held_run(session, held.run.id, lease=held.lease, now=now)
        run.requests += 1
        progress = progress_of(session, run.partner_id)
        if snapshot is not None:
            beginning.begin_with(run, progress, snapshot)
        if identity is None:
            run.token = progress.cursor
            return "more"
        progress.deletions, progress.granularity = identity.deletions, identity.granularity
        progress.repository = identity.name
        run.window_until = identity.asked_at
        # A sweep looks at everything there is.
        run.window_from = progress.next_from if run.kind == "harvest" else None
        if run.window_from is not None and run.window_from > identity.asked_at:
            # The source's clock was set back: what it stamps from now on lies before where we have come.
            run.window_from = identity.asked_at - timedelta(days=1)
    return "more"


def _write(database: Database, settings: Settings, held: Held, page: Page, *, now: datetime) -> Step:
    try:
        return _write_page(database, settings, held, page, list(page.raws), now=now)
    except NOT_TAKEN as fault:
        if is_machines(fault):
            raise
        # One record that the database does not take must not keep out the rest.
        log.warning("run %s: a page was refused: %s", held.run.id, reason_of(fault))
        culprits = _culprits(database, settings, held, page.raws, now=now)
        rest = [raw for raw in page.raws if raw.source_id not in culprits]
        return _write_page(database, settings, held, page, rest, now=now, aside=len(culprits))


def _write_page(
    database: Database,
    settings: Settings,
    held: Held,
    page: Page,
    raws: Sequence[Raw],
    *,
    now: datetime,
    aside: int = 0,
) -> Step:
    with database.unit_of_work() as session:
        run = held_run(session, held.run.id, lease=held.lease, now=now)
        partner = session.get_one(Partner, run.partner_id)
        if run.kind == "sweep":
            note_seen(session, run.id, [raw.source_id for raw in page.raws if not raw.deleted])
            counts = Counts(seen=len(page.raws))
        else:
            source = source_of(session, partner, now=now)
            terms = terms_of(partner, own=settings.authority)
            counts = take_batch(session, partner=partner, source=source, raws=raws, terms=terms, run_id=run.id, now=now)
        counts.quarantined += aside
        counts.seen += page.left_out
        counts.skipped += page.left_out
        _count(run, counts)
        run.requests += 1
        run.pages += 1
        if page.whole is not None:
            # A list that grows shorter while it is read may have moved up unseen; another Techmart's never does.
            longer = partner.protocol == "oai_dc" and run.whole is not None
            run.whole = max(page.whole, run.whole or 0) if longer else page.whole
        if page.at is not None:
            beginning.reached(progress_of(session, partner.id), page.at)
            return "more"
        before, run.token = run.token, page.token or ""
        if page.place:
            progress_of(session, partner.id).cursor = page.place
        if page.token is not None:
            if run.pages >= MOST_PAGES:
                fault = f"the list has no end: {run.pages} pages"
            elif page.token in {before, run.anchor}:
                fault = "the source goes round in circles: it gives the same token again"
            else:
                if run.pages & (run.pages - 1) == 0:
                    # After 1, 2, 4, 8 … pages: a circle of any length meets it (Brent's way).
                    run.anchor = page.token
                return "more"
        elif run.whole is not None and run.seen < run.whole and not _may_have_moved(run, run.whole - run.seen):
            if run.restarts == 0:
                # What is changed while a list is read leaves its window, and what stood behind moves up, unseen.
                run.restarts += 1
                run.token, run.whole = "", None
                beginning.count_anew(run)
                return "more"
            fault = f"the list ended early: {run.seen} of {run.whole} records, and no token to go on with"
        else:
            _end(session, run, partner, now=now)
            return "done"
        # What came is kept; the next run begins where this one did.
        end_run(session, run, state="failed", now=now, fault=fault)
    return "failed"


def _may_have_moved(run: TakingRun, missing: int) -> bool:
    """Whether, in a list read for the second time, so few are missing that a busy source explains it: what was changed
    meanwhile comes with the next run, and what the first reading missed has come with the second."""
    return run.restarts > 0 and run.whole is not None and missing <= run.whole // _MOVED_OF


def _end(session: Session, run: TakingRun, partner: Partner, *, now: datetime) -> None:
    progress = progress_of(session, partner.id)
    if run.kind == "sweep":
        end_sweep(session, run, partner=partner, now=now)
        progress.next_sweep_at = now + (sweep_every(partner, progress) or CHECK_EVERY)
        return
    beginning.come_through(progress, partner)
    if run.window_until is not None:
        overlap = OVERLAP if progress.granularity == "second" else timedelta(days=1)
        progress.next_from = run.window_until - overlap
    end_run(session, run, state="done", now=now)
    every = sweep_every(partner, progress)
    if every is not None and progress.next_sweep_at is None:
        progress.next_sweep_at = in_window(partner, now + every)


def _count(run: TakingRun, counts: Counts) -> None:
    run.seen += counts.seen
    run.created += counts.created
    run.changed += counts.changed
    run.unchanged += counts.unchanged
    run.gone += counts.gone
    run.skipped += counts.skipped
    run.quarantined += counts.quarantined


def _culprits(
    database: Database,
    settings: Settings,
    held: Held,
    raws: Sequence[Raw],
    *,
    now: datetime,
) -> set[str]:
    """Which records of a page the database does not take, laid aside; the others are written one by one.

    Raises:
        SourceFault: it takes none of them.
        DBAPIError: it is the machine's fault.
    """
    found: set[str] = set()
    reason = ""
    for raw in raws:
        try:
            with database.unit_of_work() as session:
                held_run(session, held.run.id, lease=held.lease, now=now)
                partner = session.get_one(Partner, held.partner.id)
                source = source_of(session, partner, now=now)
                terms = terms_of(partner, own=settings.authority)
                take_batch(
                    session, partner=partner, source=source, raws=[raw], terms=terms, run_id=held.run.id, now=now
                )
        except NOT_TAKEN as fault:
            if is_machines(fault):
                raise
            found.add(raw.source_id)
            reason = reason_of(fault)
            try:
                _lay_one_aside(database, held, raw, reason, now=now)
            except NOT_TAKEN as another:
                if is_machines(another):
                    raise
                text = ascii(raw.body)[:KEPT_OF_UNREADABLE]
                plain = Raw("line", ascii(raw.source_id)[:500], body={"text": text}, fault=reason)
                _lay_one_aside(database, held, plain, reason, now=now)
    if len(found) == len(raws) and len(raws) > 1:
        raise SourceFault(f"none of the page's {len(raws)} records is taken: {reason}")
    return found


def _lay_one_aside(database: Database, held: Held, raw: Raw, reason: str, *, now: datetime) -> None:
    with database.unit_of_work() as session:
        bad = [(raw, Bad("database", reason))]
        lay_aside(session, bad, partner_id=held.partner.id, run_id=held.run.id, now=now)


def _restart(database: Database, held: Held, *, now: datetime) -> Step:
    with database.unit_of_work() as session:
        run = held_run(session, held.run.id, lease=held.lease, now=now)
        run.restarts += 1
        run.requests += 1
        in_snapshot = beginning.is_in_snapshot(run, progress_of(session, run.partner_id))
        if run.restarts > MOST_RESTARTS or not (run.token or in_snapshot):
            fault = "the source does not know its own token, again and again"
            if in_snapshot:
                beginning.give_up(session, run, fault)
            end_run(session, run, state="failed", now=now, fault=fault)
            return "failed"
        if in_snapshot:
            beginning.begin_again(session, run)
            return "more"
        run.token, run.whole = "", None
        progress_of(session, run.partner_id).cursor = ""
        beginning.count_anew(run)
    return "more"


def _mistrust(database: Database, held: Held, fault: str, *, now: datetime) -> Step:
    """A file that is not what was told is fetched once more; then the partner is read without its snapshot."""
    with database.unit_of_work() as session:
        run = held_run(session, held.run.id, lease=held.lease, now=now)
        run.requests += 1
        beginning.note_fault(session, run, fault)
    return "more"


def _stop(database: Database, held: Held, *, now: datetime) -> Step:
    with database.unit_of_work() as session:
        run = held_run(session, held.run.id, lease=held.lease, now=now)
        end_run(session, run, state="stopped", now=now)
    return "done"


def _fail(database: Database, held: Held, fault: str, *, now: datetime) -> Step:
    with database.unit_of_work() as session:
        run = held_run(session, held.run.id, lease=held.lease, now=now)
        run.requests += 1
        if held.run.requests > 0 and run.pages == 0:
            # A run that got nothing out of the files; the one after the next does without.
            beginning.note_fault(session, run, fault)
        end_run(session, run, state="failed", now=now, fault=fault)
    return "failed"
