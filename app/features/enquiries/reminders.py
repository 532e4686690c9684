"""Who is reminded of what: a holder that has not answered, a deadline coming, a quote about to end."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, String, and_, cast, exists, literal, select
from sqlalchemy.orm import Session

from app.features.enquiries import notices
from app.features.enquiries.states import Side
from app.features.enquiries.working_days import working_days_before
from app.i18n.formats import HERE, local_date
from app.models import EnquiryReminder, Quote, QuoteRequest

Kind = Literal["unanswered", "answer_due", "quote_ending"]
BEFORE_DEADLINE = timedelta(days=1)
BEFORE_END = timedelta(days=3)
MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Due:
    """One reminder to send. `kind` is its key within the request, `day` what it is about."""

    request_id: UUID
    side: Side
    kind: str
    day: date | None


def due_reminders(session: Session, *, now: datetime, after_days: int, free: Collection[date]) -> Sequence[Due]:
    """What is due and was not sent yet, at most MOST_AT_ONCE of each kind. Three queries.

    Args:
        after_days: working days after which a request nobody answered is brought to mind.
        free: holidays.
    """
    today = local_date(now)
    waited_since = datetime.combine(working_days_before(today, after_days, free=free) + timedelta(days=1), time(), HERE)
    found: list[Due] = []
    silent = session.execute(
        select(QuoteRequest.id)
        .where(
            QuoteRequest.awaits == "holder",
            QuoteRequest.first_answer_at.is_(None),
            QuoteRequest.sent_at < waited_since,
            _not_sent(literal("unanswered")),
        )
        .order_by(QuoteRequest.sent_at)
        .limit(MOST_AT_ONCE)
    )
    found += [Due(request_id, "holder", "unanswered", None) for (request_id,) in silent]
    deadlines = session.execute(
        select(QuoteRequest.id, QuoteRequest.answer_by)
        .where(
            QuoteRequest.awaits == "holder",
            QuoteRequest.answer_by.between(today, today + BEFORE_DEADLINE),
            _not_sent(literal("answer_due")),
        )
        .order_by(QuoteRequest.answer_by)
        .limit(MOST_AT_ONCE)
    )
    found += [Due(request_id, "holder", "answer_due", day) for request_id, day in deadlines]
    kind = literal("quote_ending:") + cast(Quote.revision, String)
    ending = session.execute(
        select(QuoteRequest.id, Quote.revision, Quote.valid_until)
        .join(Quote, and_(Quote.request_id == QuoteRequest.id, Quote.state == "sent"))
        .where(
            QuoteRequest.awaits == "buyer",
            Quote.valid_until.between(today, today + BEFORE_END),
            _not_sent(kind),
        )
        .order_by(Quote.valid_until)
        .limit(MOST_AT_ONCE)
    )
    found += [Due(request_id, "buyer", f"quote_ending:{revision}", day) for request_id, revision, day in ending]
    return found


def _not_sent(kind: ColumnElement[str]) -> ColumnElement[bool]:
    return ~exists().where(EnquiryReminder.request_id == QuoteRequest.id, EnquiryReminder.kind == kind)


def remind(session: Session, *, due: Due, now: datetime) -> bool:
    """Send one reminder, unless it was sent meanwhile or is no longer that side's turn."""
    request = session.scalars(
        select(QuoteRequest)
        .where(QuoteRequest.id == due.request_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if request.awaits != due.side or session.get(EnquiryReminder, (due.request_id, due.kind)) is not None:
        return False
    session.add(EnquiryReminder(request_id=due.request_id, kind=due.kind, at=now))
    notices.remind(session, request, side=due.side, kind=due.kind, now=now, day=due.day)
    session.flush()
    return True
