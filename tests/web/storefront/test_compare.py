"""Comparing up to four listings: chosen by address, side by side, polite about what is gone."""

import html
import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.database import Database
from app.models import Listing
from app.operations.answers import KnownAnswers
from tests import factories
from tests.indexing import index_everything
from tests.query_budget import count_queries

# The page's state; the listings with their organisations, files and classifications.
BUDGET = 4
_ROW = (
    r'<tr role="row"( class="compare-row-differs")?>\s*'
    r'<th scope="row" role="rowheader">([^<]*)(?:<span.*?</span></th>|</th>)(.*?)</tr>'
)


@pytest.fixture
def stall(application: FastAPI, database: Database) -> dict[str, Listing]:
    """Three dryers, two of them alike in some things, a patent, a need and a draft."""
    with database.unit_of_work() as session:
        institute = factories.organisation(session, name="Viện Nông cơ", verified_at=factories.NOW)
        firm = factories.organisation(session, name="Công ty Giấu Tên", type="firm")
        given = {"title": "Máy sấy bơm nhiệt", "trl": 8, "region": "79", "transfer_forms": ["exclusive_licence"]}
        made = {
            "heat": factories.listing(
                session,
                of=institute,
                **given,
                price_kind="firm",
                price_from=380_000_000,
                price_currency="VND",
                details={"advantage": "Giảm **40 %** điện"},
            ),
            "cold": factories.listing(session, of=institute, **given | {"title": "Máy sấy lạnh", "trl": 6}),
            "oven": factories.listing(session, of=firm, kind="equipment", title="Lò sấy gỗ", trl=None),
            "patent": factories.listing(session, of=institute, kind="patent", title="Van điều tiết ẩm", trl=None),
            "need": factories.listing(
                session, of=firm, kind="need", title="Cần máy sấy xoài", visibility="anonymous", trl=6
            ),
            "draft": factories.listing(session, of=institute, state="draft", title="Bản nháp máy sấy"),
        }
    index_everything(application, database)
    return made


def page_of(client: TestClient, *names: str, stall: dict[str, Listing], locale: str = "vi", **more: str) -> str:
    ids = ",".join(stall[name].public_id for name in names)
    answer = client.get(f"/{locale}/compare", params={"ids": ids, **more})
    assert answer.status_code == 200
    return html.unescape(answer.text)


def rows(page: str) -> dict[str, tuple[list[str], bool]]:
    """Label → what each column says ("" for nothing), and whether the row is marked."""
    made = {}
    for marked, label, cells in re.findall(_ROW, page, re.DOTALL):
        values = [re.sub(r"<[^>]*>", "", one).strip() for one in re.findall(r"<td[^>]*>(.*?)</td>", cells, re.DOTALL)]
        made[label] = ([" ".join(value.replace("–không nêu", "").split()) for value in values], bool(marked))
    return made


def test_listings_stand_side_by_side_with_differences_marked(client: TestClient, stall: dict[str, Listing]) -> None:
    found = rows(page_of(client, "heat", "cold", stall=stall))
    assert found["Hình thức chuyển giao"] == (["Cấp phép độc quyền", "Cấp phép độc quyền"], False)
    assert found["Địa phương"] == (["TP. Hồ Chí Minh", "TP. Hồ Chí Minh"], False)
    assert found["Giá"] == (["380.000.000 ₫", "Giá theo báo giá"], True)
    levels, marked = found["Mức sẵn sàng"]
    assert [one[:5] for one in levels] == ["TRL 8", "TRL 6"]
    assert marked
    assert found["Hơn giải pháp đang dùng ở đâu"] == (["Giảm 40 % điện", ""], False)
    # What nobody has makes no row.
    assert "Chủ sở hữu" not in found
    assert "Bảo hành" not in found


def test_rows_that_are_alike_can_be_left_out(client: TestClient, stall: dict[str, Listing]) -> None:
    page = page_of(client, "heat", "cold", stall=stall, only="different")
    assert set(rows(page)) == {
        "Độ tin cậy",
        "Giá",
        "Mức sẵn sàng",
        "Hơn giải pháp đang dùng ở đâu",
    }
    assert "Hiện cả những dòng giống nhau" in page


def test_columns_keep_the_order_of_the_address_and_lead_on(client: TestClient, stall: dict[str, Listing]) -> None:
    page = page_of(client, "need", "heat", "oven", stall=stall)
    places = [page.index(f"-{stall[name].public_id}") for name in ("need", "heat", "oven")]
    assert places == sorted(places)
    heat, oven, need = (stall[name].public_id for name in ("heat", "oven", "need"))
    # All that can be asked at once, each by itself, one more, one less; never a need.
    assert f'href="/vi/desk/ask?ids={heat}%2C{oven}"' in page
    assert page.count("/ask?") + page.count('/ask"') == 3
    assert f'href="/vi/search?compare={need}%2C{heat}%2C{oven}"' in page
    assert f'href="/vi/compare?ids={need}%2C{oven}"' in page


def test_an_anonymous_need_betrays_nobody(client: TestClient, stall: dict[str, Listing]) -> None:
    page = page_of(client, "need", "heat", stall=stall)
    assert "Đơn vị ẩn danh" in page
    assert "Giấu Tên" not in page


def test_what_has_left_is_said_politely_and_the_rest_stays(
    client: TestClient, database: Database, stall: dict[str, Listing]
) -> None:
    with database.unit_of_work() as session:
        session.get_one(Listing, stall["cold"].id).state = "withdrawn"
        from app import journal

        journal.append(session, entity="listing", entity_id=stall["cold"].id, action="withdraw")
    page = page_of(client, "heat", "cold", "draft", stall=stall)
    assert "2 mục không còn trên sàn" in page
    assert "Máy sấy lạnh" not in page
    assert "Bản nháp" not in page
    assert "Máy sấy bơm nhiệt" in page
    assert "Mới có một mục" in page


@pytest.mark.parametrize("query", ["", "?ids=", "?ids=khongco", "?ids=%3Cscript%3E&ids=../../etc", "?ids=" + "a" * 900])
def test_nothing_to_compare_leads_back_to_searching(client: TestClient, stall: dict[str, Listing], query: str) -> None:
    answer = client.get(f"/vi/compare{query}")
    assert answer.status_code == 200
    assert "Chưa có gì để so sánh" in answer.text
    assert "<script>" not in answer.text.replace("<script src", "")


def test_a_fifth_is_not_taken_and_told_why(client: TestClient, stall: dict[str, Listing]) -> None:
    page = page_of(client, "heat", "cold", "oven", "patent", "need", stall=stall)
    assert "Chỉ so sánh được bốn mục một lần; 1 mục sau chưa vào bảng" in page
    assert "Van điều tiết ẩm" in page
    assert "Cần máy sấy xoài" not in page
    assert "Thêm mục" not in page


def test_it_costs_as_many_queries_as_any_number(
    client: TestClient, database: Database, stall: dict[str, Listing]
) -> None:
    page_of(client, "heat", stall=stall)
    client.app.state.known_answers = KnownAnswers()  # type: ignore[attr-defined]
    with count_queries(database) as sent:
        page_of(client, "heat", "cold", "oven", "patent", stall=stall)
    assert len(sent) <= BUDGET, sent


def test_it_is_the_same_for_everybody_and_kept_by_browsers(client: TestClient, stall: dict[str, Listing]) -> None:
    path = f"/vi/compare?ids={stall['heat'].public_id}"
    first = client.get(path)
    assert first.headers["cache-control"] == "public, no-cache"
    assert client.get(path, headers={"If-None-Match": first.headers["etag"]}).status_code == 304


def test_listings_are_chosen_on_the_page_of_results_by_links_alone(
    client: TestClient, database: Database, stall: dict[str, Listing]
) -> None:
    heat, cold = stall["heat"].public_id, stall["cold"].public_id
    page = html.unescape(client.get("/vi/search?q=may+say&kind=technology").text)
    assert f'href="?q=may+say&kind=technology&compare={heat}"' in page
    assert "compare-tray" not in page
    path = f"/vi/search?q=may+say&kind=technology&compare={heat},{cold}"
    client.get(path)
    client.app.state.known_answers = KnownAnswers()  # type: ignore[attr-defined]
    with count_queries(database) as sent:
        chosen = html.unescape(client.get(path).text)
    assert len(sent) <= 4, sent
    # Taken out again by the card's own link and by the tray's; kept by every way on from here.
    assert chosen.count(f'?q=may+say&kind=technology&compare={heat}"') >= 2
    assert f'href="/vi/compare?ids={heat}%2C{cold}"' in chosen
    assert "So sánh 2 mục" in chosen
    assert chosen.count(f'name="compare" value="{heat},{cold}"') == 3
    assert 'name="robots" content="noindex"' in chosen


def test_a_fifth_on_the_page_of_results_says_why_not(client: TestClient, stall: dict[str, Listing]) -> None:
    ids = [stall[name].public_id for name in ("heat", "cold", "oven", "patent", "need")]
    page = html.unescape(client.get(f"/vi/search?compare={','.join(ids)}").text)
    assert "Chỉ so sánh được bốn mục một lần" in page
    assert f'/vi/compare?ids={"%2C".join(ids[:4])}"' in page
    assert "Chỉ so sánh được" not in client.get(f"/vi/search?compare={','.join(ids[:4])}").text


def test_english(client: TestClient, stall: dict[str, Listing]) -> None:
    page = page_of(client, "heat", "cold", stall=stall, locale="en")
    assert "Ask all of these for a quote" in page
    assert "different" in page
