"""Work with a due time, kept in the database, done by the worker. Enqueue in the transaction that wants the work."""

from app.jobs.queue import enqueue
from app.jobs.registry import JobContext, every, job

__all__ = ["JobContext", "enqueue", "every", "job"]
