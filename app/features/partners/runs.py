"""Runs of taking: begun, held by one worker at a time, ended; and when each partner is asked next."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import jobs
from app.errors import Conflict
from app.features.moderation import audit
from app.features.partners.policies import require_dealing
from app.features.partners.terms import in_force, is_in_force
from app.i18n import N_
from app.i18n.formats import HERE
from app.identity import Actor, uuid7
from app.models.partners import Partner
from app.models.taking import TakingProgress, TakingRun

HARVEST_JOB: Final = "partners.take"
FILE_JOB: Final = "partners.file"
LEASE: Final = timedelta(minutes=10)
OPEN: Final = ("running", "waiting")
MOST_WAIT: Final = timedelta(days=1)
# How often a source that does not tell all it drops is compared as a whole; and one that says that it does, which some
# say that do not.
SWEEP_EVERY: Final = timedelta(days=7)
CHECK_EVERY: Final = timedelta(days=30)


class LeaseLost(Exception):
    """Another worker took the run over: nothing more of this one may be written."""


def progress_of(session: Session, partner_id: UUID) -> TakingProgress:
    """How far taking has come, locked; made at the first call."""
    found = session.get(TakingProgress, partner_id, with_for_update=True, populate_existing=True)
    if found is None:
        found = TakingProgress(partner_id=partner_id)
        session.add(found)
        session.flush()
    return found


def begin_file(session: Session, *, partner: Partner, key: str, whole: bool, actor: Actor, now: datetime) -> TakingRun:
    """A run over a file of the partner's that lies in the store under `key`; a job reads it.

    Args:
        whole: the file has every listing of the partner, so that what is absent counts as such.

    Raises:
        Forbidden; Conflict: not a partner that gives files, or an agreement that has ended.
    """
    require_dealing(actor)
    if partner.protocol != "file" or partner.direction == "give" or partner.state not in {"draft", "tested", "live"}:
        raise Conflict(N_("Đối tác này không gửi tệp"))
    if partner.state == "live":
        _require_in_force(partner, now=now)
    run = TakingRun(id=uuid7(), partner_id=partner.id, kind="file", started_at=now, started_by_id=actor.person_id)
    session.add(run)
    session.flush()
    audit.record(
        session,
        actor=actor,
        action="partner.file",
        entity="partner",
        entity_id=partner.id,
        now=now,
        data={"whole": whole},
    )
    payload = {"run": str(run.id), "key": key, "whole": whole}
    jobs.enqueue(session, kind=FILE_JOB, payload=payload, now=now)
    return run


def begin_run(session: Session, *, partner: Partner, kind: str, actor: Actor, now: datetime) -> TakingRun:
    """A run of this kind, asked for as a job. Of harvest and sweep the open one, if there is one.

    Raises:
        Forbidden: neither an operator nor the system asks.
        Conflict: the partner's state, the days of the agreement, or the way it gives, does not allow it.
    """
    require_dealing(actor)
    _require_fit(partner, kind, now=now)
    progress_of(session, partner.id)
    if kind in {"harvest", "sweep"}:
        found = open_run(session, partner.id)
        if found is not None:
            if found.state == "running" and (found.leased_until is None or found.leased_until <= now):
                # Whoever worked on it is gone.
                ask_for_work(session, found.id, now=now)
            return found
    run = TakingRun(id=uuid7(), partner_id=partner.id, kind=kind, started_at=now, started_by_id=actor.person_id)
    session.add(run)
    session.flush()
    if not actor.is_system:
        audit.record(session, actor=actor, action=f"partner.{kind}", entity="partner", entity_id=partner.id, now=now)
    ask_for_work(session, run.id, now=now)
    return run


def ask_for_work(session: Session, run_id: UUID, *, now: datetime, due_at: datetime | None = None) -> None:
    """Have a worker go on with the run."""
    jobs.enqueue(session, kind=HARVEST_JOB, payload={"run": str(run_id)}, due_at=due_at or now, now=now)


def take_up_abandoned(session: Session, *, now: datetime) -> int:
    """Have harvests and sweeps gone on with whose holder is gone, each once for every holder; returns how many are."""
    abandoned = session.execute(
        select(TakingRun.id, TakingRun.lease).where(
            TakingRun.kind.in_(("harvest", "sweep")), TakingRun.state == "running", TakingRun.leased_until < now
        )
    ).all()
    for run_id, lease in abandoned:
        key = f"{HARVEST_JOB}:{run_id}:{lease}"
        jobs.enqueue(session, kind=HARVEST_JOB, payload={"run": str(run_id)}, key=key, now=now)
    return len(abandoned)


def open_run(session: Session, partner_id: UUID) -> TakingRun | None:
    """The harvest or sweep that is under way."""
    return session.scalars(
        select(TakingRun).where(
            TakingRun.partner_id == partner_id, TakingRun.kind.in_(("harvest", "sweep")), TakingRun.state.in_(OPEN)
        )
    ).one_or_none()


def _require_fit(partner: Partner, kind: str, *, now: datetime) -> None:
    if partner.direction == "give":
        raise Conflict(N_("Thoả thuận không cho nhận dữ liệu từ đối tác này"))
    if kind == "trial":
        if partner.state not in {"draft", "tested", "paused"}:
            raise Conflict(N_("Đối tác đang trao đổi thì không cần thử: hãy chạy nhận dữ liệu"))
        return
    if partner.state != "live":
        raise Conflict(N_("Chỉ nhận dữ liệu của đối tác đang trao đổi"))
    _require_in_force(partner, now=now)


def _require_in_force(partner: Partner, *, now: datetime) -> None:
    if not is_in_force(partner, now=now):
        raise Conflict(N_("Hôm nay thoả thuận với đối tác này không có hiệu lực"))


def claim_run(session: Session, run_id: UUID, *, now: datetime) -> UUID | None:
    """Take the run, unless another worker holds it or it is over; returns the lease to write with."""
    run = _locked(session, run_id)
    if run is None or run.state not in {"running", "waiting"}:
        return None
    if run.state == "waiting" and run.wait_until is not None and run.wait_until > now:
        return None
    if run.leased_until is not None and run.leased_until > now:
        return None
    run.lease, run.leased_until, run.state, run.wait_until = uuid7(), now + LEASE, "running", None
    return run.lease


def held_run(session: Session, run_id: UUID, *, lease: UUID, now: datetime) -> TakingRun:
    """The run, locked, its lease made longer.

    Raises:
        LeaseLost: it is not ours any more.
    """
    run = _locked(session, run_id)
    if run is None or run.lease != lease or run.state != "running":
        raise LeaseLost
    run.leased_until = now + LEASE
    return run


def release_run(session: Session, run_id: UUID, *, lease: UUID, now: datetime, after: timedelta | None = None) -> None:
    """Put the run down for another worker to go on with: at once, or after some time if the source asked for it."""
    run = _locked(session, run_id)
    if run is None or run.lease != lease or run.state != "running":
        return
    run.lease = run.leased_until = None
    if after is not None:
        run.state, run.wait_until = "waiting", now + min(after, MOST_WAIT)
    ask_for_work(session, run_id, now=now, due_at=run.wait_until)


def end_run(session: Session, run: TakingRun, *, state: str, now: datetime, fault: str = "") -> None:
    """Note the end of a run, and set the next."""
    run.state, run.ended_at, run.fault = state, now, fault[:1_000]
    run.lease = run.leased_until = run.wait_until = None
    if run.kind == "file" and state == "done":
        progress = progress_of(session, run.partner_id)
        progress.last_run_at = progress.last_ok_at = now
    if run.kind not in {"harvest", "sweep"}:
        return
    partner = session.get_one(Partner, run.partner_id)
    progress = progress_of(session, run.partner_id)
    progress.last_run_at = now
    if state == "failed":
        progress.failures += 1
        progress.fault = run.fault
        every = timedelta(minutes=partner.every_minutes) * 2 ** min(progress.failures, 10)
        progress.next_due_at = in_window(partner, now + min(every, MOST_WAIT))
        return
    if state == "done":
        progress.last_ok_at, progress.failures, progress.fault, progress.alerted_at = now, 0, "", None
    progress.next_due_at = in_window(partner, now + timedelta(minutes=partner.every_minutes))


def in_window(partner: Partner, moment: datetime) -> datetime:
    """The first moment from `moment` on at which the agreement lets us ask."""
    if partner.from_hour is None or partner.to_hour is None or partner.from_hour == partner.to_hour:
        return moment
    local = moment.astimezone(HERE)
    low, high = partner.from_hour, partner.to_hour
    inside = low <= local.hour < high if low < high else local.hour >= low or local.hour < high
    if inside:
        return moment
    opens = local.replace(hour=low, minute=0, second=0, microsecond=0)
    if opens < local:
        opens += timedelta(days=1)
    return opens.astimezone(moment.tzinfo)


def sweep_every(partner: Partner, progress: TakingProgress) -> timedelta | None:
    """How often all identifiers of a source are compared with what we have of it; None for never.

    What leaves a set that we ask for is told by nobody. Another Techmart keeps its tombstones.
    """
    if partner.protocol not in {"techmart", "oai_dc"}:
        return None
    if progress.deletions != "persistent" or partner.set_spec:
        return SWEEP_EVERY
    return CHECK_EVERY if partner.protocol == "oai_dc" else None


def due_partners(session: Session, *, now: datetime, limit: int = 50) -> Sequence[Partner]:
    """Live partners with an agreement in force that are to be asked now and in whose hours we are."""
    found = session.scalars(
        select(Partner)
        .outerjoin(TakingProgress, TakingProgress.partner_id == Partner.id)
        .where(
            Partner.state == "live",
            Partner.direction != "give",
            Partner.protocol != "file",
            in_force(now=now),
            TakingProgress.next_due_at.is_(None) | (TakingProgress.next_due_at <= now),
        )
        .order_by(TakingProgress.next_due_at.nulls_first(), Partner.id)
        .limit(limit)
    ).all()
    return [one for one in found if in_window(one, now) <= now]


def _locked(session: Session, run_id: UUID) -> TakingRun | None:
    return session.get(TakingRun, run_id, with_for_update=True, populate_existing=True)
