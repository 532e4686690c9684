"""Which function does which kind of job, and what recurs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.database import Database
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a handler is given. It opens its own units of work; external calls stay outside of them."""

    database: Database
    settings: Settings
    job_id: UUID
    attempt: int
    now: datetime


JobHandler = Callable[[JobContext, dict[str, Any]], None]

handlers: dict[str, JobHandler] = {}
recurring: dict[str, timedelta] = {}


def job(kind: str) -> Callable[[JobHandler], JobHandler]:
    """Register the handler of a kind. A job may run more than once (crash after the work): handlers are repeatable."""

    def register(handler: JobHandler) -> JobHandler:
        if kind in handlers and handlers[kind] is not handler:
            raise ValueError(f"two handlers for job kind {kind!r}")
        handlers[kind] = handler
        return handler

    return register


def every(interval: timedelta, kind: str) -> Callable[[JobHandler], JobHandler]:
    """Register a handler that runs once per interval over all workers, with an empty payload."""

    def register(handler: JobHandler) -> JobHandler:
        recurring[kind] = interval
        return job(kind)(handler)

    return register
