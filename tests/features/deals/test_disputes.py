"""A dispute is a case: opened with it, written in by both sides, read by brokers on record, and closed with it."""

from typing import Any

import pytest
from sqlalchemy import delete, select

from app import journal
from app.database import Database
from app.errors import Conflict, Invalid, MoveNotAllowed, NotFound
from app.features.brokering import commands as brokering
from app.features.brokering.queries import board
from app.features.brokering.schemas import CallInput, CloseInput, NoteInput
from app.features.deals.commands import move_deal
from app.features.deals.disputes import (
    add_case_note,
    add_statement,
    close_case,
    deal_in_case,
    dispute_of,
    file_in_case,
)
from app.features.deals.queries import deal_record
from app.features.deals.schemas import DealReasonInput, StatementInput
from app.features.deals.states import Side
from app.identity import Actor
from app.models import AuditEntry, BrokerCase, BrokerCaseNote, DealFile, Membership
from tests import factories
from tests.factories import NOW
from tests.features.deals.scene import actions, actor_of, deal_of, letters, signed
from tests.features.enquiries.scene import Scene, set_scene
from tests.features.enquiries.test_races import second_while_first_is_open


@pytest.fixture
def scene(database: Database) -> Scene:
    return set_scene(database)


@pytest.fixture
def broker(database: Database) -> Actor:
    with database.unit_of_work() as session:
        person = factories.person(session, email="moigioi@so.test", name="Trần Môi Giới")
        person.is_broker = True
    return Actor(person_id=person.id, is_broker=True)


def move(
    database: Database, scene: Scene, number: str, what: str, side: Side = "buyer", note: str = "Thiếu khay"
) -> None:
    with database.unit_of_work() as session:
        data = DealReasonInput(note=note)
        move_deal(session, actor=actor_of(scene, side), number=number, side=side, move=what, data=data, now=NOW)


def disputed(database: Database, scene: Scene) -> str:
    number = signed(database, scene)
    move(database, scene, number, "dispute")
    return number


def case_of(database: Database) -> BrokerCase:
    with database.read_only() as session:
        return session.scalars(select(BrokerCase).order_by(BrokerCase.opened_at.desc()).limit(1)).one()


def close(database: Database, actor: Actor, **given: Any) -> None:
    with database.unit_of_work() as session:
        close_case(session, actor=actor, public_id=case_of(database).public_id, data=CloseInput(**given), now=NOW)


def test_a_dispute_opens_a_case_that_brokers_hear_of(database: Database, scene: Scene, broker: Actor) -> None:
    number = disputed(database, scene)
    case = case_of(database)
    assert (case.kind, case.state, case.title.startswith(number)) == ("dispute", "open", True)
    assert case.deal_id == deal_of(database, number).id
    assert [one["by"] for one in letters(database, "case_dispute")] == [scene.buyer_organisation.name] * 2
    with database.read_only() as session:
        assert [row.public_id for row in board(session, actor=broker, show="open").rows] == [case.public_id]
        dispute = dispute_of(session, deal_record(session, actor=scene.holder, number=number))
    assert dispute is not None
    assert [(one.body, one.side) for one in dispute.statements] == [("Thiếu khay", "buyer")]
    assert actions(database, "broker_case") == ["open"]


def test_both_sides_and_the_broker_write_where_all_read_it(database: Database, scene: Scene, broker: Actor) -> None:
    number = disputed(database, scene)
    public_id = case_of(database).public_id
    for _twice in range(2):
        with database.unit_of_work() as session:
            data = StatementInput(body="Khay giao tuần sau")
            add_statement(session, actor=scene.holder, number=number, side="holder", data=data, form_key="a", now=NOW)
    with database.unit_of_work() as session:
        shared = NoteInput(body="Họp ngày thứ Năm", shared=True)
        add_case_note(session, actor=broker, public_id=public_id, data=shared, form_key="b", now=NOW)
        alone = NoteInput(body="Bên mua nóng tính")
        add_case_note(session, actor=broker, public_id=public_id, data=alone, form_key="c", now=NOW)
    with database.read_only() as session:
        dispute = dispute_of(session, deal_record(session, actor=scene.buyer, number=number))
        assert session.query(BrokerCaseNote).count() == 4
    assert dispute is not None
    assert [(one.body, one.side) for one in dispute.statements] == [
        ("Thiếu khay", "buyer"),
        ("Khay giao tuần sau", "holder"),
        ("Họp ngày thứ Năm", None),
    ]
    assert len(letters(database, "deal_statement")) == 4
    with pytest.raises(NotFound), database.unit_of_work() as session:
        data = StatementInput(body="?")
        add_statement(session, actor=scene.stranger, number=number, side="buyer", data=data, form_key="d", now=NOW)


def test_who_wrote_for_a_side_wrote_for_it_whatever_firm_they_go_to(database: Database, scene: Scene) -> None:
    number = disputed(database, scene)
    with database.unit_of_work() as session:
        data = StatementInput(body="Khay giao tuần sau")
        add_statement(session, actor=scene.holder, number=number, side="holder", data=data, form_key="a", now=NOW)
    with database.unit_of_work() as session:
        session.execute(delete(Membership))
        session.add(
            Membership(
                organisation_id=scene.buyer_organisation.id,
                person_id=scene.holder_person.id,
                role="editor",
                created_at=NOW,
            )
        )
    with database.read_only() as session:
        dispute = dispute_of(session, deal_record(session, actor=scene.buyer, number=number))
    assert dispute is not None
    assert [one.side for one in dispute.statements] == ["buyer", "holder"]


@pytest.mark.parametrize(
    ("what", "outcome", "state"), [("resume", "settled", "signed"), ("terminate", "ended", "terminated")]
)
def test_the_sides_end_the_case_with_the_dispute(
    database: Database, scene: Scene, what: str, outcome: str, state: str
) -> None:
    number = disputed(database, scene)
    move(database, scene, number, what, note="Đã giao đủ")
    case = case_of(database)
    assert (case.state, case.outcome, deal_of(database, number).state) == ("closed", outcome, state)
    with pytest.raises(Conflict), database.unit_of_work() as session:
        data = StatementInput(body="Còn nữa")
        add_statement(session, actor=scene.buyer, number=number, side="buyer", data=data, form_key="x", now=NOW)
    if what == "resume":
        move(database, scene, number, "dispute", "holder")
        with database.read_only() as session:
            assert session.query(BrokerCase).count() == 2


def test_a_broker_settles_it_and_the_deal_goes_on(database: Database, scene: Scene, broker: Actor) -> None:
    number = disputed(database, scene)
    with pytest.raises(Invalid) as fault:
        close(database, broker, outcome="introduced")
    assert list(fault.value.fields) == ["outcome"]
    close(database, broker, outcome="settled", note="Hai bên ký biên bản")
    deal = deal_of(database, number)
    assert (deal.state, deal.held_from) == ("signed", None)
    assert actions(database)[-1] == "resume"
    with pytest.raises(MoveNotAllowed):
        close(database, broker, outcome="settled")
    with pytest.raises(Conflict), database.unit_of_work() as session:
        brokering.reopen(session, actor=broker, public_id=case_of(database).public_id, now=NOW)


def test_a_case_that_ends_otherwise_leaves_the_dispute(database: Database, scene: Scene, broker: Actor) -> None:
    number = disputed(database, scene)
    close(database, broker, outcome="other", note="Đưa ra trọng tài")
    assert deal_of(database, number).state == "disputed"
    move(database, scene, number, "resume")
    assert deal_of(database, number).state == "signed"


def test_a_call_does_not_end_as_a_dispute_does(database: Database, broker: Actor) -> None:
    with database.unit_of_work() as session:
        brokering.open_call(session, actor=broker, data=CallInput(title="Gọi", body="Hỏi"), form_key="c", now=NOW)
    with pytest.raises(Invalid):
        close(database, broker, outcome="settled")


def test_only_while_the_case_is_open_brokers_read_the_deal_on_record(
    database: Database, scene: Scene, broker: Actor
) -> None:
    number = disputed(database, scene)
    deal = deal_of(database, number)
    public_id = case_of(database).public_id
    with database.unit_of_work() as session:
        file = DealFile(
            deal_id=deal.id,
            filename="a.pdf",
            media_type="application/pdf",
            size=1,
            sha256="0" * 64,
            storage_key="x",
            side="buyer",
            sent_by_id=scene.buyer_person.id,
            created_at=NOW,
        )
        session.add(file)

        journal.append(session, entity="deal", entity_id=deal.id, action="test", actor_id=None, at=NOW)
    with database.unit_of_work() as session:
        assert deal_in_case(session, actor=broker, public_id=public_id, now=NOW).deal.number == number
        found = file_in_case(session, actor=broker, public_id=public_id, file_id=file.public_id, now=NOW)
        assert found.filename == "a.pdf"
    with database.read_only() as session:
        reads = session.scalars(select(AuditEntry).where(AuditEntry.entity == "deal").order_by(AuditEntry.id)).all()
        assert [(one.actor_id, one.action, one.data["what"]) for one in reads] == [
            (broker.person_id, "read", "deal"),
            (broker.person_id, "read", "file"),
        ]
        with pytest.raises(NotFound):
            deal_record(session, actor=broker, number=number)
    for actor in (scene.stranger, scene.buyer):
        with pytest.raises(NotFound), database.unit_of_work() as session:
            deal_in_case(session, actor=actor, public_id=public_id, now=NOW)
    move(database, scene, number, "resume")
    with pytest.raises(Conflict), database.unit_of_work() as session:
        deal_in_case(session, actor=broker, public_id=public_id, now=NOW)
    with database.read_only() as session:
        assert session.query(AuditEntry).filter_by(entity="deal").count() == 2


def test_a_broker_and_a_side_settle_it_at_once(database: Database, scene: Scene, broker: Actor) -> None:
    number = disputed(database, scene)
    public_id = case_of(database).public_id

    def by_side(session: Any) -> Any:
        data = DealReasonInput(note="Xong")
        return move_deal(session, actor=scene.buyer, number=number, side="buyer", move="resume", data=data, now=NOW)

    def by_broker(session: Any) -> Any:
        return close_case(session, actor=broker, public_id=public_id, data=CloseInput(outcome="settled"), now=NOW)

    assert isinstance(second_while_first_is_open(database, by_side, by_broker), MoveNotAllowed)
    assert (deal_of(database, number).state, case_of(database).state) == ("signed", "closed")
    assert actions(database)[-1] == "resume"
