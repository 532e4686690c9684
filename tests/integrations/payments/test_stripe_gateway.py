"""Every call we make of Stripe, in the shape its own mock server accepts, and what its answers mean to us."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.integrations.payments import BadSignature, CheckoutOrder, FeeOrder, GatewayDown, GatewayRefused, read_event
from app.integrations.payments.stripe_gateway import StripeGateway
from tests.integrations.payments.provider import DECLINED, KEY, SECRET, Provider

SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=5)


def order(account: str, **given: Any) -> CheckoutOrder:
    values: dict[str, Any] = {
        "number": "TT-2026-000001",
        "authority": "techmart.test",
        "title": "Đặt cọc 30 %",
        "amount": 500_000_000,
        "currency": "VND",
        "account": account,
        "fee": 0,
        "success_url": "https://techmart.test/vi/desk/payments/TT-2026-000001?paid=1",
        "cancel_url": "https://techmart.test/vi/desk/payments/TT-2026-000001",
        "expires_at": SOON,
        "language": "vi",
    }
    return CheckoutOrder(**{**values, **given})


@pytest.fixture
def gateway(stripe: Provider) -> StripeGateway:
    return StripeGateway(KEY, base=stripe.url)


def test_every_call_has_a_shape_that_stripe_knows(stripe_mock_address: str) -> None:
    """Straight at stripe-mock: it refuses unknown parameters, wrong types and missing ones."""
    gateway = StripeGateway(KEY, base=stripe_mock_address)
    account = gateway.open_account(key="a", email="ban@vien.test", reference="c0123456789a")
    assert account.id.startswith("acct_")
    link = gateway.account_link(
        key="b", account=account.id, return_url="https://x.test/a", refresh_url="https://x.test/b"
    )
    assert link.url.startswith("https://")
    checkout = gateway.open_checkout(key="c", order=order(account.id, fee=1_000))
    assert checkout.id.startswith("cs_")
    gateway.end_checkout(key="d", checkout=checkout.id)
    refunded = gateway.refund(key="e", charge="pi_123", amount=5, number="TT-2026-000001")
    assert refunded.id.startswith("re_")
    fee = FeeOrder(
        fee="018f",
        authority="techmart.test",
        price="price_1",
        email="ban@vien.test",
        success_url="https://x.test/a",
        cancel_url="https://x.test/b",
        expires_at=SOON,
        language="en",
    )
    assert gateway.open_subscription(key="f", order=fee).id.startswith("cs_")
    gateway.end_subscription(key="g", subscription="sub_123")
    now = datetime.now(UTC)
    assert [one["object"] for one in gateway.events_since(now)] == ["event"]
    assert {one.kind for one in gateway.movements(now - timedelta(days=1), now)} <= {"charge", "refund", "dispute"}


def test_stripe_mock_would_refuse_a_wrong_shape(stripe: Provider) -> None:
    status, told = stripe.answer("POST", "/v1/refunds", "", b"payment_intent=pi_1&amount=nothing&who=me", "k")
    assert status == 400
    assert told["error"]["type"] == "invalid_request_error"


def test_the_money_goes_to_the_seller(stripe: Provider, gateway: StripeGateway) -> None:
    account = gateway.open_account(key="a", email="ban@vien.test", reference="c0123456789a")
    made = gateway.open_checkout(key="c", order=order(account.id, fee=5_000_000))
    asked = stripe.sessions[made.id]["asked"]
    assert asked["payment_intent_data[transfer_data][destination]"] == account.id
    assert asked["payment_intent_data[on_behalf_of]"] == account.id
    assert asked["payment_intent_data[application_fee_amount]"] == "5000000"
    # Đồng have no decimals: the amount is the amount.
    assert asked["line_items[0][price_data][unit_amount]"] == "500000000"
    assert asked["line_items[0][price_data][currency]"] == "vnd"
    assert made.expires_at == SOON


def test_the_same_key_makes_one_thing(stripe: Provider, gateway: StripeGateway) -> None:
    first = gateway.open_checkout(key="k", order=order("acct_1"))
    assert gateway.open_checkout(key="k", order=order("acct_1")) == first
    assert len(stripe.sessions) == 1
    with pytest.raises(GatewayRefused):
        gateway.open_checkout(key="k", order=order("acct_1", amount=1))


def test_refunds_and_lists_of_what_moved(stripe: Provider, gateway: StripeGateway) -> None:
    intents = []
    for at in range(5):
        made = gateway.open_checkout(key=f"k{at}", order=order("acct_1", amount=1_000 + at))
        intents.append(stripe.pay(made.id))
    whole = gateway.refund(key="r1", charge=intents[0], amount=1_000, number="TT-2026-000001")
    part = gateway.refund(key="r2", charge=intents[1], amount=1, number="TT-2026-000001")
    assert gateway.refund(key="r2", charge=intents[1], amount=1, number="TT-2026-000001") == part
    assert (whole.state, whole.amount, whole.currency, whole.charge) == ("succeeded", 1_000, "VND", intents[0])
    dispute = stripe.dispute(intents[2], 1_002)
    now = datetime.now(UTC)
    seen = list(gateway.movements(now - timedelta(hours=1), now + timedelta(hours=1)))
    assert {(one.kind, one.id, one.amount) for one in seen} == {
        *(("charge", intent, 1_000 + at) for at, intent in enumerate(intents)),
        ("refund", whole.id, 1_000),
        ("refund", part.id, 1),
        ("dispute", dispute, 1_002),
    }
    assert {(one.number, one.currency) for one in seen if one.kind == "charge"} == {("TT-2026-000001", "VND")}
    assert list(gateway.movements(now - timedelta(hours=3), now - timedelta(hours=2))) == []


def test_what_may_be_tried_again_and_what_may_not(stripe: Provider, gateway: StripeGateway) -> None:
    stripe.broken = True
    with pytest.raises(GatewayDown):
        gateway.open_checkout(key="k", order=order("acct_1"))
    stripe.broken = False
    gateway.open_checkout(key="k", order=order("acct_1"))
    with pytest.raises(GatewayRefused):
        gateway.refund(key="r", charge="pi_no_such", amount=1, number="x")
    with pytest.raises(GatewayDown):
        StripeGateway(KEY, base="http://127.0.0.1:9").events_since(SOON).__next__()


def test_signatures_oflocal_addressstripe_and_ours(stripe: Provider, gateway: StripeGateway) -> None:
    made = gateway.open_checkout(key="k", order=order("acct_1"))
    intent = stripe.pay(made.id)
    theirs, ours = stripe.take()
    assert (theirs.kind, ours.kind) == ("payment_intent.succeeded", "checkout.session.completed")
    now = datetime.now(UTC)
    read = read_event(theirs.body, theirs.signature, secrets=["whsec_other", SECRET], now=now)
    assert read["data"]["object"]["id"] == intent
    assert read["data"]["object"]["metadata"] == {"payment": "TT-2026-000001", "authority": "techmart.test"}
    for body, signature, secrets, at in [
        (theirs.body + b" ", theirs.signature, [SECRET], now),
        (theirs.body, ours.signature, [SECRET], now),
        (theirs.body, theirs.signature, ["whsec_other"], now),
        (theirs.body, "", [SECRET], now),
        (theirs.body, "t=x,v1=y", [SECRET], now),
        (theirs.body, theirs.signature, [SECRET], now + timedelta(minutes=6)),
        (theirs.body, theirs.signature, [SECRET], now - timedelta(minutes=6)),
    ]:
        with pytest.raises(BadSignature):
            read_event(body, signature, secrets=secrets, now=at)


def test_a_declined_card_moves_nothing(stripe: Provider, gateway: StripeGateway) -> None:
    made = gateway.open_checkout(key="k", order=order("acct_1"))
    assert stripe.pay(made.id, card=DECLINED) == ""
    assert [one.kind for one in stripe.take()] == ["payment_intent.payment_failed"]
    now = datetime.fromtimestamp(time.time(), UTC)
    assert list(gateway.movements(now - timedelta(hours=1), now + timedelta(hours=1))) == []
