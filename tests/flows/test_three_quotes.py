"""A need answered by three quotes: asked in one go, quoted in two currencies, compared, weighed, one accepted.

The buyer and the three holders use the pages as they stand, without scripts; letters arrive and reminders come.
"""

import io
from collections.abc import Callable

import openpyxl
import pytest
from sqlalchemy import select

from app.database import Database
from app.features.accounts.passwords import hash_password
from app.features.enquiries.work import remind
from app.identity import uuid7
from app.jobs import JobContext
from app.models import Acceptance, Listing, Organisation, QuoteRequest
from tests import factories
from tests.flows.conftest import PASSWORD, Clock, Exchange, link_in, sign_in
from tests.flows.plain_browser import PlainBrowser, Typed

BUYER = "phuc@trai.example"
HOLDERS = ("mot@may.example", "hai@may.example", "ba@may.example")
NEED = "Sấy xoài 500 kg mỗi mẻ, điện dưới 0,9 kWh cho mỗi kg nước"


@pytest.fixture
def scene(database: Database) -> dict[str, str]:
    """A need with criteria, and three listings that fit; their public ids."""
    with database.unit_of_work() as session:

        def member(email: str, name: str) -> Organisation:
            person = factories.person(session, email=email, name=name, password_hash=hash_password(PASSWORD))
            return factories.organisation(session, owner=person, name=f"Đơn vị {name}", type="firm")

        buyer = member(BUYER, "Lý Hoàng Phúc")
        need = factories.listing(
            session,
            of=buyer,
            kind="need",
            title=NEED,
            summary="Máy sấy bơm nhiệt cho xoài lát.",
            details={"acceptance": "Ẩm cuối 15 %\nĐiện dưới 0,9 kWh mỗi kg nước"},
        )
        found = {"need": need.public_id}
        for email, name in zip(HOLDERS, ("Một", "Hai", "Ba"), strict=True):
            listing = factories.listing(session, of=member(email, name), title=f"Máy sấy bơm nhiệt cho xoài {name}")
            found[email] = listing.public_id
    return found


def test_a_need_answered_by_three_quotes(
    database: Database,
    exchange: Exchange,
    clock: Clock,
    browser: Callable[[], PlainBrowser],
    scene: dict[str, str],
) -> None:
    exchange.work()
    buyer, holders = browser(), {email: browser() for email in HOLDERS}
    sign_in(buyer, BUYER)
    for email, mine in holders.items():
        sign_in(mine, email)

    # The three are kept on a list, then asked in one go about the need.
    for email in HOLDERS:
        with database.read_only() as session:
            listing = session.scalars(select(Listing).where(Listing.public_id == scene[email])).one()
        page = buyer.see(f"/vi/listings/{listing.slug}-{listing.public_id}").press("Lưu vào danh sách")
        assert page.flash == "Đã lưu vào danh sách của bạn."
    page = page.press("Hỏi giá các mục đã chọn")
    page = page.press(
        "Gửi cho các bên đã chọn",
        {
            "items.0.description": "Máy sấy 500 kg/mẻ",
            "items.0.quantity": 2,
            "items.0.unit": "máy",
            "need": scene["need"],
            "questions": ["guarantee"],
            "answer_by": "30/11/2026",
        },
    )
    assert page.flash == "Đã gửi 3 yêu cầu báo giá."
    assert "Chưa có báo giá nào" in page.text
    round_path = page.path

    # Each holder hears of its own request alone.
    numbers = {}
    for email, mine in holders.items():
        (letter,) = exchange.post(to=email)
        page = mine.see(link_in(letter))
        assert "Điện dưới 0,9 kWh mỗi kg nước" in page.text
        assert sum(f"Đơn vị {name}" in page.text for name in ("Một", "Hai", "Ba")) == 1
        assert mine.open(round_path).status == 404
        numbers[email] = page.path.rpartition("/")[2].partition("?")[0]

    answers: dict[str, dict[str, Typed]] = {
        HOLDERS[0]: {
            "answers.0.offers.0.unit_price": 900_000_000,
            "answers.0.offers.0.lead_time_days": 60,
            "fulfilment.0.met": "full",
            "fulfilment.1.met": "partial",
            "fulfilment.1.note": "0,95 đo tại Bến Cát",
            "replies.0.text": "Không đạt thì trả lại",
            "ownership.energy_yearly": 80_000_000,
        },
        HOLDERS[1]: {
            "answers.0.offers.0.unit_price": 30_000,
            "answers.0.offers.0.lead_time_days": 120,
            "currency": "USD",
            "exchange_rate": "26.000",
            "exchange_rate_date": "20/11/2026",
            "fulfilment.0.met": "full",
            "fulfilment.1.met": "full",
            "ownership.energy_yearly": "4.000",
        },
    }
    for email, typed in answers.items():
        mine = holders[email]
        page = mine.see(f"/vi/desk/enquiries/{numbers[email]}/quote")
        if email == HOLDERS[1]:
            wrong = page.press("Gửi báo giá", {**typed, "exchange_rate": "", "exchange_rate_date": ""})
            assert wrong.errors == [
                "Yêu cầu hỏi giá bằng VND: hãy nêu 1 USD bằng bao nhiêu VND.",
                "Hãy nêu ngày của tỷ giá.",
            ]
            page = mine.see(f"/vi/desk/enquiries/{numbers[email]}/quote")
        assert page.press("Gửi báo giá", typed).flash == "Đã gửi báo giá, bản 1."

    # The third says nothing: it is reminded, then declines with a reason from the list.
    clock.later(days=6)
    remind(JobContext(database, exchange.settings, uuid7(), 1, clock.now), {})
    reminders = [one.subject for one in exchange.post(to=HOLDERS[2])]
    assert f"Sắp đến hạn báo giá ({numbers[HOLDERS[2]]})" in reminders
    page = holders[HOLDERS[2]].see(f"/vi/desk/enquiries/{numbers[HOLDERS[2]]}/decline")
    assert page.press("Từ chối báo giá").status == 422
    holders[HOLDERS[2]].see(f"/vi/desk/enquiries/{numbers[HOLDERS[2]]}/decline").press(
        "Từ chối báo giá", {"reason": "no_capacity"}
    )

    # Side by side: 2 × 30 000 dollars at 26 000 against 2 × 900 million.
    page = buyer.see(round_path)
    rows = {row[0].removesuffix(" Khác nhau"): row[1:] for row in page.table("Bảng so sánh các báo giá")}
    assert rows["Giá cho số lượng hỏi (chưa thuế)"] == ["1.800.000.000 ₫", "1.560.000.000 ₫ Tốt nhất"]
    assert rows["Chi phí sở hữu (chưa thuế)"] == ["2.200.000.000 ₫", "2.080.000.000 ₫ Tốt nhất"]
    assert rows["Giao đủ trong"] == ["60 ngày Tốt nhất", "120 ngày"]
    assert rows["Điện dưới 0,9 kWh mỗi kg nước"] == ["Đáp ứng một phần: 0,95 đo tại Bến Cát", "Đáp ứng"]
    assert rows["Điểm theo trọng số của bạn"] == ["86/100", "92/100 Tốt nhất"]
    page = page.press("Lưu và tính lại điểm", {"cost": "1", "lead_time": "5", "criteria.0.weight": "0"})
    assert page.flash == "Đã lưu cách bạn so sánh; điểm được tính lại."
    rows = {row[0].removesuffix(" Khác nhau"): row[1:] for row in page.table("Bảng so sánh các báo giá")}
    assert rows["Điểm theo trọng số của bạn"] == ["83/100 Tốt nhất", "72/100"]
    book = openpyxl.load_workbook(io.BytesIO(buyer.client.get(f"{round_path}/comparison.xlsx").content))
    assert book.active is not None
    assert 1_560_000_000 in [cell.value for row in book.active.iter_rows() for cell in row]

    # One is accepted in principle; the other stays as it was.
    page = buyer.see(f"/vi/desk/enquiries/{numbers[HOLDERS[0]]}/quotes/1/accept").press("Xem tổng")
    page = page.press("Chấp nhận báo giá")
    assert page.status == 200
    with database.read_only() as session:
        assert session.scalars(select(Acceptance.total)).all() == [1_800_000_000]
        states = session.scalars(select(QuoteRequest.state).order_by(QuoteRequest.number)).all()
        assert sorted(states) == ["accepted", "declined", "quoted"]
