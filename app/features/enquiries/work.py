"""What time does to quotes, and to what was left lying."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.features.enquiries import held
from app.features.enquiries import reminders as reminding
from app.features.enquiries.quoting import expired_requests, lapse
from app.features.enquiries.working_days import SHIPPED, holidays
from app.integrations.storage import store_from
from app.jobs import JobContext, every
from app.models import EnquiryFile


@every(timedelta(hours=1), "enquiries.lapse")
def lapse_expired(context: JobContext, _payload: dict[str, Any]) -> None:
    """Lapse every open quote whose validity has passed, one transaction each so that a stuck one holds up no other."""
    with context.database.read_only() as session:
        due = expired_requests(session, now=context.now)
    for request_id in due:
        with context.database.unit_of_work() as session:
            lapse(session, request_id=request_id, now=context.now)


@every(timedelta(hours=1), "enquiries.remind")
def remind(context: JobContext, _payload: dict[str, Any]) -> None:
    """Send the reminders that are due, one transaction each."""
    with context.database.read_only() as session:
        due = reminding.due_reminders(
            session,
            now=context.now,
            after_days=context.settings.remind_after_working_days,
            free=holidays(context.settings.holidays or SHIPPED),
        )
    for one in due:
        with context.database.unit_of_work() as session:
            reminding.remind(session, due=one, now=context.now)


@every(timedelta(hours=1), "enquiries.sweep_held_forms")
def sweep_held_forms(context: JobContext, _payload: dict[str, Any]) -> None:
    """Forget forms whose writer never signed in."""
    with context.database.unit_of_work() as session:
        held.sweep(session, now=context.now)


@every(timedelta(hours=24), "enquiries.sweep_files")
def sweep_files(context: JobContext, _payload: dict[str, Any]) -> None:
    """Delete files that were stored and then not sent: their request or message was refused or never committed."""
    store = store_from(context.settings)
    keys = list(store.keys("enquiries", before=context.now - timedelta(days=1)))
    for start in range(0, len(keys), 500):
        some = keys[start : start + 500]
        with context.database.read_only() as session:
            known = set(session.scalars(select(EnquiryFile.storage_key).where(EnquiryFile.storage_key.in_(some))))
        for key in some:
            if key not in known:
                store.delete("enquiries", key)
