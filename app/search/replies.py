"""How holders answer quote requests: a fact that speaks for a match or against it."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from app.models.enquiries import QuoteRequest
from app.models.organisations import Organisation
from app.search.matching import ReplyRecord

_PERIOD: Final = timedelta(days=365)
# A request younger than this is not yet held against anybody.
_TIME_TO_ANSWER: Final = timedelta(days=7)


class ReplyRecords(Protocol):
    """Given public ids of organisations, the records of those that were asked anything."""

    def __call__(self, organisations: Collection[str], /) -> Mapping[str, ReplyRecord]: ...


def no_records(_organisations: Collection[str], /) -> Mapping[str, ReplyRecord]:
    """Nothing is known of anybody."""
    return {}


def reply_records(session: Session, *, now: datetime) -> ReplyRecords:
    """A reader of reply records: one query each time it is asked."""

    def read(organisations: Collection[str], /) -> Mapping[str, ReplyRecord]:
        if not organisations:
            return {}
        answered = QuoteRequest.first_answer_at.is_not(None)
        waited = QuoteRequest.sent_at < now - _TIME_TO_ANSWER
        # A request taken back before it was answered tells nothing of the holder.
        counted = and_(
            QuoteRequest.sent_at >= now - _PERIOD, or_(answered, and_(waited, QuoteRequest.state != "withdrawn"))
        )
        hours = func.extract("epoch", QuoteRequest.first_answer_at - QuoteRequest.sent_at) / 3600
        rows = session.execute(
            select(
                Organisation.public_id,
                func.count(),
                func.count().filter(answered),
                func.percentile_cont(0.5).within_group(hours).filter(answered),
            )
            .join(Organisation, Organisation.id == QuoteRequest.holder_organisation_id)
            .where(Organisation.public_id.in_(organisations), counted)
            .group_by(Organisation.public_id)
        )
        return {
            public_id: ReplyRecord(asked, replied, None if median is None else float(median))
            for public_id, asked, replied, median in rows
        }

    return read
