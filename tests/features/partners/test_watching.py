"""Operators hear of partners that fail; records of silent sources grow stale, are hidden, and return."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.database import Database
from app.features.partners.runs import progress_of
from app.features.partners.states import transition
from app.features.partners.watching import bring_back, mark_silent, tell_operators
from app.identity import SYSTEM, Actor, uuid7
from app.models.jobs import Job
from app.models.listings import Listing
from app.models.partners import Partner
from app.models.taking import TakenRecord, TakingRun
from tests import factories
from tests.factories import NOW


@pytest.fixture
def live(database: Database, partner: Partner) -> Partner:
    with database.unit_of_work() as session:
        found = session.get_one(Partner, partner.id)
        transition(session, found, move="test", actor=SYSTEM, now=NOW)
        transition(session, found, move="go_live", actor=SYSTEM, now=NOW)
        progress_of(session, partner.id).last_ok_at = NOW
        return found


def letters(database: Database) -> list[str]:
    with database.read_only() as session:
        rows = session.scalars(select(Job.payload).where(Job.kind == "mail.send").order_by(Job.id)).all()
    return [str(one["template"]) for one in rows]


def test_a_row_of_failures_is_told_once_until_it_goes_well(database: Database, live: Partner, operator: Actor) -> None:
    def failed(times: int, hours: int) -> int:
        with database.unit_of_work() as session:
            progress = progress_of(session, live.id)
            progress.failures, progress.fault = times, "status 500"
            if not times:
                progress.alerted_at = None
        with database.unit_of_work() as session:
            return tell_operators(session, now=NOW + timedelta(hours=hours))

    assert [failed(2, 1), failed(3, 2), failed(4, 3), failed(0, 4), failed(3, 5)] == [0, 1, 0, 0, 1]
    assert letters(database) == ["partner_failing", "partner_failing"]


def test_a_sweep_that_waits_is_told_once(database: Database, live: Partner, operator: Actor) -> None:
    with database.unit_of_work() as session:
        session.add(TakingRun(partner_id=live.id, kind="sweep", state="braked", started_at=NOW, absent=60))
    for _again in range(2):
        with database.unit_of_work() as session:
            tell_operators(session, now=NOW)
    assert letters(database) == ["partner_braked"]


def test_a_silent_source_makes_stale_then_hides_and_returns(database: Database, live: Partner) -> None:
    with database.unit_of_work() as session:
        owner = factories.organisation(session, authority=live.authority)
        listing = factories.listing(session, of=owner, authority=live.authority, confirm_due_at=None)
        own = factories.listing(session, of=factories.organisation(session))
        session.flush()
        session.add(
            TakenRecord(
                id=uuid7(),
                authority=live.authority,
                local_id=listing.local_id,
                partner_id=live.id,
                source_id="x",
                listing_id=listing.id,
                kind="technology",
                version=1,
                digest="",
                datestamp=NOW,
                via=[],
                envelope={},
                landing="",
                deleted=False,
                reason=None,
                taken_at=NOW,
                changed_at=NOW,
                stale_since=None,
            )
        )

    def after(days: int, *, answers: bool = False) -> str:
        now = NOW + timedelta(days=days)
        if answers:
            with database.unit_of_work() as session:
                progress_of(session, live.id).last_ok_at = now
        with database.unit_of_work() as session:
            bring_back(session, now=now)
            mark_silent(session, now=now)
        with database.read_only() as session:
            assert session.get_one(Listing, own.id).state == "published"
            return session.get_one(Listing, listing.id).state

    assert [after(6), after(8), after(20), after(31)] == ["published", "stale", "stale", "archived"]
    assert after(32, answers=True) == "published"
    with database.read_only() as session:
        assert session.scalars(select(TakenRecord.stale_since)).all() == [None]
        assert session.get_one(Listing, listing.id).title == listing.title
