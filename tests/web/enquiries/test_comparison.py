"""The comparison as a page, on paper and as a sheet."""

import io
import re

import openpyxl

from app.database import Database
from app.models import QuoteRound
from tests.features.enquiries.scene import Scene
from tests.features.enquiries.test_comparing import CRITERIA, three_quotes
from tests.query_budget import count_queries
from tests.web.enquiries.conftest import Browser


def test_the_page_marks_differences_and_the_best(database: Database, scene: Scene, buyer: Browser) -> None:
    public_id, _actors = three_quotes(database, scene)
    page = buyer.page(f"/vi/desk/rounds/{public_id}")
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert "Điểm theo trọng số của bạn Khác nhau 87/100 92/100 Tốt nhất 0/100" in text
    assert "1.622.400.000 ₫ Tốt nhất" in text.replace("\N{NO-BREAK SPACE}", " ")
    assert "Thiếu hạng mục 2" in text
    assert "Không cung cấp khay nhựa" in text
    assert "1 USD = 26.000, ngày 20/11/2026" in text
    only = buyer.page(f"/en/desk/rounds/{public_id}?show=differences")
    assert "Price of the quantities asked for (without tax)" in only
    assert "Valid until" not in only.split('class="compare-section"')[1]


def test_weights_are_set_on_the_page(database: Database, scene: Scene, buyer: Browser, holder: Browser) -> None:
    public_id, _actors = three_quotes(database, scene)
    here = f"/vi/desk/rounds/{public_id}"
    fields = {
        "currency": "VND",
        "years": "10",
        "yearly_revenue": "1.500.000.000",
        "cost": "0",
        "lead_time": "5",
        "criteria.0.weight": "0",
        "criteria.1.weight": "0",
    }
    assert holder.post(f"{here}/wishes", fields).status_code == 404
    assert buyer.post(f"{here}/wishes", fields).headers["location"] == f"{here}#compare"
    page = buyer.page(here)
    assert "Chi phí sở hữu trong 10 năm" in page
    assert 'value="1.500.000.000"' in page
    assert "50/100" in page
    wrong = buyer.post(f"{here}/wishes", {**fields, "years": "0"})
    assert (wrong.status_code, 'id="f-years"' in wrong.text) == (422, True)


def test_the_buyers_own_judgement_counts_before_the_holders_word(
    database: Database, scene: Scene, buyer: Browser, holder: Browser
) -> None:
    public_id, _actors = three_quotes(database, scene)
    here = f"/vi/desk/rounds/{public_id}"
    weights = {"currency": "VND", "years": "5", "cost": "0", "lead_time": "0"}
    weights |= {"criteria.0.weight": "5", "criteria.1.weight": "0"}
    buyer.post(f"{here}/wishes", weights)
    before = buyer.page(here)
    assert "bạn đánh giá" not in before
    number = before.split('name="criteria.0.judged.0.request" value="')[1].split('"')[0]
    own = {"criteria.0.judged.0.request": number, "criteria.0.judged.0.met": "none"}
    wrong = buyer.post(f"{here}/wishes", {**weights, **own, "criteria.0.judged.0.met": "perhaps"})
    assert wrong.status_code == 422
    assert buyer.post(f"{here}/wishes", {**weights, **own}).status_code == 303
    page = buyer.page(here)
    assert "Đáp ứng; bạn đánh giá: Không đáp ứng" in page
    assert (before.count("100/100"), page.count("100/100")) == (2, 1)
    assert '<option value="none" selected' in page
    with database.read_only() as session:
        assert session.query(QuoteRound).one().wishes["judged"] == {number: {CRITERIA[0]: "none"}}
    assert "đánh giá: Không" not in holder.page(f"/vi/desk/enquiries/{number}")
    assert buyer.post(f"{here}/wishes", {**weights, **own, "criteria.0.judged.0.met": ""}).status_code == 303
    assert "bạn đánh giá" not in buyer.page(here)


def test_the_sheet_holds_numbers_and_no_formulas(database: Database, scene: Scene, buyer: Browser) -> None:
    public_id, _actors = three_quotes(database, scene)
    answer = buyer.get(f"/vi/desk/rounds/{public_id}/comparison.xlsx")
    assert answer.headers["cache-control"] == "private, no-store"
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    rows = {str(row[0].value): [cell.value for cell in row[1:4]] for row in sheet.iter_rows() if row[0].value}
    assert rows["Chi phí sở hữu (chưa thuế)"][:2] == [2_364_000_000, 2_272_400_000]
    assert rows["Điểm theo trọng số của bạn"] == [87, 92, 0]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_paper_sheet_and_page_are_the_buyers(
    database: Database, scene: Scene, buyer: Browser, holder: Browser, stranger: Browser
) -> None:
    public_id, _actors = three_quotes(database, scene)
    assert "So sánh báo giá: Máy sấy" in buyer.page(f"/vi/desk/rounds/{public_id}/print")
    for path in ("", "/print", "/comparison.xlsx"):
        for other in (holder, stranger):
            assert other.get(f"/vi/desk/rounds/{public_id}{path}").status_code == 404


def test_the_page_keeps_to_its_budget(database: Database, scene: Scene, buyer: Browser) -> None:
    public_id, _actors = three_quotes(database, scene)
    for path in ("", "/print", "/comparison.xlsx"):
        buyer.get(f"/vi/desk/rounds/{public_id}{path}")
        with count_queries(database) as sent:
            buyer.get(f"/vi/desk/rounds/{public_id}{path}")
        assert len(sent) <= 6, (path, sent)
