"""What recurs with kept matches."""

from datetime import timedelta

from app.jobs import JobContext, every
from app.search.match_keeper import sweep


@every(timedelta(hours=24), "matches.sweep")
def _sweep(context: JobContext, _payload: dict[str, object]) -> None:
    with context.database.unit_of_work() as session:
        sweep(session, now=context.now)
