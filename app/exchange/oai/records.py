"""What the provider reads: records in a window, their number, one record, the sets there are.

Everybody gets what may go to all. What no longer does is told as deleted, so that nobody keeps it.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from app.models.exchange import ExchangeRecord


def everybodys() -> ColumnElement[bool]:
    """Records that anybody has or had; see `is_gone`."""
    return ExchangeRecord.open_once.is_(True)


def is_gone(record: ExchangeRecord) -> bool:
    """Whether everybody is to be told that the record is no more."""
    return record.deleted or record.share == "partners"


def in_window(*, low: datetime | None, high: datetime, set_name: str | None) -> Select[ExchangeRecord]:
    """Records by datestamp, both bounds inclusive, in a set if one is named."""
    asked = select(ExchangeRecord).where(everybodys(), ExchangeRecord.datestamp <= high)
    if low is not None:
        asked = asked.where(ExchangeRecord.datestamp >= low)
    # origin:own is the greater part: the order of datestamps serves it better than the index of sets.
    if set_name is not None and set_name != "origin:all":
        asked = asked.where(ExchangeRecord.sets.contains([set_name]))
    return asked


def page(
    session: Session, asked: Select[ExchangeRecord], *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[ExchangeRecord]:
    """The next records in the order of (datestamp, id)."""
    if after is not None:
        asked = asked.where(
            # Said twice: the first condition is what the index can begin at.
            and_(
                ExchangeRecord.datestamp >= after[0],
                or_(
                    ExchangeRecord.datestamp > after[0],
                    tuple_(ExchangeRecord.datestamp, ExchangeRecord.id) > tuple_(*after),
                ),
            )
        )
    return session.scalars(asked.order_by(ExchangeRecord.datestamp, ExchangeRecord.id).limit(limit)).all()


def how_many(session: Session, asked: Select[ExchangeRecord]) -> int:
    """The size of the whole list."""
    return session.scalar(asked.with_only_columns(func.count())) or 0


def one_record(session: Session, *, authority: str, local_id: str) -> ExchangeRecord | None:
    """A record or tombstone by its key, as far as everybody may know of it."""
    return session.scalar(
        select(ExchangeRecord).where(
            everybodys(), ExchangeRecord.authority == authority, ExchangeRecord.local_id == local_id
        )
    )


def earliest(session: Session) -> datetime | None:
    """The first datestamp there is."""
    return session.scalar(select(func.min(ExchangeRecord.datestamp)))


def set_names(session: Session) -> list[str]:
    """Every set that holds something, in order."""
    names = session.scalars(select(func.unnest(ExchangeRecord.sets)).where(everybodys()).distinct())
    return sorted({*names, "origin:all"})
