"""Fees of the operator: ordered, paid at localstripe, invoiced as PDF, ended; and off unless switched on."""

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from app.database import Database
from app.features.payments.reconciling import reconcile
from app.identity import uuid7
from app.integrations.payments import gateway_from
from app.jobs import JobContext
from app.models import AuditEntry, OperatorFee, OperatorInvoice, PaymentEntry
from app.settings import Settings
from tests.features.enquiries.scene import Scene
from tests.integrations.payments.provider import Provider
from tests.web.enquiries.conftest import Browser
from tests.web.payments import test_card_pages as cards

browser, buyer, holder, scene, stranger = cards.browser, cards.buyer, cards.holder, cards.scene, cards.stranger
time, work, deliver = cards.time, cards.work, cards.deliver
card_settings = cards.settings

FEES = "/vi/desk/fees"


@pytest.fixture
def settings(card_settings: Settings) -> Settings:
    return card_settings.model_copy(
        update={
            "stripe_billing": "on",
            "stripe_price_membership": "price_member",
            "stripe_price_promotion": "price_promo",
        }
    )


def fee(database: Database) -> OperatorFee:
    with database.read_only() as session:
        return session.scalars(select(OperatorFee)).one()


def test_a_membership_from_ordering_to_its_end(
    database: Database,
    scene: Scene,
    settings: Settings,
    time: cards.Time,
    stripe: Provider,
    holder: Browser,
    stranger: Browser,
    work: Callable[[], int],
    deliver: Callable[[], list[object]],
) -> None:
    assert "Phí dịch vụ của sàn" in holder.page("/vi/desk/payments")
    assert holder.post(f"{FEES}/order/membership", {}).headers["location"] == f"{FEES}/way"
    assert holder.post(f"{FEES}/order/khong-co", {}).status_code == 404
    work()
    (session_id,) = stripe.sessions
    way = holder.get(f"{FEES}/way")
    assert way.headers["refresh"] == f"0;url={stripe.url}/pay/{session_id}"
    assert "trả cho đơn vị vận hành sàn" in way.text
    assert "bên bán" not in way.text.split("<main")[1].split("</main")[0]
    holder.post(f"{FEES}/order/membership", {})
    work()
    assert len(stripe.sessions) == 1
    asked = stripe.sessions[session_id]["asked"]
    assert (asked["mode"], asked["line_items[0][price]"]) == ("subscription", "price_member")
    assert "payment_intent_data[transfer_data][destination]" not in asked

    stripe.subscribe(session_id, amount=2_000_000)
    told = stripe.outbox[:]
    deliver()
    # localstripe tells of the invoice before it tells of the subscription: that waits its turn.
    time.now += timedelta(minutes=1)
    work()
    # Everything once more, the other way round.
    stripe.outbox = told[::-1]
    assert set(deliver()) == {False}
    assert fee(database).state == "active"
    with database.read_only() as session:
        (invoice,) = session.scalars(select(OperatorInvoice)).all()
        assert session.scalars(select(PaymentEntry)).all() == []
    assert (invoice.state, invoice.total, invoice.currency) == ("paid", 2_000_000, "VND")
    page = holder.page(FEES)
    assert "Đang hiệu lực" in page
    assert invoice.number in page
    assert "Đăng ký hội viên" not in page
    paper = holder.client.get(f"{FEES}/invoices/{invoice.number}")
    words = "".join(one.extract_text() for one in PdfReader(io.BytesIO(paper.content)).pages)
    for part in (invoice.number, "2.000.000", scene.holder_organisation.name, "Phí hội viên"):
        assert part in words
    assert stranger.get(f"{FEES}/invoices/{invoice.number}").status_code == 404
    again = holder.post(f"{FEES}/order/membership", {})
    assert again.headers["location"] == FEES

    # The operator's own money is no difference between the parties' books and Stripe's.
    gateway = gateway_from(settings)
    assert gateway is not None
    assert reconcile(JobContext(database, settings, uuid7(), 1, time.now), gateway).differences == 0

    ending = f"{FEES}/{fee(database).id}/end"
    assert stranger.post(ending, {}).status_code == 404
    # What Stripe refuses did not happen, and may be asked for again.
    (subscription_id,) = stripe.subscriptions
    running = stripe.subscriptions[subscription_id]
    stripe.subscriptions[subscription_id] = {**running, "status": "canceled"}
    assert holder.post(ending, {}).status_code == 303
    assert fee(database).ends_with_period
    work()
    assert not fee(database).ends_with_period
    assert f'action="{ending}"' in holder.page(FEES)
    stripe.subscriptions[subscription_id] = running
    assert holder.post(ending, {}).status_code == 303
    assert holder.post(ending, {}).status_code == 303
    work()
    deliver()
    assert fee(database).ends_with_period
    assert "kết thúc ngày" in holder.page(FEES)
    subscription = next(iter(stripe.subscriptions.values()))
    stripe.tell("customer.subscription.deleted", {**subscription, "status": "canceled"})
    deliver()
    assert fee(database).state == "ended"
    stripe.tell("customer.subscription.updated", {**subscription, "status": "active"})
    deliver()
    assert fee(database).state == "ended"
    with database.read_only() as session:
        assert [one.action for one in session.scalars(select(AuditEntry).order_by(AuditEntry.id))] == [
            "order",
            "end",
            "end",
        ]


def test_a_promotion_is_of_a_listing_of_ones_own(
    database: Database, scene: Scene, time: cards.Time, stripe: Provider, holder: Browser, buyer: Browser
) -> None:
    assert "Máy sấy bơm nhiệt" in holder.page(FEES)
    public_id = scene.listing.public_id
    assert holder.post(f"{FEES}/order/promotion", {"listing": "khong-co"}).status_code == 404
    assert buyer.post(f"{FEES}/order/promotion", {"listing": public_id}).status_code == 404
    assert holder.post(f"{FEES}/order/promotion", {"listing": public_id}).status_code == 303
    assert (fee(database).product, fee(database).listing_id) == ("promotion", scene.listing.id)


def test_news_of_what_is_not_ours_or_not_yet_known(
    database: Database,
    scene: Scene,
    time: cards.Time,
    stripe: Provider,
    holder: Browser,
    buyer: Browser,
    deliver: Callable[[], list[object]],
) -> None:
    now = int(time.now.timestamp())
    invoice = {
        "id": "in_1",
        "subscription": "sub_x",
        "currency": "vnd",
        "total": 5,
        "created": now,
        "lines": {"data": []},
    }
    stripe.tell("invoice.paid", invoice)
    stripe.tell("customer.subscription.created", {"id": "sub_y", "status": "active", "metadata": {}})
    deliver()
    with database.read_only() as session:
        assert session.scalars(select(OperatorInvoice)).all() == []
        assert session.scalars(select(OperatorFee)).all() == []


def test_without_the_switch_there_are_no_fees(
    database: Database, monkeypatch: pytest.MonkeyPatch, settings: Settings, holder: Browser
) -> None:
    application = holder.client.app
    monkeypatch.setattr(
        application.state,  # type: ignore[attr-defined]
        "settings",
        settings.model_copy(update={"stripe_billing": "off"}),
    )
    assert "Phí dịch vụ của sàn" not in holder.page("/vi/desk/payments")
    assert holder.get(FEES).status_code == 404
    assert holder.post(f"{FEES}/order/membership", {}).status_code == 404
