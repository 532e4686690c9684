"""A need, an offer that fits it and one that does not, and what keeps their matches, for tests."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from app import journal
from app.database import Database
from app.models import Listing, ListingMatch, Organisation
from app.search.embedded import EmbeddedEngine
from app.search.indexer import index_next
from app.search.match_keeper import keep_up
from tests import factories

DRYER = {
    "title": "Máy sấy bơm nhiệt cho chuối và xoài",
    "summary": "Sấy chuối, xoài ở nhiệt độ thấp.",
    "description": "Dàn lạnh tách ẩm khỏi không khí sấy; chuối và xoài giữ màu, giữ vị.",
}
NEED = {
    "title": "Cần sấy chuối và xoài giữ màu",
    "summary": "Sấy chuối và xoài đang mất màu.",
    "description": "Hợp tác xã sấy chuối và xoài bằng củi, sản phẩm sẫm màu; cần cách sấy ở nhiệt độ thấp.",
}
WELD = {
    "title": "Robot hàn khung xe đạp",
    "summary": "Hàn tự động.",
    "description": "Cánh tay sáu trục hàn khung thép, đồ gá thay nhanh.",
}


def add(database: Database, texts: dict[str, str], *, of: Organisation | None = None, **given: Any) -> Listing:
    with database.unit_of_work() as session:
        organisation = of or factories.organisation(session)
        return factories.listing(session, of=organisation, benefit="", **texts, **given)


def change(database: Database, listing: Listing, **values: Any) -> None:
    with database.unit_of_work() as session:
        row = session.get_one(Listing, listing.id)
        for name, value in values.items():
            setattr(row, name, value)
        journal.append(session, entity="listing", entity_id=listing.id, action="updated")


def verify(database: Database, organisation_id: UUID) -> None:
    with database.unit_of_work() as session:
        session.get_one(Organisation, organisation_id).verified_at = factories.NOW
        journal.append(session, entity="organisation", entity_id=organisation_id, action="verified")


def index(database: Database, engine: EmbeddedEngine) -> None:
    while index_next(database, engine):
        pass


def follow(database: Database, engine: EmbeddedEngine, **given: Any) -> int:
    index(database, engine)
    return keep_up(database, engine, **given)


def current(database: Database) -> set[tuple[str, str]]:
    """Titles of the pairs that stand."""
    need, offer = Listing.__table__.alias(), Listing.__table__.alias()
    with database.read_only() as session:
        rows = session.execute(
            select(need.c.title, offer.c.title)
            .join(ListingMatch, ListingMatch.need_id == need.c.id)
            .join(offer, ListingMatch.offer_id == offer.c.id)
            .where(ListingMatch.left_at.is_(None))
        )
        return {(row[0], row[1]) for row in rows}


def only(database: Database) -> ListingMatch:
    with database.read_only() as session:
        return session.scalars(select(ListingMatch)).one()


PAIR = {(NEED["title"], DRYER["title"])}
