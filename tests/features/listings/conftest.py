"""People and a listing for the tests of listings."""

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import func, select

from app.database import Database
from app.features.listings import commands
from app.features.listings.schemas import parse
from app.features.moderation.commands import approve
from app.identity import Actor
from app.models import AuditEntry, Job, JournalEntry, Listing, ListingHistory, Organisation, Person
from app.settings import Settings
from tests import factories
from tests.factories import NOW
from tests.features.listings.inputs import TECHNOLOGY


@dataclass(frozen=True)
class Scene:
    """An owner acting for an organisation, a stranger with theirs, an operator."""

    database: Database
    settings: Settings
    owner: Person
    organisation: Organisation
    mine: Actor
    stranger: Actor
    operator: Actor

    def draft(self, data: dict[str, Any] = TECHNOLOGY) -> str:
        """A complete draft's public id."""
        with self.database.unit_of_work() as session:
            return commands.create_draft(
                session,
                actor=self.mine,
                organisation_id=self.organisation.id,
                data=parse(data),
                settings=self.settings,
                now=NOW,
            ).public_id

    def submitted(self, data: dict[str, Any] = TECHNOLOGY) -> str:
        public_id = self.draft(data)
        with self.database.unit_of_work() as session:
            commands.submit(session, actor=self.mine, public_id=public_id, version=1, now=NOW)
        return public_id

    def published(self, data: dict[str, Any] = TECHNOLOGY) -> str:
        public_id = self.submitted(data)
        with self.database.unit_of_work() as session:
            approve(session, actor=self.operator, public_id=public_id, version=None, settings=self.settings, now=NOW)
        return public_id

    def row(self, public_id: str) -> Listing:
        with self.database.read_only() as session:
            return session.scalars(select(Listing).where(Listing.public_id == public_id)).one()

    def moves(self, public_id: str) -> list[str]:
        with self.database.read_only() as session:
            return list(
                session.scalars(
                    select(ListingHistory.move)
                    .join(Listing, Listing.id == ListingHistory.listing_id)
                    .where(Listing.public_id == public_id)
                    .order_by(ListingHistory.sequence)
                )
            )

    def traces(self) -> tuple[int, ...]:
        """How much has happened: versions, history, journal, audit, jobs. Equal before and after means nothing did."""
        with self.database.read_only() as session:
            counted = [
                session.scalar(select(func.count()).select_from(table)) or 0
                for table in (ListingHistory, JournalEntry, AuditEntry, Job)
            ]
            return (session.scalar(select(func.coalesce(func.sum(Listing.version), 0))) or 0, *counted)

    def journal(self) -> list[str]:
        """The actions journalled of listings, in order."""
        with self.database.read_only() as session:
            return list(
                session.scalars(
                    select(JournalEntry.action).where(JournalEntry.entity == "listing").order_by(JournalEntry.id)
                )
            )


@pytest.fixture
def scene(database: Database, settings: Settings) -> Scene:
    with database.unit_of_work() as session:
        owner, stranger, operator = (factories.person(session) for _ in range(3))
        organisation = factories.organisation(session, owner=owner, name="Công ty TNHH Cơ điện Minh Long", type="firm")
        other = factories.organisation(session, owner=stranger)
        return Scene(
            database=database,
            settings=settings,
            owner=owner,
            organisation=organisation,
            mine=factories.actor(owner, organisation),
            stranger=factories.actor(stranger, other),
            operator=factories.actor(operator, operator=True),
        )
