"""What is known of holders and offers beside their listings: how they answer, and how their suggestions were judged."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from app.matching_weights import Weights
from app.search.leans import Leans, leans, no_leans
from app.search.replies import ReplyRecords, no_records, reply_records


@dataclass(frozen=True, slots=True)
class Records:
    """Readers that are asked about those who are judged, each with one query."""

    replies: ReplyRecords = no_records
    leans: Leans = no_leans


NOTHING_KNOWN: Final = Records()


def records_of(session: Session, *, weights: Weights, now: datetime) -> Records:
    """The records as they stand at this moment."""
    return Records(reply_records(session, now=now), leans(session, weights=weights))
