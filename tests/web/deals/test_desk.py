"""The desk says what waits in deals, to the side that it waits for, and counts the days to a registration."""

import pytest

from app.database import Database
from app.features.enquiries.quoting import accept
from app.models import DealMilestone
from tests.factories import NOW
from tests.features.enquiries.scene import Scene
from tests.features.enquiries.test_races import ALL
from tests.web.enquiries.conftest import Browser, _fixed_moment, browser, buyer, holder, scene, stranger, talked

__all__ = ["_fixed_moment", "browser", "buyer", "holder", "scene", "stranger", "talked"]

DEAL = "/vi/desk/deals/TV-2026-000001"


@pytest.fixture
def deal(database: Database, scene: Scene, talked: str) -> str:
    with database.unit_of_work() as session:
        accept(session, actor=scene.buyer, number=talked, revision=1, data=ALL, now=NOW)
    return DEAL


def tasks(browser: Browser) -> set[str]:
    """Which of the tasks of deals stand on the desk."""
    page = browser.page("/vi/desk")
    said = {
        "1 đề nghị điều khoản chờ bạn trả lời": "terms",
        "1 mốc hoặc đề nghị sửa mốc chờ bạn trả lời": "milestones",
        "1 thương vụ bên kia đã xác nhận kết quả, chờ bạn": "outcomes",
        "Còn 87 ngày để gửi hồ sơ đăng ký hợp đồng, hạn cuối 18/02/2027.": "clock",
    }
    return {name for text, name in said.items() if text in page}


def test_each_side_sees_what_waits_for_it(
    database: Database, deal: str, buyer: Browser, holder: Browser, stranger: Browser
) -> None:
    terms = {"transfer_forms": "full_assignment", "territory": "Việt Nam", "payment_form": "lump_sum", "lump_sum": "5"}
    holder.post(f"{deal}/terms/propose", terms)
    assert (tasks(buyer), tasks(holder), tasks(stranger)) == ({"terms"}, set(), set())
    buyer.post(f"{deal}/terms/1", {"answer": "agree"})
    holder.post(f"{deal}/milestones/new", {"title": "Chạy thử", "due_on": "2027-01-31"})
    answers = {"technology": "yes", "direction": "from_abroad", "list": "none", "rules_version": "2018-07"}
    buyer.post(f"{deal}/legal/check", answers)
    buyer.post(f"{deal}/contract", {"contract_date": "2026-11-20"})
    assert (tasks(buyer), tasks(holder), tasks(stranger)) == ({"clock"}, {"clock"}, set())
    buyer.post(f"{deal}/legal/filed", {"filed_on": "2026-11-22"})
    with database.read_only() as session:
        here = f"{deal}/milestones/{session.query(DealMilestone).one().public_id}"
    holder.post(f"{here}/report", {"evidence": "Xong"})
    assert (tasks(buyer), tasks(holder)) == ({"milestones"}, set())
    buyer.post(f"{here}/accept", {})
    holder.post(f"{deal}/outcome", {"value": "", "shown": "private"})
    assert (tasks(buyer), tasks(holder)) == ({"outcomes"}, set())
    buyer.post(f"{deal}/outcome", {"value": "", "shown": "private"})
    assert (tasks(buyer), tasks(holder)) == (set(), set())
