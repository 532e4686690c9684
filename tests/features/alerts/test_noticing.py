"""Which changes of listings are told to whom, and that each is told once."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from app.database import Database
from app.features.alerts import noticing
from app.features.alerts.commands import follow_listing, follow_organisation, pause
from app.features.alerts.noticing import CONSUMER, alerts_consumer
from app.features.alerts.schemas import Following
from app.journal import cursor_position
from app.models import Alert, Membership
from app.web.alerts.criteria import listing_reader
from tests import factories
from tests.factories import NOW
from tests.features.alerts.given import LATER, appears, changes, notice_all, of, saved
from tests.mates import together
from tests.query_budget import count_queries

DAILY = Following(rhythm="daily")


def noticed(database: Database) -> set[tuple[UUID, UUID, str]]:
    with database.read_only() as session:
        return {(one.subscription_id, one.listing_id, one.occasion) for one in session.scalars(select(Alert))}


def test_a_new_listing_is_noticed_for_the_searches_it_answers(database: Database) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
        words, others = saved(session, person, "q=may+say+lua"), saved(session, person, "q=may+ep+dau")
        kind, region = saved(session, person, "kind=technology&trl=7-9"), saved(session, person, "region=48")
        institute = factories.organisation(session)
        one = appears(session, institute, title="Máy sấy lúa tầng sôi", trl=8)
        appears(session, institute, kind="equipment", title="Máy sấy tôm", trl=None)
    assert notice_all(database) == 2
    assert noticed(database) == {(words.id, one.id, "new"), (kind.id, one.id, "new")}
    assert {others.id, region.id} & {row[0] for row in noticed(database)} == set()
    # The same entries read again, as after a crash, change nothing.
    assert notice_all(database) == 0


def test_when_it_may_be_told_follows_the_rhythm_and_the_persons_hours(database: Database) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
        ids = {rhythm: saved(session, person, f"q={rhythm}+say", rhythm=rhythm).id for rhythm in ("off", "daily")}
        appears(session, factories.organisation(session), title="Máy sấy off daily")
    notice_all(database)
    with database.read_only() as session:
        due = {one.subscription_id: one.due_at for one in session.scalars(select(Alert))}
    # Noticed at 11:00 on a Monday; the usual digest is at 8:00 the next day.
    assert due == {ids["off"]: None, ids["daily"]: NOW.replace(day=24, hour=1)}


def test_what_was_there_before_is_not_news(database: Database) -> None:
    with database.unit_of_work() as session:
        institute = factories.organisation(session)
        old = factories.listing(session, of=institute, published_at=NOW - timedelta(days=9), created_at=NOW)
        old.created_at = NOW - timedelta(days=10)
        saved(session, factories.person(session), "q=may+say")
    with database.unit_of_work() as session:
        changes(session, session.get_one(type(old), old.id), "confirm")
        changes(session, session.get_one(type(old), old.id), "updated")
    assert notice_all(database) == 0


def test_an_import_is_news_whatever_date_it_carries(database: Database) -> None:
    with database.unit_of_work() as session:
        saved(session, factories.person(session), "q=may+say")
        institute = factories.organisation(session)
        one = appears(session, institute, published_at=NOW - timedelta(days=900), created_at=LATER)
        changes(session, one, "imported")
    assert notice_all(database) == 1


def test_a_listing_that_fits_only_after_a_change_is_noticed_then_and_once(database: Database) -> None:
    with database.unit_of_work() as session:
        search = saved(session, factories.person(session), "trl=7-9")
        one = appears(session, factories.organisation(session), trl=5)
    assert notice_all(database) == 0
    with database.unit_of_work() as session:
        changes(session, session.get_one(type(one), one.id), "updated", trl=7)
    assert notice_all(database) == 1
    with database.unit_of_work() as session:
        changes(session, session.get_one(type(one), one.id), "updated", trl=9)
    assert notice_all(database) == 0
    assert noticed(database) == {(search.id, one.id, "new")}


def test_followers_of_an_organisation_hear_of_it_but_never_of_its_nameless_needs(database: Database) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
        firm = factories.organisation(session, name="Công ty Lúa Vàng", verified_at=NOW)
        other = factories.organisation(session)
        followed = follow_organisation(session, actor=of(person), public_id=firm.public_id, data=DAILY, now=NOW)
        search = saved(session, person, f"organisation={firm.public_id}")
        by_name = saved(session, person, "q=lua+vang")
        everything = saved(session, person, "kind=need")
        open_need = appears(session, firm, kind="need", title="Tìm máy sấy")
        hidden = appears(session, firm, kind="need", visibility="anonymous", title="Tìm máy bóc vỏ")
        appears(session, firm, kind="need", visibility="invitation", title="Tìm máy tách màu")
        appears(session, other, title="Máy sấy khác")
    notice_all(database)
    assert noticed(database) == {
        (followed.id, open_need.id, "new"),
        (search.id, open_need.id, "new"),
        (by_name.id, open_need.id, "new"),
        (everything.id, open_need.id, "new"),
        (everything.id, hidden.id, "new"),
    }


def test_followers_of_a_listing_hear_of_its_changes_and_its_end(database: Database) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
        need = appears(session, factories.organisation(session), kind="need", at=NOW)
        followed = follow_listing(session, actor=of(person), public_id=need.public_id, data=DAILY, now=NOW)
    kind = type(need)
    with database.unit_of_work() as session:
        changes(session, session.get_one(kind, need.id), "confirm")
        changes(session, session.get_one(kind, need.id), "updated", title="Tìm máy sấy 5 tấn")
    notice_all(database)
    assert noticed(database) == {(followed.id, need.id, "changed:3")}
    with database.unit_of_work() as session:
        changes(session, session.get_one(kind, need.id), "withdraw", state="withdrawn")
    notice_all(database)
    assert (followed.id, need.id, "closed:4") in noticed(database)


def test_people_are_not_told_of_their_own_organisations_listings(database: Database) -> None:
    with database.unit_of_work() as session:
        person, colleague = factories.person(session), factories.person(session)
        institute = factories.organisation(session, owner=person)
        mine, theirs = saved(session, person, "q=may+say"), saved(session, colleague, "q=may+say")
        one = appears(session, institute)
    notice_all(database)
    assert noticed(database) == {(theirs.id, one.id, "new")}
    assert mine.id not in {row[0] for row in noticed(database)}


@pytest.mark.parametrize("state", ["unconfirmed", "disabled", "paused", "deleted"])
def test_nothing_is_noticed_for_who_cannot_or_does_not_want_to_be_told(state: str, database: Database) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
        search = saved(session, person, "q=may+say")
        if state == "unconfirmed":
            person.confirmed_at = None
        elif state == "disabled":
            person.disabled_at = NOW
        elif state == "paused":
            pause(session, actor=of(person), subscription_id=search.id, now=NOW)
        else:
            search.deleted_at = NOW
        appears(session, factories.organisation(session))
    assert notice_all(database) == 0


def test_a_flood_is_stopped_at_the_days_measure(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(noticing, "MOST_A_DAY", 3)
    with database.unit_of_work() as session:
        saved(session, factories.person(session), "kind=technology")
        institute = factories.organisation(session)
        for _number in range(5):
            appears(session, institute)
    assert notice_all(database) == 3
    assert notice_all(database) == 0
    with database.unit_of_work() as session:
        appears(session, session.merge(institute), at=LATER)
    assert notice_all(database, now=LATER + timedelta(days=2)) == 3


def test_the_cost_does_not_grow_with_followers_and_listings(database: Database) -> None:
    def scene(people: int, listings: int) -> int:
        with database.unit_of_work() as session:
            institute = factories.organisation(session, verified_at=NOW)
            for _number in range(people):
                person = factories.person(session)
                saved(session, person, "q=may+say")
                follow_organisation(session, actor=of(person), public_id=institute.public_id, data=DAILY, now=NOW)
            for _number in range(listings):
                appears(session, institute)
        with count_queries(database) as sent:
            notice_all(database)
        return len([one for one in sent if not one.startswith(("SAVEPOINT",))])

    few, many = scene(1, 1), scene(12, 9)
    # Once in a while one more asks whether the reference tables have changed.
    assert abs(many - few) <= 1


def test_the_consumer_moves_its_cursor_and_two_of_them_share_the_work(database: Database) -> None:
    with database.unit_of_work() as session:
        search = saved(session, factories.person(session), "q=may+say")
        one = appears(session, factories.organisation(session))
    consume = alerts_consumer(listing_reader(overdue_days=90))
    handled = consume(database)
    assert handled > 0
    assert consume(database) == 0
    with database.read_only() as session:
        assert cursor_position(session, CONSUMER) == handled
    assert noticed(database) == {(search.id, one.id, "new")}


def test_membership_is_looked_at_when_it_is_noticed(database: Database) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
        institute = factories.organisation(session)
        saved(session, person, "q=may+say")
        appears(session, institute)
        session.add(Membership(organisation_id=institute.id, person_id=person.id, role="editor", created_at=NOW))
    assert notice_all(database) == 0


def test_the_same_subject_is_told_to_a_search_once_and_to_an_organisation_s_followers_each_time(
    database: Database,
) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
        anywhere, here = saved(session, person, "q=may+say"), saved(session, person, "q=may+say&region=48")
        institute, school = factories.organisation(session), factories.organisation(session, verified_at=NOW)
        followed = follow_organisation(session, actor=of(person), public_id=school.public_id, data=DAILY, now=NOW)
        first = appears(session, institute, title="Máy sấy lúa", region="01")
        second = appears(session, school, title="Máy sấy lúa", region="48", created_at=LATER + timedelta(days=1))
        together(session, first, second)
    notice_all(database)
    assert noticed(database) == {
        (anywhere.id, first.id, "new"),
        # The first does not answer this one.
        (here.id, second.id, "new"),
        (followed.id, second.id, "new"),
    }
