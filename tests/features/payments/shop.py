"""A seller who takes cards at the tests' Stripe, one payment asked for, and the worker: where tests of cards begin."""

from datetime import UTC, datetime, timedelta

from pydantic import SecretStr
from sqlalchemy import select

from app.database import Database
from app.features.payments.card import ask_card_refund, ask_checkout, ask_onboarding
from app.features.payments.inbox import store_event
from app.features.payments.reconciling import reconcile
from app.features.payments.schemas import AmountInput
from app.identity import uuid7
from app.integrations.payments import gateway_from, read_event
from app.jobs import JobContext
from app.jobs.worker import run_due
from app.models import PaymentCall, PaymentEntry, PaymentEvent, ReconciliationDifference
from app.settings import Settings
from app.terminal.work import consumers
from tests.features.enquiries.scene import Scene
from tests.features.payments.scene import agreed, asked, payment_of
from tests.integrations.payments.provider import KEY, SECRET, Provider, Webhook

AMOUNT = 500_000_000
MINUTE = timedelta(minutes=1)


class Shop:
    """A seller who takes cards, one payment asked for, and the worker; time moves as the test says."""

    def __init__(self, database: Database, settings: Settings, scene: Scene, stripe: Provider) -> None:
        self.database, self.scene, self.stripe = database, scene, stripe
        self.settings = settings.model_copy(
            update={
                "stripe_key": SecretStr(KEY),
                "stripe_webhook_secret": SecretStr(SECRET),
                "stripe_api": stripe.url,
                "stripe_fee_basis_points": 100,
                "stripe_largest": 10**9,
            }
        )
        self.now = datetime.now(UTC).replace(microsecond=0)
        consumers(self.settings)
        self.deal = agreed(database, scene)
        with database.unit_of_work() as session:
            ask_onboarding(
                session,
                actor=scene.holder,
                organisation_id=scene.holder_organisation.id,
                base_url="http://testserver/vi",
                now=self.now,
            )
        self.work()
        (account,) = stripe.accounts
        stripe.enable(account)
        self.deliver(*stripe.take())
        self.account = account
        self.number = asked(database, scene, self.deal, by_card=True)

    def work(self, later: timedelta = timedelta()) -> None:
        self.now += later
        run_due(self.database, self.settings, now=self.now)

    def deliver(self, *webhooks: Webhook, work: bool = True) -> list[bool]:
        """What our endpoint does with each: check the signature, store, answer; then the worker."""
        new = []
        for one in webhooks:
            event = read_event(one.body, one.signature, secrets=[SECRET], now=datetime.now(UTC))
            with self.database.unit_of_work() as session:
                new.append(store_event(session, event, now=self.now))
        if work:
            self.work()
        return new

    def checkout(self) -> PaymentCall:
        with self.database.unit_of_work() as session:
            return ask_checkout(
                session, actor=self.scene.buyer, number=self.number, settings=self.settings, now=self.now
            )

    def opened(self) -> str:
        """The id of an open page at Stripe."""
        call = self.checkout()
        self.work()
        with self.database.read_only() as session:
            return session.get_one(PaymentCall, call.id).external_id or ""

    def refund(self, amount: int, form_key: str = "r") -> None:
        with self.database.unit_of_work() as session:
            data = AmountInput(amount=amount)
            ask_card_refund(
                session, actor=self.scene.holder, number=self.number, data=data, form_key=form_key, now=self.now
            )

    @property
    def state(self) -> str:
        return payment_of(self.database, self.number).state

    def entries(self) -> list[tuple[str, int]]:
        with self.database.read_only() as session:
            rows = session.scalars(select(PaymentEntry).order_by(PaymentEntry.id))
            return [(one.kind, one.amount) for one in rows]

    def events(self) -> dict[str, int]:
        found: dict[str, int] = {}
        with self.database.read_only() as session:
            for one in session.scalars(select(PaymentEvent)):
                found[one.state] = found.get(one.state, 0) + 1
        return found

    def context(self) -> JobContext:
        return JobContext(self.database, self.settings, uuid7(), 1, self.now)

    def differences(self) -> list[tuple[str, str]]:
        """What a comparison finds, an hour and a half from now."""
        gateway = gateway_from(self.settings)
        assert gateway is not None
        self.now += timedelta(minutes=90)
        kept = reconcile(self.context(), gateway)
        with self.database.read_only() as session:
            rows = session.scalars(
                select(ReconciliationDifference).where(ReconciliationDifference.reconciliation_id == kept.id)
            ).all()
            assert len(rows) == kept.differences
            return [(one.kind, one.movement) for one in rows]
