"""Sources that do not tell what they deleted: all their identifiers are compared with what we have of them.

A record goes after it was absent twice. Where many would go at once, a person decides: an error of the source must not
empty our exchange.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, func, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.errors import Conflict, NotFound
from app.features.listings.foreign import clear_foreign
from app.features.moderation import audit
from app.features.partners.policies import require_dealing
from app.features.partners.runs import end_run, progress_of
from app.i18n import N_
from app.identity import Actor
from app.models.partners import Partner
from app.models.taking import Quarantined, SweepSeen, TakenRecord, TakingRun

TWICE: Final = 2
BRAKE_RECORDS: Final = 50
BRAKE_SHARE: Final = 0.05
_AT_ONCE: Final = 500


def note_seen(session: Session, run_id: UUID, source_ids: Sequence[str]) -> None:
    """Note what a page of a sweep named."""
    if source_ids:
        session.execute(
            insert(SweepSeen).on_conflict_do_nothing(),
            [{"run_id": run_id, "source_id": one} for one in dict.fromkeys(source_ids)],
        )


def end_sweep(session: Session, run: TakingRun, *, partner: Partner, now: datetime) -> None:
    """Count what was absent; let go what was absent before, unless that is so much that a person has to look."""
    living = session.scalar(select(func.count()).select_from(TakenRecord).where(_living(partner.id))) or 0
    run.absent = session.scalar(select(func.count()).select_from(TakenRecord).where(_absent(run, partner.id))) or 0
    _look_for_missed(session, run, partner_id=partner.id)
    going = (
        session.scalar(
            select(func.count())
            .select_from(TakenRecord)
            .where(_absent(run, partner.id), TakenRecord.absences >= TWICE - 1)
        )
        or 0
    )
    if going > BRAKE_RECORDS or going > living * BRAKE_SHARE:
        run.state, run.lease, run.leased_until = "braked", None, None
        return
    apply_absences(session, run, partner=partner, now=now)


def _look_for_missed(session: Session, run: TakingRun, *, partner_id: UUID) -> None:
    """Count what the source names and we have nothing of; where that is more than a whole harvest left out (by kind,
    field or mapping), have the next harvest be whole: the source once failed to tell us of something."""
    run.skipped = (
        session.scalar(
            select(func.count())
            .select_from(SweepSeen)
            .where(
                SweepSeen.run_id == run.id,
                ~exists().where(TakenRecord.partner_id == partner_id, TakenRecord.source_id == SweepSeen.source_id),
                ~exists().where(
                    Quarantined.partner_id == partner_id,
                    Quarantined.source_id == SweepSeen.source_id,
                    Quarantined.state != "solved",
                ),
            )
        )
        or 0
    )
    left_out = session.scalar(
        select(TakingRun.skipped)
        .where(
            TakingRun.partner_id == partner_id,
            TakingRun.kind == "harvest",
            TakingRun.state == "done",
            TakingRun.window_from.is_(None),
        )
        .order_by(TakingRun.started_at.desc())
        .limit(1)
    )
    if run.skipped > (left_out or 0):
        progress_of(session, partner_id).next_from = None


def apply_absences(session: Session, run: TakingRun, *, partner: Partner, now: datetime) -> None:
    """Let go what was absent twice, count the absence of the rest, and end the run."""
    # A piece at a time: a source that ends may have had two hundred thousand.
    after: UUID | None = None
    while going := session.scalars(
        select(TakenRecord)
        .where(
            _absent(run, partner.id),
            TakenRecord.absences >= TWICE - 1,
            TakenRecord.id > after if after is not None else true(),
        )
        .order_by(TakenRecord.id)
        .limit(_AT_ONCE)
        .with_for_update()
    ).all():
        after = going[-1].id
        clear_foreign(session, listing_ids=sorted(one.listing_id for one in going if one.listing_id), now=now)
        for one in going:
            one.deleted, one.reason, one.changed_at, one.absences = True, "withdrawn", now, 0
            one.envelope = {"key": {"authority": one.authority, "local_id": one.local_id}}
        run.gone += len(going)
        session.flush()
    session.execute(
        update(TakenRecord)
        .where(_absent(run, partner.id))
        .values(absences=TakenRecord.absences + 1)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(TakenRecord)
        .where(_living(partner.id), TakenRecord.absences > 0, _named(run))
        .values(absences=0)
        .execution_options(synchronize_session=False)
    )
    forget_sweep(session, run)
    end_run(session, run, state="done", now=now)


def decide_brake(session: Session, *, actor: Actor, run_id: UUID, let_go: bool, now: datetime) -> TakingRun:
    """What a person decides about a sweep that would end many records: they go, or they stay.

    Raises:
        Forbidden, NotFound; Conflict: the run waits for no decision (any more).
    """
    require_dealing(actor)
    run = session.get(TakingRun, run_id, with_for_update=True, populate_existing=True)
    if run is None:
        raise NotFound
    if run.state != "braked":
        raise Conflict(N_("Lượt đối chiếu này không chờ quyết định nào"))
    partner = session.get_one(Partner, run.partner_id)
    audit.record(
        session,
        actor=actor,
        action="partner.let_go" if let_go else "partner.kept",
        entity="partner",
        entity_id=partner.id,
        now=now,
        data={"run": str(run.id), "absent": run.absent},
    )
    if let_go:
        apply_absences(session, run, partner=partner, now=now)
    else:
        keep_all(session, run, partner=partner, now=now)
    return run


def keep_all(session: Session, run: TakingRun, *, partner: Partner, now: datetime) -> None:
    """The sweep was wrong: nothing goes, and no absence counts."""
    session.execute(
        update(TakenRecord)
        .where(_living(partner.id), TakenRecord.absences > 0)
        .values(absences=0)
        .execution_options(synchronize_session=False)
    )
    forget_sweep(session, run)
    end_run(session, run, state="stopped", now=now, fault="a person kept what it did not name")


def forget_sweep(session: Session, run: TakingRun) -> None:
    session.execute(delete(SweepSeen).where(SweepSeen.run_id == run.id))


def _living(partner_id: UUID) -> ColumnElement[bool]:
    return (TakenRecord.partner_id == partner_id) & ~TakenRecord.deleted


def _named(run: TakingRun) -> ColumnElement[bool]:
    return exists().where(SweepSeen.run_id == run.id, SweepSeen.source_id == TakenRecord.source_id)


def _absent(run: TakingRun, partner_id: UUID) -> ColumnElement[bool]:
    # What was taken while the sweep went on may have come behind it.
    return _living(partner_id) & (TakenRecord.changed_at < run.started_at) & ~_named(run)
