"""The pages of a deal: from the accepted quote to what both sides confirm, as two people walk it."""

from app.database import Database
from app.features.enquiries.quoting import accept
from app.models import Deal
from tests.factories import NOW
from tests.features.enquiries.scene import Scene
from tests.features.enquiries.test_races import ALL
from tests.query_budget import count_queries
from tests.web.enquiries.conftest import Browser, _fixed_moment, browser, buyer, holder, scene, stranger, talked

__all__ = ["_fixed_moment", "browser", "buyer", "holder", "scene", "stranger", "talked"]

HERE = "/vi/desk/deals/TV-2026-000001"


def test_from_the_accepted_quote_to_what_both_confirm(
    database: Database, scene: Scene, talked: str, buyer: Browser, holder: Browser, stranger: Browser
) -> None:
    with database.unit_of_work() as session:
        accept(session, actor=scene.buyer, number=talked, revision=1, data=ALL, now=NOW)
    assert f'href="/vi/desk/enquiries/{talked}/deal"' in buyer.page(f"/vi/desk/enquiries/{talked}")
    assert buyer.get(f"/vi/desk/enquiries/{talked}/deal").headers["location"] == HERE
    with count_queries(database) as sent:
        page = buyer.page(HERE)
    assert len(sent) <= 6, sent
    assert "Đã thoả thuận, chưa ký hợp đồng" in page

    wrong = buyer.post(f"{HERE}/contract", {"contract_date": "2027-01-01"})
    assert wrong.status_code == 422
    assert "Ngày ký phải không sau hôm nay" in wrong.text
    assert holder.post(f"{HERE}/contract", {"contract_date": "2026-11-20"}).status_code == 303
    assert "20/11/2026" in buyer.page(HERE)

    given = {"value": "1.250.000.000", "shown": "exact", "note": "Chạy tốt"}
    bad = buyer.post(f"{HERE}/outcome", {**given, "value": "nhiều"})
    assert bad.status_code == 422
    assert 'value="nhiều"' in bad.text
    assert buyer.post(f"{HERE}/outcome", given).status_code == 303
    assert "Bên kia đã xác nhận kết quả và chờ bạn." in holder.page(HERE)
    assert holder.post(f"{HERE}/outcome", given).status_code == 303
    assert "Hoàn thành, hai bên xác nhận" in buyer.page(HERE)
    assert "1,250,000,000" in holder.page("/en/desk/deals/TV-2026-000001")
    assert holder.post(f"{HERE}/year", {"in_use": "true", "note": "Giảm 38 % điện"}).status_code == 303
    assert "Giảm 38 % điện" in buyer.page(HERE)
    with database.read_only() as session:
        assert session.query(Deal).one().state == "completed"

    for path in (HERE, f"{HERE}/terminate", f"/vi/desk/enquiries/{talked}/deal"):
        assert stranger.get(path).status_code == 404
    assert stranger.post(f"{HERE}/outcome", given).status_code == 404
    assert buyer.get(f"{HERE}/khong-co").status_code == 404


def test_ending_it_asks_why(database: Database, scene: Scene, talked: str, buyer: Browser) -> None:
    with database.unit_of_work() as session:
        accept(session, actor=scene.buyer, number=talked, revision=1, data=ALL, now=NOW)
    assert buyer.post(f"{HERE}/terminate", {"note": ""}).status_code == 422
    assert buyer.post(f"{HERE}/terminate", {"note": "Không còn nhu cầu"}).status_code == 303
    page = buyer.page(HERE)
    assert "Đã chấm dứt" in page
    assert "Không còn nhu cầu" in page
    assert "TV-2026-000001" in buyer.page("/vi/desk/deals")
