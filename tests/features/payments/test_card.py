"""Card payments against stripe-mock and localstripe: every way it may go, in every order it may be told.

The clock is passed in; webhooks are delivered when the test says so; the job queue runs when the test says so.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.database import Database
from app.errors import Conflict, Forbidden, Invalid
from app.features.payments.card import ask_card_refund, ask_checkout, ask_onboarding, refundable_by_card
from app.features.payments.commands import confirm_received
from app.features.payments.inbox import store_event
from app.features.payments.schemas import AmountInput
from app.integrations.payments import gateway_from
from app.models import (
    Job,
    PayeeAccount,
    Payment,
    PaymentCall,
    PaymentEntry,
    PayoutSeen,
)
from app.settings import Settings
from tests.features.enquiries.scene import set_scene
from tests.features.payments.shop import AMOUNT, MINUTE, Shop
from tests.integrations.payments.provider import DECLINED, Provider


@pytest.fixture
def shop(database: Database, settings: Settings, stripe: Provider) -> Shop:
    return Shop(database, settings, set_scene(database), stripe)


def test_paid(shop: Shop) -> None:
    page = shop.opened()
    assert shop.stripe.sessions[page]["amount_total"] == AMOUNT
    assert shop.stripe.sessions[page]["asked"]["payment_intent_data[transfer_data][destination]"] == shop.account
    shop.stripe.pay(page)
    intent, session = shop.stripe.take()
    assert shop.deliver(intent, session) == [True, True]
    assert shop.state == "paid"
    # localstripe knows no fee, so only the charge is told.
    assert shop.entries() == [("charge", AMOUNT)]
    assert shop.events()["handled"] == 3
    assert shop.differences() == []


def test_the_operators_fee_is_noted_once(shop: Shop) -> None:
    shop.stripe.pay(shop.opened())
    intent, session = shop.stripe.take()
    facts = {**intent.event["data"]["object"], "application_fee_amount": AMOUNT // 100}
    shop.deliver(session)
    for _twice in range(2):
        shop.stripe.tell("payment_intent.succeeded", facts)
    shop.deliver(*shop.stripe.take())
    assert shop.entries() == [("charge", AMOUNT), ("fee", AMOUNT // 100)]
    (asked_for,) = shop.stripe.sessions.values()
    assert asked_for["asked"]["payment_intent_data[application_fee_amount]"] == str(AMOUNT // 100)


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 0, 1, 1, 0), (1,), (0,)])
def test_told_in_any_order_and_again(shop: Shop, order: tuple[int, ...]) -> None:
    shop.stripe.pay(shop.opened())
    told = shop.stripe.take()
    for at in order:
        shop.deliver(told[at])
    assert (shop.state, shop.entries()) == ("paid", [("charge", AMOUNT)])
    assert shop.differences() == []


def test_no_page_is_opened_for_more_than_a_card_may_pay(shop: Shop) -> None:
    calls = len(shop.stripe.calls)
    shop.settings = shop.settings.model_copy(update={"stripe_largest": AMOUNT - 1})
    with pytest.raises(Conflict):
        shop.checkout()
    shop.work()
    assert len(shop.stripe.calls) == calls
    shop.settings = shop.settings.model_copy(update={"stripe_largest": AMOUNT})
    assert shop.opened()


def test_abandoned_and_begun_again(shop: Shop) -> None:
    first = shop.opened()
    assert shop.opened() == first
    shop.stripe.abandon(first)
    shop.deliver(*shop.stripe.take())
    assert (shop.state, shop.entries()) == ("asked", [])
    second = shop.opened()
    assert second != first
    shop.stripe.pay(second)
    shop.deliver(*shop.stripe.take())
    assert shop.state == "paid"
    with pytest.raises(Conflict):
        shop.checkout()


def test_a_declined_card_is_no_payment(shop: Shop) -> None:
    page = shop.opened()
    assert shop.stripe.pay(page, card=DECLINED) == ""
    shop.deliver(*shop.stripe.take())
    assert (shop.state, shop.entries(), shop.events()["ignored"]) == ("asked", [], 1)
    shop.stripe.pay(page)
    shop.deliver(*shop.stripe.take())
    assert shop.state == "paid"


def test_paid_twice_by_transfer_and_card(shop: Shop) -> None:
    page = shop.opened()
    with shop.database.unit_of_work() as session:
        data = AmountInput(amount=AMOUNT)
        confirm_received(session, actor=shop.scene.holder, number=shop.number, data=data, form_key="k", now=shop.now)
    # Before the page is closed, somebody pays there all the same.
    shop.stripe.pay(page)
    shop.deliver(*shop.stripe.take())
    assert shop.state == "paid"
    assert shop.entries() == [("charge", AMOUNT), ("charge", AMOUNT)]
    shop.refund(AMOUNT)
    shop.work()
    assert shop.state == "paid"
    assert shop.entries()[2:] == [("refund", AMOUNT)]
    with pytest.raises(Invalid):
        shop.refund(1, "again")
    assert shop.differences() == []


def test_refunded_in_part_then_whole(shop: Shop) -> None:
    shop.stripe.pay(shop.opened())
    shop.deliver(*shop.stripe.take())
    shop.refund(200_000_000)
    shop.refund(200_000_000)
    with pytest.raises(Invalid):
        shop.refund(300_000_001, "too much")
    shop.work()
    assert shop.state == "partly_refunded"
    told = shop.stripe.take("refund.created")
    assert shop.deliver(*told, *told) == [True, False]
    shop.refund(300_000_000, "rest")
    # The webhook is here before the answer to our call.
    with shop.database.unit_of_work() as session:
        for job in session.scalars(select(Job).where(Job.kind == "payments.call", Job.state == "ready")):
            job.due_at = shop.now + 5 * MINUTE
        (call,) = session.scalars(select(PaymentCall).where(PaymentCall.state == "waiting"))
        key, request = call.idempotency_key, call.request
    gateway = gateway_from(shop.settings)
    assert gateway is not None
    gateway.refund(key=key, charge=request["charge"], amount=request["amount"], number=request["number"])
    shop.deliver(*shop.stripe.take())
    assert shop.state == "refunded"
    shop.work(10 * MINUTE)
    assert shop.state == "refunded"
    assert shop.entries()[1:] == [("refund", 200_000_000), ("refund", 300_000_000)]
    with shop.database.read_only() as session:
        payment = session.scalars(select(Payment)).one()
        assert refundable_by_card(session, payment) == {}
        assert {one.state for one in session.scalars(select(PaymentCall))} == {"done"}
    assert shop.differences() == []


def test_a_refund_that_failed_comes_back(shop: Shop) -> None:
    shop.stripe.pay(shop.opened())
    shop.deliver(*shop.stripe.take())
    shop.refund(AMOUNT)
    shop.work()
    (made,) = shop.stripe.take("refund.created")
    assert shop.state == "refunded"
    shop.stripe.fail_refund(made.event["data"]["object"]["id"])
    shop.deliver(*shop.stripe.take(), made)
    assert shop.state == "paid"
    assert [kind for kind, _amount in shop.entries()] == ["charge", "refund", "refund_returned"]
    with shop.database.read_only() as session:
        assert sum(refundable_by_card(session, session.scalars(select(Payment)).one()).values()) == AMOUNT


@pytest.mark.parametrize(("status", "state"), [("won", "paid"), ("lost", "charged_back")])
@pytest.mark.parametrize("late", [False, True])
def test_disputed(shop: Shop, status: str, state: str, *, late: bool) -> None:
    intent = shop.stripe.pay(shop.opened())
    shop.deliver(*shop.stripe.take())
    dispute = shop.stripe.dispute(intent, AMOUNT)
    opened = shop.stripe.take()
    if not late:
        shop.deliver(*opened)
        assert shop.state == "disputed"
        with pytest.raises(Invalid):
            shop.refund(1)
    shop.stripe.dispute(intent, AMOUNT, status=status, dispute=dispute)
    shop.deliver(*shop.stripe.take(), *opened)
    assert shop.state == state
    assert shop.differences() == []


def test_a_question_of_the_bank_takes_no_money(shop: Shop) -> None:
    intent = shop.stripe.pay(shop.opened())
    shop.deliver(*shop.stripe.take())
    shop.stripe.dispute(intent, AMOUNT, status="warning_needs_response")
    shop.deliver(*shop.stripe.take())
    assert (shop.state, len(shop.entries())) == ("paid", 1)


def test_what_takes_back_waits_for_what_was_given(shop: Shop) -> None:
    intent = shop.stripe.pay(shop.opened())
    charge = shop.stripe.take()
    shop.stripe.dispute(intent, AMOUNT)
    shop.deliver(*shop.stripe.take())
    assert (shop.state, shop.entries(), shop.events()["waiting"]) == ("asked", [], 1)
    shop.deliver(*charge)
    shop.work(20 * MINUTE)
    assert (shop.state, shop.events().get("waiting")) == ("disputed", None)


def test_a_lost_webhook_is_swept_up(shop: Shop) -> None:
    shop.stripe.pay(shop.opened())
    lost = shop.stripe.take()
    assert shop.state == "asked"
    assert shop.differences() == [("missing_here", "charge")]
    with shop.database.read_only() as session:
        letters = [job.payload for job in session.scalars(select(Job).where(Job.kind == "mail.send"))]
    assert [one["context"]["count"] for one in letters if one["template"] == "payment_differences"] == [1]
    _every_hour(shop)
    assert (shop.state, shop.entries()) == ("paid", [("charge", AMOUNT)])
    # It comes after all, days late.
    assert shop.deliver(*lost) == [False, False]
    assert shop.entries() == [("charge", AMOUNT)]
    assert shop.differences() == []


def _every_hour(shop: Shop) -> None:
    from app.features.payments.inbox import sweep

    sweep(shop.context(), {})
    shop.work()


def test_the_answer_is_lost_and_asked_for_again(shop: Shop) -> None:
    call = shop.checkout()
    shop.stripe.broken = True
    shop.work()
    with shop.database.read_only() as session:
        assert session.get_one(PaymentCall, call.id).state == "waiting"
    shop.stripe.broken = False
    shop.work(5 * MINUTE)
    with shop.database.read_only() as session:
        assert session.get_one(PaymentCall, call.id).state == "done"
    assert len(shop.stripe.sessions) == 1


def test_contradictions_are_for_a_person(shop: Shop) -> None:
    intent = shop.stripe.pay(shop.opened())
    told = shop.stripe.take()
    shop.deliver(told[0])
    shop.stripe.tell("payment_intent.succeeded", {**told[0].event["data"]["object"], "amount": 7})
    shop.stripe.tell(
        "payment_intent.succeeded", {"id": "pi_odd", "metadata": told[0].event["data"]["object"]["metadata"]}
    )
    foreign = {"payment": "TT-2026-000001", "authority": "another.exchange"}
    shop.stripe.tell("payment_intent.succeeded", {**told[0].event["data"]["object"], "id": "pi_2", "metadata": foreign})
    shop.deliver(*shop.stripe.take())
    assert shop.events() == {"handled": 2, "refused": 2, "ignored": 1}
    assert shop.entries() == [("charge", AMOUNT)]
    assert intent


def test_what_is_not_between_our_parties_is_no_difference(shop: Shop) -> None:
    """Another exchange's payment on the same account, and its refund. A refund of ours that we missed is one."""
    shop.stripe.pay(shop.opened())
    shop.deliver(*shop.stripe.take())
    other = shop.settings.model_copy(update={"authority": "other.exchange"})
    gateway = gateway_from(other)
    assert gateway is not None
    with shop.database.read_only() as session:
        ours = session.scalars(select(PaymentEntry.external_id).where(PaymentEntry.kind == "charge")).one()
    (page,) = shop.stripe.sessions.values()
    shop.stripe.sessions["cs_other"] = {
        **page,
        "id": "cs_other",
        "status": "open",
        "metadata": {"payment": "TT-2026-000001", "authority": "other.exchange"},
    }
    foreign = shop.stripe.pay("cs_other")
    gateway.refund(key="foreign", charge=foreign, amount=5, number="TT-2026-000001")
    shop.stripe.take()
    assert shop.differences() == []
    gateway.refund(key="ours", charge=ours, amount=7, number="TT-2026-000001")
    assert shop.differences() == [("missing_here", "refund")]


def test_the_comparison_finds_every_kind_of_difference(shop: Shop) -> None:
    from app.features.payments.reconciling import Ours, compare
    from app.integrations.payments import Seen

    at, since = shop.now, shop.now - timedelta(days=1)
    until = shop.now + timedelta(days=1)

    def ours(own: str, amount: int = 1, currency: str = "VND") -> Ours:
        return Ours("charge", own, amount, currency, "TT-1", at)

    def theirs(own: str, amount: int = 1, currency: str = "VND", number: str = "TT-1") -> Seen:
        return Seen("charge", own, own, amount, currency, number, at)

    found = compare(
        [ours("same"), ours("amount"), ours("currency"), ours("number"), ours("only_here")],
        [
            theirs("same"),
            theirs("amount", 2),
            theirs("currency", currency="USD"),
            theirs("number", number="TT-2"),
            theirs("only_there"),
        ],
        since=since,
        until=until,
    )
    assert [(one.kind, one.external_id) for one in found] == [
        ("differs", "amount"),
        ("differs", "currency"),
        ("differs", "number"),
        ("missing_here", "only_there"),
        ("missing_there", "only_here"),
    ]


def test_what_is_told_of_an_account_in_the_second_of_our_call_counts(shop: Shop) -> None:
    told_at = datetime.now(UTC).replace(microsecond=600_000)
    with shop.database.unit_of_work() as session:
        account = session.scalars(select(PayeeAccount)).one()
        account.charges_enabled, account.told_at = False, told_at
    shop.stripe.enable(shop.account)
    (told,) = shop.stripe.take()
    told.event["created"] = int(told_at.timestamp())
    with shop.database.unit_of_work() as session:
        store_event(session, told.event, now=shop.now)
    shop.work()
    with shop.database.read_only() as session:
        assert session.scalars(select(PayeeAccount.charges_enabled)).one()


def test_onboarding_and_payouts_move_forward_only(shop: Shop) -> None:
    def account() -> PayeeAccount:
        with shop.database.read_only() as session:
            return session.scalars(select(PayeeAccount)).one()

    assert (account().charges_enabled, account().external_id) == (True, shop.account)
    old = {**shop.stripe.accounts[shop.account], "charges_enabled": False}
    shop.stripe.tell("account.updated", old, account=shop.account)
    (stale,) = shop.stripe.take()
    stale.event["created"] -= 3600
    with shop.database.unit_of_work() as session:
        store_event(session, stale.event, now=shop.now)
    shop.work()
    assert account().charges_enabled
    shop.stripe.payout(shop.account, 9, status="paid")
    shop.stripe.payout(shop.account, 9, status="created".replace("created", "pending"))
    paid, pending = shop.stripe.take()
    pending.event["type"] = "payout.created"
    pending.event["created"] = paid.event["created"]
    shop.deliver(paid)
    with shop.database.unit_of_work() as session:
        store_event(session, pending.event, now=shop.now)
    shop.work()
    with shop.database.read_only() as session:
        seen = session.scalars(select(PayoutSeen)).one()
    assert (seen.state, seen.amount, seen.currency) == ("paid", 9, "VND")


def test_who_may_ask_for_what(shop: Shop) -> None:
    attempts: list[Callable[[Any], Any]] = [
        lambda session: ask_checkout(
            session, actor=shop.scene.holder, number=shop.number, settings=shop.settings, now=shop.now
        ),
        lambda session: ask_card_refund(
            session,
            actor=shop.scene.buyer,
            number=shop.number,
            data=AmountInput(amount=1),
            form_key="k",
            now=shop.now,
        ),
        lambda session: ask_onboarding(
            session,
            actor=shop.scene.buyer,
            organisation_id=shop.scene.holder_organisation.id,
            base_url="x",
            now=shop.now,
        ),
    ]
    before = len(shop.stripe.calls)
    for attempt in attempts:
        with pytest.raises(Forbidden), shop.database.unit_of_work() as session:
            attempt(session)
    shop.work()
    assert len(shop.stripe.calls) == before
