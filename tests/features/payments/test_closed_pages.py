"""Pages of the card provider where a payment could be paid twice are closed, up to their last moment."""

import pytest

from app.database import Database
from app.features.payments.card import CHECKOUT_LASTS
from app.features.payments.commands import cancel_payment, confirm_received
from app.features.payments.schemas import AmountInput, NoteInput
from app.settings import Settings
from tests.features.enquiries.scene import set_scene
from tests.features.payments.shop import AMOUNT, MINUTE, Shop
from tests.integrations.payments.provider import Provider


@pytest.fixture
def shop(database: Database, settings: Settings, stripe: Provider) -> Shop:
    return Shop(database, settings, set_scene(database), stripe)


def test_paid_or_cancelled_otherwise_the_page_is_closed(shop: Shop) -> None:
    page = shop.opened()
    with shop.database.unit_of_work() as session:
        cancel_payment(session, actor=shop.scene.holder, number=shop.number, data=NoteInput(note="Thôi"), now=shop.now)
    shop.work()
    assert shop.stripe.sessions[page]["status"] == "expired"
    assert shop.state == "cancelled"


def test_in_its_last_minutes_a_page_is_closed_and_not_offered(shop: Shop) -> None:
    first = shop.opened()
    shop.now += CHECKOUT_LASTS - 5 * MINUTE
    second = shop.opened()
    assert second != first
    assert shop.stripe.sessions[first]["status"] == "expired"
    shop.now += CHECKOUT_LASTS - 5 * MINUTE
    with shop.database.unit_of_work() as session:
        data = AmountInput(amount=AMOUNT)
        confirm_received(session, actor=shop.scene.holder, number=shop.number, data=data, form_key="k", now=shop.now)
    shop.work()
    assert shop.stripe.sessions[second]["status"] == "expired"
