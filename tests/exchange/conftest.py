"""An exchange that gives, and its worker's part in it."""

from collections.abc import Callable

import pytest

from app.database import Database
from app.exchange.outbox import exchange_consumer
from app.settings import Settings


@pytest.fixture
def give(database: Database, settings: Settings) -> Callable[[], None]:
    """Bring the shared records up to date, as the worker does."""
    take_next = exchange_consumer(settings)

    def work() -> None:
        while take_next(database):
            pass

    return work
