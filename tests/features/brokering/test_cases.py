"""Cases: what nobody answers becomes one, one broker follows it, and only brokers read it."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select

from app.database import Database
from app.errors import Forbidden, Invalid, MoveNotAllowed, NotFound
from app.features.brokering.commands import add_note, close, escalate, open_call, release, reopen, take
from app.features.brokering.queries import Show, board, case_counts, case_record
from app.features.brokering.schemas import CallInput, CloseInput, NoteInput
from app.features.brokering.work import unanswered
from app.features.enquiries.commands import acknowledge, post_message
from app.features.enquiries.schemas import MessageInput
from app.identity import Actor, new_public_id, uuid7
from app.models import BrokerCase, BrokerCaseHistory, BrokerCaseNote, JournalEntry
from app.text import fold
from tests import factories
from tests.factories import NOW
from tests.features.enquiries.scene import Scene, asked, set_scene
from tests.features.enquiries.test_commands import actions, counted, letters, request_of
from tests.features.enquiries.test_races import second_while_first_is_open
from tests.query_budget import count_queries

MONDAY_AFTER = NOW + timedelta(days=7)


@pytest.fixture
def scene(database: Database) -> Scene:
    return set_scene(database)


@pytest.fixture
def broker(database: Database) -> Actor:
    with database.unit_of_work() as session:
        person = factories.person(session, email="moigioi@so.test", name="Kiều Môi Giới", is_broker=True)
    return Actor(person_id=person.id, is_broker=True)


def due(database: Database, now: datetime) -> list[tuple[UUID, int]]:
    with database.read_only() as session:
        return list(unanswered(session, now=now, after_days=5, free=frozenset({date(2026, 11, 24)})))


def escalated(database: Database, number: str, now: datetime = MONDAY_AFTER) -> str:
    with database.unit_of_work() as session:
        made = escalate(session, request_id=request_of(database, number).id, working_days=5, now=now)
        assert made is not None
        return made.public_id


def call(database: Database, actor: Actor, key: str = "call") -> str:
    with database.unit_of_work() as session:
        data = CallInput(title="Xưởng gỗ cần hút bụi", body="Ba xưởng, bụi mịn, ngân sách 400 triệu.")
        return open_call(session, actor=actor, data=data, form_key=key, now=NOW).public_id


def test_a_request_waits_working_days_before_it_is_a_case(database: Database, scene: Scene) -> None:
    number = asked(database, scene)  # Monday the 23rd; Tuesday is free
    with database.unit_of_work() as session:
        acknowledge(session, actor=scene.holder, number=number, now=NOW)
    assert due(database, NOW + timedelta(days=7)) == []
    request_id = request_of(database, number).id
    assert due(database, NOW + timedelta(days=8)) == [(request_id, 5)]
    escalated(database, number, NOW + timedelta(days=8))
    assert due(database, NOW + timedelta(days=9)) == []
    assert actions(database) == ["send", "acknowledge", "escalated"]
    told = [one for one in letters(database) if one[0] in {"enquiry_escalated", "case_no_answer"}]
    assert sorted(told) == [("case_no_answer", ""), ("enquiry_escalated", "buyer"), ("enquiry_escalated", "holder")]


def test_an_answer_in_between_makes_no_case(database: Database, scene: Scene) -> None:
    number = asked(database, scene)
    with database.unit_of_work() as session:
        post_message(
            session,
            actor=scene.holder,
            number=number,
            side="holder",
            data=MessageInput(body="Xin bản vẽ"),
            form_key="a",
            now=NOW,
        )
    assert due(database, MONDAY_AFTER) == []
    with database.unit_of_work() as session:
        assert escalate(session, request_id=request_of(database, number).id, working_days=5, now=NOW) is None
    assert counted(database, BrokerCase) == 0


def test_escalated_once_however_many_workers(database: Database, scene: Scene) -> None:
    request_id = request_of(database, asked(database, scene)).id
    fault = second_while_first_is_open(
        database,
        lambda session: escalate(session, request_id=request_id, working_days=5, now=NOW),
        lambda session: escalate(session, request_id=request_id, working_days=5, now=NOW),
    )
    assert fault is None
    assert counted(database, BrokerCase) == 1


def test_two_brokers_take_one_case(database: Database, scene: Scene, broker: Actor) -> None:
    public_id = escalated(database, asked(database, scene))
    fault = second_while_first_is_open(
        database,
        lambda session: take(session, actor=broker, public_id=public_id, now=NOW),
        lambda session: take(session, actor=scene.operator, public_id=public_id, now=NOW),
    )
    assert isinstance(fault, MoveNotAllowed)
    with database.read_only() as session:
        assert session.scalars(select(BrokerCase.taken_by_id)).all() == [broker.person_id]


def test_the_life_of_a_call(database: Database, broker: Actor) -> None:
    public_id = call(database, broker)
    assert call(database, broker) == public_id
    with database.unit_of_work() as session:
        data = NoteInput(body="Đã gọi hai nhà cung cấp", next_step="Gọi lại", next_on=date(2026, 11, 27))
        for _twice in range(2):
            add_note(session, actor=broker, public_id=public_id, data=data, form_key="n", now=NOW)
        assert take(session, actor=broker, public_id=public_id, now=NOW).state == "taken"
        release(session, actor=broker, public_id=public_id, now=NOW)
        close(session, actor=broker, public_id=public_id, data=CloseInput(outcome="introduced"), now=NOW)
    with database.read_only() as session:
        record = case_record(session, actor=broker, public_id=public_id)
        assert (record.case.state, record.case.outcome, record.case.next_step) == ("closed", "introduced", "")
        assert [move.move for move, _name in record.history] == ["open", "take", "release", "close"]
        assert [note.body for note, _name in record.notes][1:] == ["Đã gọi hai nhà cung cấp"]
    with database.unit_of_work() as session:
        assert reopen(session, actor=broker, public_id=public_id, now=NOW).outcome is None
        journal = session.scalars(select(JournalEntry.action).where(JournalEntry.entity == "broker_case"))
        assert list(journal) == ["open", "take", "noted", "release", "close", "reopen"]


def test_what_is_missing_is_asked_for(database: Database, broker: Actor) -> None:
    public_id = call(database, broker)
    with pytest.raises(Invalid) as fault, database.unit_of_work() as session:
        data = NoteInput(body="Gọi", next_on=date(2026, 11, 27))
        add_note(session, actor=broker, public_id=public_id, data=data, form_key="n", now=NOW)
    assert list(fault.value.fields) == ["next_step"]
    with pytest.raises(Invalid) as fault, database.unit_of_work() as session:
        close(session, actor=broker, public_id=public_id, data=CloseInput(outcome="other"), now=NOW)
    assert list(fault.value.fields) == ["note"]
    assert counted(database, BrokerCaseNote) == 1


def test_nobody_else_reads_or_moves_cases(database: Database, scene: Scene, broker: Actor) -> None:
    public_id = escalated(database, asked(database, scene))
    token = Actor(person_id=broker.person_id, is_broker=True, scopes=frozenset({"enquiries:read"}))
    for other in (scene.buyer, scene.holder, scene.stranger, token):
        with database.read_only() as session, pytest.raises(NotFound):
            case_record(session, actor=other, public_id=public_id)
        with database.read_only() as session, pytest.raises(Forbidden):
            board(session, actor=other, show="open")
        with pytest.raises(NotFound), database.unit_of_work() as session:
            take(session, actor=other, public_id=public_id, now=NOW)
        with pytest.raises(Forbidden), database.unit_of_work() as session:
            open_call(session, actor=other, data=CallInput(title="a", body="b"), form_key="x", now=NOW)


def test_a_case_is_found_by_number_organisation_and_title_not_by_what_was_said(
    database: Database, scene: Scene, broker: Actor
) -> None:
    number = asked(database, scene)
    waiting, called = escalated(database, number), call(database, broker)
    request = request_of(database, number)

    def hits(query: str) -> dict[Show, set[str]]:
        states: tuple[Show, ...] = ("open", "taken")
        with database.read_only() as session:
            shown = {
                show: {one.public_id for one in board(session, actor=broker, show=show, query=query).rows}
                for show in states
            }
            counts = case_counts(session, actor=broker, query=query)
            assert {show: len(found) for show, found in shown.items()} == {one: counts[one] for one in shown}
            return shown

    assert hits(waiting) == {"open": {waiting}, "taken": set()}
    assert hits(number) == {"open": {waiting}, "taken": set()}
    assert hits(fold(request.holder_name)) == {"open": {waiting}, "taken": set()}
    assert hits(f"{request.buyer_name.upper()} {number}") == {"open": {waiting}, "taken": set()}
    assert hits("hut bui xuong") == {"open": set(), "taken": {called}}
    # Neither what a note says, nor what a request asks, nor signs that mean something to LIKE.
    for query in ("ngân sách 400", "Sấy xoài", "%", "_", "\\", "hút bụi không có"):
        assert hits(query) == {"open": set(), "taken": set()}, query
    assert hits("  ") == {"open": {waiting}, "taken": {called}}


def test_the_board_of_ten_thousand(database: Database, broker: Actor) -> None:
    cases = [
        {
            "id": uuid7(),
            "public_id": new_public_id(),
            "kind": "call",
            "state": ("open", "taken", "closed")[number % 3],
            "title": f"Vụ việc {number}",
            "next_step": "",
            "outcome": "other" if number % 3 == 2 else None,
            "taken_by_id": broker.person_id if number % 3 == 1 else None,
            "opened_at": NOW + timedelta(minutes=number // 2),
            "updated_at": NOW,
            "version": 1,
        }
        for number in range(10_000)
    ]
    with database.engine.begin() as connection:
        connection.execute(insert(BrokerCase), cases)
    with count_queries(database) as sent, database.read_only() as session:
        page = board(session, actor=broker, show="open")
        assert case_counts(session, actor=broker) == {"open": 3334, "taken": 3333, "mine": 3333}
    assert len([one for one in sent if one.startswith("SELECT")]) == 2, sent
    seen = [one.public_id for one in page.rows]
    with database.read_only() as session:
        for _page in range(4):
            page = board(session, actor=broker, show="open", cursor=page.next_cursor)
            seen += [one.public_id for one in page.rows]
    assert seen == [one["public_id"] for one in cases if one["state"] == "open"][:100]
    # Found among all of them by words in any order, without diacritics, page by page, in as many queries.
    with count_queries(database) as sent, database.read_only() as session:
        page = board(session, actor=broker, show="open", query="viec  VU 99")
        counts = case_counts(session, actor=broker, query="viec  VU 99")
    assert len([one for one in sent if one.startswith("SELECT")]) == 2, sent
    wanted = [one for one in cases if "99" in str(one["title"])]
    with database.read_only() as session:
        found = [*page.rows]
        while page.next_cursor:
            page = board(session, actor=broker, show="open", query="viec  VU 99", cursor=page.next_cursor)
            found += page.rows
    # A case is also found by its own number, in which the digits may happen to stand.
    titled = [one.title for one in found if "99" in one.title]
    assert titled == [one["title"] for one in wanted if one["state"] == "open"]
    assert len(found) == counts["open"]
    assert counts["closed"] >= sum(one["state"] == "closed" for one in wanted)
    with database.read_only() as session:
        assert board(session, actor=broker, show="mine").rows[0].taken_by == "Kiều Môi Giới"
        assert session.scalar(select(func.count()).select_from(BrokerCaseHistory)) == 0


def test_an_answer_while_it_becomes_a_case(database: Database, scene: Scene) -> None:
    number = asked(database, scene)
    request_id = request_of(database, number).id
    made: list[BrokerCase | None] = []
    fault = second_while_first_is_open(
        database,
        lambda session: post_message(
            session,
            actor=scene.holder,
            number=number,
            side="holder",
            data=MessageInput(body="Xin bản vẽ"),
            form_key="a",
            now=NOW,
        ),
        lambda session: made.append(escalate(session, request_id=request_id, working_days=5, now=NOW)),
    )
    assert (fault, made, counted(database, BrokerCase)) == (None, [None], 0)
