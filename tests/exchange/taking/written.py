"""Taking records without a source, and what then is in the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from app.database import Database
from app.exchange.taking.incoming import Raw
from app.exchange.taking.understanding import Source
from app.exchange.taking.writing import Counts, take_batch, terms_of
from app.models.journal import JournalEntry
from app.models.listings import Listing
from app.models.partners import Partner
from app.models.taking import TakenRecord
from tests.factories import NOW


def take(
    database: Database, partner: Partner, known: Source, raws: Sequence[Raw], *, now: datetime = NOW, **agreed: Any
) -> Counts:
    with database.unit_of_work() as session:
        found = session.get_one(Partner, partner.id)
        for name, value in agreed.items():
            session.expunge(found)
            setattr(found, name, value)
        return take_batch(
            session,
            partner=found,
            source=known,
            raws=raws,
            terms=terms_of(found, own="techmart.test"),
            run_id=None,
            now=now,
        )


def listing(database: Database, local_id: str = "m1") -> Listing:
    with database.read_only() as session:
        return session.scalars(
            select(Listing).where(Listing.authority == "san.danang.test", Listing.local_id == local_id)
        ).one()


def taken(database: Database, local_id: str = "m1") -> TakenRecord:
    with database.read_only() as session:
        return session.scalars(select(TakenRecord).where(TakenRecord.local_id == local_id)).one()


def journal_size(database: Database) -> int:
    with database.read_only() as session:
        return session.scalar(select(func.count()).select_from(JournalEntry)) or 0
