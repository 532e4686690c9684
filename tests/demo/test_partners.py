"""The demo's partners go through the same pipeline as real ones, and leave what an operator would find."""

from datetime import UTC, datetime

from sqlalchemy import select

from app.database import Database
from app.demo import content
from app.demo.partners import tell_partners
from app.models import Job, Listing
from app.models.partners import Partner
from app.models.taking import Quarantined, TakingRun
from app.settings import Settings
from tests import factories

NOW = datetime(2026, 11, 30, 3, 0, tzinfo=UTC)


def test_they_are_live_and_their_listings_came(database: Database, settings: Settings) -> None:
    with database.unit_of_work() as session:
        operator = factories.person(session, is_operator=True).email
    count = tell_partners(database, settings, operator_email=operator, now=NOW)
    with database.read_only() as session:
        states = session.execute(select(Partner.direction, Partner.state).order_by(Partner.direction)).all()
        runs = session.execute(select(TakingRun.state, TakingRun.created).order_by(TakingRun.started_at)).all()
        waiting = session.scalars(select(Quarantined.source_id)).all()
        listed = session.scalars(select(Listing.local_id).where(Listing.state == "published")).all()
        jobs = session.scalars(select(Job.kind).where(Job.payload["run"].is_not(None))).all()
    assert [tuple(one) for one in states] == [("give", "live"), ("take", "live")]
    # What was published between the two files came with the second.
    assert [one.state for one in runs] == ["done", "done"]
    assert [one.created for one in runs] == [4, 1]
    assert waiting == ["TD-0428"]
    assert sorted(listed) == sorted(
        one.fields["external_id"] for one in content.foreign() if one.fields["external_id"] != "TD-0428"
    )
    assert count == len(listed)
    assert jobs == []


def test_one_of_them_offers_what_is_offered_here_too() -> None:
    here = {one.fields["details"].get("grant_number") for one in content.offers() if one.kind == "patent"}
    there = {one.fields["details"].get("grant_number") for one in content.foreign() if one.fields["kind"] == "patent"}
    assert there - {None} <= here
