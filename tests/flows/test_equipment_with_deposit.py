"""Equipment with a deposit: an accepted quote becomes a deal, a deposit by VietQR, a milestone by card, and a refund.

Buyer and seller use the pages as they stand, without scripts; Stripe is stripe-mock and localstripe; letters arrive.
"""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import zxingcpp
from PIL import Image
from pydantic import SecretStr
from pypdf import PdfReader
from sqlalchemy import select

from app.database import Database
from app.features.accounts.passwords import hash_password
from app.features.payments.reconciling import reconcile
from app.identity import uuid7
from app.integrations.payments import gateway_from
from app.jobs import JobContext
from app.models import Listing, Organisation, Payment
from app.settings import Settings
from tests import factories
from tests.flows.conftest import PASSWORD, Clock, Exchange, link_in, sign_in
from tests.flows.plain_browser import PlainBrowser, Upload
from tests.integrations.payments.provider import KEY, SECRET, Provider

BUYER, SELLER = "mua@xuong.example", "ban@maymoc.example"
HOOK = "/payments/stripe/webhook"


@pytest.fixture
def settings(settings: Settings, stripe: Provider) -> Settings:
    return settings.model_copy(
        update={
            "stripe_key": SecretStr(KEY),
            "stripe_webhook_secret": SecretStr(SECRET),
            "stripe_api": stripe.url,
            "stripe_largest": 10**9,
        }
    )


@pytest.fixture
def press(database: Database) -> str:
    """A press on show; its path."""
    with database.unit_of_work() as session:

        def member(email: str, name: str) -> Organisation:
            person = factories.person(session, email=email, name=name, password_hash=hash_password(PASSWORD))
            return factories.organisation(session, owner=person, name=f"Đơn vị {name}", type="firm")

        member(BUYER, "Xưởng")
        listing: Listing = factories.listing(
            session, of=member(SELLER, "Máy Móc"), kind="equipment", title="Máy ép thuỷ lực 200 tấn"
        )
        return f"/vi/listings/{listing.slug}-{listing.public_id}"


def test_equipment_with_a_deposit(
    database: Database,
    exchange: Exchange,
    clock: Clock,
    browser: Callable[[], PlainBrowser],
    stripe: Provider,
    press: str,
) -> None:
    # Webhooks are signed in real time.
    clock.now = datetime.now(UTC).replace(microsecond=0)
    exchange.work()
    buyer, seller = browser(), browser()
    sign_in(buyer, BUYER)
    sign_in(seller, SELLER)

    def told(*, but: str = "") -> None:
        for one in stripe.take():
            if one.kind != but:
                sent = buyer.client.post(HOOK, content=one.body, headers={"Stripe-Signature": one.signature})
                assert sent.status_code == 200
        exchange.work()

    # From the listing to an accepted quote.
    page = buyer.see(f"{press}/ask").press(
        "Gửi yêu cầu báo giá",
        {"items.0.description": "Máy ép 200 tấn", "items.0.quantity": 1, "items.0.unit": "máy"},
    )
    assert page.flash, page.text
    (letter,) = exchange.post(to=SELLER)
    number = seller.see(link_in(letter)).path.rpartition("/")[2].partition("?")[0]
    valid = f"{clock.now + timedelta(days=30):%d/%m/%Y}"
    page = seller.see(f"/vi/desk/enquiries/{number}/quote").press(
        "Gửi báo giá", {"answers.0.offers.0.unit_price": 1_000_000_000, "valid_until": valid}
    )
    assert page.flash == "Đã gửi báo giá, bản 1."
    page = buyer.see(f"/vi/desk/enquiries/{number}/quotes/1/accept").press("Xem tổng").press("Chấp nhận báo giá")
    assert page.status == 200
    deal = buyer.see(f"/vi/desk/enquiries/{number}/deal").path

    # The seller names an account and asks for a deposit.
    page = seller.see(deal).click("Đặt cọc và thanh toán").click("Đặt tài khoản nhận tiền")
    account = {"bank_bin": "970418", "number": "1234 5678 9012", "holder": "DON VI MAY MOC", "password": PASSWORD}
    assert page.press("Xác nhận tài khoản", account).flash.startswith("Đã đặt tài khoản nhận tiền")
    exchange.post(to=SELLER)
    exchange.post(to=BUYER)
    page = seller.see(f"{deal}/payments").press(
        "Gửi đề nghị", {"kind": "deposit", "description": "Đặt cọc 30 %", "amount": "300.000.000"}
    )
    assert page.flash == "Đã gửi đề nghị thanh toán cho bên mua."
    deposit = page.path

    # The buyer scans, transfers, says so; the seller matches the statement of the bank.
    (letter,) = exchange.post(to=BUYER)
    assert "300.000.000" not in letter.text
    page = buyer.see(link_in(letter))
    assert page.path == deposit
    picture = buyer.client.get(f"{deposit}/qr.png").content
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)).convert("L"))
    assert "970418" in code.text
    assert "123456789012" in code.text
    page = page.press("Tôi đã chuyển khoản")
    assert "Bên mua báo đã chuyển" in page.text
    with database.read_only() as session:
        reference = session.scalars(select(Payment.reference)).one()
    assert reference in code.text
    statement = (
        "Ngày giao dịch;Số tham chiếu;Phát sinh nợ;Phát sinh có;Diễn giải\n"
        f"20/11/2026;FT1;0;300.000.000;CK {reference} DON VI XUONG\n"
        "20/11/2026;FT2;12.000;0;Phi\n"
    )
    page = seller.see("/vi/desk/statements").press(
        "Xem trước", {"file": Upload("bidv.csv", statement.encode("utf-8-sig"), "text/csv")}
    )
    assert "2 giao dịch, 1 có mã" in page.text
    assert page.press("Ghi các dòng đã chọn").flash == "Đã ghi 1 khoản tiền đến."
    assert "Đã thanh toán" in buyer.see(deposit).text
    assert f"Tiền của {deposit.rpartition('/')[2]} đã đến" in [one.subject for one in exchange.post(to=BUYER)]

    # The seller opens an account at Stripe, and asks for the next payment.
    seller.see("/vi/desk/card-payments").press("Mở tài khoản ở Stripe")
    exchange.work()
    (account_id,) = stripe.accounts
    assert stripe.url in seller.see("/vi/desk/card-payments/way").leads("Tiếp tục đến Stripe")
    stripe.enable(account_id)
    told()
    page = seller.see(f"{deal}/payments").press(
        "Gửi đề nghị", {"kind": "balance", "description": "Giao máy", "amount": "700.000.000"}
    )
    balance = page.path

    # The buyer pays by card; one of the two webhooks is lost.
    buyer.see(balance).press("Trả bằng thẻ")
    exchange.work()
    (session_id,) = stripe.sessions
    assert f"{stripe.url}/pay/{session_id}" == buyer.see(f"{balance}/card").leads("Tiếp tục đến Stripe")
    stripe.pay(session_id)
    assert "Stripe đang xác nhận" in buyer.see(f"{balance}?paid=1").text
    told(but="checkout.session.completed")
    assert "Đã thanh toán" in buyer.see(balance).text
    assert not buyer.see(balance).offers("Trả bằng thẻ")

    # A part goes back to the card; both sides see the same books, and so does Stripe.
    page = seller.see(balance).press("Hoàn về thẻ", {"card.amount": "50.000.000"})
    assert page.flash.startswith("Đã gửi lệnh hoàn tiền")
    exchange.work()
    told()
    for mine in (buyer, seller):
        page = mine.see(balance)
        assert "Đã hoàn một phần" in page.text
        assert "−50.000.000 ₫" in page.text.replace("\N{NO-BREAK SPACE}", " ")
    receipt = PdfReader(io.BytesIO(buyer.client.get(f"{balance}/receipt").content))
    assert "650.000.000" in "".join(one.extract_text() for one in receipt.pages)
    gateway = gateway_from(exchange.settings)
    assert gateway is not None
    clock.later(hours=2)
    found = reconcile(JobContext(database, exchange.settings, uuid7(), 1, clock.now), gateway)
    assert (found.compared, found.differences) == (2, 0)
