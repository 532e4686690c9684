"""Jobs run once each, come back with growing waits when they fail, and end with the dead when they keep failing."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.database import Database
from app.jobs import JobContext, enqueue, queue
from app.jobs.registry import handlers
from app.jobs.worker import run_due, work
from app.models import Job
from app.settings import Settings
from tests.factories import NOW


@pytest.fixture
def ran() -> Iterator[list[int]]:
    done: list[int] = []
    lock = threading.Lock()

    def handle(context: JobContext, payload: dict[str, Any]) -> None:
        with lock:
            done.append(int(payload["n"]))
        if payload.get("fail"):
            raise ValueError("no luck")

    handlers["test.note"] = handle
    yield done
    del handlers["test.note"]


def put(database: Database, n: int, **more: Any) -> bool:
    key = more.pop("key", None)
    attempts = more.pop("max_attempts", 8)
    with database.unit_of_work() as session:
        return enqueue(session, kind="test.note", payload={"n": n} | more, key=key, now=NOW, max_attempts=attempts)


def only(database: Database) -> Job:
    with database.read_only() as session:
        return session.scalars(select(Job)).one()


def test_each_job_runs_once_over_four_workers(database: Database, settings: Settings, ran: list[int]) -> None:
    for n in range(40):
        put(database, n)
    workers = [threading.Thread(target=run_due, args=(database, settings), kwargs={"now": NOW}) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(ran) == list(range(40))


def test_same_key_is_asked_for_once(database: Database, settings: Settings, ran: list[int]) -> None:
    assert put(database, 1, key="once") is True
    assert put(database, 2, key="once") is False
    run_due(database, settings, now=NOW)
    assert put(database, 3, key="once") is False
    run_due(database, settings, now=NOW)
    assert ran == [1]


def test_failure_waits_longer_each_time_then_dies_and_can_be_revived(
    database: Database, settings: Settings, ran: list[int]
) -> None:
    put(database, 1, fail=True, max_attempts=3)
    at = NOW
    for wait in (15, 30):
        run_due(database, settings, now=at)
        job = only(database)
        assert (job.state, job.due_at - at) == ("ready", timedelta(seconds=wait))
        at = job.due_at
    run_due(database, settings, now=at)
    job = only(database)
    assert (job.state, job.attempts, job.last_error) == ("dead", 3, "ValueError: no luck")
    assert run_due(database, settings, now=at + timedelta(days=9)) == 0
    with database.unit_of_work() as session:
        queue.revive(session, job_id=job.id, now=at)
    run_due(database, settings, now=at)
    assert len(ran) == 4


def test_job_of_a_dead_worker_is_taken_over_after_its_lease(
    database: Database, settings: Settings, ran: list[int]
) -> None:
    put(database, 1)
    with database.unit_of_work() as session:
        assert queue.claim(session, now=NOW) is not None
    assert run_due(database, settings, now=NOW + timedelta(minutes=9)) == 0
    assert run_due(database, settings, now=NOW + timedelta(minutes=11)) == 1
    assert ran == [1]


def test_job_of_a_rolled_back_transaction_never_was(database: Database, settings: Settings, ran: list[int]) -> None:
    with pytest.raises(RuntimeError), database.unit_of_work() as session:
        enqueue(session, kind="test.note", payload={"n": 1}, now=NOW)
        raise RuntimeError
    assert run_due(database, settings, now=NOW) == 0


def test_readers_of_the_journal_go_on_beside_a_long_job(
    database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, read, stop = threading.Event(), threading.Event(), threading.Event()
    in_time: list[bool] = []

    def long(_context: JobContext, _payload: dict[str, Any]) -> None:
        begun.set()
        # Ends only when something was read meanwhile.
        in_time.append(read.wait(20))
        stop.set()

    def reader(_database: Database) -> int:
        if begun.is_set():
            read.set()
        return 0

    monkeypatch.setitem(handlers, "test.note", long)
    put(database, 1)
    working = threading.Thread(
        target=work, args=(database, settings), kwargs={"worker": "w", "stop": stop, "consumers": [{"reader": reader}]}
    )
    working.start()
    working.join(40)
    assert not working.is_alive()
    assert in_time == [True]
    with database.read_only() as session:
        assert session.scalars(select(Job.state).where(Job.kind == "test.note")).all() == ["done"]


def test_a_group_of_readers_does_not_wait_for_another(database: Database, settings: Settings) -> None:
    begun, read, stop = threading.Event(), threading.Event(), threading.Event()
    order: list[str] = []
    in_time: list[bool] = []

    def long(_database: Database) -> int:
        begun.set()
        # Ends only when others had their turns meanwhile.
        in_time.append(read.wait(20))
        stop.set()
        return 0

    def turn(name: str) -> Callable[[Database], int]:
        def reader(_database: Database) -> int:
            if begun.is_set():
                order.append(name)
            if len(order) > 3:
                read.set()
            return 1

        return reader

    others = {"first": turn("first"), "second": turn("second")}
    work(database, settings, worker="w", stop=stop, consumers=[{"long": long}, others])
    assert in_time == [True]
    assert order[:4] in (["first", "second"] * 2, ["second", "first"] * 2)


def test_a_reader_may_fail_for_days(database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.jobs.worker._PAUSES_S", (0.0,))
    monkeypatch.setattr("app.jobs.worker._IDLE_S", 0.0)
    stop = threading.Event()
    tried = 0

    def broken(_database: Database) -> int:
        nonlocal tried
        tried += 1
        if tried < 1_200:
            raise RuntimeError("the server is away")
        stop.set()
        return 0

    work(database, settings, worker="w", stop=stop, consumers=[{"broken": broken}])
    assert tried == 1_200


def test_a_reader_that_fails_is_tried_again_and_holds_up_nobody(
    database: Database, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    stop = threading.Event()
    tried: list[float] = []
    turns = 0

    def broken(_database: Database) -> int:
        tried.append(time.monotonic())
        if len(tried) < 3:
            raise RuntimeError("no such column")
        stop.set()
        return 0

    def sound(_database: Database) -> int:
        nonlocal turns
        turns += 1
        time.sleep(0.01)
        return 1

    work(database, settings, worker="w", stop=stop, consumers=[{"broken": broken, "sound": sound}])
    # After a second, then after two; a hundred turns of the other in each second.
    assert tried[1] - tried[0] >= 1
    assert tried[2] - tried[1] >= 2
    assert turns > 30
    assert sum("consumer broken failed" in one.getMessage() for one in caplog.records) == 2
