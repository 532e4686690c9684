"""What time does to quotes."""

from datetime import timedelta
from typing import Any

from app.features.enquiries.quoting import expired_requests, lapse
from app.jobs import JobContext, every


@every(timedelta(hours=1), "enquiries.lapse")
def lapse_expired(context: JobContext, _payload: dict[str, Any]) -> None:
    """Lapse every open quote whose validity has passed, one transaction each so that a stuck one holds up no other."""
    with context.database.read_only() as session:
        due = expired_requests(session, now=context.now)
    for request_id in due:
        with context.database.unit_of_work() as session:
            lapse(session, request_id=request_id, now=context.now)
