"""A need typed into the search box is recognised and offered matching; nothing found leads on; words are kept."""

import html
import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from app.database import Database
from app.models import HeldForm, Listing
from app.operations.answers import KnownAnswers
from tests import factories
from tests.features.accounts.given import PASSWORD, person_with_password
from tests.indexing import index_everything
from tests.query_budget import count_queries

SENTENCE = "cần máy sấy nông sản 200 kg/h giá dưới 500 triệu"
PANEL = "Bạn đang mô tả một nhu cầu?"


@pytest.fixture
def shop(application: FastAPI, database: Database) -> dict[str, Listing]:
    """Two dryers, one of them too dear, and what is not asked for."""
    with database.unit_of_work() as session:
        institute = factories.organisation(session, name="Viện Nông cơ", verified_at=factories.NOW)
        made = {
            "dryer": factories.listing(
                session,
                of=institute,
                title="Máy sấy nông sản bơm nhiệt",
                price_kind="firm",
                price_from=380_000_000,
                price_currency="VND",
            ),
            "dear": factories.listing(
                session,
                of=institute,
                title="Máy sấy nông sản chân không",
                price_kind="firm",
                price_from=4_000_000_000,
                price_currency="VND",
            ),
            "valve": factories.listing(session, of=institute, kind="patent", title="Van điều tiết ẩm", region="01"),
        }
    index_everything(application, database)
    return made


def panel(page: str) -> str:
    """The markup of the panel that answers a need, "" when there is none."""
    found = re.search(r'<aside class="panel panel-need need-read".*?</aside>', page, re.DOTALL)
    return html.unescape(found[0]) if found else ""


def test_a_need_is_understood_and_shown_what_may_answer_it(client: TestClient, shop: dict[str, Listing]) -> None:
    shown = panel(client.get("/vi/search", params={"q": SENTENCE}).text)
    assert PANEL in shown
    assert "<dd>máy sấy nông sản</dd>" in shown
    assert "<dd>200 kg/h</dd>" in shown
    assert "<dd>đến 500 triệu ₫</dd>" in shown.replace("\xa0", " ")
    assert shop["dryer"].public_id in shown
    # What is past the budget is not proposed.
    assert shop["dear"].public_id not in shown
    # Nothing is filtered silently: the narrower search is a link.
    assert "/vi/search?q=m%C3%A1y+s%E1%BA%A5y+n%C3%B4ng+s%E1%BA%A3n+200+kg%2Fh&price_max=500000000" in shown


def test_the_page_of_a_need_costs_no_more_queries(
    client: TestClient, database: Database, shop: dict[str, Listing]
) -> None:
    client.get("/vi/search", params={"q": SENTENCE})
    client.app.state.known_answers = KnownAnswers()  # type: ignore[attr-defined]
    with count_queries(database) as sent:
        client.get("/vi/search", params={"q": SENTENCE})
    assert len(sent) <= 4, sent


@pytest.mark.parametrize("path", ["/vi/search?q=may+say", "/vi/needs?q=can+may+say+nong+san", "/vi/search"])
def test_the_name_of_a_thing_is_left_alone(client: TestClient, shop: dict[str, Listing], path: str) -> None:
    assert PANEL not in client.get(path).text


def test_english_is_understood_too(client: TestClient, shop: dict[str, Listing]) -> None:
    page = client.get("/en/search", params={"q": "we need a dryer for mangoes under 300 million"}).text
    assert "Are you describing a need?" in page
    assert "<dd>a dryer for mangoes</dd>" in page


def test_nothing_found_offers_fewer_filters_and_the_nearest(client: TestClient, shop: dict[str, Listing]) -> None:
    page = html.unescape(client.get("/vi/search?q=may+say&kind=technology&region=01&price=under-10m").text)
    assert "Chưa có mục nào khớp" in page
    assert "Bỏ mọi bộ lọc: 2 kết quả" in page
    # One filter less would not do; one that would is named with what it gives.
    assert "Bỏ “" not in page
    assert "Gần với điều bạn tìm nhất" in page
    assert shop["dryer"].public_id in page
    nearly = html.unescape(client.get("/vi/search?q=may+say&kind=technology&price=under-10m").text)
    assert "Bỏ “Dưới 10 triệu ₫”: 2 kết quả" in nearly
    assert 'href="/vi/search?q=may+say&kind=technology"' in nearly


def test_nothing_found_on_a_page_of_one_kind_stays_with_it(client: TestClient, shop: dict[str, Listing]) -> None:
    page = html.unescape(client.get("/vi/patents?q=van&region=79").text)
    assert 'href="/vi/patents?q=van">Bỏ mọi bộ lọc: 1 kết quả' in page
    assert shop["valve"].public_id in page


def test_words_nobody_uses_still_lead_on(client: TestClient, shop: dict[str, Listing]) -> None:
    page = client.get("/vi/search?q=zzqxv+wwkj").text
    assert "0 kết quả" in page
    assert "Xem tất cả" in page
    assert 'name="q" value="zzqxv wwkj"' in page


def test_words_are_carried_over_sign_in_into_the_form(
    client: TestClient, database: Database, shop: dict[str, Listing]
) -> None:
    person = person_with_password(database, email="lan@example.test")
    with database.unit_of_work() as session:
        factories.organisation(session, owner=person, name="HTX Xoài Cát")
    answer = client.post("/vi/desk/needs/words", data={"q": f"  {SENTENCE} "}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/vi/desk/listings/new/need")
    asked = client.get("/vi/desk/listings/new/need", follow_redirects=False)
    assert asked.status_code == 303
    client.post(
        asked.headers["location"].split("?")[0],
        data={"email": "lan@example.test", "password": PASSWORD, "next": "/vi/desk/listings/new/need"},
    )
    form = html.unescape(client.get("/vi/desk/listings/new/need").text)
    assert "Đã điền sẵn từ những lời bạn gõ lúc tìm" in form
    assert 'value="Cần máy sấy nông sản 200 kg/h giá dưới 500 triệu"' in form
    assert 'name="details.quantity"' in form
    assert 'value="200 kg/h"' in form
    assert 'value="500000000"' in form
    # Saved as a draft, the words are let go.
    saved = client.post(
        "/vi/desk/listings/new/need",
        data={"title": "Cần máy sấy", "price.kind": "indicative", "price.to": "500000000", "price.currency": "VND"},
        follow_redirects=False,
    )
    assert saved.status_code == 303
    with database.read_only() as session:
        assert session.scalar(select(func.count()).select_from(HeldForm)) == 0
    assert "Đã điền sẵn" not in client.get("/vi/desk/listings/new/need").text


def test_without_words_the_form_is_simply_empty(client: TestClient) -> None:
    answer = client.post("/vi/desk/needs/words", data={}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/vi/desk/listings/new/need")
