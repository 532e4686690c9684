"""A deal from its acceptance to an outcome that counts: what each step does, and what a refused step leaves alone."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.database import Database
from app.errors import Conflict, Forbidden, Invalid, MoveNotAllowed, NotFound
from app.features.deals.commands import accept_deal, move_deal, record_contract, report_outcome, report_year
from app.features.deals.milestones import answer_milestone
from app.features.deals.queries import DealFigures, deal_figures, deal_record, list_deals
from app.features.deals.schemas import AcceptInput, ContractInput, DealReasonInput, OutcomeInput, YearInput
from app.features.deals.states import Side
from app.features.deals.work import ask_after_a_year
from app.jobs import JobContext
from app.models import Deal, DealHistory, Job
from app.settings import Settings
from tests.factories import NOW
from tests.features.deals.scene import SIGNED, actions, agreed, planned, report, reported, sign, signed, state_of
from tests.features.enquiries.scene import Scene, set_scene
from tests.features.enquiries.test_races import second_while_first_is_open
from tests.query_budget import count_queries

BECAUSE = DealReasonInput(note="Giao thiếu khay")


@pytest.fixture
def scene(database: Database) -> Scene:
    return set_scene(database)


def figures(database: Database, scene: Scene) -> DealFigures:
    with database.read_only() as session:
        return deal_figures(session, actor=scene.operator)


def test_an_acceptance_opens_one_deal_with_what_was_accepted(database: Database, scene: Scene) -> None:
    number = agreed(database, scene)
    with database.read_only() as session:
        deal = deal_record(session, actor=scene.holder, number=number).deal
    assert number == "TV-2026-000001"
    assert (deal.state, deal.buyer_name, deal.holder_name) == (
        "agreed",
        scene.buyer_organisation.name,
        "Viện Cơ điện Nông nghiệp",
    )
    assert (deal.currency, deal.request_number, deal.contract_date) == ("VND", "2026-000001", None)
    assert deal.total > 0
    assert actions(database) == ["open"]
    assert figures(database, scene) == DealFigures(counted=0, one_sided=0, open=1, valued=0, sums={})


def test_it_counts_only_once_both_sides_confirm(database: Database, scene: Scene) -> None:
    number = signed(database, scene)
    report(database, scene, number, "buyer")
    assert state_of(database) == ("signed", False)
    assert figures(database, scene) == DealFigures(counted=0, one_sided=1, open=1, valued=0, sums={})
    report(database, scene, number, "holder")
    assert state_of(database) == ("completed", True)
    assert figures(database, scene) == DealFigures(counted=1, one_sided=0, open=0, valued=1, sums={"VND": 10**9})
    report(database, scene, number, "holder")
    assert actions(database) == ["open", "sign", "outcome_reported", "accept", "complete"]


@pytest.mark.parametrize("theirs", [{"shown": "private"}, {"shown": "band"}, {"value": 900_000_000}, {"value": None}])
def test_a_value_is_added_only_when_both_publish_the_same(
    database: Database, scene: Scene, theirs: dict[str, Any]
) -> None:
    number = signed(database, scene)
    report(database, scene, number, "buyer")
    report(database, scene, number, "holder", **theirs)
    assert figures(database, scene) == DealFigures(counted=1, one_sided=0, open=0, valued=0, sums={})


def test_a_report_may_be_mended_until_the_other_side_confirmed(database: Database, scene: Scene) -> None:
    number = signed(database, scene)
    report(database, scene, number, "buyer", value=1)
    report(database, scene, number, "buyer", value=2)
    with database.read_only() as session:
        outcomes = deal_record(session, actor=scene.buyer, number=number).outcomes
    assert {key: one.value for key, one in outcomes.items()} == {("end", "buyer"): 2}


def test_nothing_is_confirmed_before_the_contract_or_in_dispute(database: Database, scene: Scene) -> None:
    number = agreed(database, scene)
    with pytest.raises(Conflict):
        report(database, scene, number, "buyer")
    with database.unit_of_work() as session:
        record_contract(session, actor=scene.holder, number=number, side="holder", data=SIGNED, now=NOW)
    with database.unit_of_work() as session:
        move_deal(session, actor=scene.buyer, number=number, side="buyer", move="dispute", data=BECAUSE, now=NOW)
    with pytest.raises(Conflict):
        report(database, scene, number, "holder")
    with database.unit_of_work() as session:
        with pytest.raises(Conflict), session.begin_nested():
            move_deal(session, actor=scene.holder, number=number, side="holder", move="resume", data=BECAUSE, now=NOW)
        move_deal(session, actor=scene.buyer, number=number, side="buyer", move="resume", data=BECAUSE, now=NOW)
    report(database, scene, number, "holder")
    assert state_of(database) == ("signed", False)
    assert actions(database) == ["open", "sign", "dispute", "resume", "outcome_reported"]


@pytest.mark.parametrize("day", [date(2026, 11, 24), date(2024, 1, 1)])
def test_the_day_of_the_contract_is_past_and_near(database: Database, scene: Scene, day: date) -> None:
    number = agreed(database, scene)
    with pytest.raises(Invalid) as fault, database.unit_of_work() as session:
        data = ContractInput(contract_date=day)
        record_contract(session, actor=scene.buyer, number=number, side="buyer", data=data, now=NOW)
    assert list(fault.value.fields) == ["contract_date"]
    assert state_of(database) == ("agreed", False)


def test_what_was_terminated_is_over_and_never_counts(database: Database, scene: Scene) -> None:
    number = signed(database, scene)
    report(database, scene, number, "buyer")
    with database.unit_of_work() as session:
        move_deal(session, actor=scene.holder, number=number, side="holder", move="terminate", data=BECAUSE, now=NOW)
    with pytest.raises(Conflict):
        report(database, scene, number, "holder")
    with pytest.raises(MoveNotAllowed), database.unit_of_work() as session:
        move_deal(session, actor=scene.buyer, number=number, side="buyer", move="resume", data=BECAUSE, now=NOW)
    assert state_of(database) == ("terminated", False)
    assert figures(database, scene).counted == 0


def test_a_paused_deal_goes_back_to_where_it_was(database: Database, scene: Scene) -> None:
    number = agreed(database, scene)

    def move(move: str, side: Any = "buyer") -> str:
        with database.unit_of_work() as session:
            actor = scene.buyer if side == "buyer" else scene.holder
            return move_deal(session, actor=actor, number=number, side=side, move=move, data=BECAUSE, now=NOW).state

    assert [move("pause"), move("resume", "holder")] == ["paused", "agreed"]
    sign(database, scene, number)
    assert [move("pause", "holder"), move("resume", "holder"), move("dispute"), move("resume")] == [
        "paused",
        "signed",
        "disputed",
        "signed",
    ]
    with pytest.raises(MoveNotAllowed):
        move("resume")
    with database.read_only() as session:
        assert session.scalars(select(Deal.held_from)).one() is None


def test_the_buyer_accepts_and_says_so_when_milestones_are_open(database: Database, scene: Scene) -> None:
    number = agreed(database, scene)
    planned(database, scene, number)
    sign(database, scene, number)

    def accept_it(side: Any, **given: Any) -> None:
        with database.unit_of_work() as session:
            actor = scene.buyer if side == "buyer" else scene.holder
            accept_deal(session, actor=actor, number=number, side=side, data=AcceptInput(**given), now=NOW)

    with pytest.raises(Forbidden):
        accept_it("holder")
    with pytest.raises(Invalid) as fault:
        accept_it("buyer")
    assert list(fault.value.fields) == ["despite_open"]
    with pytest.raises(Invalid):
        report(database, scene, number, "holder")
    assert state_of(database) == ("signed", False)
    accept_it("buyer", despite_open=True, note="Mốc cuối là bảo hành")
    assert state_of(database) == ("accepted", False)
    with database.read_only() as session:
        step = session.scalars(select(DealHistory).where(DealHistory.move == "accept")).one()
    assert (step.note, step.reasons) == ("Mốc cuối là bảo hành", {"by": "buyer", "open_milestones": "1"})
    report(database, scene, number, "holder")
    report(database, scene, number, "buyer")
    assert state_of(database) == ("completed", True)


def test_accepted_milestones_leave_nothing_to_be_said(database: Database, scene: Scene) -> None:
    number = agreed(database, scene)
    public_id = planned(database, scene, number)
    sign(database, scene, number)
    reported(database, scene, number, public_id)
    with pytest.raises(Invalid):
        report(database, scene, number, "buyer")
    with database.unit_of_work() as session:
        answer_milestone(
            session,
            actor=scene.buyer,
            number=number,
            public_id=public_id,
            side="buyer",
            accepted=True,
            note="",
            now=NOW,
        )
    report(database, scene, number, "buyer")
    report(database, scene, number, "holder")
    assert state_of(database) == ("completed", True)


def test_others_neither_see_nor_touch_it(database: Database, scene: Scene) -> None:
    number = signed(database, scene)
    for actor in (scene.stranger, scene.operator):
        with database.read_only() as session:
            assert list_deals(session, actor=actor).rows == []
            with pytest.raises(NotFound):
                deal_record(session, actor=actor, number=number)
    with pytest.raises(Forbidden), database.unit_of_work() as session:
        report_outcome(session, actor=scene.buyer, number=number, side="holder", data=OutcomeInput(), now=NOW)
    with pytest.raises(Forbidden), database.read_only() as session:
        deal_figures(session, actor=scene.buyer)


def test_both_sides_confirm_at_once(database: Database, scene: Scene) -> None:
    number = signed(database, scene)

    def step(side: Side) -> Any:
        actor = scene.buyer if side == "buyer" else scene.holder
        data = OutcomeInput(value=5, shown="exact")
        return lambda session: report_outcome(session, actor=actor, number=number, side=side, data=data, now=NOW)

    assert second_while_first_is_open(database, step("buyer"), step("holder")) is None
    assert state_of(database) == ("completed", True)
    assert actions(database) == ["open", "sign", "outcome_reported", "accept", "complete"]


def test_a_year_after_both_are_asked_once(database: Database, scene: Scene, settings: Settings) -> None:
    number = signed(database, scene)
    report(database, scene, number, "buyer")
    report(database, scene, number, "holder")
    with database.read_only() as session:
        deal_id = session.scalars(select(Deal.id)).one()

    def asked(days: int) -> int:
        now = NOW + timedelta(days=days)
        ask_after_a_year(JobContext(database=database, settings=settings, job_id=deal_id, attempt=1, now=now), {})
        with database.read_only() as session:
            jobs = session.scalars(select(Job).where(Job.kind == "mail.send")).all()
            return len([one for one in jobs if one.payload["template"] == "deal_year"])

    assert [asked(364), asked(365), asked(370), asked(500)] == [0, 2, 2, 2]
    with database.unit_of_work() as session:
        data = YearInput(in_use=True, note="Giảm 38 % điện")
        report_year(session, actor=scene.buyer, number=number, side="buyer", data=data, now=NOW)
    with database.read_only() as session:
        told = deal_record(session, actor=scene.holder, number=number).outcomes["year", "buyer"]
    assert (told.in_use, told.note) == (True, "Giảm 38 % điện")


def test_lists_and_figures_cost_the_same_for_any_number(database: Database, scene: Scene) -> None:
    number = signed(database, scene)
    with database.read_only() as session, count_queries(database) as sent:
        list_deals(session, actor=scene.buyer)
        deal_record(session, actor=scene.buyer, number=number)
        deal_figures(session, actor=scene.operator)
    assert len(sent) == 8, sent
