"""The one place that reads the wall clock. Commands take `now` as an argument, so tests pass any time they like."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)
