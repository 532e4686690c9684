"""Killed at every seam, then started again: there is one of everything at Stripe, and the two books agree."""

import json
import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.database import Database
from app.jobs.queue import LEASE
from app.models import PaymentCall, PaymentEvent
from app.settings import REPOSITORY, Settings
from tests.features.enquiries.scene import set_scene
from tests.features.payments.dying import DEAD, SEAMS
from tests.features.payments.shop import AMOUNT, Shop
from tests.integrations.payments.provider import Provider

CALLS = [seam for seam in SEAMS if seam.startswith("call")]
EVENTS = [seam for seam in SEAMS if seam.startswith("event")]


@pytest.fixture
def shop(database: Database, settings: Settings, stripe: Provider) -> Shop:
    return Shop(database, settings, set_scene(database), stripe)


def die(shop: Shop, seam: str) -> None:
    """Let a worker take what is due and die at the seam."""
    settings = shop.settings.model_dump(mode="json", exclude_unset=True)
    for name in ("database_url", "stripe_key", "stripe_webhook_secret"):
        settings[name] = getattr(shop.settings, name).get_secret_value()
    died = subprocess.run(
        [sys.executable, "-m", "tests.features.payments.dying", seam, json.dumps(settings), shop.now.isoformat()],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert died.returncode == DEAD, died.stderr[-2000:]


def recover(shop: Shop) -> None:
    """A new worker, once the lease of the dead one has run out."""
    shop.work(LEASE + timedelta(seconds=1))
    with shop.database.read_only() as session:
        assert {one.state for one in session.scalars(select(PaymentCall))} == {"done"}
        assert {one.state for one in session.scalars(select(PaymentEvent))} <= {"handled", "ignored"}


@pytest.mark.parametrize("seam", CALLS)
def test_opening_a_page(shop: Shop, seam: str) -> None:
    shop.checkout()
    die(shop, seam)
    recover(shop)
    (page,) = shop.stripe.sessions
    assert shop.opened() == page
    shop.stripe.pay(page)
    shop.deliver(*shop.stripe.take())
    assert (shop.state, shop.entries()) == ("paid", [("charge", AMOUNT)])
    assert shop.differences() == []


@pytest.mark.parametrize("seam", CALLS)
def test_refunding(shop: Shop, seam: str) -> None:
    shop.stripe.pay(shop.opened())
    shop.deliver(*shop.stripe.take())
    shop.refund(AMOUNT // 2)
    die(shop, seam)
    # What Stripe tells meanwhile changes nothing about it.
    shop.deliver(*shop.stripe.take(), work=False)
    recover(shop)
    shop.deliver(*shop.stripe.take())
    assert shop.entries() == [("charge", AMOUNT), ("refund", AMOUNT // 2)]
    assert shop.state == "partly_refunded"
    assert shop.differences() == []


@pytest.mark.parametrize("seam", EVENTS)
def test_being_told_of_money(shop: Shop, seam: str) -> None:
    shop.stripe.pay(shop.opened())
    told = shop.stripe.take()
    shop.deliver(*told, work=False)
    die(shop, seam)
    recover(shop)
    assert shop.deliver(*told) == [False, False]
    assert (shop.state, shop.entries()) == ("paid", [("charge", AMOUNT)])
    assert shop.differences() == []


def test_dying_before_the_commit_leaves_nothing(shop: Shop) -> None:
    """The seam before all: what was asked for and not committed is neither called nor remembered."""
    made = len(shop.stripe.calls)
    with pytest.raises(RuntimeError), shop.database.unit_of_work() as session:
        from app.features.payments.card import ask_checkout

        ask_checkout(session, actor=shop.scene.buyer, number=shop.number, settings=shop.settings, now=shop.now)
        raise RuntimeError
    shop.work()
    assert len(shop.stripe.calls) == made
    assert shop.stripe.sessions == {}
