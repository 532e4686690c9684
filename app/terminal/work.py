"""What the worker works on: the modules that hold job handlers, and the readers of the journal."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.jobs.worker import Consumer
    from app.settings import Settings

# Importing a module registers its handlers (@job, @every). tests/checks/test_jobs.py finds any that is missing here.
JOB_MODULES: tuple[str, ...] = (
    "app.exchange.carrying.sending",
    "app.exchange.pings",
    "app.exchange.work",
    "app.exchange.taking.inbox",
    "app.exchange.taking.looking",
    "app.exchange.taking.work",
    "app.features.accounts.work",
    "app.features.brokering.work",
    "app.features.alerts.work",
    "app.features.deals.work",
    "app.features.enquiries.work",
    "app.features.listings.work",
    "app.features.messages.delivery",
    "app.features.ndas.work",
    "app.features.organisations.work",
    "app.features.partners.work",
    "app.features.payments.calling",
    "app.features.payments.inbox",
    "app.features.payments.reconciling",
    "app.features.payments.work",
    "app.search.match_work",
)


def consumers(settings: Settings) -> Sequence[Mapping[str, Consumer]]:
    """Register every job handler and give the readers of the journal by name, in groups that do not wait for others."""
    from app.exchange.carrying.sending import carrying_consumer
    from app.exchange.outbox import exchange_consumer
    from app.features.alerts.noticing import alerts_consumer
    from app.features.partners.clustering import clusters_consumer
    from app.search.indexer import search_consumer
    from app.search.match_keeper import match_consumer
    from app.search.service import make_engine
    from app.web.alerts.criteria import listing_reader

    for name in JOB_MODULES:
        importlib.import_module(name)
    engine = make_engine(settings)
    return (
        # What comes in is first put where it belongs, so that it is neither found nor told of twice.
        {
            "clusters": clusters_consumer,
            "search": search_consumer(engine),
            "alerts": alerts_consumer(listing_reader(overdue_days=settings.confirm_after_days)),
        },
        # Matches go no further than the search index has come.
        {"matches": match_consumer(engine, weights=settings.matching)},
        {"exchange": exchange_consumer(settings)},
        {"carrying": carrying_consumer},
    )
