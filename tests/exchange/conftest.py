"""An exchange that gives, its worker's part in it, and partners that come with a key."""

from collections.abc import Callable
from typing import Any

import pytest

from app import clock
from app.database import Database
from app.exchange.outbox import exchange_consumer
from app.features.partners.commands import move_partner, register_partner
from app.features.partners.credentials import issue_credential
from app.features.partners.schemas import IssueInput
from app.identity import SYSTEM
from app.settings import Settings
from tests.factories import NOW
from tests.features.partners.given import agreement

# Given terms of the agreement, the head of a request that the new partner sends.
KeyOf = Callable[..., dict[str, str]]


@pytest.fixture
def give(database: Database, settings: Settings) -> Callable[[], None]:
    """Bring the shared records up to date, as the worker does."""
    take_next = exchange_consumer(settings)

    def work() -> None:
        while take_next(database):
            pass

    return work


@pytest.fixture
def key_of(database: Database) -> KeyOf:
    """Makes a partner that only takes from us, with whom the exchange is live."""

    def make(**terms: Any) -> dict[str, str]:
        terms = {"direction": "give", "protocol": "file", "address": ""} | terms
        with database.unit_of_work() as session:
            partner = register_partner(
                session, actor=SYSTEM, data=agreement(**terms), own_authority="techmart.test", now=NOW
            )
            move_partner(session, actor=SYSTEM, public_id=partner.public_id, move="open", now=NOW)
            issued = issue_credential(
                session,
                actor=SYSTEM,
                public_id=partner.public_id,
                data=IssueInput(kind="api_key"),
                now=clock.now(),
            )
        return {"Authorization": f"Bearer {issued.secret}"}

    return make
