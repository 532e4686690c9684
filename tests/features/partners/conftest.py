import pytest

from app.database import Database
from app.features.partners.commands import register_partner
from app.identity import Actor
from app.models.partners import Partner
from tests import factories
from tests.factories import NOW
from tests.features.partners.given import agreement


@pytest.fixture
def operator(database: Database) -> Actor:
    with database.unit_of_work() as session:
        return factories.actor(factories.person(session, is_operator=True), operator=True)


@pytest.fixture
def partner(database: Database, operator: Actor) -> Partner:
    """A partner that we take from by OAI-PMH and give to, in state draft."""
    with database.unit_of_work() as session:
        return register_partner(session, actor=operator, data=agreement(), own_authority="techmart.test", now=NOW)
