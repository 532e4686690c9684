"""Going on by cursor: every listing once, while others are published."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.api.cursors import SearchCursor, after_newest
from app.database import Database
from app.models import Organisation
from tests import factories
from tests.api.scene import index

LISTINGS = "/api/v1/listings"
BEGAN = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def walk(client: TestClient, between: Callable[[], None] = lambda: None, **params: Any) -> list[list[str]]:
    """Titles of every page, with something happening between two of them."""
    pages = []
    cursor = None
    while True:
        page = client.get(LISTINGS, params=params | ({"cursor": cursor} if cursor else {})).json()
        pages.append([item["title"] for item in page["items"]])
        cursor = page["next_cursor"]
        if cursor is None:
            return pages
        between()


def flat(pages: list[list[str]]) -> list[str]:
    return [title for page in pages for title in page]


@pytest.fixture
def organisation(database: Database) -> Organisation:
    with database.unit_of_work() as session:
        return factories.organisation(session, verified_at=factories.NOW)


def publish(database: Database, of: Organisation, titles: list[str], *, at: datetime, every: timedelta) -> None:
    with database.unit_of_work() as session:
        for number, title in enumerate(titles):
            moment = at + number * every
            factories.listing(session, of=of, title=title, published_at=moment, updated_at=moment)


@pytest.mark.parametrize("every", [timedelta(minutes=1), timedelta(0)], ids=["a minute apart", "all at once"])
@pytest.mark.parametrize("limit", [1, 3, 4, 100])
def test_newest_first_meets_each_once_while_others_are_published(
    application: FastAPI,
    client: TestClient,
    database: Database,
    organisation: Organisation,
    every: timedelta,
    limit: int,
) -> None:
    titles = [f"Máy sấy {letter}" for letter in "ABCDEFGHIJ"]
    publish(database, organisation, titles, at=BEGAN, every=every)
    index(application, database)
    newer = 0

    def publish_another() -> None:
        nonlocal newer
        newer += 1
        publish(database, organisation, [f"Máy mới {newer}"], at=BEGAN + timedelta(days=newer), every=timedelta(0))
        index(application, database)

    pages = walk(client, publish_another, limit=limit)
    assert sorted(flat(pages)) == titles
    assert all(len(page) <= limit for page in pages)
    if every:
        assert flat(pages) == titles[::-1]


@pytest.mark.parametrize("sort", ["relevance", "price", "trl", "deadline"])
def test_in_other_orders_what_is_published_after_the_first_page_stays_out(
    application: FastAPI, client: TestClient, database: Database, organisation: Organisation, sort: str
) -> None:
    titles = [f"Máy sấy {letter}" for letter in "ABCDEFGHIJ"]
    publish(database, organisation, titles, at=BEGAN, every=timedelta(minutes=1))
    index(application, database)

    def publish_another() -> None:
        later = datetime.now(UTC) + timedelta(seconds=5)
        publish(database, organisation, ["Máy sấy mới, giá tốt"], at=later, every=timedelta(0))
        index(application, database)

    pages = walk(client, publish_another, q="máy sấy", sort=sort, limit=3)
    assert sorted(flat(pages)) == titles


def test_a_listing_that_leaves_takes_no_other_with_it(
    application: FastAPI, client: TestClient, database: Database, organisation: Organisation
) -> None:
    titles = [f"Máy sấy {letter}" for letter in "ABCDEFGHIJ"]
    publish(database, organisation, titles, at=BEGAN, every=timedelta(minutes=1))
    index(application, database)
    first = client.get(LISTINGS, params={"limit": 3}).json()
    with database.unit_of_work() as session:
        from sqlalchemy import select

        from app import journal
        from app.models import Listing

        gone = session.scalars(select(Listing).where(Listing.title == "Máy sấy I")).one()
        gone.state = "withdrawn"
        journal.append(session, entity="listing", entity_id=gone.id, action="withdraw")
    index(application, database)
    second = client.get(LISTINGS, params={"limit": 3, "cursor": first["next_cursor"]}).json()
    assert [item["title"] for item in second["items"]] == ["Máy sấy G", "Máy sấy F", "Máy sấy E"]


def test_totals_and_facets_are_those_of_the_whole_search_on_every_page(
    application: FastAPI, client: TestClient, database: Database, organisation: Organisation
) -> None:
    publish(database, organisation, [f"Máy {n}" for n in range(7)], at=BEGAN, every=timedelta(minutes=1))
    index(application, database)
    first = client.get(LISTINGS, params={"limit": 3}).json()
    last = client.get(LISTINGS, params={"limit": 3, "cursor": first["next_cursor"]}).json()
    assert first["total"] == last["total"] == 7
    assert first["facets"] == last["facets"]
    assert first["facets"]["kind"] == [{"value": "technology", "label": "Công nghệ", "count": 7}]


def test_one_external_id_of_several_organisations(
    client: TestClient, database: Database, organisation: Organisation
) -> None:
    with database.unit_of_work() as session:
        for number in range(3):
            of = factories.organisation(session)
            factories.listing(session, of=of, external_id="A-1", title=f"Máy {number}")
    pages = walk(client, external_id="A-1", limit=2)
    assert [len(page) for page in pages] == [2, 1]
    assert sorted(flat(pages)) == ["Máy 0", "Máy 1", "Máy 2"]


@pytest.mark.parametrize(
    ("before", "seconds", "expected"),
    [
        ((100, 0), [90, 80, 70], (70, 1)),
        ((100, 0), [90, 70, 70], (70, 2)),
        ((70, 2), [70, 70, 70], (70, 5)),
        ((70, 2), [70, 60, 60], (60, 2)),
        ((70, 2), [60, 60, 60], (60, 3)),
        ((100, 0), [90, 70, None], (70, 2)),
        ((100, 0), [90, None, 70], (70, 2)),
        ((100, 4), [None, None], (100, 6)),
    ],
)
def test_where_the_next_page_begins(
    before: tuple[int, int], seconds: list[int | None], expected: tuple[int, int]
) -> None:
    def at(second: int) -> datetime:
        return datetime.fromtimestamp(second, UTC)

    given = SearchCursor(at(before[0]), before[1])
    assert after_newest(given, [None if one is None else at(one) for one in seconds]) == SearchCursor(
        at(expected[0]), expected[1]
    )


def test_a_cursor_is_read_as_it_was_written() -> None:
    cursor = SearchCursor(datetime(2026, 11, 23, 3, 0, 5, tzinfo=UTC), 40)
    assert SearchCursor.read(cursor.token) == cursor
    assert SearchCursor.read("00000000-9999").reach(100) == 1
