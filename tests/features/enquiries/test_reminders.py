"""Reminders: once each, to the side whose turn it is, counted in working days; and the list a person keeps."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from app.database import Database
from app.errors import NotFound, SignInRequired
from app.features.enquiries import kept
from app.features.enquiries.commands import acknowledge
from app.features.enquiries.reminders import due_reminders, remind
from app.features.enquiries.working_days import holidays, working_days_before, working_days_between
from app.identity import ANONYMOUS
from app.models import EnquiryReminder
from tests import factories
from tests.factories import NOW
from tests.features.enquiries.scene import Scene, ask, asked, quoted
from tests.features.enquiries.test_commands import counted, letters, request_of

FREE = frozenset({date(2026, 11, 24)})


def send_due(database: Database, now: datetime) -> list[str]:
    with database.read_only() as session:
        due = due_reminders(session, now=now, after_days=2, free=FREE)
    with database.unit_of_work() as session:
        return [f"{one.side} {one.kind}" for one in due if remind(session, due=one, now=now)]


def test_a_silent_holder_is_reminded_once_after_two_working_days(database: Database, scene: Scene) -> None:
    asked(database, scene)  # Monday the 23rd; Tuesday is free
    assert send_due(database, NOW + timedelta(days=2)) == []
    assert send_due(database, NOW + timedelta(days=3)) == ["holder unanswered"]
    assert send_due(database, NOW + timedelta(days=9)) == []
    assert [one for one in letters(database) if one[0] == "enquiry_reminder"] == [("enquiry_reminder", "holder")]


def test_a_deadline_is_told_the_day_before(database: Database, scene: Scene) -> None:
    with database.unit_of_work() as session:
        number = ask(session, scene, answer_by=date(2026, 11, 25)).number
    assert send_due(database, NOW) == []
    assert send_due(database, NOW + timedelta(days=1)) == ["holder answer_due"]
    with database.unit_of_work() as session:
        acknowledge(session, actor=scene.holder, number=number, now=NOW)
    assert counted(database, EnquiryReminder) == 1


def test_a_quote_about_to_end_is_told_to_the_buyer(database: Database, scene: Scene) -> None:
    number = quoted(database, scene)  # holds until 31 December
    assert send_due(database, NOW) == []
    assert send_due(database, datetime(2026, 12, 28, 2, tzinfo=NOW.tzinfo)) == ["buyer quote_ending:1"]
    assert request_of(database, number).version == 2


def test_working_days() -> None:
    assert working_days_before(date(2026, 11, 30), 1, free=FREE) == date(2026, 11, 27)
    assert working_days_before(date(2026, 11, 25), 1, free=FREE) == date(2026, 11, 23)
    assert working_days_between(date(2026, 11, 23), date(2026, 11, 30), free=FREE) == 4
    assert working_days_between(date(2026, 11, 23), date(2026, 11, 23), free=FREE) == 0
    assert date(2026, 9, 2) in holidays()


def test_a_holiday_file_that_is_none_is_refused(tmp_path: Path) -> None:
    bad = tmp_path / "free.toml"
    bad.write_text('holidays = ["Tết"]')
    with pytest.raises(ValueError, match="days like"):
        holidays(bad)


def test_a_list_is_kept_by_its_person_alone(database: Database, scene: Scene) -> None:
    with database.unit_of_work() as session:
        assert kept.keep(session, actor=scene.buyer, public_id=scene.listing.public_id, now=NOW)
        assert not kept.keep(session, actor=scene.buyer, public_id=scene.listing.public_id, now=NOW)
        draft = factories.listing(session, of=scene.holder_organisation, state="draft")
        with pytest.raises(NotFound):
            kept.keep(session, actor=scene.buyer, public_id=draft.public_id, now=NOW)
        with pytest.raises(SignInRequired):
            kept.keep(session, actor=ANONYMOUS, public_id=scene.listing.public_id, now=NOW)
        assert kept.kept(session, actor=scene.buyer) == [scene.listing.public_id]
        assert kept.kept(session, actor=scene.holder) == []
        assert kept.let_go(session, actor=scene.holder, public_ids=[scene.listing.public_id]) == 0
        assert kept.let_go(session, actor=scene.buyer, public_ids=[scene.listing.public_id]) == 1
        assert kept.kept(session, actor=scene.buyer) == []
