"""What the provider reads: records in a window, their number, one record, the sets there are; each for its reader."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session

from app.exchange.reader import Reader
from app.models.exchange import ExchangeRecord


def in_window(reader: Reader, *, low: datetime | None, high: datetime, set_name: str | None) -> Select[ExchangeRecord]:
    """Records by datestamp, both bounds inclusive, in a set if one is named."""
    asked = select(ExchangeRecord).where(reader.sees(), ExchangeRecord.datestamp <= high)
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


def one_record(session: Session, *, reader: Reader, authority: str, local_id: str) -> ExchangeRecord | None:
    """A record or tombstone by its key, as far as the reader may know of it."""
    return session.scalar(
        select(ExchangeRecord).where(
            reader.sees(), ExchangeRecord.authority == authority, ExchangeRecord.local_id == local_id
        )
    )


def earliest(session: Session) -> datetime | None:
    """The first datestamp there is."""
    return session.scalar(select(func.min(ExchangeRecord.datestamp)))


def set_names(session: Session, *, reader: Reader) -> list[str]:
    """Every set that holds something, in order."""
    names = session.scalars(select(func.unnest(ExchangeRecord.sets)).where(reader.sees()).distinct())
    return sorted({*names, "origin:all"})
