"""A first harvest of another Techmart: its snapshot, file by file, then its feed of changes from the snapshot's cursor.

How far that has come is kept with the partner (`taking_progress`), not with the run: a run that fails in the middle is
gone on with by the next. A snapshot that is no good is given up, and the partner is read page by page from the start.
"""

import logging
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.exchange.taking.oai_page import Page
from app.exchange.taking.protocols import feed_page
from app.exchange.taking.snapshot import MOST_FAULTS, Snapshot, find_snapshot, given_up, is_beginning, snapshot_of
from app.exchange.taking.snapshot_files import SnapshotFiles
from app.features.partners.runs import progress_of
from app.models.partners import Partner
from app.models.taking import TakingProgress, TakingRun
from app.settings import Settings

log = logging.getLogger(__name__)

COUNTS: Final = ("seen", "unchanged", "skipped", "quarantined")


def looked_for(
    run: TakingRun, partner: Partner, progress: TakingProgress, *, settings: Settings, now: datetime
) -> Snapshot | None:
    """The snapshot to begin with: the one that an earlier run did not come through, or the partner's newest.

    Raises:
        AskLater.
    """
    if is_beginning(run, partner, progress):
        return find_snapshot(partner, settings=settings, now=now)
    return snapshot_of(progress) if run.kind == "harvest" else None


def begin_with(run: TakingRun, progress: TakingProgress, snapshot: Snapshot) -> None:
    """Note in the run, and with the partner, what is begun with or gone on in."""
    if progress.snapshot is None:
        progress.snapshot, progress.snapshot_part, progress.snapshot_line = snapshot.as_json(), 0, 0
    run.snapshot = snapshot.name
    run.whole = snapshot.left(progress.snapshot_part, progress.snapshot_line)
    run.token = progress.cursor


def is_in_snapshot(run: TakingRun, progress: TakingProgress) -> bool:
    """Whether the next page comes from a snapshot, or from the feed behind it."""
    return run.kind == "harvest" and snapshot_of(progress) is not None


def next_page(
    run: TakingRun,
    partner: Partner,
    progress: TakingProgress,
    *,
    files: SnapshotFiles,
    settings: Settings,
    now: datetime,
) -> Page:
    """The next records out of the files; behind them, those of the feed.

    Raises:
        SourceFault, AskLater, AskAnew.
    """
    snapshot = snapshot_of(progress)
    if snapshot is None:
        raise ValueError("the partner's taking is not in a snapshot")
    if progress.snapshot_part < len(snapshot.parts):
        return files.page(snapshot, progress.snapshot_part, progress.snapshot_line, partner=partner, now=now)
    cursor = run.token or progress.cursor or snapshot.cursor
    page = feed_page(partner, cursor, settings=settings, now=now, address=snapshot.changes)
    if partner.relays:
        return page
    kept = [raw for raw in page.raws if raw.fault or raw.body["key"]["authority"] == partner.authority]
    return Page(tuple(kept), page.token, None, page.place, left_out=len(page.raws) - len(kept))


def reached(progress: TakingProgress, at: tuple[int, int]) -> None:
    """Note how far in the files the records written now reach."""
    progress.snapshot_part, progress.snapshot_line = at
    if progress.snapshot and progress.snapshot.get("faults"):
        progress.snapshot = {**progress.snapshot, "faults": 0}


def note_fault(session: Session, run: TakingRun, why: str) -> bool:
    """Count a fault in a snapshot; whether it was one too many, so that the run goes on without."""
    progress = progress_of(session, run.partner_id)
    snapshot = snapshot_of(progress)
    if snapshot is None or progress.snapshot is None or progress.snapshot_part >= len(snapshot.parts):
        return False
    if snapshot.faults + 1 < MOST_FAULTS:
        progress.snapshot = {**progress.snapshot, "faults": snapshot.faults + 1}
        return False
    give_up(session, run, why)
    return True


def give_up(session: Session, run: TakingRun, why: str) -> None:
    """Have the partner read page by page from the start, until a run comes through."""
    log.warning("run %s: the snapshot %s is given up: %s", run.id, run.snapshot, why)
    progress = progress_of(session, run.partner_id)
    leave(progress)
    progress.snapshot = given_up(why)
    count_anew(run)
    run.token, run.whole, run.snapshot = "", None, ""


def begin_again(session: Session, run: TakingRun) -> None:
    """The partner no longer has the files, or does not know the cursor: look for its newest snapshot."""
    leave(progress_of(session, run.partner_id))
    count_anew(run)
    run.token, run.whole, run.snapshot, run.requests = "", None, "", 0


def come_through(progress: TakingProgress, partner: Partner) -> None:
    """The end of a run: what it began with is behind it."""
    if progress.snapshot is None:
        return
    cursor = progress.cursor
    leave(progress)
    if partner.protocol == "changes":
        progress.cursor = cursor


def leave(progress: TakingProgress) -> None:
    """Forget the snapshot and what was read behind it."""
    progress.snapshot, progress.snapshot_part, progress.snapshot_line, progress.cursor = None, 0, 0, ""


def count_anew(run: TakingRun) -> None:
    """What is read is counted in one pass alone, so that a list cut short is still noticed; what was written stays."""
    for name in COUNTS:
        setattr(run, name, 0)
    # The same tokens may come once more.
    run.anchor = ""
