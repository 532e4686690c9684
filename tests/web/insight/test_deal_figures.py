"""The page of figures and its two files, which say the same."""

import csv
import io
from collections.abc import Callable

import openpyxl
from sqlalchemy import select

from app.database import Database
from app.models import AuditEntry, Person
from tests.factories import NOW
from tests.features.deals.many import copy_deals, finish_copies
from tests.features.deals.scene import agreed
from tests.features.enquiries.scene import Scene
from tests.query_budget import count_queries
from tests.web.enquiries.conftest import Browser, _fixed_moment, browser, buyer, scene

__all__ = ["_fixed_moment", "browser", "buyer", "scene"]

HERE = "/vi/desk/figures"


def test_the_operator_reads_and_saves_the_figures(
    database: Database, scene: Scene, buyer: Browser, browser: Callable[[Person | None], Browser]
) -> None:
    agreed(database, scene)
    copy_deals(database, 3)
    exact, band = {"shown": "exact", "value": 1_250_000_000}, {"shown": "band", "band": 3}
    finish_copies(database, {1: (exact, exact), 2: (exact, band)})
    with database.read_only() as session:
        person = session.query(Person).filter_by(is_operator=True).one()
    operator = browser(person)
    with count_queries(database) as sent:
        page = operator.page(HERE).replace("\xa0", " ")
    assert len(sent) <= 8, sent
    assert "Số liệu thương vụ năm 2026" in page
    assert "1.250.000.000 ₫" in page
    assert "VND: Từ 1 tỷ ₫ đến dưới 5 tỷ ₫" in page
    assert 'href="/vi/desk/figures"' in operator.page("/vi/desk/deals")

    assert f'action="{HERE}.xlsx?year=2026"' in page
    answer = operator.post(f"{HERE}.xlsx?year=2026", {})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]
    lines = {row[1]: row[2] for row in rows}
    assert lines["VND: tổng giá trị"] == 1_250_000_000
    assert lines["Hai bên xác nhận kết quả"] == 2
    assert lines["Từ thoả thuận đến ký hợp đồng (trung vị)"] == 10
    answer = operator.post(f"{HERE}.csv?year=2026", {})
    assert answer.content.startswith(b"\xef\xbb\xbf")
    read = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [[one.replace("\xa0", " ") for one in row] for row in read[1:]] == [
        ["" if value is None else str(value).replace("\xa0", " ") for value in row] for row in rows
    ]
    for secret in (scene.buyer_organisation.name, "Viện Cơ điện", "TV-2026", str(NOW.date())):
        assert secret not in answer.text
        assert secret not in page.partition("<main")[2].partition("</main>")[0]
    assert "Figures of deals in 2025" in operator.page("/en/desk/figures?year=2025")
    assert operator.get(f"{HERE}?year=1999").status_code == 404
    assert buyer.get(HERE).status_code == 403
    for ending in ("xlsx", "csv"):
        assert buyer.post(f"{HERE}.{ending}", {}).status_code == 403
    assert operator.get(f"{HERE}.csv").status_code == 405
    assert operator.post(f"{HERE}.pdf", {}).status_code == 404
    # Who took them away is recorded; who was refused took nothing.
    with database.read_only() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.entity == "deal_figures")).all()
        assert [(one.action, one.actor_id, one.data) for one in entries] == [
            ("export", person.id, {"year": 2026, "as": ending}) for ending in ("xlsx", "csv")
        ]
