"""A patent licence from the first question to the figures.

Agreement, quote, terms with a royalty, legal check, contract, registration, milestones, a dispute that is settled, and
what both confirm, at once and a year after.

Both sides, a broker and the operator use the pages as they stand, without scripts.
"""

from collections.abc import Callable
from datetime import date

import pytest
from icalendar import Calendar
from sqlalchemy import select

from app.database import Database
from app.features.accounts.passwords import hash_password
from app.features.deals.work import ask_after_a_year, tell_of_milestones, tell_of_registration
from app.identity import uuid7
from app.jobs import JobContext
from app.models import BrokerCase, Deal, DealHistory, DealMilestone
from tests import factories
from tests.flows.conftest import PASSWORD, Clock, Exchange, link_in, sign_in
from tests.flows.plain_browser import Page, PlainBrowser, Typed, Upload
from tests.integrations import sample_files

BUYER, HOLDER = "phuc@xuong.example", "giang@vien.example"
BROKER, OPERATOR = "toan@so.example", "chau@so.example"
TITLE = "Phương pháp sấy quả dẻo theo bậc ẩm"


@pytest.fixture
def listing(database: Database) -> str:
    """A patent of an institute, a firm that wants it, a broker and an operator; the path of the patent's page."""
    with database.unit_of_work() as session:
        given = {"password_hash": hash_password(PASSWORD)}
        holder = factories.person(session, email=HOLDER, name="Mạc Hà Giang", **given)
        buyer = factories.person(session, email=BUYER, name="Lý Hoàng Phúc", **given)
        broker = factories.person(session, email=BROKER, name="Trần Toàn", **given)
        broker.is_broker = True
        factories.person(session, email=OPERATOR, name="Lương Minh Châu", is_operator=True, **given)
        institute = factories.organisation(session, owner=holder, name="Viện Sau thu hoạch", tax_code="3700000001")
        factories.organisation(session, owner=buyer, name="Xưởng sấy Phú Giáo", type="firm")
        patent = factories.listing(session, of=institute, kind="patent", title=TITLE, slug="say-qua-deo")
        return f"/vi/listings/{patent.slug}-{patent.public_id}"


def signed(page: Page, button: str, name: str) -> Page:
    typed: dict[str, Typed] = {"typed_name": name, "role": "Giám đốc", "password": PASSWORD, "agreed": True}
    page = page.press(button, typed)
    assert page.status == 200, page.errors
    return page


def test_a_patent_licence_from_the_first_question_to_the_figures(
    database: Database, exchange: Exchange, clock: Clock, browser: Callable[[], PlainBrowser], listing: str
) -> None:
    exchange.work()
    buyer, holder, broker, operator = (browser() for _one in range(4))

    def everybody_signs_in() -> None:
        for who, email in ((buyer, BUYER), (holder, HOLDER), (broker, BROKER), (operator, OPERATOR)):
            sign_in(who, email)

    everybody_signs_in()

    # The agreement: asked for, its text fixed, signed by both.
    page = buyer.see(f"{listing}/nda").press("Gửi đề nghị", {"purpose": "Xem để mua giấy phép cho hai buồng sấy"})
    assert page.status == 200, page.errors
    agreement = page.path.partition("?")[0]
    holder.see(f"{agreement}/text/fix").press("Chốt văn bản", {"active_until": "31/12/2027"})
    signed(holder.see(f"{agreement}/sign"), "Ký thoả thuận", "Mạc Hà Giang")
    assert "có hiệu lực" in signed(buyer.see(f"{agreement}/sign"), "Ký thoả thuận", "Lý Hoàng Phúc").flash

    # Asked, quoted, accepted: a deal.
    asked: dict[str, Typed] = {
        "items.0.description": "Giấy phép cho hai buồng",
        "items.0.quantity": 1,
        "items.0.unit": "gói",
    }
    page = buyer.see(f"{listing}/ask").press("Gửi yêu cầu báo giá", asked)
    enquiry = page.path.partition("?")[0]
    quote = holder.see(f"{enquiry}/quote").press("Gửi báo giá", {"answers.0.offers.0.unit_price": 450_000_000})
    assert quote.status == 200, quote.errors
    buyer.see(f"{enquiry}/quotes/1/accept").press("Xem tổng").press("Chấp nhận báo giá")
    deal = buyer.see(f"{enquiry}/deal").path.partition("?")[0]
    assert "Hãy thống nhất điều khoản, rà soát pháp lý" in holder.see(deal).text

    # Terms: proposed with a royalty, answered with a lower one, agreed.
    terms: dict[str, Typed] = {
        "transfer_forms": ["non_exclusive_licence"],
        "territory": "Việt Nam",
        "payment_form": "fee_and_royalty",
        "lump_sum": 150_000_000,
        "royalty_percent": "3,5",
        "royalty_base": "net_sales",
        "royalty_period": "quarter",
        "royalty_years": 5,
    }
    page = holder.see(deal).click("Điều khoản").click("Đề nghị điều khoản")
    assert page.press("Gửi đề nghị", terms).flash.startswith("Đã gửi đề nghị.")
    page = buyer.see(f"{deal}/terms").click("Đề nghị khác")
    assert page.value("royalty_percent") == "3,5"
    page.press("Gửi đề nghị", {"royalty_percent": "2,5"})
    holder.see(f"{deal}/terms").press("Đồng ý điều khoản")
    assert buyer.see(deal).facts()["Phí theo kỳ"] == "2,5 % trên doanh thu thuần, trả mỗi quý"

    # The legal check, question by question.
    page = buyer.see(f"{deal}/legal").click("Bắt đầu rà soát")
    for answer in (
        {"technology": "yes"},
        {"direction": "domestic"},
        {"state_money": "yes"},
        {"result_certificate": "no"},
    ):
        page = page.press("Tiếp theo", answer)
    page = page.press("Tiếp theo", {"list": "none"})
    assert "Chuyển giao trong nước có vốn nhà nước: hợp đồng phải đăng ký." in page.text
    assert page.press("Ghi kết quả rà soát").path == f"{deal}/legal"

    # The plan, the contract in two versions, both signatures, the day it was signed.
    for title, day, amount in (("Bàn giao phần mềm", "15/12/2026", 150_000_000), ("Chạy thử ba mẻ", "31/01/2027", "")):
        page = holder.see(f"{deal}/milestones").click("Thêm mốc")
        page.press("Ghi mốc", {"title": title, "due_on": day, "amount": amount})
    page = buyer.see(f"{deal}/documents").click("Gửi tài liệu")
    file = Upload("hop-dong.pdf", sample_files.pdf("Hop dong 1"), "application/pdf")
    page = page.press("Gửi", {"kind": "contract", "title": "Hợp đồng li-xăng", "file": file})
    page = page.click("Gửi phiên bản mới")
    page.press("Gửi", {"file": Upload("hop-dong.pdf", sample_files.pdf("Hop dong 2"), "application/pdf")})
    for who, name in ((buyer, "Lý Hoàng Phúc"), (holder, "Mạc Hà Giang")):
        page = signed(who.see(f"{deal}/documents").click("Ký"), "Ký tài liệu", name)
    assert "Hai bên đã ký" in page.text
    page = buyer.see(deal).press("Hai bên đã ký", {"contract_date": "23/11/2026"})
    assert "Còn 90 ngày để gửi hồ sơ đăng ký hợp đồng, hạn cuối 21/02/2027." in page.text
    days = Calendar.from_ical(buyer.client.get(f"{deal}/calendar.ics").content).walk("VEVENT")
    assert sorted(one.decoded("DTSTART") for one in days) == [
        date(2026, 12, 15),
        date(2027, 1, 31),
        date(2027, 2, 21),
        date(2027, 12, 31),
    ]

    # Reminders come by post; the form is sent, the certificate arrives.
    exchange.post(to=BUYER)
    clock.later(days=20)
    context = JobContext(database, exchange.settings, uuid7(), 1, clock.now)
    tell_of_milestones(context, {})
    assert [one.subject for one in exchange.post(to=BUYER)] == [
        "Thương vụ TV-2026-000001: một mốc đến hạn ngày 15/12/2026"
    ]
    clock.later(days=12)
    everybody_signs_in()
    tell_of_registration(JobContext(database, exchange.settings, uuid7(), 1, clock.now), {})
    (letter,) = [one for one in exchange.post(to=BUYER) if "đăng ký hợp đồng" in one.subject]
    assert "còn 58 ngày" in letter.subject
    page = buyer.see(link_in(letter)).click("Pháp lý")
    assert buyer.client.get(f"{deal}/legal/form.pdf").content.startswith(b"%PDF")
    page.press("Đã gửi hồ sơ", {"filed_on": "24/12/2026"})
    scan = Upload("gcn.pdf", sample_files.pdf("GCN"), "application/pdf")
    certificate: dict[str, Typed] = {"certificate_number": "07/GCN-SKHCN", "certificate_on": "25/12/2026", "scan": scan}
    page = holder.see(f"{deal}/legal").press("Ghi giấy chứng nhận", certificate)
    assert "Đã đăng ký chuyển giao, đang thực hiện" in page.text

    # Milestones: reported with a file, returned, reported anew, accepted; the second moved by agreement.
    page = holder.see(f"{deal}/milestones").click("Báo đã xong")
    proof = Upload("bien-ban.pdf", sample_files.pdf("Bien ban"), "application/pdf")
    page.press("Báo đã xong", {"evidence": "Đã cài phần mềm", "files": [proof]})
    page = buyer.see(f"{deal}/milestones").click("Trả lại")
    page.press("Trả lại mốc", {"note": "Thiếu tài liệu vận hành"})
    assert "Thiếu tài liệu vận hành" in holder.see(f"{deal}/milestones").text
    holder.see(f"{deal}/milestones").click("Báo đã xong").press("Báo đã xong", {"evidence": "Đã gửi tài liệu"})
    assert buyer.see(f"{deal}/milestones").press("Chấp nhận mốc").flash == "Đã chấp nhận mốc."
    page = buyer.see(f"{deal}/milestones").click("Sửa")
    page.press("Gửi đề nghị", {"due_on": "28/02/2027", "reason": "Tết"})
    holder.see(f"{deal}/milestones").press("Đồng ý sửa")
    with database.read_only() as session:
        due = session.scalars(select(DealMilestone.due_on).order_by(DealMilestone.due_on)).all()
    assert due == [date(2026, 12, 15), date(2027, 2, 28)]

    # A dispute: a case, both write, the broker reads on record and settles it.
    buyer.see(f"{deal}/dispute").press("Báo tranh chấp", {"note": "Mẻ thứ hai lệch ẩm 4 điểm"})
    with database.read_only() as session:
        case = f"/vi/desk/cases/{session.scalars(select(BrokerCase.public_id)).one()}"
    holder.see(deal).press("Gửi vào vụ việc", {"body": "Cảm biến khay 3 đã thay"})
    broker.see(case).press("Nhận vụ việc")
    assert "Chạy thử ba mẻ" in broker.see(case).press("Đọc thương vụ (được ghi lại)").text
    broker.see(case).press("Khép lại", {"outcome": "settled", "closing_note": "Chạy lại mẻ hai, đạt"})
    assert "Đã đăng ký chuyển giao, đang thực hiện" in buyer.see(deal).text

    # The end: what is open is said, both confirm, it counts; a year after, in numbers.
    page = buyer.see(deal).press("Xác nhận đã hoàn thành", {"value": 450_000_000, "shown": "exact"})
    assert page.errors == ["Còn mốc chưa được chấp nhận: hãy đánh dấu nếu vẫn muốn khép lại."]
    holder.see(f"{deal}/milestones").click("Báo đã xong").press("Báo đã xong", {"evidence": "Ba mẻ đạt"})
    buyer.see(f"{deal}/milestones").press("Chấp nhận mốc")
    for who in (buyer, holder):
        page = who.see(deal).press("Xác nhận đã hoàn thành", {"value": 450_000_000, "shown": "exact"})
    assert "Hoàn thành, hai bên xác nhận" in page.text
    clock.later(days=366)
    everybody_signs_in()
    ask_after_a_year(JobContext(database, exchange.settings, uuid7(), 1, clock.now), {})
    (letter,) = [one for one in exchange.post(to=BUYER) if one.subject.startswith("Một năm sau")]
    told = {"in_use": "true", "results.0.what": "điện mỗi mẻ", "results.0.amount": "-38", "results.0.unit": "%"}
    assert "điện mỗi mẻ" in buyer.see(link_in(letter)).press("Gửi", told).text
    page = operator.see("/vi/desk/figures?year=2026")
    assert ["VND: tổng giá trị", "450.000.000 ₫"] in page.table("Giá trị các thương vụ hai bên xác nhận")
    assert operator.open(deal).status == 404
    with database.read_only() as session:
        moves = session.scalars(select(DealHistory.move).order_by(DealHistory.sequence)).all()
        assert session.scalars(select(Deal.state)).one() == "completed"
    assert moves == ["open", "check", "sign", "register", "dispute", "resume", "accept", "complete"]
