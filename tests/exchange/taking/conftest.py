from datetime import date

import pytest

from app.database import Database
from app.exchange.taking import asking
from app.features.partners.commands import register_partner, set_keys
from app.identity import SYSTEM
from app.models.partners import Partner
from tests.exchange.taking.given import Elsewhere
from tests.factories import NOW
from tests.features.partners.given import agreement


@pytest.fixture
def elsewhere() -> Elsewhere:
    return Elsewhere()


@pytest.fixture
def partner(database: Database, elsewhere: Elsewhere) -> Partner:
    """The other exchange as our partner, its key known."""
    with database.unit_of_work() as session:
        made = register_partner(
            session,
            actor=SYSTEM,
            # In force whenever a test runs: signatures are checked by the real clock.
            data=agreement(authority=elsewhere.authority, starts_on=date(2020, 1, 1), ends_on=None),
            own_authority="techmart.test",
            now=NOW,
        )
        return set_keys(session, actor=SYSTEM, public_id=made.public_id, keys=[elsewhere.key.public], now=NOW)


@pytest.fixture(autouse=True)
def _without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that does not come is asked for again at once."""
    monkeypatch.setattr(asking, "PAUSES_S", (0.0, 0.0))
