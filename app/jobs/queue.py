"""Putting work in and taking it out."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import clock
from app.identity import uuid7
from app.models.jobs import Job

LEASE = timedelta(minutes=10)
FIRST_RETRY = timedelta(seconds=15)
LONGEST_RETRY = timedelta(hours=6)


def enqueue(
    session: Session,
    *,
    kind: str,
    payload: dict[str, Any],
    due_at: datetime | None = None,
    key: str | None = None,
    max_attempts: int = 8,
    now: datetime | None = None,
) -> bool:
    """Ask for work in this transaction; returns False when a job with the same `key` was already asked for.

    The key stays taken after the job is done (until swept), which is what makes "send this once" hold.
    """
    at = now or clock.now()
    statement = (
        insert(Job)
        .values(
            id=uuid7(),
            kind=kind,
            key=key,
            payload=payload,
            state="ready",
            due_at=due_at or at,
            attempts=0,
            max_attempts=max_attempts,
            created_at=at,
        )
        .on_conflict_do_nothing()
        .returning(Job.id)
    )
    return session.execute(statement).scalar_one_or_none() is not None


def claim(session: Session, *, now: datetime) -> Job | None:
    """Lease the most overdue job, also one whose earlier worker died; None when nothing is due."""
    abandoned = (Job.state == "running") & (Job.leased_until < now)
    ready = (Job.state == "ready") & (Job.due_at <= now)
    found = session.scalars(
        select(Job).where(ready | abandoned).order_by(Job.due_at, Job.id).limit(1).with_for_update(skip_locked=True)
    ).one_or_none()
    if found is not None:
        found.state = "running"
        found.attempts += 1
        found.leased_until = now + LEASE
    return found


def finish(session: Session, *, job_id: UUID, now: datetime) -> None:
    """Mark the job done."""
    session.execute(
        update(Job).where(Job.id == job_id).values(state="done", finished_at=now, leased_until=None, last_error=None)
    )


def fail(session: Session, *, job_id: UUID, now: datetime, error: str) -> str:
    """Set the job up for another try (waits double from 15 s to 6 h) or lay it with the dead; returns its state."""
    found = session.scalars(select(Job).where(Job.id == job_id).with_for_update()).one()
    found.last_error = error[:4000]
    found.leased_until = None
    if found.attempts >= found.max_attempts:
        found.state = "dead"
        found.finished_at = now
    else:
        found.state = "ready"
        found.due_at = now + min(FIRST_RETRY * 2 ** (found.attempts - 1), LONGEST_RETRY)
    return found.state


def revive(session: Session, *, job_id: UUID, now: datetime) -> None:
    """Give a dead job a fresh set of attempts, at once."""
    session.execute(
        update(Job)
        .where(Job.id == job_id, Job.state == "dead")
        .values(state="ready", attempts=0, due_at=now, finished_at=None)
    )


def sweep_done(session: Session, *, now: datetime, keep: timedelta = timedelta(days=14)) -> int:
    """Forget jobs done longer ago than `keep`; returns how many."""
    gone = session.execute(delete(Job).where(Job.state == "done", Job.finished_at < now - keep).returning(Job.id))
    return len(gone.all())
