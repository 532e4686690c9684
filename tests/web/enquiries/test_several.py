"""The pages of asking several: a list, one form, a round; and what holders are not told."""

import re
from collections.abc import Callable

import pytest

from app.database import Database
from app.models import Listing, Person
from tests import factories
from tests.features.enquiries.scene import Scene
from tests.query_budget import count_queries
from tests.web.enquiries.conftest import Browser


@pytest.fixture
def second(database: Database, scene: Scene) -> Listing:
    with database.unit_of_work() as session:
        person = factories.person(session, email="hai@may.test")
        organisation = factories.organisation(session, owner=person, name="Công ty Máy Sấy Hai", type="firm")
        return factories.listing(session, of=organisation, kind="equipment", trl=None, title="Máy sấy HP-300")


def test_from_the_list_to_the_round(scene: Scene, second: Listing, buyer: Browser, holder: Browser) -> None:
    here = f"/vi/listings/{scene.listing.slug}-{scene.listing.public_id}"
    assert 'action="/vi/desk/kept"' in buyer.page(here)
    for listing in (scene.listing, second):
        assert buyer.post("/vi/desk/kept", {"listing": listing.public_id}).headers["location"] == "/vi/desk/kept"
    listed = buyer.page("/vi/desk/kept")
    assert "Máy sấy HP-300" in listed
    assert "Máy sấy bơm nhiệt 500 kg/mẻ" in listed
    form = f"/vi/desk/ask?ids={scene.listing.public_id}&ids={second.public_id}"
    shown = buyer.page(form)
    assert "Nơi nào đang dùng, có thể đến xem không?" in shown
    assert "Phụ tùng có sẵn ở đâu, giá và thời gian giao?" in shown
    answer = buyer.submit(
        form,
        to="/vi/desk/ask",
        listings=[scene.listing.public_id, second.public_id],
        questions=["references", "spare_parts"],
        criteria="Ẩm cuối 15 %\nĐiện dưới 0,9 kWh mỗi kg nước",
        answer_by="04/12/2026",
        items__0__description="Máy sấy 500 kg/mẻ",
        items__0__quantity="2",
        items__0__unit="máy",
        currency="VND",
    )
    there = answer.headers["location"]
    assert re.fullmatch(r"/vi/desk/rounds/[a-z0-9]{12}", there)
    page = buyer.page(there)
    assert "Viện Cơ điện Nông nghiệp" in page
    assert "Công ty Máy Sấy Hai" in page
    assert there in buyer.page("/vi/desk/enquiries/2026-000001")
    assert "Rounds of requests" in buyer.page("/en/desk/rounds")

    seen = holder.page("/en/desk/enquiries/2026-000001")
    assert "Who uses it, and can one go and see?" in seen
    assert "Điện dưới 0,9 kWh mỗi kg nước" in seen
    assert "Quotes are needed by the end of 4 Dec 2026." in seen
    for secret in ("rounds/", "Hai", "2026-000002", "Where are spare parts kept"):
        assert secret not in seen.split("<main")[1].split("</main>")[0]
    assert holder.get(there).status_code == 404
    assert holder.get("/vi/desk/enquiries/2026-000002").status_code == 404


def test_what_was_typed_comes_back_with_the_fault(scene: Scene, second: Listing, buyer: Browser) -> None:
    form = f"/vi/desk/ask?ids={second.public_id},{scene.listing.public_id}"
    answer = buyer.submit(form, to="/vi/desk/ask", items__0__description="Máy", items__0__quantity="0", currency="VND")
    assert answer.status_code == 422
    assert 'value="Máy"' in answer.text
    assert "Máy sấy HP-300" in answer.text
    answer = buyer.submit(
        form,
        to="/vi/desk/ask",
        items__0__description="Máy",
        items__0__quantity="1",
        items__0__unit="máy",
        currency="VND",
    )
    assert (answer.status_code, "Hãy chọn từ một đến mười mục." in answer.text) == (422, True)


def test_nothing_to_ask_and_nobody_signed_in(
    scene: Scene, buyer: Browser, holder: Browser, browser: Callable[[Person | None], Browser]
) -> None:
    assert "Chưa chọn mục nào để hỏi" in buyer.page("/vi/desk/ask?ids=khong-co")
    # A holder cannot ask itself.
    assert "Chưa chọn mục nào để hỏi" in holder.page(f"/vi/desk/ask?ids={scene.listing.public_id}")
    nobody = browser(None)
    asked = nobody.get("/vi/desk/ask?ids=abc")
    assert (asked.status_code, asked.headers["location"]) == (303, "/vi/sign-in?next=%2Fvi%2Fdesk%2Fask%3Fids%3Dabc")
    kept = nobody.post("/vi/desk/kept", {"listing": scene.listing.public_id})
    assert kept.headers["location"].startswith("/vi/sign-in?next=%2Fvi%2Fdesk%2Fkept%3Fadd%3D")
    assert "Lưu vào danh sách" in buyer.page(f"/vi/desk/kept?add={scene.listing.public_id}")
    assert "Danh sách còn trống" in buyer.page("/vi/desk/kept")


def test_pages_keep_to_their_budget(scene: Scene, second: Listing, database: Database, buyer: Browser) -> None:
    buyer.post("/vi/desk/kept", {"listing": second.public_id})
    buyer.submit(
        f"/vi/desk/ask?ids={second.public_id}",
        to="/vi/desk/ask",
        listings=[second.public_id],
        items__0__description="Máy",
        items__0__quantity="1",
        items__0__unit="máy",
        currency="VND",
    )
    there = re.findall(r"/vi/desk/rounds/[a-z0-9]{12}", buyer.page("/vi/desk/rounds"))[0]
    budgets = {
        "/vi/desk/kept": 5,
        f"/vi/desk/ask?ids={second.public_id},{scene.listing.public_id}": 8,
        "/vi/desk/rounds": 2,
        there: 6,
    }
    for path, budget in budgets.items():
        buyer.page(path)
        with count_queries(database) as sent:
            buyer.page(path)
        assert len(sent) <= budget, (path, sent)
