"""Card payments on the pages, the address where Stripe tells, and what the operator sees of it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select
from stripe import WebhookSignature

from app.database import Database
from app.jobs.worker import run_due
from app.models import AuditEntry, PaymentCall, PaymentEvent, Person
from app.settings import Settings
from app.terminal.work import consumers
from tests.features.enquiries.scene import Scene, set_scene
from tests.features.payments.scene import agreed, asked, payment_of
from tests.integrations.payments.provider import KEY, SECRET, Provider, Webhook
from tests.query_budget import count_queries
from tests.web.enquiries.conftest import Browser, browser, buyer, holder, scene, stranger

__all__ = ["browser", "buyer", "holder", "scene", "stranger"]

HERE = "/vi/desk/payments/TT-2026-000001"
HOOK = "/payments/stripe/webhook"
OFFICE = "/vi/desk/payment-office"


class Time:
    """Real time, since webhooks are signed in it; it moves on when the test says so."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    moving = Time()
    monkeypatch.setattr("app.clock.now", lambda: moving.now)
    return moving


@pytest.fixture
def settings(settings: Settings, stripe: Provider) -> Settings:
    consumers(settings)
    return settings.model_copy(
        update={
            "stripe_key": SecretStr(KEY),
            "stripe_webhook_secret": SecretStr(f"whsec_old, {SECRET}"),
            "stripe_api": stripe.url,
            "stripe_largest": 10**9,
        }
    )


@pytest.fixture
def work(database: Database, settings: Settings, time: Time) -> Callable[[], int]:
    return lambda: run_due(database, settings, now=time.now)


@pytest.fixture
def deliver(stripe: Provider, buyer: Browser, work: Callable[[], int]) -> Callable[[], list[object]]:
    """What waits at Stripe is told to our address; what that answered."""

    def all_of_it() -> list[object]:
        answers: list[object] = []
        for one in stripe.take():
            answer = buyer.client.post(HOOK, content=one.body, headers={"Stripe-Signature": one.signature})
            assert answer.status_code == 200, answer.text
            answers.append(answer.json()["new"])
        work()
        return answers

    return all_of_it


@pytest.fixture
def operator(browser: Callable[[Person | None], Browser], database: Database, scene: Scene) -> Browser:
    with database.read_only() as session:
        person = session.scalars(select(Person).where(Person.is_operator)).one()
    return browser(person)


def open_account(holder: Browser, stripe: Provider, work: Callable[[], int], deliver: Callable[[], object]) -> None:
    """The seller goes to Stripe and comes back with an account that takes cards."""
    assert holder.post("/vi/desk/card-payments", {}).headers["location"] == "/vi/desk/card-payments/way"
    waiting = holder.get("/vi/desk/card-payments/way")
    assert waiting.headers["refresh"] == "2"
    work()
    ready = holder.get("/vi/desk/card-payments/way")
    (account,) = stripe.accounts
    assert ready.headers["refresh"] == f"0;url={stripe.url}/onboard/{account}"
    assert f'href="{stripe.url}/onboard/{account}"' in ready.text
    assert "hồ sơ và tài khoản ngân hàng" in ready.text
    assert "Tiền đi thẳng đến tài khoản của bên bán" not in ready.text
    stripe.enable(account)
    deliver()


def test_a_seller_takes_cards_and_a_buyer_pays(
    database: Database,
    scene: Scene,
    time: Time,
    stripe: Provider,
    buyer: Browser,
    holder: Browser,
    stranger: Browser,
    work: Callable[[], int],
    deliver: Callable[[], list[object]],
) -> None:
    deal = agreed(database, scene)
    assert "Mở tài khoản ở Stripe" in holder.page("/vi/desk/card-payments")
    asked(database, scene, deal)
    assert "Trả bằng thẻ" not in buyer.page(HERE)
    refused = buyer.post(f"{HERE}/card", {})
    assert refused.headers["location"] == HERE
    open_account(holder, stripe, work, deliver)
    assert "Nhận được thẻ" in holder.page("/vi/desk/card-payments")

    with count_queries(database) as sent:
        page = buyer.page(HERE)
    assert len(sent) <= 6, sent
    assert "Trả bằng thẻ" in page
    assert "Trả bằng thẻ" not in holder.page(HERE)
    assert buyer.post(f"{HERE}/card", {}).headers["location"] == f"{HERE}/card"
    assert buyer.get(f"{HERE}/card").headers["refresh"] == "2"
    work()
    (session_id,) = stripe.sessions
    assert buyer.get(f"{HERE}/card").headers["refresh"] == f"0;url={stripe.url}/pay/{session_id}"
    for other in (stranger, holder):
        assert other.get(f"{HERE}/card").status_code == 404

    stripe.pay(session_id)
    assert "Stripe đang xác nhận" in buyer.page(f"{HERE}?paid=1")
    assert deliver() == [True, True]
    page = buyer.page(f"{HERE}?paid=1")
    assert "Stripe đang xác nhận" not in page
    assert "qua Stripe" in page
    assert "500,000,000" in buyer.page("/en/desk/payments/TT-2026-000001")

    too_much = holder.submit(HERE, f"{HERE}/card-refund", card__amount="500.000.001")
    assert too_much.status_code == 422
    assert 'href="#f-card-amount"' in too_much.text
    assert holder.submit(HERE, f"{HERE}/card-refund", card__amount="nhiều").status_code == 422
    assert holder.submit(HERE, f"{HERE}/card-refund", card__amount="200.000.000").status_code == 303
    work()
    assert deliver() == [True]
    assert payment_of(database, "TT-2026-000001").state == "partly_refunded"
    stripe.payout(next(iter(stripe.accounts)), 290_000_000, status="paid")
    deliver()
    assert "290.000.000" in holder.page("/vi/desk/card-payments")


def old_and_new(webhook: Webhook) -> str:
    """Signed an hour ago, with the time of today written behind it."""
    now = int(datetime.now(UTC).timestamp())
    signature = WebhookSignature._compute_signature(f"{now - 3600}.{webhook.body.decode()}", SECRET)
    return f"t={now - 3600},v1={signature},t={now}"


def test_only_what_stripe_signed_is_believed(
    database: Database, scene: Scene, time: Time, stripe: Provider, buyer: Browser
) -> None:
    stripe.tell("payout.paid", {"id": "po_1"}, account="acct_1")
    (one,) = stripe.take()
    client = buyer.client
    for headers, body in [
        ({}, one.body),
        ({"Stripe-Signature": one.signature}, one.body + b"\n"),
        ({"Stripe-Signature": one.signature.replace("v1=", "v1=0")}, one.body),
        ({"Stripe-Signature": old_and_new(one)}, one.body),
        ({"Stripe-Signature": one.signature}, json.dumps(one.event, indent=1).encode()),
    ]:
        assert client.post(HOOK, content=body, headers=headers).status_code == 400
    assert client.post(HOOK, content=b"x" * 600_000, headers={"Stripe-Signature": one.signature}).status_code == 413
    assert client.get(HOOK).status_code == 405
    with database.read_only() as session:
        assert session.scalars(select(PaymentEvent)).all() == []
    for new in (True, False, False):
        answer = client.post(HOOK, content=one.body, headers={"Stripe-Signature": one.signature})
        assert answer.json() == {"new": new}
    with database.read_only() as session:
        assert len(session.scalars(select(PaymentEvent)).all()) == 1


def test_the_operator_sees_what_hangs_and_tries_again(
    database: Database,
    scene: Scene,
    time: Time,
    stripe: Provider,
    buyer: Browser,
    operator: Browser,
    work: Callable[[], int],
    deliver: Callable[[], list[object]],
) -> None:
    asked(database, scene, agreed(database, scene))
    assert "Chưa đối chiếu lần nào" in operator.page(OFFICE)
    named = {"payment": "TT-2026-000001", "authority": "techmart.test"}
    now = int(time.now.timestamp())
    wrong = {"id": "pi_1", "amount": 5, "currency": "usd", "created": now, "metadata": named}
    stripe.tell("payment_intent.succeeded", wrong)
    deliver()
    with count_queries(database) as sent:
        page = operator.page(OFFICE)
    assert len(sent) <= 8, sent
    assert "Bị từ chối" in page
    assert "Xử lý lại" in page
    with database.read_only() as session:
        event = session.scalars(select(PaymentEvent)).one()
    assert operator.post(f"{OFFICE}/events/{event.id}/retry", {}).status_code == 303
    work()
    with database.read_only() as session:
        assert session.scalars(select(PaymentEvent.state)).one() == "refused"
        assert [one.action for one in session.scalars(select(AuditEntry))] == ["retry"]
    assert "payment_intent.succeeded" in operator.page(f"{OFFICE}?show=all")
    assert operator.post(f"{OFFICE}/reconcile", {}).status_code == 303
    assert operator.post(f"{OFFICE}/sweep", {}).status_code == 303
    assert operator.post(f"{OFFICE}/khong-co", {}).status_code == 404
    work()
    assert "Khớp hết" in operator.page(OFFICE)
    for path in (OFFICE, f"{OFFICE}?show=all"):
        assert buyer.get(path).status_code == 403
    assert buyer.post(f"{OFFICE}/events/{event.id}/retry", {}).status_code == 403
    assert buyer.post(f"{OFFICE}/sweep", {}).status_code == 403


def test_a_refused_call_leads_back_with_words(
    database: Database, scene: Scene, time: Time, stripe: Provider, buyer: Browser
) -> None:
    number = asked(database, scene, agreed(database, scene))
    with database.unit_of_work() as session:
        session.add(
            PaymentCall(
                kind="checkout",
                organisation_id=scene.holder_organisation.id,
                payment_id=payment_of(database, number).id,
                idempotency_key="k",
                request={},
                state="refused",
                asked_at=time.now,
            )
        )
    assert buyer.get(f"{HERE}/card").headers["location"] == HERE


def test_without_a_key_there_are_only_transfers(
    database: Database, monkeypatch: pytest.MonkeyPatch, application: FastAPI, browser: Callable[..., Browser]
) -> None:
    cast = set_scene(database)
    asked(database, cast, agreed(database, cast))
    settings: Settings = application.state.settings
    monkeypatch.setattr(
        application.state, "settings", settings.model_copy(update={"stripe_key": None, "stripe_webhook_secret": None})
    )
    monkeypatch.setattr("app.clock.now", lambda: datetime(2026, 11, 23, 3, tzinfo=UTC))
    buyer, holder = browser(cast.buyer_person), browser(cast.holder_person)
    assert "Trả bằng thẻ" not in buyer.page(HERE)
    assert "chưa bật thanh toán bằng thẻ" in holder.page("/vi/desk/card-payments")
    assert holder.post("/vi/desk/card-payments", {}).status_code == 404
    assert buyer.client.post(HOOK, content=b"{}").status_code == 404
