"""The results page: groups of filters with counts, what is chosen, places by name."""

import re
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app import clock
from app.database import Database
from app.models import Listing
from app.operations.answers import KnownAnswers
from tests import factories
from tests.indexing import index_everything
from tests.query_budget import count_queries

# The page's state, then cards with their organisations, pictures and classifications; never more for more filters.
BUDGET = 4


@pytest.fixture
def hall(application: FastAPI, database: Database) -> dict[str, Listing]:
    """Three offers and a need that differ in everything people filter by."""
    now = clock.now()
    with database.unit_of_work() as session:
        institute = factories.organisation(session, name="Viện Nông cơ Cửu Long", verified_at=factories.NOW)
        firm = factories.organisation(session, name="Công ty Sấy Tân Uyên", type="firm")
        made = {
            "dryer": factories.listing(
                session,
                of=institute,
                title="Máy sấy bơm nhiệt",
                title_en="Heat pump dryer",
                summary_en="Dries mango.",
                trl=8,
                region="79",
                transfer_forms=["exclusive_licence"],
                price_kind="firm",
                price_from=380_000_000,
                price_currency="VND",
                confirmed_at=now - timedelta(days=3),
            ),
            "kiln": factories.listing(
                session,
                of=firm,
                kind="equipment",
                title="Lò sấy gỗ",
                trl=None,
                region="80",
                price_kind="firm",
                price_from=2_500_000_000,
                price_currency="VND",
                confirmed_at=now - timedelta(days=40),
            ),
            "old": factories.listing(
                session,
                of=firm,
                title="Sấy thăng hoa",
                trl=5,
                state="due",
                region="01",
                confirmed_at=now - timedelta(days=120),
            ),
            "need": factories.listing(
                session,
                of=firm,
                kind="need",
                title="Cần máy sấy xoài",
                region="79",
                price_to=90_000_000,
                price_currency="VND",
                confirmed_at=now - timedelta(days=1),
            ),
        }
    index_everything(application, database)
    return made


def shown(client: TestClient, path: str) -> set[str]:
    """Ids of the listings on a page."""
    answer = client.get(path)
    assert answer.status_code == 200
    return set(re.findall(r'card-title"[^>]*><a href="/vi/listings/[^"]*-([a-z0-9]+)"', answer.text))


def counts(page: str, name: str) -> dict[str, int]:
    """Value → count of one group of filters."""
    found = re.findall(rf'name="{name}" value="([^"]*)"[^>]*>.*?facet-count">([\d.]+)<', page)
    return {value: int(count.replace(".", "")) for value, count in found}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("organisation_type=firm", "kiln old need"),
        ("organisation_type=firm&organisation_type=research_institute", "dryer kiln old need"),
        ("price=100m-500m", "dryer"),
        ("price=on-request", "old"),
        ("price=10m-100m&price=2b-10b", "kiln need"),
        ("price_min=1.000.000.000", "kiln"),
        ("price_min=100000000&price_max=400000000", "dryer"),
        ("confirmed=30", "dryer need"),
        ("confirmed=90", "dryer kiln need"),
        ("confirmed=overdue", "old"),
        ("confirmed=30&confirmed=overdue", "dryer old need"),
        ("verified=1", "dryer"),
        ("language=en", "dryer"),
        ("transfer=exclusive_licence", "dryer"),
        ("q=say&region=79&kind=need", "need"),
        ("organisation_type=club&price=free&confirmed=7&language=fr", "dryer kiln old need"),
    ],
)
def test_every_group_filters(client: TestClient, hall: dict[str, Listing], query: str, names: str) -> None:
    assert shown(client, f"/vi/search?{query}") == {hall[name].public_id for name in names.split()}


def test_every_group_is_counted_and_its_own_choice_left_out(client: TestClient, hall: dict[str, Listing]) -> None:
    page = client.get("/vi/search").text
    assert counts(page, "kind") == {"technology": 2, "equipment": 1, "need": 1}
    assert counts(page, "organisation_type") == {"firm": 3, "research_institute": 1}
    assert counts(page, "price") == {"10m-100m": 1, "100m-500m": 1, "2b-10b": 1, "on-request": 1}
    assert counts(page, "confirmed") == {"30": 2, "90": 3, "180": 4, "overdue": 1}
    assert counts(page, "verified") == {"1": 1}
    assert counts(page, "language") == {"vi": 4, "en": 1}
    assert {name: count for name, count in counts(page, "region").items() if count} == {"79": 2, "80": 1, "01": 1}
    chosen = client.get("/vi/search?organisation_type=firm&confirmed=30").text
    # Its own group as if nothing of it were chosen, the others within what is.
    assert counts(chosen, "organisation_type") == {"firm": 1, "research_institute": 1}
    assert counts(chosen, "confirmed") == {"30": 1, "90": 2, "180": 3, "overdue": 1}
    assert counts(chosen, "kind") == {"need": 1}


def test_what_is_chosen_stands_as_chips_that_take_it_away(client: TestClient, hall: dict[str, Listing]) -> None:
    page = client.get("/vi/search?q=say&price=10m-100m&price=100m-500m&verified=1&price_min=5000000").text
    chips = {
        label.strip(): href
        for href, label in re.findall(r'class="chip chip-on" href="([^"]*)"><span[^>]*>[^<]*</span>([^<]*)<', page)
    }
    assert chips == {
        "10–100 triệu ₫": "?q=say&amp;price=100m-500m&amp;price_min=5000000&amp;verified=1",
        "100–500 triệu ₫": "?q=say&amp;price=10m-100m&amp;price_min=5000000&amp;verified=1",
        "Đơn vị đã xác minh": "?q=say&amp;price=10m-100m&amp;price=100m-500m&amp;price_min=5000000",
        "Giá từ 5.000.000\xa0₫": "?q=say&amp;price=10m-100m&amp;price=100m-500m&amp;verified=1",
    }
    assert 'href="/vi/search?q=say">Bỏ tất cả' in page


def test_last_confirmed_first(client: TestClient, hall: dict[str, Listing]) -> None:
    page = client.get("/vi/search?sort=confirmed").text
    places = [page.index(f"-{hall[name].public_id}") for name in ("need", "dryer", "kiln", "old")]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("typed", "code", "told"),
    [
        ("Bình Dương", "79", "Bình Dương nay thuộc TP. Hồ Chí Minh"),
        ("binh duong", "79", "Bình Dương nay thuộc TP. Hồ Chí Minh"),
        ("Sài Gòn", "79", ""),
        ("long an", "80", "Long An nay thuộc Tây Ninh"),
        ("Tây Ninh", "80", ""),
        ("ha noi", "01", ""),
    ],
)
def test_a_province_is_understood_by_any_of_its_names(
    client: TestClient, hall: dict[str, Listing], typed: str, code: str, told: str
) -> None:
    page = client.get("/vi/search", params={"place": typed}).text
    assert f'name="region" value="{code}" checked' in page
    assert ("nay thuộc" in page) == bool(told)
    assert told in page
    # The address that goes on names the region, not what was typed.
    assert f'<input type="hidden" name="region" value="{code}">' in page
    assert 'name="place" value' not in page


def test_a_place_nobody_knows_is_said_and_changes_nothing(client: TestClient, hall: dict[str, Listing]) -> None:
    page = client.get("/vi/search", params={"place": "<Atlantis>"}).text
    assert "Không có tỉnh, thành nào tên “&lt;Atlantis&gt;”" in page
    assert 'name="region" value="79" checked' not in page
    assert "4 mục" in page


def test_provinces_stand_by_part_of_the_country_and_know_their_former_names(
    client: TestClient, hall: dict[str, Listing]
) -> None:
    page = client.get("/vi/search").text
    assert page.count('name="region"') == 34
    assert "Đồng bằng sông Cửu Long" in page
    words = re.search(r'data-words="([^"]*)"><label[^>]*><input[^>]*id="f-region-79"', page)
    assert words is not None
    assert {"binh duong", "ba ria vung tau", "ho chi minh city"} <= set(words[1].split(" / "))


def test_many_filters_cost_no_more_queries(client: TestClient, database: Database, hall: dict[str, Listing]) -> None:
    path = "/vi/search?q=say&price=10m-100m&price=100m-500m&confirmed=90&place=binh+duong&language=vi&sort=confirmed"
    client.get(path)
    client.app.state.known_answers = KnownAnswers()  # type: ignore[attr-defined]
    with count_queries(database) as sent:
        assert client.get(path).status_code == 200
    assert len(sent) <= BUDGET, sent
