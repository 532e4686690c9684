"""Milestones: who may plan, report, accept and return, what a signed plan takes to change, and what is refused."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from uuid import uuid4

import pytest
from sqlalchemy import select

from app.database import Database
from app.errors import Conflict, Forbidden, Invalid, MoveNotAllowed, NotFound
from app.features.deals.commands import move_deal
from app.features.deals.milestones import (
    answer_change,
    answer_milestone,
    change_milestone,
    plan_milestone,
    remove_milestone,
    report_milestone,
)
from app.features.deals.queries import deal_record, file_of, plan_of
from app.features.deals.schemas import DealReasonInput, EvidenceInput, MilestoneInput
from app.features.deals.states import Side
from app.features.deals.work import sweep_files, tell_of_milestones
from app.features.enquiries.records import AttachedFile
from app.integrations.storage import store_from
from app.jobs import JobContext
from app.models import DealMilestone, DealMilestoneChange, DealMilestoneHistory
from app.settings import Settings
from tests.factories import NOW
from tests.features.deals.scene import (
    DUE,
    actions,
    actor_of,
    agreed,
    letters,
    milestone_of,
    planned,
    reported,
    sign,
    signed,
)
from tests.features.enquiries.scene import Scene, set_scene
from tests.features.enquiries.test_races import second_while_first_is_open
from tests.query_budget import count_queries

LATER = MilestoneInput(title="Chạy thử tại xưởng", due_on=date(2027, 2, 28), amount=250_000_000, reason="Tết")


@pytest.fixture
def scene(database: Database) -> Scene:
    return set_scene(database)


def answer(
    database: Database,
    scene: Scene,
    number: str,
    public_id: str,
    *,
    side: Side = "buyer",
    accepted: bool,
    note: str = "",
) -> None:
    with database.unit_of_work() as session:
        answer_milestone(
            session,
            actor=actor_of(scene, side),
            number=number,
            public_id=public_id,
            side=side,
            accepted=accepted,
            note=note,
            now=NOW,
        )


def change(database: Database, scene: Scene, number: str, public_id: str, *, side: Side = "holder") -> Any:
    with database.unit_of_work() as session:
        return change_milestone(
            session, actor=actor_of(scene, side), number=number, public_id=public_id, side=side, data=LATER, now=NOW
        )


def answered(
    database: Database,
    scene: Scene,
    number: str,
    public_id: str,
    *,
    side: Side,
    how: Literal["agree", "decline", "withdraw"],
) -> None:
    with database.unit_of_work() as session:
        answer_change(
            session,
            actor=actor_of(scene, side),
            number=number,
            public_id=public_id,
            side=side,
            answer=how,
            note="",
            now=NOW,
        )


def test_before_the_contract_either_side_plans_and_the_other_is_told(database: Database, scene: Scene) -> None:
    number = agreed(database, scene)
    public_id = planned(database, scene, number)
    change(database, scene, number, public_id, side="buyer")
    one = milestone_of(database, public_id)
    assert (one.state, one.due_on, one.amount, one.version) == ("planned", LATER.due_on, 250_000_000, 2)
    with database.read_only() as session:
        moves = session.scalars(select(DealMilestoneHistory).order_by(DealMilestoneHistory.sequence)).all()
    assert [(step.move, step.reasons["by"]) for step in moves] == [("plan", "holder"), ("change", "buyer")]
    assert moves[1].reasons["due_on_before"] == "2027-01-31"
    assert actions(database, "deal_milestone") == ["plan", "change"]
    assert {letter["reader"] for letter in letters(database, "deal_milestone_planned")} == {"buyer", "holder"}
    with database.unit_of_work() as session:
        remove_milestone(
            session, actor=scene.buyer, number=number, public_id=public_id, side="buyer", reason="Gộp", now=NOW
        )
    with database.read_only() as session:
        record = deal_record(session, actor=scene.holder, number=number)
        assert record.milestones == []
        assert [one.state for one in plan_of(session, record).milestones] == ["removed"]


def test_it_is_reported_returned_reported_anew_and_accepted(
    database: Database, scene: Scene, settings: Settings
) -> None:
    number = agreed(database, scene)
    public_id = planned(database, scene, number)
    with pytest.raises(Conflict):
        reported(database, scene, number, public_id)
    sign(database, scene, number)
    reported(database, scene, number, public_id)
    with pytest.raises(Conflict):
        answer(database, scene, number, public_id, side="holder", accepted=True)
    with pytest.raises(Invalid) as fault:
        answer(database, scene, number, public_id, accepted=False)
    assert list(fault.value.fields) == ["note"]
    answer(database, scene, number, public_id, accepted=False, note="Thiếu biên bản đo")
    key = store_from(settings).put("deals", b"do am", ending="txt")
    sent = AttachedFile(filename="do.txt", media_type="text/plain", size=5, sha256="0" * 64, storage_key=key)
    with database.unit_of_work() as session:
        report_milestone(
            session,
            actor=scene.holder,
            number=number,
            public_id=public_id,
            side="holder",
            data=EvidenceInput(),
            files=[sent],
            now=NOW,
        )
    answer(database, scene, number, public_id, accepted=True)
    answer(database, scene, number, public_id, accepted=True)
    one = milestone_of(database, public_id)
    assert (one.state, one.reported_side, one.accepted_at) == ("accepted", "holder", NOW)
    assert actions(database, "deal_milestone") == ["plan", "report", "return", "report", "accept"]
    with database.read_only() as session:
        plan = plan_of(session, deal_record(session, actor=scene.buyer, number=number))
        (file,) = plan.files[one.id]
        assert (file.filename, file.report, file.side) == ("do.txt", 2, "holder")
        found = file_of(session, actor=scene.buyer, number=number, public_id=file.public_id)
        assert found.storage_key == key
        for nobody in (scene.stranger, scene.operator):
            with pytest.raises(NotFound):
                file_of(session, actor=nobody, number=number, public_id=file.public_id)
    for move in (
        lambda: reported(database, scene, number, public_id),
        lambda: change(database, scene, number, public_id),
    ):
        with pytest.raises((MoveNotAllowed, Conflict)):
            move()


def test_a_report_needs_evidence_and_a_running_deal(database: Database, scene: Scene) -> None:
    number = agreed(database, scene)
    public_id = planned(database, scene, number)
    sign(database, scene, number)
    with pytest.raises(Invalid) as fault, database.unit_of_work() as session:
        report_milestone(
            session,
            actor=scene.holder,
            number=number,
            public_id=public_id,
            side="holder",
            data=EvidenceInput(),
            files=[],
            now=NOW,
        )
    assert list(fault.value.fields) == ["evidence"]
    because = DealReasonInput(note="Chờ vốn")
    with database.unit_of_work() as session:
        move_deal(session, actor=scene.buyer, number=number, side="buyer", move="pause", data=because, now=NOW)
    for refused in (
        lambda: reported(database, scene, number, public_id),
        lambda: change(database, scene, number, public_id),
    ):
        with pytest.raises(Conflict):
            refused()
    assert milestone_of(database, public_id).state == "planned"


def test_a_signed_plan_changes_only_when_the_other_side_agrees(database: Database, scene: Scene) -> None:
    number = agreed(database, scene)
    public_id = planned(database, scene, number)
    sign(database, scene, number)
    proposal = change(database, scene, number, public_id)
    assert isinstance(proposal, DealMilestoneChange)
    assert milestone_of(database, public_id).due_on == DUE
    with pytest.raises(Conflict):
        change(database, scene, number, public_id, side="buyer")
    with pytest.raises(Conflict):
        answered(database, scene, number, proposal.public_id, side="holder", how="agree")
    answered(database, scene, number, proposal.public_id, side="buyer", how="decline")
    assert milestone_of(database, public_id).due_on == DUE
    with pytest.raises(Conflict):
        answered(database, scene, number, proposal.public_id, side="buyer", how="agree")
    second = change(database, scene, number, public_id)
    answered(database, scene, number, second.public_id, side="buyer", how="agree")
    one = milestone_of(database, public_id)
    assert (one.due_on, one.amount) == (LATER.due_on, LATER.amount)
    with database.unit_of_work() as session:
        added = plan_milestone(session, actor=scene.buyer, number=number, side="buyer", data=LATER, now=NOW)
        removal = remove_milestone(
            session, actor=scene.holder, number=number, public_id=public_id, side="holder", reason="Gộp", now=NOW
        )
    answered(database, scene, number, added.public_id, side="holder", how="agree")
    answered(database, scene, number, removal.public_id, side="holder", how="withdraw")
    with database.read_only() as session:
        record = deal_record(session, actor=scene.buyer, number=number)
        assert sorted(one.state for one in record.milestones) == ["planned", "planned"]
        assert sorted(one.state for one in plan_of(session, record).changes) == [
            "agreed",
            "agreed",
            "declined",
            "withdrawn",
        ]
    assert actions(database)[-3:] == [
        "milestone_planned",
        "milestone_change_agreed",
        "milestone_change_withdrawn",
    ]


def test_a_milestone_reached_meanwhile_is_not_changed_by_an_old_proposal(database: Database, scene: Scene) -> None:
    number = agreed(database, scene)
    public_id = planned(database, scene, number)
    sign(database, scene, number)
    proposal = change(database, scene, number, public_id)
    reported(database, scene, number, public_id)
    with pytest.raises(Conflict):
        answered(database, scene, number, proposal.public_id, side="buyer", how="agree")
    assert milestone_of(database, public_id).due_on == DUE


@pytest.mark.parametrize("day", [date(2026, 11, 1), date(2080, 1, 1)])
def test_a_due_day_lies_ahead_and_within_reason(database: Database, scene: Scene, day: date) -> None:
    number = agreed(database, scene)
    with pytest.raises(Invalid) as fault:
        planned(database, scene, number, due_on=day)
    assert list(fault.value.fields) == ["due_on"]
    with database.read_only() as session:
        assert session.scalars(select(DealMilestone)).all() == []


def test_others_touch_nothing(database: Database, scene: Scene) -> None:
    number = agreed(database, scene)
    public_id = planned(database, scene, number)
    for actor, fault in ((scene.stranger, NotFound), (scene.operator, NotFound), (scene.buyer, Forbidden)):
        with pytest.raises(fault), database.unit_of_work() as session:
            change_milestone(
                session, actor=actor, number=number, public_id=public_id, side="holder", data=LATER, now=NOW
            )
    with pytest.raises(NotFound):
        change(database, scene, number, "khongco")
    assert milestone_of(database, public_id).version == 1


def test_accepting_and_returning_at_once_leave_one_of_them(database: Database, scene: Scene) -> None:
    number = agreed(database, scene)
    public_id = planned(database, scene, number)
    sign(database, scene, number)
    reported(database, scene, number, public_id)

    def step(accepted: bool) -> Any:
        return lambda session: answer_milestone(
            session,
            actor=scene.buyer,
            number=number,
            public_id=public_id,
            side="buyer",
            accepted=accepted,
            note="Thiếu",
            now=NOW,
        )

    assert isinstance(second_while_first_is_open(database, step(False), step(True)), MoveNotAllowed)
    assert milestone_of(database, public_id).state == "returned"
    assert actions(database, "deal_milestone") == ["plan", "report", "return"]


def test_both_are_told_two_weeks_and_three_days_before(database: Database, scene: Scene, settings: Settings) -> None:
    number = agreed(database, scene)
    public_id = planned(database, scene, number)

    def told(days: int) -> int:
        now = NOW + timedelta(days=(DUE - NOW.date()).days - days)
        tell_of_milestones(JobContext(database=database, settings=settings, job_id=uuid4(), attempt=1, now=now), {})
        return len(letters(database, "deal_milestone_due"))

    assert told(14) == 0, "nothing is signed yet"
    sign(database, scene, number)
    assert [told(15), told(14), told(13), told(3), told(1), told(-1)] == [0, 2, 2, 4, 4, 4]
    reported(database, scene, number, public_id)
    assert told(2) == 4


def test_files_that_no_deal_knows_are_swept(database: Database, scene: Scene, settings: Settings) -> None:
    number = signed(database, scene)
    store = store_from(settings)
    kept, lost = (store.put("deals", b"x", ending="txt") for _ in range(2))
    public_id = change_to_planned(database, scene, number)
    sent = AttachedFile(filename="a.txt", media_type="text/plain", size=1, sha256="0" * 64, storage_key=kept)
    with database.unit_of_work() as session:
        report_milestone(
            session,
            actor=scene.holder,
            number=number,
            public_id=public_id,
            side="holder",
            data=EvidenceInput(),
            files=[sent],
            now=NOW,
        )
    for hours, there in ((0, True), (48, False)):
        now = datetime.now(UTC) + timedelta(hours=hours)
        sweep_files(JobContext(database=database, settings=settings, job_id=uuid4(), attempt=1, now=now), {})
        assert store.path("deals", kept).exists()
        found = list(store.keys("deals", before=datetime.now(UTC) + timedelta(days=3)))
        assert (lost in found) is there


def change_to_planned(database: Database, scene: Scene, number: str) -> str:
    """A milestone of a signed deal: proposed by the holder, agreed by the buyer."""
    proposal = planned(database, scene, number)
    answered(database, scene, number, proposal, side="buyer", how="agree")
    with database.read_only() as session:
        return session.scalars(select(DealMilestone.public_id)).one()


def test_a_plan_costs_the_same_for_any_number_of_milestones(database: Database, scene: Scene) -> None:
    number = agreed(database, scene)
    counts = []
    for _step in range(2):
        planned(database, scene, number)
        with database.read_only() as session, count_queries(database) as sent:
            plan_of(session, deal_record(session, actor=scene.buyer, number=number))
        counts.append(len(sent))
    assert counts == [9, 9]
