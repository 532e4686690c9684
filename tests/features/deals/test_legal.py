"""The legal check: every path through its questions, what follows from it, the clock, and newer rules."""

import shutil
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from app.database import Database
from app.errors import Conflict, Invalid, MoveNotAllowed, NotFound
from app.features.deals.commands import record_contract
from app.features.deals.legal import file_registration, record_certificate, record_check, record_refusal
from app.features.deals.legal_rules import SHIPPED, asked, complete, judge, rule_sets, rules_in_force
from app.features.deals.queries import deal_record
from app.features.deals.schemas import FiledInput, RefusedInput, RegistrationInput
from app.features.deals.states import Side
from app.features.deals.work import tell_of_newer_rules, tell_of_registration
from app.jobs import JobContext
from app.models import DealHistory, DealLegalCheck, DealRegistration
from app.settings import Settings
from tests.factories import NOW
from tests.features.deals.scene import SIGNED, actions, actor_of, agreed, deal_of, letters, planned, report, sign
from tests.features.enquiries.scene import Scene, set_scene

RULES = rule_sets()["2018-07"]
FROM_ABROAD = {"technology": "yes", "direction": "from_abroad", "list": "none"}
AT_HOME = {"technology": "yes", "direction": "domestic", "state_money": "no", "list": "none"}


@pytest.fixture
def scene(database: Database) -> Scene:
    return set_scene(database)


def check(database: Database, scene: Scene, number: str, answers: dict[str, str], **given: Any) -> None:
    side: Side = given.pop("side", "buyer")
    values: dict[str, Any] = {"rules_version": "2018-07", "now": NOW} | given
    with database.unit_of_work() as session:
        record_check(session, actor=actor_of(scene, side), number=number, side=side, answers=answers, **values)


@pytest.mark.parametrize(
    ("answers", "must_register", "blocked", "findings"),
    [
        ({"technology": "no"}, False, False, ["no_technology"]),
        (FROM_ABROAD, True, False, ["from_abroad", "in_force_from_certificate"]),
        (FROM_ABROAD | {"direction": "to_abroad"}, True, False, ["to_abroad", "in_force_from_certificate"]),
        (AT_HOME, False, False, ["domestic"]),
        (AT_HOME | {"state_money": "yes", "result_certificate": "no"}, True, False, ["state_money"]),
        (AT_HOME | {"state_money": "yes", "result_certificate": "yes"}, False, False, ["state_money_certified"]),
        (AT_HOME | {"list": "encouraged"}, False, False, ["domestic", "encouraged"]),
        (AT_HOME | {"list": "unknown"}, False, False, ["domestic", "not_looked_up"]),
        (AT_HOME | {"list": "prohibited"}, False, True, ["prohibited", "domestic"]),
        (
            FROM_ABROAD | {"list": "restricted", "licence": "licensed"},
            False,
            False,
            ["restricted_licensed", "from_abroad", "in_force_from_certificate"],
        ),
        (AT_HOME | {"list": "restricted", "licence": "none"}, False, False, ["restricted_unapproved", "domestic"]),
        (AT_HOME | {"list": "restricted", "licence": "approved"}, False, False, ["restricted_approved", "domestic"]),
    ],
)
def test_what_follows_from_the_answers(
    answers: dict[str, str], must_register: bool, blocked: bool, findings: list[str]
) -> None:
    assert complete(RULES, answers) == answers
    judged = judge(RULES, answers)
    assert [rule.code for rule in judged.findings] == findings
    assert (judged.must_register, judged.blocked) == (must_register, blocked)


def test_every_path_ends_with_a_finding_that_cites_its_article() -> None:
    codes = [[code for code, _said in question.choices] for question in RULES.questions]
    names = [question.code for question in RULES.questions]
    ends = {
        tuple(sorted(done.items()))
        for picked in product(*codes)
        if (done := complete(RULES, dict(zip(names, picked, strict=True)))) is not None
    }
    # From abroad, to abroad, at home without state money or with it and two answers more; each on seven lists.
    assert len(ends) == 1 + 5 * 7
    for end in ends:
        findings = judge(RULES, dict(end)).findings
        assert findings, end
        assert all("Điều" in rule.article or "Phụ lục" in rule.article for rule in findings)


@given(st.dictionaries(st.sampled_from([one.code for one in RULES.questions]), st.sampled_from(["yes", "no", "x"])))
def test_steps_come_one_by_one_and_answers_to_what_is_not_asked_do_not_count(answers: dict[str, str]) -> None:
    steps = asked(RULES, answers)
    assert len({one.code for one in steps}) == len(steps)
    counted = complete(RULES, answers)
    if counted is None:
        assert answers.get(steps[-1].code) not in {code for code, _said in steps[-1].choices}
    else:
        assert list(counted) == [one.code for one in steps]


def test_a_checked_and_signed_contract_starts_the_clock(database: Database, scene: Scene) -> None:
    number = agreed(database, scene)
    check(database, scene, number, FROM_ABROAD)
    assert deal_of(database, number).state == "checked"
    sign(database, scene, number)
    with database.read_only() as session:
        record = deal_record(session, actor=scene.holder, number=number)
    assert record.check is not None
    assert (record.check.rules_version, record.check.must_register) == ("2018-07", True)
    assert record.registration is not None
    assert record.registration.due_on == SIGNED.contract_date + timedelta(days=90) == date(2027, 2, 18)
    assert actions(database) == ["open", "check", "sign"]


def test_completing_without_having_filed_takes_saying_so(database: Database, scene: Scene) -> None:
    number = agreed(database, scene)
    check(database, scene, number, FROM_ABROAD)
    sign(database, scene, number)
    for side in ("buyer", "holder"):
        with pytest.raises(Invalid) as fault:
            report(database, scene, number, side)
        assert list(fault.value.fields) == ["despite_unfiled"]
        report(database, scene, number, side, despite_unfiled=True)
    assert deal_of(database, number).state == "completed"
    with database.read_only() as session:
        step = session.scalars(select(DealHistory).where(DealHistory.move == "complete")).one()
    assert step.reasons == {"by": "holder", "unfiled": "2027-02-18"}


def test_both_things_left_open_are_said_at_once(database: Database, scene: Scene) -> None:
    number = agreed(database, scene)
    check(database, scene, number, FROM_ABROAD)
    planned(database, scene, number)
    sign(database, scene, number)
    with pytest.raises(Invalid) as fault:
        report(database, scene, number, "buyer")
    assert set(fault.value.fields) == {"despite_open", "despite_unfiled"}


def test_a_filed_registration_is_not_asked_about_at_the_end(database: Database, scene: Scene) -> None:
    number = agreed(database, scene)
    check(database, scene, number, FROM_ABROAD)
    sign(database, scene, number)
    with database.unit_of_work() as session:
        data = FiledInput(filed_on=date(2026, 11, 22))
        file_registration(session, actor=scene.buyer, number=number, side="buyer", data=data, now=NOW)
    for side in ("buyer", "holder"):
        report(database, scene, number, side)
    with database.read_only() as session:
        step = session.scalars(select(DealHistory).where(DealHistory.move == "complete")).one()
    assert step.reasons == {"by": "holder"}


def test_what_need_not_be_registered_has_no_clock(database: Database, scene: Scene) -> None:
    number = agreed(database, scene)
    check(database, scene, number, AT_HOME)
    sign(database, scene, number)
    with database.read_only() as session:
        assert session.scalars(select(DealRegistration)).all() == []
    with pytest.raises(Conflict), database.unit_of_work() as session:
        data = FiledInput(filed_on=date(2026, 11, 22))
        file_registration(session, actor=scene.buyer, number=number, side="buyer", data=data, now=NOW)


def test_a_check_after_signing_starts_the_clock_and_another_one_stops_it(database: Database, scene: Scene) -> None:
    number = agreed(database, scene)
    sign(database, scene, number)
    check(database, scene, number, FROM_ABROAD)
    with database.read_only() as session:
        assert session.scalars(select(DealRegistration.due_on)).one() == date(2027, 2, 18)
    check(database, scene, number, AT_HOME, now=NOW + timedelta(hours=1))
    with database.read_only() as session:
        assert session.scalars(select(DealRegistration.due_on)).one() is None
        assert len(session.scalars(select(DealLegalCheck)).all()) == 2
    assert deal_of(database, number).state == "signed"
    assert actions(database) == ["open", "sign", "legal_check", "legal_check"]


def test_a_prohibited_transfer_is_not_signed(database: Database, scene: Scene) -> None:
    number = agreed(database, scene)
    check(database, scene, number, AT_HOME | {"list": "prohibited"})
    with pytest.raises(Conflict) as fault:
        sign(database, scene, number)
    assert "cấm chuyển giao" in str(fault.value.detail)
    deal = deal_of(database, number)
    assert (deal.state, deal.contract_date) == ("checked", None)


@pytest.mark.parametrize("answers", [{}, {"technology": "maybe"}, {"technology": "yes", "direction": "domestic"}])
def test_a_check_wants_every_answer(database: Database, scene: Scene, answers: dict[str, str]) -> None:
    number = agreed(database, scene)
    with pytest.raises(Invalid):
        check(database, scene, number, answers)
    with pytest.raises(Conflict):
        check(database, scene, number, AT_HOME, rules_version="2006-01")
    with pytest.raises(NotFound), database.unit_of_work() as session:
        record_check(
            session,
            actor=scene.stranger,
            number=number,
            side="buyer",
            rules_version="2018-07",
            answers=AT_HOME,
            now=NOW,
        )
    assert deal_of(database, number).state == "agreed"


def registering(database: Database, scene: Scene) -> str:
    number = agreed(database, scene)
    check(database, scene, number, FROM_ABROAD)
    sign(database, scene, number)
    return number


def test_it_is_filed_refused_and_registered_after_all(database: Database, scene: Scene) -> None:
    number = registering(database, scene)
    with database.unit_of_work() as session:
        data = FiledInput(filed_on=date(2026, 11, 21))
        file_registration(session, actor=scene.buyer, number=number, side="buyer", data=data, now=NOW)
    with database.unit_of_work() as session:
        refusal = RefusedInput(refused_on=date(2026, 11, 22), note="Thiếu bản dịch")
        record_refusal(session, actor=scene.buyer, number=number, side="buyer", data=refusal, now=NOW)
    assert deal_of(database, number).state == "refused"
    with pytest.raises(Conflict):
        report(database, scene, number, "buyer")
    for day, what in ((date(2026, 11, 1), "before the contract"), (date(2026, 12, 1), "to come")):
        with pytest.raises(Invalid) as fault, database.unit_of_work() as session:
            wrong = RegistrationInput(certificate_number="12/GCN", certificate_on=day)
            record_certificate(session, actor=scene.holder, number=number, side="holder", data=wrong, files=[], now=NOW)
        assert list(fault.value.fields) == ["certificate_on"], what
    certificate = RegistrationInput(certificate_number="12/GCN-SKHCN", certificate_on=date(2026, 11, 23))
    for _twice in range(2):
        with database.unit_of_work() as session:
            record_certificate(
                session, actor=scene.holder, number=number, side="holder", data=certificate, files=[], now=NOW
            )
    with database.read_only() as session:
        one = session.scalars(select(DealRegistration)).one()
        moves = list(session.scalars(select(DealHistory.move).order_by(DealHistory.sequence)))
    assert (one.certificate_number, one.certificate_on, one.filed_on) == (
        "12/GCN-SKHCN",
        date(2026, 11, 23),
        date(2026, 11, 21),
    )
    assert moves == ["open", "check", "sign", "refuse", "register"]
    with pytest.raises(MoveNotAllowed), database.unit_of_work() as session:
        record_refusal(session, actor=scene.buyer, number=number, side="buyer", data=refusal, now=NOW)
    report(database, scene, number, "buyer")
    report(database, scene, number, "holder")
    assert deal_of(database, number).state == "completed"


def test_what_both_are_done_with_can_still_be_registered(database: Database, scene: Scene, settings: Settings) -> None:
    number = registering(database, scene)
    report(database, scene, number, "buyer", despite_unfiled=True)
    report(database, scene, number, "holder", despite_unfiled=True)
    assert deal_of(database, number).state == "completed"
    late = NOW + timedelta(days=60)
    tell_of_registration(JobContext(database=database, settings=settings, job_id=uuid4(), attempt=1, now=late), {})
    assert len(letters(database, "deal_registration_due")) == 2
    certificate = RegistrationInput(certificate_number="15/GCN-SKHCN", certificate_on=late.date())
    with database.unit_of_work() as session:
        record_certificate(
            session, actor=scene.holder, number=number, side="holder", data=certificate, files=[], now=late
        )
    assert deal_of(database, number).state == "completed"
    assert "registered_late" in actions(database)
    with database.read_only() as session:
        assert session.scalars(select(DealRegistration.certificate_number)).one() == "15/GCN-SKHCN"


def test_the_clock_is_counted_down_by_letters(database: Database, scene: Scene, settings: Settings) -> None:
    number = registering(database, scene)
    last = date(2027, 2, 18)

    def told(days: int) -> int:
        now = NOW + timedelta(days=(last - NOW.date()).days - days)
        tell_of_registration(JobContext(database=database, settings=settings, job_id=uuid4(), attempt=1, now=now), {})
        return len(letters(database, "deal_registration_due")) // 2

    assert [told(61), told(60), told(45), told(30), told(14), told(7)] == [0, 1, 1, 2, 3, 4]
    assert [told(3), told(1), told(0), told(-1), told(-10), told(-40)] == [5, 6, 6, 7, 7, 7]
    assert told(2) == 7, "each step once"
    with database.unit_of_work() as session:
        data = FiledInput(filed_on=SIGNED.contract_date)
        file_registration(session, actor=scene.buyer, number=number, side="buyer", data=data, now=NOW)
        # A letter of before may not stand in the way of what is asserted.
        session.execute(text("UPDATE deal_registration SET due_on = due_on + 1"))
    assert told(14) == 7, "what was filed is not counted any more"


def newer(folder: Path, *, since: str) -> Path:
    """A folder with a rule set of the operator's own: 60 days, in force from `since`."""
    text = (SHIPPED / "2018-07.toml").read_text(encoding="utf-8")
    text = text.replace('version = "2018-07"', 'version = "2026-11"').replace("= 2018-07-01", f"= {since}")
    (folder / "2026-11.toml").write_text(text.replace("registration_days = 90", "registration_days = 60"), "utf-8")
    return folder


def test_newer_rules_ask_to_check_again(database: Database, scene: Scene, settings: Settings, tmp_path: Path) -> None:
    number = agreed(database, scene)
    check(database, scene, number, FROM_ABROAD)
    folder = newer(tmp_path, since="2026-11-23")
    assert rules_in_force(date(2026, 11, 22), folder).version == "2018-07"
    assert rules_in_force(date(2026, 11, 23), folder).version == "2026-11"
    changed = settings.model_copy(update={"legal_rules": folder})

    def told() -> int:
        tell_of_newer_rules(JobContext(database=database, settings=changed, job_id=uuid4(), attempt=1, now=NOW), {})
        return len(letters(database, "deal_newer_rules"))

    assert [told(), told()] == [2, 2]
    with pytest.raises(Conflict):
        check(database, scene, number, FROM_ABROAD, folder=folder)
    check(
        database,
        scene,
        number,
        FROM_ABROAD,
        folder=folder,
        rules_version="2026-11",
        now=NOW + timedelta(minutes=1),
    )
    with database.unit_of_work() as session:
        record_contract(
            session, actor=scene.buyer, number=number, side="buyer", data=SIGNED, now=NOW, legal_rules=folder
        )
    with database.read_only() as session:
        assert session.scalars(select(DealRegistration.due_on)).one() == date(2027, 1, 19)


@pytest.mark.parametrize(
    ("good", "bad"), [('effect = "block"', 'effect = "stop"'), ("direction = [", "richtung = ["), ('["yes"]', '["ja"]')]
)
def test_a_rule_set_that_names_what_is_not_there_is_refused(tmp_path: Path, good: str, bad: str) -> None:
    shutil.copy(SHIPPED / "2018-07.toml", tmp_path)
    path = tmp_path / "2018-07.toml"
    assert rule_sets(tmp_path)["2018-07"].version == "2018-07"
    rule_sets.cache_clear()
    path.write_text(path.read_text(encoding="utf-8").replace(good, bad, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=r"no (effect|question)"):
        rule_sets(tmp_path)
    rule_sets.cache_clear()
