"""The pages of what people follow, over HTTP: whose they are, what they cost, what they refuse."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database import Database
from app.features.alerts.commands import open_feed, token_digest
from app.identity import uuid7
from app.models import Alert, AlertLetter, AlertSettings, ListingMatch, Person, Subscription
from tests import factories
from tests.factories import NOW
from tests.features.alerts.given import of, saved
from tests.query_budget import count_queries
from tests.web.people.conftest import OpenBrowser
from tests.web.people.reading import error_at, flash_of, text_of

TOKEN = "t" * 43


def letter_about(session: Session, *subscriptions: Subscription) -> None:
    """A letter that told of these, with the secret TOKEN."""
    letter = AlertLetter(
        id=uuid7(), person_id=subscriptions[0].person_id, created_at=NOW, stop_sha256=token_digest(TOKEN)
    )
    session.add(letter)
    session.flush()
    listing = factories.listing(session, of=factories.organisation(session))
    for one in subscriptions:
        session.add(
            Alert(subscription_id=one.id, listing_id=listing.id, occasion="new", noticed_at=NOW, letter_id=letter.id)
        )


def test_following_needs_a_person_and_leads_back_after_signing_in(browser: OpenBrowser) -> None:
    answer = browser(None).get("/vi/follow?search=q%3Dmay%2Bsay")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/vi/sign-in?next=%2Fvi%2Ffollow%3Fsearch%3D")
    assert browser(None).get("/vi/account/alerts").status_code == 303
    assert browser(None).get("/vi/fragments/follow?listing=x").status_code == 204


@pytest.mark.parametrize("asked", ["", "?search=", "?search=page%3D2", "?listing=khong-co", "?organisation=khong-co"])
def test_what_nobody_can_see_cannot_be_followed(asked: str, browser: OpenBrowser, database: Database) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
    assert browser(person).get(f"/vi/follow{asked}").status_code == 404


def test_a_need_by_invitation_cannot_be_followed(browser: OpenBrowser, database: Database) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
        need = factories.listing(
            session, of=factories.organisation(session), kind="need", visibility="invitation", title="Bí mật"
        )
    client = browser(person)
    assert client.get(f"/vi/follow?listing={need.public_id}").status_code == 404
    answer = client.post("/vi/follow", data={"listing": need.public_id, "rhythm": "daily"})
    assert answer.status_code == 404
    with database.read_only() as session:
        assert session.scalars(select(Subscription)).all() == []


def test_everybody_manages_only_their_own(browser: OpenBrowser, database: Database) -> None:
    with database.unit_of_work() as session:
        person, stranger = factories.person(session), factories.person(session)
        mine = saved(session, person, "q=may+say", name="máy sấy của tôi")
        open_feed(session, actor=of(person), subscription_id=mine.id)
    foreign = browser(stranger)
    assert "máy sấy của tôi" not in text_of(foreign.get("/vi/account/alerts"))
    for act in ("rhythm", "pause", "resume", "delete", "restore", "feed", "feed/close"):
        answer = foreign.post(f"/vi/account/alerts/{mine.id}/{act}", data={"rhythm": "off"})
        assert answer.status_code == 404, act
    with database.read_only() as session:
        kept = session.get_one(Subscription, mine.id)
        assert (kept.rhythm, kept.paused_at, kept.deleted_at) == ("at_once", None, None)
        assert kept.feed_key is not None


def test_hours_are_kept_and_checked(browser: OpenBrowser, database: Database) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
        saved(session, person, "q=may+say")
    client = browser(person)
    hours = {"quiet_from": "22", "quiet_to": "6", "digest_hour": "17", "digest_day": "4"}
    assert client.post("/vi/account/alerts/hours", data={**hours, "quiet_from": "25"}).status_code == 422
    assert client.post("/vi/account/alerts/hours", data=hours).status_code == 303
    with database.read_only() as session:
        kept = session.get_one(AlertSettings, person.id)
        assert (kept.quiet_from, kept.quiet_to, kept.digest_hour, kept.digest_day) == (22, 6, 17, 4)


def test_matches_are_off_until_somebody_chooses(browser: OpenBrowser, database: Database) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
        firm, other = factories.organisation(session, owner=person), factories.organisation(session)
    client = browser(person)
    page = client.get("/vi/account/alerts")
    assert "Chưa chọn" in text_of(page)
    wrong = client.post(f"/vi/account/alerts/matches/{firm.public_id}", data={"rhythm": ""})
    assert (wrong.status_code, "Hãy chọn báo tin khi nào." in wrong.text) == (422, True)
    assert client.post(f"/vi/account/alerts/matches/{other.public_id}", data={"rhythm": "daily"}).status_code == 404
    assert client.post(f"/vi/account/alerts/matches/{firm.public_id}", data={"rhythm": "weekly"}).status_code == 303
    assert flash_of(client) == "Đã đổi nhịp báo tin: Mỗi tuần một thư."
    page = client.get("/vi/account/alerts")
    assert "Chưa chọn" not in text_of(page)
    with database.read_only() as session:
        kept = session.scalars(select(Subscription)).one()
        assert (kept.kind, kept.organisation_id, kept.rhythm) == ("matches", firm.id, "weekly")


def rhythms(database: Database) -> list[str]:
    with database.read_only() as session:
        return list(session.scalars(select(Subscription.rhythm).order_by(Subscription.id)))


def test_the_unsubscribe_page_changes_nothing_until_a_button_is_pressed(
    browser: OpenBrowser, database: Database
) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
        told = saved(session, person, "q=may+say", name="máy sấy")
        saved(session, person, "kind=need")
        letter_about(session, told)
    client = browser(None)
    page = client.get(f"/vi/alerts/stop/{TOKEN}")
    assert page.status_code == 200
    assert "máy sấy" in text_of(page)
    assert page.headers["cache-control"] == "private, no-store"
    assert rhythms(database) == ["at_once", "at_once"]
    nothing = client.post(f"/vi/alerts/stop/{TOKEN}", data={"which": "some"})
    assert (nothing.status_code, error_at(nothing, "only")) == (422, "Hãy chọn ít nhất một mục.")
    some = client.post(f"/vi/alerts/stop/{TOKEN}", data={"which": "some", "only": [str(told.id), "x"]})
    assert some.status_code == 200
    assert rhythms(database) == ["off", "at_once"]
    for unknown in ("x" * 43, "khong-co"):
        assert client.get(f"/vi/alerts/stop/{unknown}").status_code == 410
        assert client.post(f"/vi/alerts/stop/{unknown}").status_code == 410
    assert rhythms(database) == ["off", "at_once"]


def test_one_click_needs_no_page_and_works_twice(browser: OpenBrowser, database: Database) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
        letter_about(session, saved(session, person, "q=may+say"))
        saved(session, person, "kind=need", rhythm="weekly")
    for _again in range(2):
        answer = browser(None).post(f"/en/alerts/stop/{TOKEN}", data={"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, "Stopped." in text_of(answer)) == (200, True)
        assert rhythms(database) == ["off", "off"]


def test_a_feed_is_closed_with_its_person(browser: OpenBrowser, database: Database) -> None:
    with database.unit_of_work() as session:
        person = factories.person(session)
        search = saved(session, person, "q=may+say")
        key = open_feed(session, actor=of(person), subscription_id=search.id).feed_key
    client = browser(None)
    assert client.get(f"/vi/alerts/feeds/{key}.atom").status_code == 200
    assert client.get(f"/vi/alerts/feeds/{key}x.atom").status_code == 410
    with database.unit_of_work() as session:
        session.get_one(Person, person.id).disabled_at = NOW
    assert client.get(f"/vi/alerts/feeds/{key}.atom").status_code == 410


def _much(database: Database, *, times: int) -> Person:
    """A person who follows much, with news and matches."""
    with database.unit_of_work() as session:
        person = factories.person(session)
        firm, other = factories.organisation(session, owner=person), factories.organisation(session)
        for number in range(times):
            search = saved(session, person, f"q=may+say+{number}")
            listing = factories.listing(session, of=other, title=f"Máy sấy mới {number}")
            need = factories.listing(session, of=firm, kind="need", title=f"Cần sấy {number}")
            at = NOW + timedelta(minutes=number)
            session.add(Alert(subscription_id=search.id, listing_id=listing.id, occasion="new", noticed_at=at))
            session.add(
                ListingMatch(
                    need_id=need.id,
                    offer_id=listing.id,
                    score=70,
                    text_ratio=0.5,
                    reasons=[],
                    first_seen_at=at,
                    judged_at=at,
                )
            )
    return person


@pytest.mark.parametrize(("path", "most"), [("/vi/account/alerts", 8), ("/vi/desk", 14)])
def test_pages_cost_the_same_for_who_follows_much(
    path: str, most: int, browser: OpenBrowser, database: Database
) -> None:
    costs = []
    for times in (1, 4):
        client = browser(_much(database, times=times))
        with count_queries(database) as sent:
            assert client.get(path).status_code == 200
        costs.append(len(sent))
    assert costs[0] == costs[1] <= most, costs


def test_the_desk_shows_the_newest_of_both(browser: OpenBrowser, database: Database) -> None:
    page = text_of(browser(_much(database, times=2)).get("/vi/desk"))
    assert "Mới hợp với tin của bạn" in page
    assert "Cho tin “Cần sấy 1”" in page
    assert page.index("Máy sấy mới 1 Tìm kiếm “q=may+say+1”") < page.index("Máy sấy mới 0 Tìm kiếm “q=may+say+0”")
