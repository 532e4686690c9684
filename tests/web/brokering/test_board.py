"""The board as a broker uses it; nobody else finds it."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from app.database import Database
from app.features.brokering.commands import escalate
from app.models import Person
from tests import factories
from tests.factories import NOW
from tests.features.enquiries.scene import Scene, asked
from tests.features.enquiries.test_commands import request_of
from tests.query_budget import count_queries
from tests.web.enquiries.conftest import Browser

Browsers = Callable[[Person | None], Browser]


@pytest.fixture
def broker(database: Database, scene: Scene, browser: Browsers) -> Browser:
    with database.unit_of_work() as session:
        person = factories.person(session, email="moigioi@so.test", name="Kiều Môi Giới", is_broker=True)
    return browser(person)


def test_a_call_is_followed_to_its_end(broker: Browser) -> None:
    assert "Không có vụ việc nào ở đây" in broker.page("/vi/desk/cases")
    answer = broker.submit("/vi/desk/cases/new", title="Xưởng gỗ cần hút bụi", body="Ba xưởng, bụi mịn.")
    there = answer.headers["location"]
    assert re.fullmatch(r"/vi/desk/cases/[a-z0-9]{12}", there)
    page = broker.page(there)
    assert "Ba xưởng, bụi mịn." in page
    assert "Kiều Môi Giới" in page
    wrong = broker.submit(there, to=f"{there}/notes", body="Gọi hai nơi", next_on="27/11/2026")
    assert (wrong.status_code, "Gọi hai nơi" in wrong.text) == (422, True)
    assert "Hãy viết việc cần làm vào ngày đó." in wrong.text
    broker.submit(there, to=f"{there}/notes", body="Gọi hai nơi", next_step="Gọi lại", next_on="27/11/2026")
    mine = broker.page("/en/desk/cases?show=mine")
    assert "Next:" in mine
    assert "27 Nov 2026" in mine
    assert broker.post(f"{there}/close", {}).status_code == 422
    assert broker.post(f"{there}/close", {"outcome": "other"}).status_code == 422
    broker.post(f"{there}/close", {"outcome": "introduced", "closing_note": "Hai bên đã gặp"})
    closed = broker.page(there)
    assert "Đã giới thiệu hai bên" in closed
    assert "Hai bên đã gặp" in closed
    broker.post(f"{there}/reopen", {})
    broker.post(f"{there}/take", {})
    broker.post(f"{there}/release", {})
    assert "Xưởng gỗ cần hút bụi" in broker.page("/vi/desk/cases")


def test_an_unanswered_request_is_on_the_board_without_its_words(
    database: Database, scene: Scene, broker: Browser, browser: Browsers
) -> None:
    number = asked(database, scene)
    with database.unit_of_work() as session:
        request_id = request_of(database, number).id
        made = escalate(session, request_id=request_id, working_days=5, now=NOW + timedelta(days=8))
        assert made is not None
        there = f"/vi/desk/cases/{made.public_id}"
        official = session.get_one(Person, scene.operator.person_id)
    listed, page = broker.page("/vi/desk/cases"), broker.page(there)
    assert "5 ngày làm việc chưa trả lời" in listed
    assert "Viện Cơ điện Nông nghiệp" in page
    for secret in ("Sấy xoài", "900.000.000", f"enquiries/{number}"):
        assert secret not in page
    assert f"/vi/desk/enquiries/{number}" in browser(official).page(there)


def test_others_find_nothing(database: Database, scene: Scene, buyer: Browser, broker: Browser) -> None:
    there = broker.submit("/vi/desk/cases/new", title="Việc kín", body="Chuyện kín").headers["location"]
    assert buyer.get("/vi/desk/cases").status_code == 403
    assert buyer.get("/vi/desk/cases/new").status_code == 403
    assert buyer.get(there).status_code == 404
    for step in ("take", "release", "close", "reopen", "notes"):
        fields = {"body": "Chen vào", "outcome": "introduced"}
        assert buyer.post(f"{there}/{step}", fields).status_code == 404, step
    assert "/vi/desk/cases" in broker.page("/vi/fragments/account")
    assert "/vi/desk/cases" not in buyer.page("/vi/fragments/account")


def test_pages_keep_to_their_budget(database: Database, broker: Browser) -> None:
    there = broker.submit("/vi/desk/cases/new", title="Việc", body="Nội dung").headers["location"]
    for path, budget in (("/vi/desk/cases", 3), ("/vi/desk/cases?show=mine&find=viec", 3), (there, 6)):
        broker.page(path)
        with count_queries(database) as sent:
            broker.page(path)
        assert len(sent) <= budget, (path, sent)


def test_the_board_is_searched_and_says_where_there_is_something(broker: Browser) -> None:
    broker.submit("/vi/desk/cases/new", title="Xưởng gỗ cần hút bụi", body="Ba xưởng, bụi mịn.")
    page = broker.page("/vi/desk/cases?find=hut+%3Cbui%3E")
    assert "Không có vụ việc nào khớp “hut &lt;bui&gt;” ở mục này" in page
    page = broker.page("/vi/desk/cases?find=hut+bui")
    # In its own box, and not in that of the whole exchange.
    assert page.count('value="hut bui"') == 1
    assert "Xưởng gỗ" not in page
    (there,) = set(re.findall(r'href="([^"]*show=mine[^"]*)"', page))
    page = broker.page(there.replace("&amp;", "&"))
    assert "Xưởng gỗ cần hút bụi" in page
    assert 'href="/vi/desk/cases?show=mine"' in page
    assert "Find cases by title, number or organisation" in broker.page("/en/desk/cases")


def test_a_need_is_written_down_and_two_sides_are_introduced(scene: Scene, broker: Browser, buyer: Browser) -> None:
    there = broker.submit("/vi/desk/cases/new", title="Hút bụi", body="Ba xưởng").headers["location"]
    firm = scene.buyer_organisation.public_id
    wrong = broker.submit(f"{there}/need", organisation="khong-co", title="Hút bụi", target="Dưới 2 mg/m³")
    assert (wrong.status_code, "Không có tổ chức nào" in wrong.text) == (422, True)
    broker.submit(f"{there}/need", organisation=firm, title="Hút bụi gỗ", target="Dưới 2 mg/m³")
    page = broker.page(there)
    assert "Nhu cầu ghi hộ" in page
    assert f"{there}/need" not in page
    assert "Hút bụi gỗ" in buyer.page("/vi/desk/listings")
    assert broker.submit(f"{there}/introduce", organisation=firm, listing="x").status_code == 422
    sent = broker.submit(f"{there}/introduce", organisation=firm, listing=scene.listing.public_id)
    assert sent.headers["location"] == there
    assert "↔ Viện Cơ điện Nông nghiệp" in broker.page(there)
    for step in ("need", "introduce"):
        assert buyer.get(f"{there}/{step}").status_code == 404
        assert buyer.post(f"{there}/{step}", {"organisation": firm}).status_code == 404
