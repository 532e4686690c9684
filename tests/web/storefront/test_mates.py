"""What is offered in several places is shown once, with a way to the others; each keeps its own page."""

import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.database import Database
from app.models import Listing, Organisation
from app.search.port import SearchUnavailable
from tests import factories
from tests.factories import NOW
from tests.indexing import index_everything
from tests.mates import apart, partner, taken, together
from tests.query_budget import count_queries
from tests.web.storefront.test_results import BUDGET


@pytest.fixture
def hall(application: FastAPI, database: Database) -> dict[str, Listing]:
    """A patent of ours, the same at another exchange and once more as a technology; one that is like them, one not."""
    with database.unit_of_work() as session:
        institute = factories.organisation(session, name="Viện Hoá", name_en="Institute of Chemistry", verified_at=NOW)
        there = factories.organisation(session, name="Đại học Đà Nẵng", authority="san.danang.test")
        made = {
            "theirs": factories.listing(
                session, of=there, kind="patent", title="Than hấp phụ asen từ bã mía", region="48", trl=None
            ),
            "mine": factories.listing(
                session, of=institute, kind="patent", title="Vật liệu hấp phụ asen", title_en="Adsorbent", trl=None
            ),
            "again": factories.listing(session, of=institute, title="Cột lọc asen"),
            "near": factories.listing(session, of=there, title="Vật liệu hấp phụ asen khác"),
            "other": factories.listing(session, of=institute, title="Máy nén khí"),
        }
        taken(session, made["theirs"], of=partner(session))
        together(session, made["theirs"], made["mine"], made["again"])
    index_everything(application, database)
    return made


def shown(text: str) -> list[str]:
    """Public ids of the cards, in their order, each once."""
    found = re.findall(r'<h\d class="card-title"[^>]*><a href="/\w+/listings/[^"]*-([a-z0-9]{12})"', text)
    assert len(found) == len(set(found))
    return found


def also(text: str) -> list[tuple[str, str]]:
    """Where the links to other places lead, and what they say."""
    return re.findall(r'card-also[^>]*><a href="[^"]*-([a-z0-9]{12})#also">([^<]*)<', text)


def test_results_show_one_of_them_and_say_where_else(
    client: TestClient, database: Database, hall: dict[str, Listing]
) -> None:
    client.get("/vi/search?q=hap+phu+asen")
    with count_queries(database) as sent:
        page = client.get("/vi/search?q=hấp+phụ+asen").text
    # The others come with the cards: no query more than without them.
    assert len(sent) <= BUDGET, sent
    assert set(shown(page)) == {hall["mine"].public_id, hall["near"].public_id}
    assert also(page) == [(hall["mine"].public_id, "Cũng có ở 2 nơi khác")]
    assert re.search(r"\b2\b[^<]*kết quả", page)
    english = client.get("/en/search?q=hấp+phụ+asen").text
    assert also(english) == [(hall["mine"].public_id, "Also at 2 other places")]


def test_a_filter_shows_the_one_that_passes_it(client: TestClient, hall: dict[str, Listing]) -> None:
    by_source = client.get("/vi/search", params={"source": "Sàn giao dịch công nghệ Đà Nẵng"}).text
    assert shown(by_source) == [hall["theirs"].public_id]
    assert shown(client.get("/vi/search?region=48").text) == [hall["theirs"].public_id]
    assert hall["again"].public_id in shown(client.get("/vi/technologies").text)
    assert shown(client.get("/vi/patents").text) == [hall["mine"].public_id]


def test_every_page_stays_and_lists_the_others(
    client: TestClient, database: Database, hall: dict[str, Listing]
) -> None:
    three = {name: hall[name].public_id for name in ("mine", "theirs", "again")}
    for name, public_id in three.items():
        page = client.get(f"/vi/listings/{hall[name].slug}-{public_id}").text
        panel = page[page.index('id="listing-also"') :]
        panel = panel[: panel.index("</section>")]
        assert set(re.findall(r'href="/vi/listings/[^"]*-([a-z0-9]{12})"', panel)) == set(three.values()) - {public_id}
        assert ("san.danang.test" in panel) == (name != "theirs")
    page = client.get(f"/vi/listings/{hall['other'].slug}-{hall['other'].public_id}").text
    assert 'id="listing-also"' not in page


def test_what_is_similar_is_another_subject(client: TestClient, hall: dict[str, Listing]) -> None:
    for name in ("mine", "theirs", "again"):
        page = client.get(f"/vi/listings/{hall[name].public_id}/similar")
        assert page.status_code == 200
        assert hall["near"].public_id in shown(page.text)
        assert not {hall[one].public_id for one in ("mine", "theirs", "again")} & set(shown(page.text))


def test_held_apart_they_are_two_and_brought_back_one(
    client: TestClient, application: FastAPI, database: Database, hall: dict[str, Listing]
) -> None:
    with database.unit_of_work() as session:
        apart(session, hall["theirs"])
    index_everything(application, database)
    page = client.get("/vi/patents").text
    assert set(shown(page)) == {hall["mine"].public_id, hall["theirs"].public_id}
    assert also(page) == [(hall["mine"].public_id, "Cũng có ở 1 nơi khác")]
    with database.unit_of_work() as session:
        apart(session, hall["theirs"], again=True)
    index_everything(application, database)
    assert shown(client.get("/vi/patents").text) == [hall["mine"].public_id]


def test_home_feed_and_results_without_search_show_one_of_each_subject(
    client: TestClient, application: FastAPI, hall: dict[str, Listing]
) -> None:
    home = client.get("/vi/").text
    one_each = {hall[name].public_id for name in ("mine", "near", "other")}
    assert set(shown(home)) == one_each
    feed = client.get("/vi/feed.atom").text
    assert {name for name, one in hall.items() if one.public_id in feed} == {"mine", "near", "other"}

    class Down:
        def __getattr__(self, _name: str) -> object:
            def refuse(*_args: object, **_more: object) -> object:
                raise SearchUnavailable

            return refuse

    engine = application.state.search
    application.state.search = Down()
    try:
        page = client.get("/vi/search?q=asen").text
        technologies = client.get("/vi/technologies?q=asen").text
    finally:
        application.state.search = engine
    assert "tạm nghỉ" in page
    assert set(shown(page)) == one_each
    assert (hall["mine"].public_id, "Cũng có ở 2 nơi khác") in also(page)
    # Of the technologies another one stands for it.
    assert hall["again"].public_id in shown(technologies)


def test_an_organisations_own_page_lists_all_of_its_own(
    client: TestClient, database: Database, hall: dict[str, Listing]
) -> None:
    with database.read_only() as session:
        institute = session.get_one(Organisation, hall["mine"].organisation_id)
    page = client.get(f"/vi/organisations/{institute.slug}-{institute.public_id}").text
    assert {hall[name].public_id for name in ("mine", "again")} <= set(shown(page))
