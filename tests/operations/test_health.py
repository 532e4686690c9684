from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import journal
from app.database import Database
from app.identity import uuid7
from app.jobs import enqueue
from app.models.jobs import WorkerHeartbeat
from app.models.journal import JournalEntry, JournalWaiting
from app.operations import health

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass
class Engine:
    """What a search engine tells of itself."""

    ready: bool = True
    position: int | None = 0
    engine: str = "embedded"
    documents: int = 3
    problem: str = ""

    def health(self) -> "Engine":
        return self


def entries(database: Database) -> int:
    """How many entries the journal holds already: the reference tables that every database begins with."""
    with database.read_only() as session:
        return session.scalar(select(func.count()).select_from(JournalEntry)) or 0


def beat(session: Session, *, ago: timedelta) -> None:
    session.add(WorkerHeartbeat(worker="w1", at=NOW - ago, started_at=NOW - timedelta(hours=1)))


def test_ready_once_database_worker_and_search_are(database: Database) -> None:
    with database.unit_of_work() as session:
        beat(session, ago=timedelta(seconds=4))
    before = entries(database)
    state = health.readiness(database, Engine(position=before), now=NOW)
    assert state.ready
    assert state.body() == {
        "status": "ready",
        "database": {"ready": True, "journal": before},
        "worker": {"ready": True, "seen_s": 4.0},
        "jobs": {"ready": True, "due": 0, "oldest_s": 0.0, "dead": 0},
        "lag": {"ready": True},
        "search": {"ready": True, "engine": "embedded", "documents": 3, "lag": 0},
    }


def test_a_worker_never_seen_or_long_silent_is_not_ready(database: Database) -> None:
    assert not health.readiness(database, Engine(), now=NOW).ready
    with database.unit_of_work() as session:
        beat(session, ago=timedelta(seconds=61))
    state = health.readiness(database, Engine(), now=NOW)
    assert not state.ready
    assert state.body()["worker"] == {"ready": False, "seen_s": 61.0}


def test_an_engine_that_cannot_answer_is_not_ready(database: Database) -> None:
    with database.unit_of_work() as session:
        beat(session, ago=timedelta(seconds=1))
    state = health.readiness(database, Engine(ready=False, position=None), now=NOW)
    assert not state.ready
    assert state.body()["search"] == {"ready": False, "engine": "embedded", "documents": 3, "lag": None}


def test_the_body_says_how_far_behind_readers_and_jobs_are(database: Database) -> None:
    before = entries(database)
    with database.unit_of_work() as session:
        beat(session, ago=timedelta(seconds=1))
        for _ in range(3):
            journal.append(session, entity="person", entity_id=uuid7(), action="made", actor_id=None)
        enqueue(session, kind="test.late", payload={}, due_at=NOW - timedelta(seconds=90), now=NOW)
        enqueue(session, kind="test.later", payload={}, due_at=NOW + timedelta(hours=1), now=NOW)
    journal.consume(database, consumer="reader", handler=lambda _session, _entries: None, batch=2)
    body = health.readiness(database, Engine(position=before + 1), now=NOW).body()
    assert body["status"] == "ready"
    assert body["lag"] == {"ready": True, "reader": before + 1}
    assert body["jobs"] == {"ready": True, "due": 1, "oldest_s": 90.0, "dead": 0}
    assert body["search"] == {"ready": True, "engine": "embedded", "documents": 3, "lag": 2}
    with database.unit_of_work() as session:
        # What a reader left for later, and what another did.
        session.add_all(
            JournalWaiting(consumer=one, entity_id=uuid7(), since=NOW) for one in ("reader", "reader", "other")
        )
    assert health.readiness(database, None, now=NOW).body()["lag"] == {"ready": True, "reader": before + 3}


def test_an_unreachable_database_is_told_without_its_address() -> None:
    nowhere = Database("postgresql://app:hunter2@127.0.0.1:1/techmart", pool_size=2)
    state = health.readiness(nowhere, Engine(), now=NOW)
    nowhere.dispose()
    assert not state.ready
    assert state.body() == {
        "status": "not ready",
        "database": {"ready": False, "fault": "OperationalError"},
        "search": {"ready": True, "engine": "embedded", "documents": 3},
    }


def test_the_three_addresses_answer_over_http(database: Database) -> None:
    app = FastAPI()
    app.state.database = database
    app.state.search = Engine()
    health.add_routes(app)
    with TestClient(app) as web:
        assert (web.get("/healthz").status_code, web.get("/healthz").text) == (200, "ok\n")
        not_ready = web.get("/readyz")
        assert (not_ready.status_code, not_ready.json()["worker"]["ready"]) == (503, False)
        assert not_ready.headers["Cache-Control"] == "no-store"
        figures = web.get("/metrics")
    assert figures.status_code == 200
    assert "techmart_gate_inside" in figures.text
