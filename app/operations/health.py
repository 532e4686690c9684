"""/healthz (this process answers), /readyz (the installation can serve; says how far behind it is), /metrics.

None of the three passes the admission gate, so they answer when everything else is full.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from fastapi import FastAPI, Request
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.responses import JSONResponse, PlainTextResponse, Response

from app import clock
from app.database import Database
from app.models.jobs import Job, WorkerHeartbeat
from app.models.journal import JournalCursor, JournalEntry, JournalWaiting
from app.operations import metrics

# The worker reports every five seconds; a single long job may keep it from doing so for a while.
WORKER_SILENT_AFTER = timedelta(seconds=60)

Value = str | int | float | bool | None


class _EngineHealth(Protocol):
    @property
    def engine(self) -> str: ...
    @property
    def ready(self) -> bool: ...
    @property
    def documents(self) -> int: ...
    @property
    def position(self) -> int | None: ...
    @property
    def problem(self) -> str: ...


class Searching(Protocol):
    """What readiness asks of a search engine."""

    def health(self) -> _EngineHealth: ...


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the installation: whether it can do its work, and figures about it."""

    name: str
    ready: bool
    figures: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Readiness:
    """The state of all parts; `body()` is what /readyz answers."""

    parts: tuple[Part, ...]

    @property
    def ready(self) -> bool:
        return all(part.ready for part in self.parts)

    def body(self) -> dict[str, object]:
        """{"status": "ready" | "not ready", "<part>": {"ready": …, …}}; counts of entries and seconds."""
        parts = {part.name: {"ready": part.ready, **part.figures} for part in self.parts}
        return {"status": "ready" if self.ready else "not ready", **parts}


def readiness(database: Database, search: Searching | None, *, now: datetime) -> Readiness:
    """Look at every part. Never raises: a part that cannot be asked is not ready and names the kind of fault."""
    try:
        with database.read_only() as session:
            waiting = session.scalar(select(func.count()).where(JournalEntry.position.is_(None))) or 0
            head = session.scalar(select(func.max(JournalEntry.position))) or 0
            parts = [
                Part("database", True, {"journal": head + waiting}),
                _worker(session, now=now),
                _jobs(session, now=now),
                _readers(session, head=head, waiting=waiting),
            ]
    except SQLAlchemyError as fault:
        # The class only: the message may hold the address and the account.
        return Readiness((Part("database", False, {"fault": type(fault).__name__}), *_search_alone(search)))
    return Readiness((*parts, *_search(search, newest=head + waiting)))


def _worker(session: Session, *, now: datetime) -> Part:
    seen = session.scalar(select(func.max(WorkerHeartbeat.at)))
    if seen is None:
        return Part("worker", False, {"seen_s": None})
    return Part("worker", now - seen <= WORKER_SILENT_AFTER, {"seen_s": round((now - seen).total_seconds(), 1)})


def _jobs(session: Session, *, now: datetime) -> Part:
    """Work that is due and not done, and work that was given up. A backlog is no reason to stop serving."""
    due = (Job.state == "ready") & (Job.due_at <= now)
    waiting, oldest = session.execute(select(func.count(), func.min(Job.due_at)).where(due)).one()
    dead = session.scalar(select(func.count()).where(Job.state == "dead")) or 0
    late = round((now - oldest).total_seconds(), 1) if waiting else 0.0
    return Part("jobs", True, {"due": waiting, "oldest_s": late, "dead": dead})


def _readers(session: Session, *, head: int, waiting: int) -> Part:
    """How much each reader still has before it: journal entries, and what it left for later."""
    left = select(func.count()).where(JournalWaiting.consumer == JournalCursor.consumer).scalar_subquery()
    readers = session.execute(select(JournalCursor.consumer, JournalCursor.position, left)).all()
    return Part("lag", True, {consumer: head + waiting - position + later for consumer, position, later in readers})


def _search(search: Searching | None, *, newest: int) -> list[Part]:
    if search is None:
        return []
    health = search.health()
    lag = newest - health.position if health.position is not None else None
    figures: dict[str, Value] = {"engine": health.engine, "documents": health.documents, "lag": lag}
    return [Part("search", health.ready, figures)]


def _search_alone(search: Searching | None) -> list[Part]:
    if search is None:
        return []
    health = search.health()
    return [Part("search", health.ready, {"engine": health.engine, "documents": health.documents})]


def add_routes(app: FastAPI) -> None:
    """Give `app` the three addresses. It reads app.state.database and, when there is one, app.state.search."""

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> Response:
        return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})

    @app.get("/readyz", include_in_schema=False)
    def readyz(request: Request) -> Response:
        search: Searching | None = getattr(request.app.state, "search", None)
        state = readiness(request.app.state.database, search, now=clock.now())
        return JSONResponse(
            state.body(), status_code=200 if state.ready else 503, headers={"Cache-Control": "no-store"}
        )

    @app.get("/metrics", include_in_schema=False)
    def figures() -> Response:
        return Response(metrics.exposition(), media_type=metrics.CONTENT_TYPE)
