"""What fees give on public pages: a labelled section and a badge, while they are paid; never a place in search."""

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app import journal
from app.database import Database
from app.features.payments.benefits import promoted_ids
from app.features.payments.fees import see_subscription
from app.identity import uuid7
from app.models import Listing, OperatorFee, Organisation
from app.operations.answers import KnownAnswers
from app.settings import Settings
from tests import factories
from tests.indexing import index_everything
from tests.query_budget import count_queries

LABEL = "Được giới thiệu, có trả phí"
BADGE = "Thành viên của sàn"
HOME_BUDGET = 7

Tell = Callable[..., None]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"stripe_billing": "on", "stripe_price_promotion": "price_promo"})


@pytest.fixture
def owners(database: Database) -> tuple[Organisation, list[Listing]]:
    """An institute with five dryers."""
    with database.unit_of_work() as session:
        one = factories.organisation(session, owner=factories.person(session), name="Viện Sấy", slug="vien-say")
        return one, [factories.listing(session, of=one, title=f"Máy sấy xoài kiểu {number}") for number in range(5)]


@pytest.fixture
def tell(database: Database, owners: tuple[Organisation, list[Listing]]) -> Tell:
    """Say what the provider would: that a subscription stands so, a second later each time."""
    ordered: dict[UUID | None, OperatorFee] = {}
    seconds = iter(range(1_000))

    def told(status: str, listing: Listing | None = None) -> None:
        at = int(factories.NOW.timestamp()) + next(seconds)
        organisation = owners[0]
        with database.unit_of_work() as session:
            key = None if listing is None else listing.id
            if key not in ordered:
                fee = OperatorFee(
                    id=uuid7(),
                    organisation_id=organisation.id,
                    product="membership" if listing is None else "promotion",
                    listing_id=key,
                    ordered_by_id=factories.person(session).id,
                    ordered_at=factories.NOW,
                )
                session.add(fee)
                journal.append(session, entity="operator_fee", entity_id=fee.id, action="ordered")
                ordered[key] = fee
            fee = ordered[key]
            subscription = {
                "id": f"sub_{fee.id}",
                "status": status,
                "told_at": at,
                "metadata": {"fee": str(fee.id), "authority": "techmart.test"},
            }
            assert see_subscription(session, subscription, authority="techmart.test")

    return told


def promoted_on(page: str) -> list[str]:
    """The titles in the section, in their order; [] when there is none."""
    section = re.search(r'<section aria-labelledby="home-promoted">(.*?)</section>', page, re.DOTALL)
    return re.findall(r"Máy sấy xoài kiểu \d", section.group(1)) if section else []


def test_a_promoted_listing_is_shown_as_paid_for_while_it_is(
    client: TestClient, owners: tuple[Organisation, list[Listing]], tell: Tell
) -> None:
    listing = owners[1][0]
    first = client.get("/vi/")
    assert LABEL not in first.text
    for status, shown in (
        ("incomplete", False),
        ("active", True),
        ("past_due", False),
        ("active", True),
        ("canceled", False),
    ):
        before = client.get("/vi/").headers["etag"]
        tell(status, listing)
        # Who kept the page gets the new one at once.
        answer = client.get("/vi/", headers={"If-None-Match": before})
        assert answer.status_code == 200, status
        assert set(promoted_on(answer.text)) == ({listing.title} if shown else set()), status
        assert (LABEL in answer.text) is shown
    tell("active", listing)
    assert LABEL not in client.get("/vi/").text


def test_the_section_says_so_in_english_and_leads_to_what_it_means(
    client: TestClient, owners: tuple[Organisation, list[Listing]], tell: Tell
) -> None:
    tell("active", owners[1][0])
    page = client.get("/en/").text
    assert "Promoted, paid for" in page
    assert 'href="/en/ranking#promotion"' in page
    told = client.get("/en/ranking").text
    assert 'id="promotion"' in told
    assert "stands no higher in search" in told


def test_all_take_turns_and_the_page_keeps_its_budget(
    client: TestClient,
    database: Database,
    settings: Settings,
    owners: tuple[Organisation, list[Listing]],
    tell: Tell,
) -> None:
    for one in owners[1]:
        tell("active", one)
    client.get("/vi/")
    client.app.state.known_answers = KnownAnswers()  # type: ignore[attr-defined]
    with count_queries(database) as sent:
        page = client.get("/vi/").text
    assert len(sent) <= HOME_BUDGET, sent
    assert len(set(promoted_on(page))) == 3
    with database.read_only() as session:
        days = [factories.NOW.date().replace(day=day) for day in range(1, 29)]
        first = [promoted_ids(session, settings=settings, today=day, limit=1) for day in days]
        assert first == [promoted_ids(session, settings=settings, today=day, limit=1) for day in days]
    assert len({one for (one,) in first}) > 1


def test_what_nobody_may_see_is_not_shown_though_paid_for(
    client: TestClient, database: Database, owners: tuple[Organisation, list[Listing]], tell: Tell
) -> None:
    for one in owners[1]:
        tell("active", one)
    with database.unit_of_work() as session:
        changes: list[dict[str, Any]] = [
            {"state": "withdrawn"},
            {"kind": "need", "visibility": "invitation"},
            {"state": "draft"},
            {"kind": "need", "deadline": factories.NOW.date().replace(year=2020)},
            {},
        ]
        for one, changed in zip(owners[1], changes, strict=True):
            row = session.get_one(Listing, one.id)
            for name, value in changed.items():
                setattr(row, name, value)
            journal.append(session, entity="listing", entity_id=row.id, action="changed")
    assert set(promoted_on(client.get("/vi/").text)) == {owners[1][4].title}


def test_paying_moves_nothing_in_search(
    client: TestClient,
    application: FastAPI,
    database: Database,
    owners: tuple[Organisation, list[Listing]],
    tell: Tell,
) -> None:
    index_everything(application, database)

    def results() -> list[str]:
        return re.findall(r"/vi/listings/[a-z0-9-]+", client.get("/vi/search?q=may+say+xoai").text)

    before = results()
    assert len(set(before)) == 5
    tell("active", owners[1][4])
    tell("active")
    index_everything(application, database)
    assert results() == before


def test_a_member_bears_a_badge_while_it_pays(
    client: TestClient, owners: tuple[Organisation, list[Listing]], tell: Tell
) -> None:
    one = owners[0]
    path = f"/vi/organisations/{one.slug}-{one.public_id}"
    assert BADGE not in client.get(path).text
    tell("active", owners[1][0])
    assert BADGE not in client.get(path).text
    tell("active")
    page = client.get(path)
    assert BADGE in page.text
    assert "chưa xác minh tổ chức này" in page.text
    assert "Member of the exchange" in client.get(path.replace("/vi/", "/en/")).text
    tell("past_due")
    assert BADGE not in client.get(path, headers={"If-None-Match": page.headers["etag"]}).text


def test_while_billing_is_off_nothing_is_shown_and_nothing_asked(
    client: TestClient,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    owners: tuple[Organisation, list[Listing]],
    tell: Tell,
) -> None:
    tell("active", owners[1][0])
    tell("active")
    off = settings.model_copy(update={"stripe_billing": "off"})
    monkeypatch.setattr(client.app.state, "settings", off)  # type: ignore[attr-defined]
    one = owners[0]
    for path, words in (
        ("/vi/", LABEL),
        (f"/vi/organisations/{one.slug}-{one.public_id}", BADGE),
        ("/vi/ranking", "có trả phí"),
    ):
        with count_queries(database) as sent:
            answer = client.get(path)
        assert answer.status_code == 200
        assert words not in answer.text
        assert not any("operator_fee" in statement for statement in sent), path
