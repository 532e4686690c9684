"""Stripe as the tests have it, for every folder: started by the first test that asks."""

from collections.abc import Iterator

import pytest

from tests.integrations.payments.programs import localstripe, stripe_mock
from tests.integrations.payments.provider import Provider, provider


@pytest.fixture(scope="session")
def stripe_mock_address() -> Iterator[str]:
    with stripe_mock() as address:
        yield address


@pytest.fixture(scope="session")
def localstripe_address() -> Iterator[str]:
    with localstripe() as address:
        yield address


@pytest.fixture
def stripe(stripe_mock_address: str, localstripe_address: str) -> Iterator[Provider]:
    """Stripe, empty."""
    with provider(stripe_mock_address, localstripe_address) as made:
        yield made
