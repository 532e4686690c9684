"""How it goes with a partner, for its page: last run, lag, what came and what went out, what waits for a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.features.partners.policies import require_dealing
from app.identity import Actor
from app.models.partners import Partner
from app.models.taking import Quarantined, TakenRecord, TakingProgress, TakingRun

RUNS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Health:
    """What a partner's page tells.

    Attributes:
        living, gone: records taken from it that are shown, and their tombstones.
        waiting: records in quarantine.
        braked: the sweep that waits for a decision.
        trial: the last trial.
    """

    progress: TakingProgress | None
    living: int
    gone: int
    waiting: int
    runs: Sequence[TakingRun]
    braked: TakingRun | None
    trial: TakingRun | None


@dataclass(frozen=True, slots=True)
class Beginning:
    """How far a first harvest has come in the partner's snapshot, or why it does without (`given_up`)."""

    files: int = 0
    files_done: int = 0
    records: int = 0
    records_done: int = 0
    given_up: str = ""


def beginning_of(progress: TakingProgress) -> Beginning | None:
    """None for a partner that is past its beginning, or has no snapshot."""
    said = progress.snapshot
    if said is None:
        return None
    if "given_up" in said:
        return Beginning(given_up=said["given_up"])
    sizes = [one["records"] for one in said["parts"]]
    done = progress.snapshot_part
    return Beginning(len(sizes), done, sum(sizes), sum(sizes[:done]) + progress.snapshot_line)


def health_of(session: Session, *, actor: Actor, partner: Partner) -> Health:
    """How it goes with a partner.

    Raises:
        Forbidden: the actor is no operator.
    """
    require_dealing(actor)
    mine = TakenRecord.partner_id == partner.id
    living, gone, waiting = session.execute(
        select(
            select(func.count()).where(mine, ~TakenRecord.deleted).scalar_subquery(),
            select(func.count()).where(mine, TakenRecord.deleted).scalar_subquery(),
            select(func.count())
            .where(Quarantined.partner_id == partner.id, Quarantined.state == "waiting")
            .scalar_subquery(),
        )
    ).one()
    runs = session.scalars(
        select(TakingRun)
        .where(TakingRun.partner_id == partner.id)
        .order_by(TakingRun.started_at.desc(), TakingRun.id.desc())
        .limit(RUNS_SHOWN)
    ).all()
    braked = session.scalars(
        select(TakingRun).where(TakingRun.partner_id == partner.id, TakingRun.state == "braked").limit(1)
    ).one_or_none()
    return Health(
        progress=session.get(TakingProgress, partner.id),
        living=living,
        gone=gone,
        waiting=waiting,
        runs=runs,
        braked=braked,
        trial=next((one for one in runs if one.kind == "trial"), None),
    )


def find_run(session: Session, *, actor: Actor, partner: Partner, run_id: UUID) -> TakingRun:
    """One run of a partner.

    Raises:
        Forbidden, NotFound.
    """
    require_dealing(actor)
    found = session.get(TakingRun, run_id)
    if found is None or found.partner_id != partner.id:
        raise NotFound
    return found


def lag_of(partner: Partner, progress: TakingProgress | None, *, now: datetime) -> float | None:
    """Hours since the last run that went well; None before there was one, or where none is wanted."""
    if partner.direction == "give" or progress is None or progress.last_ok_at is None:
        return None
    return (now - progress.last_ok_at).total_seconds() / 3_600
