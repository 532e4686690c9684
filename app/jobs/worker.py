"""The worker's loop: recurring work, due jobs, journal consumers."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, or_
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.database import Database
from app.jobs import queue
from app.jobs.registry import JobContext, every, handlers, recurring
from app.models.jobs import WorkerHeartbeat
from app.settings import Settings

log = logging.getLogger(__name__)

# A consumer takes its next batch from the journal and says how many entries it dealt with.
Consumer = Callable[[Database], int]
# A worker's threads hold so many at once: jobs two, readers one each and two of them another, the heartbeat one.
LEAST_CONNECTIONS = 10
_IDLE_S = 0.5
_BEAT_S = 5.0
# After the first fault of a reader, the second, and so on; an engine that was away is asked again within the last.
_PAUSES_S = (1.0, 2.0, 5.0)


def enqueue_recurring(database: Database, *, now: datetime) -> None:
    """Ask for each recurring job once per interval; the key makes it once over all workers."""
    with database.unit_of_work() as session:
        for kind, interval in recurring.items():
            slot = int(now.timestamp() // interval.total_seconds())
            queue.enqueue(session, kind=kind, payload={}, key=f"{kind}:{slot}", now=now, max_attempts=3)


def run_one(database: Database, settings: Settings, *, now: datetime) -> bool:
    """Do the most overdue job, if any. A fault is recorded on the job, not raised."""
    with database.unit_of_work() as session:
        claimed = queue.claim(session, now=now)
    if claimed is None:
        return False
    context = JobContext(database=database, settings=settings, job_id=claimed.id, attempt=claimed.attempts, now=now)
    try:
        handler = handlers.get(claimed.kind)
        if handler is None:
            raise LookupError(f"no handler for job kind {claimed.kind!r}")
        handler(context, claimed.payload)
    except Exception as fault:
        log.exception("job %s %s failed (attempt %s)", claimed.kind, claimed.id, claimed.attempts)
        with database.unit_of_work() as session:
            queue.fail(session, job_id=claimed.id, now=now, error=f"{type(fault).__name__}: {fault}")
    else:
        with database.unit_of_work() as session:
            queue.finish(session, job_id=claimed.id, now=now)
    return True


def run_due(database: Database, settings: Settings, *, now: datetime, most: int = 10_000) -> int:
    """Do everything that is due at `now` (tests and `techmart demo` use this); returns how many jobs ran."""
    done = 0
    while done < most and run_one(database, settings, now=now):
        done += 1
    return done


def beat(database: Database, *, worker: str, started_at: datetime, now: datetime) -> None:
    """Tell /readyz that this worker lives."""
    with database.unit_of_work() as session:
        session.execute(
            insert(WorkerHeartbeat)
            .values(worker=worker, at=now, started_at=started_at)
            .on_conflict_do_update(index_elements=[WorkerHeartbeat.worker], set_={"at": now, "started_at": started_at})
        )


def leave(database: Database, *, worker: str, now: datetime) -> None:
    """Take a worker that ends out of /readyz, and those that have been silent for a day."""
    with database.unit_of_work() as session:
        session.execute(
            delete(WorkerHeartbeat).where(
                or_(WorkerHeartbeat.worker == worker, WorkerHeartbeat.at < now - timedelta(days=1))
            )
        )


def work(
    database: Database,
    settings: Settings,
    *,
    worker: str,
    stop: threading.Event,
    consumers: Sequence[Mapping[str, Consumer]],
) -> None:
    """Run until `stop` is set. A consumer or job that fails is logged and tried again; the loops go on.

    Each group of consumers has a thread of its own, in which they take turns: a job may take minutes (a harvest, a
    snapshot), a consumer may have the hundred thousand records of an import to sign, and what is changed meanwhile is
    to be found within a second or two.
    """
    consuming = [
        threading.Thread(target=_consume, args=(database, group, stop), name=f"reading for {', '.join(group)}")
        for group in consumers
    ]
    try:
        for thread in consuming:
            thread.start()
        _do_jobs(database, settings, worker=worker, stop=stop)
    finally:
        stop.set()
        for thread in consuming:
            if thread.ident is not None:
                thread.join()


def _do_jobs(database: Database, settings: Settings, *, worker: str, stop: threading.Event) -> None:
    started_at = clock.now()
    last_beat = 0.0
    while not stop.is_set():
        try:
            if time.monotonic() - last_beat >= _BEAT_S:
                beat(database, worker=worker, started_at=started_at, now=clock.now())
                enqueue_recurring(database, now=clock.now())
                last_beat = time.monotonic()
            busy = run_one(database, settings, now=clock.now())
        except Exception:
            log.exception("worker could not reach its database; trying again")
            stop.wait(2)
            continue
        if not busy:
            stop.wait(_IDLE_S)


def _consume(database: Database, consumers: Mapping[str, Consumer], stop: threading.Event) -> None:
    # Consumer → how often it failed in a row, and when it may try again. The others of its group do not wait for that.
    failing: dict[str, tuple[int, float]] = {}
    while not stop.is_set():
        busy = False
        for name, consumer in consumers.items():
            if stop.is_set():
                return
            times, again_at = failing.get(name, (0, 0.0))
            if time.monotonic() < again_at:
                continue
            try:
                busy = consumer(database) > 0 or busy
            except Exception:
                log.exception("journal consumer %s failed; its cursor stays, trying again", name)
                failing[name] = (times + 1, time.monotonic() + _PAUSES_S[min(times, len(_PAUSES_S) - 1)])
            else:
                failing.pop(name, None)
        if not busy:
            stop.wait(_IDLE_S)


@every(timedelta(hours=24), "jobs.sweep")
def _sweep(context: JobContext, _payload: dict[str, object]) -> None:
    with context.database.unit_of_work() as session:
        queue.sweep_done(session, now=context.now)
