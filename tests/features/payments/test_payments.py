"""Asking for a payment, paying by transfer, sending back: what each step does, and what a refused step leaves alone."""

from datetime import date

import pytest
from sqlalchemy import select

from app import journal
from app.database import Database
from app.errors import Conflict, Forbidden, Invalid, MoveNotAllowed, NotFound
from app.features.accounts.passwords import hash_password
from app.features.deals.commands import move_deal
from app.features.deals.schemas import DealReasonInput
from app.features.payments.accounts import set_bank_account
from app.features.payments.commands import (
    cancel_payment,
    confirm_received,
    deny_transfer,
    record_refund,
    report_transfer,
)
from app.features.payments.queries import deal_payments, list_payments, payment_record
from app.features.payments.schemas import AmountInput, BankAccountInput, NoteInput
from app.models import AuditEntry, BankAccount, Deal, DealMilestone, Job, JournalEntry, Payment, PaymentEntry, Person
from tests.factories import NOW
from tests.features.enquiries.scene import Scene, set_scene
from tests.features.enquiries.test_races import second_while_first_is_open
from tests.features.payments.scene import ACCOUNT, BIN, agreed, asked, payment_of
from tests.query_budget import count_queries

WHOLE = AmountInput(amount=500_000_000)
BECAUSE = NoteInput(note="Chưa thấy trong sao kê")


@pytest.fixture
def scene(database: Database) -> Scene:
    return set_scene(database)


@pytest.fixture
def deal(database: Database, scene: Scene) -> str:
    return agreed(database, scene)


def letters(database: Database) -> dict[str, int]:
    found: dict[str, int] = {}
    with database.read_only() as session:
        for job in session.scalars(select(Job).where(Job.kind == "mail.send")):
            name = job.payload["template"]
            if name.startswith("payment"):
                found[name] = found.get(name, 0) + 1
    return found


def actions(database: Database) -> list[str]:
    with database.read_only() as session:
        found = select(JournalEntry.action).where(JournalEntry.entity == "payment").order_by(JournalEntry.id)
        return list(session.scalars(found))


def test_a_deposit_from_asking_to_receiving(database: Database, scene: Scene, deal: str) -> None:
    number = asked(database, scene, deal, due_on=date(2026, 12, 10))
    payment = payment_of(database, number)
    assert number == "TT-2026-000001"
    assert (payment.state, payment.currency, payment.amount) == ("asked", "VND", 500_000_000)
    assert (payment.bank_bin, payment.bank_account) == (BIN, ACCOUNT)
    assert payment.reference.startswith("TT")
    with database.unit_of_work() as session:
        report_transfer(session, actor=scene.buyer, number=number, now=NOW)
    with database.unit_of_work() as session:
        deny_transfer(session, actor=scene.holder, number=number, data=BECAUSE, now=NOW)
    with database.unit_of_work() as session:
        report_transfer(session, actor=scene.buyer, number=number, now=NOW)
    for _twice in range(2):
        with database.unit_of_work() as session:
            confirm_received(session, actor=scene.holder, number=number, data=WHOLE, form_key="k", now=NOW)
    with database.read_only() as session:
        record = payment_record(session, actor=scene.buyer, number=number)
    assert (record.payment.state, record.sums.charged, len(record.entries)) == ("paid", 500_000_000, 1)
    assert [one.move for one in record.history] == ["ask", "report", "deny", "report", "receive"]
    assert actions(database) == ["ask", "report", "deny", "report", "entry_charge", "receive"]
    assert letters(database) == {
        "payment_asked": 2,
        "payment_reported": 4,
        "payment_denied": 2,
        "payment_moved": 2,
    }


def test_the_same_form_asks_once(database: Database, scene: Scene, deal: str) -> None:
    assert asked(database, scene, deal) == asked(database, scene, deal)
    with database.read_only() as session:
        assert len(session.scalars(select(Payment)).all()) == 1


def test_two_asking_at_once_stay_within_the_deal(database: Database, scene: Scene, deal: str) -> None:
    from app.features.payments.commands import ask_payment
    from app.features.payments.schemas import PaymentInput

    with database.read_only() as session:
        total = deal_payments(session, actor=scene.holder, deal_number=deal).deal.total

    def ask(key: str):  # type: ignore[no-untyped-def]
        data = PaymentInput(kind="deposit", description="x", amount=total * 6 // 10)
        return lambda session: ask_payment(
            session, actor=scene.holder, deal_number=deal, data=data, form_key=key, by_card=False, now=NOW
        )

    fault = second_while_first_is_open(database, ask("a"), ask("b"))
    assert isinstance(fault, Invalid)
    assert list(fault.fields) == ["amount"]
    with database.read_only() as session:
        assert len(session.scalars(select(Payment)).all()) == 1


def test_no_more_than_the_deal_is_worth_but_for_royalties(database: Database, scene: Scene, deal: str) -> None:
    with database.read_only() as session:
        total = deal_payments(session, actor=scene.holder, deal_number=deal).deal.total
    first = asked(database, scene, deal, amount=total)
    with pytest.raises(Invalid) as fault:
        asked(database, scene, deal, form_key="f2", amount=1)
    assert list(fault.value.fields) == ["amount"]
    asked(database, scene, deal, form_key="f3", kind="royalty", amount=1)
    with database.unit_of_work() as session:
        cancel_payment(session, actor=scene.holder, number=first, data=BECAUSE, now=NOW)
    asked(database, scene, deal, form_key="f4", amount=total)


def test_nothing_is_asked_without_a_way_to_pay_or_on_a_closed_deal(database: Database, scene: Scene, deal: str) -> None:
    with database.unit_of_work() as session:
        session.delete(session.get_one(BankAccount, scene.holder_organisation.id))
    with pytest.raises(Conflict):
        asked(database, scene, deal)
    assert payment_of(database, asked(database, scene, deal, by_card=True)).bank_bin is None
    with database.unit_of_work() as session:
        data = DealReasonInput(note="Thôi")
        move_deal(session, actor=scene.buyer, number=deal, side="buyer", move="terminate", data=data, now=NOW)
    with pytest.raises(Conflict):
        asked(database, scene, deal, form_key="f2", by_card=True)
    with pytest.raises(Invalid):
        asked(database, scene, agreed_again(database, scene), form_key="f3", by_card=True, due_on=date(2026, 1, 1))


def agreed_again(database: Database, scene: Scene) -> str:
    """The deal, agreed once more: for what a terminated one would refuse first."""
    with database.unit_of_work() as session:
        deal = session.scalars(select(Deal)).one()
        deal.state = "agreed"
        journal.append(session, entity="deal", entity_id=deal.id, action="open", at=NOW)
        return deal.number


def test_a_payment_may_name_a_milestone_of_its_own_deal(database: Database, scene: Scene, deal: str) -> None:
    with pytest.raises(Invalid) as fault:
        asked(database, scene, deal, kind="milestone", milestone="khong-co")
    assert list(fault.value.fields) == ["milestone"]
    with database.unit_of_work() as session:
        found = session.scalars(select(Deal)).one()
        one = DealMilestone(deal_id=found.id, title="Giao máy", due_on=date(2027, 1, 5), created_at=NOW, updated_at=NOW)
        session.add(one)
        session.flush()
        journal.append(session, entity="deal_milestone", entity_id=one.id, action="add", at=NOW)
        public_id, milestone_id = one.public_id, one.id
    number = asked(database, scene, deal, kind="milestone", milestone=public_id)
    assert payment_of(database, number).milestone_id == milestone_id


def test_parts_and_refunds(database: Database, scene: Scene, deal: str) -> None:
    number = asked(database, scene, deal)

    def receive(amount: int, key: str) -> None:
        with database.unit_of_work() as session:
            data = AmountInput(amount=amount)
            confirm_received(session, actor=scene.holder, number=number, data=data, form_key=key, now=NOW)

    def refund(amount: int, key: str) -> None:
        with database.unit_of_work() as session:
            data = AmountInput(amount=amount, note="Giảm giá")
            record_refund(session, actor=scene.holder, number=number, data=data, form_key=key, now=NOW)

    receive(200_000_000, "a")
    assert payment_of(database, number).state == "part_paid"
    with pytest.raises(Invalid):
        receive(300_000_001, "b")
    receive(300_000_000, "c")
    assert payment_of(database, number).state == "paid"
    with pytest.raises(Conflict):
        receive(1, "d")
    refund(100_000_000, "a")
    assert payment_of(database, number).state == "partly_refunded"
    with pytest.raises(Invalid):
        refund(400_000_001, "b")
    refund(400_000_000, "c")
    refund(400_000_000, "c")
    assert payment_of(database, number).state == "refunded"
    with pytest.raises(MoveNotAllowed), database.unit_of_work() as session:
        cancel_payment(session, actor=scene.holder, number=number, data=BECAUSE, now=NOW)


def test_each_side_does_its_own_and_others_nothing(database: Database, scene: Scene, deal: str) -> None:
    number = asked(database, scene, deal)
    with pytest.raises(Forbidden), database.unit_of_work() as session:
        confirm_received(session, actor=scene.buyer, number=number, data=WHOLE, form_key="k", now=NOW)
    with pytest.raises(Forbidden), database.unit_of_work() as session:
        report_transfer(session, actor=scene.holder, number=number, now=NOW)
    for actor in (scene.stranger, scene.operator):
        with pytest.raises(NotFound), database.unit_of_work() as session:
            report_transfer(session, actor=actor, number=number, now=NOW)
        with database.read_only() as session:
            assert list_payments(session, actor=actor).rows == []
            with pytest.raises(NotFound):
                payment_record(session, actor=actor, number=number)
            with pytest.raises(NotFound):
                deal_payments(session, actor=actor, deal_number=deal)
    assert actions(database) == ["ask"]
    with database.read_only() as session:
        assert session.scalars(select(PaymentEntry)).all() == []
        assert deal_payments(session, actor=scene.buyer, deal_number=deal).account is None


def test_only_an_owner_who_proves_it_says_where_money_goes(database: Database, scene: Scene, deal: str) -> None:
    organisation_id = scene.holder_organisation.id
    data = BankAccountInput(bank_bin="970422", number="0123 456-789", holder="VIEN CO DIEN")
    with database.unit_of_work() as session:
        person = session.get_one(Person, scene.holder_person.id)
        person.password_hash = hash_password("con trâu đi trước")
    before = asked(database, scene, deal)

    def change(password: str, actor: object = scene.holder) -> object:
        with database.unit_of_work() as session:
            return set_bank_account(
                session,
                actor=actor,  # type: ignore[arg-type]
                organisation_id=organisation_id,
                data=data,
                password=password,
                now=NOW,
            )

    assert getattr(change("sai"), "reason", "") == "wrong"
    assert payment_of(database, asked(database, scene, deal, form_key="f2", amount=1)).bank_bin == BIN
    assert isinstance(change("con trâu đi trước"), BankAccount)
    assert payment_of(database, before).bank_account == ACCOUNT
    after = payment_of(database, asked(database, scene, deal, form_key="f3", amount=1))
    assert (after.bank_bin, after.bank_account) == ("970422", "0123456789")
    with pytest.raises(Forbidden):
        change("con trâu đi trước", scene.buyer)
    with database.read_only() as session:
        assert [one.action for one in session.scalars(select(AuditEntry))] == ["set_bank_account"]
    assert letters(database)["payment_account"] == 1


def test_pages_cost_the_same_for_any_number(database: Database, scene: Scene, deal: str) -> None:
    numbers = [asked(database, scene, deal, form_key=f"f{at}", amount=at + 1) for at in range(5)]
    with database.read_only() as session, count_queries(database) as sent:
        list_payments(session, actor=scene.buyer)
        payment_record(session, actor=scene.buyer, number=numbers[0])
        deal_payments(session, actor=scene.holder, deal_number=deal)
    assert len(sent) == 9, sent
