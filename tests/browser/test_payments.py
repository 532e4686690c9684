"""A deposit by VietQR and a card payment in Chromium: the code read off the screen, Stripe's page, and the way back."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, expect
from pydantic import SecretStr

from app import clock
from app.database import Database
from app.features.accounts.tokens import digest
from app.features.payments.card import ask_onboarding
from app.jobs.worker import run_due
from app.main import build
from app.models import Person, SignIn
from app.settings import Settings
from app.terminal.work import consumers
from tests.browser.driving import axe_violations, listening, overflow, served
from tests.database_server import drop_database, fresh_database
from tests.features.enquiries.scene import Scene, set_scene
from tests.features.payments.scene import agreed, asked, payment_of
from tests.integrations.payments.provider import KEY, SECRET, Provider

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PHONE = ViewportSize(width=390, height=844)


class Market:
    """A served exchange whose seller takes cards, with its cast; the worker works when the test says so."""

    def __init__(self, address: str, database: Database, settings: Settings, scene: Scene, stripe: Provider) -> None:
        self.address, self.database, self.settings, self.scene, self.stripe = address, database, settings, scene, stripe

    def work(self) -> None:
        run_due(self.database, self.settings, now=clock.now())

    def tell(self, page: Page) -> None:
        """Deliver what waits at Stripe, over HTTP."""
        for one in self.stripe.take():
            answer = page.request.post(
                f"{self.address}/payments/stripe/webhook",
                data=one.body,
                headers={"Stripe-Signature": one.signature, "Content-Type": "application/json"},
            )
            assert answer.status == 200, answer.text()
        self.work()

    def window(self, chromium: Browser, who: Person, *, locale: str) -> Page:
        context = chromium.new_context(viewport=PHONE, reduced_motion="reduce", locale=locale)
        token = f"token-of-{who.id}"
        context.add_cookies([{"name": "techmart_session", "value": token, "url": self.address}])
        return context.new_page()


@pytest.fixture
def market(worker_id: str, tmp_path: Path, stripe: Provider) -> Iterator[Market]:
    name = f"techmart_market_{worker_id}"
    database = Database(fresh_database(name), pool_size=8)
    try:
        with listening() as place:
            settings = Settings(
                data=tmp_path,
                database_url=SecretStr(database.engine.url.render_as_string(hide_password=False)),
                authority="techmart.test",
                port=place.getsockname()[1],
                rate_limits="off",
                stripe_key=SecretStr(KEY),
                stripe_webhook_secret=SecretStr(SECRET),
                stripe_api=stripe.url,
                stripe_largest=10**9,
            )
            consumers(settings)
            scene = set_scene(database)
            now = datetime.now(UTC)
            with database.unit_of_work() as session:
                session.add_all(
                    SignIn(
                        person_id=one.id,
                        token_sha256=digest(f"token-of-{one.id}"),
                        created_at=now,
                        expires_at=now.replace(year=now.year + 1),
                    )
                    for one in (scene.buyer_person, scene.holder_person)
                )
            deal = agreed(database, scene)
            with database.unit_of_work() as session:
                ask_onboarding(
                    session,
                    actor=scene.holder,
                    organisation_id=scene.holder_organisation.id,
                    base_url=settings.base_url,
                    now=now,
                )
            run_due(database, settings, now=clock.now())
            stripe.enable(next(iter(stripe.accounts)))
            asked(database, scene, deal)
            asked(database, scene, deal, form_key="two", kind="balance", description="Giao máy", amount=300_000_000)
            with served(build(settings, database=database), place) as address:
                yield Market(address, database, settings, scene, stripe)
    finally:
        database.dispose()
        drop_database(name)


def test_a_deposit_and_a_card_payment(chromium: Browser, market: Market) -> None:
    buyer = market.window(chromium, market.scene.buyer_person, locale="vi")
    seller = market.window(chromium, market.scene.holder_person, locale="en")
    market.tell(buyer)
    faults: list[str] = []
    for window in (buyer, seller):
        window.on("pageerror", lambda fault: faults.append(str(fault)))
        window.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)

    # The code on the screen of a phone is the transfer that is asked for.
    here = f"{market.address}/vi/desk/payments/TT-2026-000001"
    buyer.goto(here)
    code = buyer.locator("img.payment-qr")
    expect(code).to_be_visible()
    (read,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(code.screenshot())).convert("L"))
    assert "5409500000000" in read.text
    assert payment_of(market.database, "TT-2026-000001").reference in read.text
    assert axe_violations(buyer) == []
    assert overflow(buyer) == 0
    buyer.get_by_role("button", name="Tôi đã chuyển khoản").click()
    expect(buyer.get_by_text("Đã báo cho bên bán.")).to_be_visible()
    seller.goto(here.replace("/vi/", "/en/"))
    seller.get_by_role("button", name="The money arrived").click()
    expect(seller.get_by_text("Paid", exact=True)).to_be_visible()
    assert payment_of(market.database, "TT-2026-000001").state == "paid"

    # By card: a moment's wait, Stripe's page, and back before Stripe told us.
    buyer.goto(f"{market.address}/vi/desk/payments/TT-2026-000002")
    buyer.get_by_role("button", name="Trả bằng thẻ").click()
    expect(buyer.get_by_text("Đang chuẩn bị trang của Stripe…")).to_be_visible()
    assert axe_violations(buyer) == []
    market.work()
    buyer.wait_for_url(f"{market.stripe.url}/pay/*")
    buyer.get_by_role("button", name="Pay").click()
    buyer.wait_for_url("**/TT-2026-000002?paid=1")
    expect(buyer.get_by_text("Stripe đang xác nhận.")).to_be_visible()
    assert axe_violations(buyer) == []
    market.tell(buyer)
    buyer.reload()
    expect(buyer.get_by_text("Đã thanh toán", exact=True)).to_be_visible()

    # A part goes back to the card.
    seller.goto(f"{market.address}/en/desk/payments/TT-2026-000002")
    seller.get_by_label("Amount to refund to the card").fill("100,000,000")
    assert axe_violations(seller) == []
    assert overflow(seller) == 0
    seller.get_by_role("button", name="Refund to the card").click()
    market.work()
    market.tell(buyer)
    seller.reload()
    expect(seller.get_by_text("Partly refunded", exact=True)).to_be_visible()
    assert faults == []
