"""The main job as three people live it: list, need, find, match, ask, answer, accept. Real pages, posts and letters.

Nobody's browser runs scripts, and every form is filled in as it stands on the page.
"""

from collections.abc import Callable, Mapping
from urllib.parse import quote

from sqlalchemy import func, select

from app.database import Database
from app.integrations.mail import StoredMail
from app.models import (
    JournalEntry,
    Listing,
    ListingConfidential,
    ListingHistory,
    Organisation,
    Person,
    QuoteRequest,
)
from app.models import Quote as QuoteRow
from tests.flows.conftest import Clock, Exchange, link_in, register
from tests.flows.plain_browser import Page, PlainBrowser, Typed, Upload
from tests.integrations.sample_files import jpeg, pdf

HOLDER, BUYER = "hanh@vien-say.example", "trung@nong-san.example"
INSTITUTE, FIRM = "Viện Nghiên cứu Sấy Bến Cát", "Công ty TNHH Nông sản Tân Uyên"
TITLE = "Máy sấy bơm nhiệt hai cấp 500 kg/mẻ cho xoài, mít dẻo"
NEED = "Sấy xoài dẻo 500 kg mỗi mẻ, tiền điện dưới 1.200 đồng cho mỗi kg nước"

TECHNOLOGY: Mapping[str, Typed] = {
    "title": TITLE,
    "benefit": "Giảm 42 % điện so với sấy điện trở, giữ màu vàng sau 6 tháng",
    "summary": "Buồng sấy hai cấp thu hồi ẩn nhiệt, chạy 38–55 °C cho quả dẻo.",
    "description": "## Nguyên lý\n\nDàn lạnh tách ẩm, dàn nóng **thu hồi nhiệt**.",
    "keywords": "sấy bơm nhiệt, xoài dẻo, tiết kiệm điện",
    "details.problem": "Sấy điện trở tốn 1,9 kWh cho mỗi kg nước và làm sẫm màu.",
    "details.advantage": "So với sấy điện trở 30 kW: 1,1 kWh/kg nước thay vì 1,9.",
    "details.evidence": "Chạy 14 tháng tại hai hợp tác xã, 210 mẻ.",
    "region": "79",
    "classifications": ["priority-field:high-tech-agriculture", "research-field:2", "vsic:C"],
    "ip_status": "granted",
    "transfer_forms": ["non_exclusive_licence", "with_technical_services"],
    "payment_forms": ["fee_and_royalty"],
    "territory": "Việt Nam",
    "price.kind": "indicative",
    "price.from": 380_000_000,
    "price.to": 450_000_000,
    "price.unit": "máy",
}
SECRET = "Môi chất R290 pha 4 % R170: bí quyết giữ COP 4,6 ở 55 °C"


def ask_operator(operator: PlainBrowser, title: str) -> Page:
    """The operator opens what waits longest and looks at it."""
    return operator.see("/vi/review").click(title)


def public_address(mine: PlainBrowser, letter: StoredMail) -> str:
    """Where everybody sees what the letter speaks of: its owner goes on from their own page."""
    page = mine.see(link_in(letter))
    if "Trạng thái" in dict(page.links()):
        page = page.click("Trạng thái")
    return page.click("Xem trang công khai").path


def test_the_main_job(
    browser: Callable[[], PlainBrowser],
    operator: PlainBrowser,
    exchange: Exchange,
    neighbours: int,
    database: Database,
    clock: Clock,
) -> None:
    # The holder opens an account and a profile for her institute.
    holder = browser()
    register(holder, exchange, name="Lê Thị Hạnh", email=HOLDER)
    page = holder.see("/vi/desk/listings/new")
    assert "Cần một tổ chức đứng tên" in page.text
    page = page.click("Lập hồ sơ tổ chức").press(
        "Lưu hồ sơ", {"name": INSTITUTE, "type": "research_institute", "region": "79", "tax_code": "3701234561"}
    )
    assert page.errors == ["Mã số thuế này sai chữ số kiểm tra: hãy so lại từng chữ số với giấy đăng ký."]
    assert page.value("name") == INSTITUTE
    page = page.press("Lưu hồ sơ", {"tax_code": "3701234562", "representative": "Nguyễn Khắc Phong"})
    assert page.flash == "Đã lập hồ sơ. Đơn vị vận hành sẽ đối chiếu để xác minh."

    # She writes a technology: the questions follow its readiness level, a picture comes along, a draft is kept.
    page = holder.see("/vi/desk/listings/new").click("Công nghệ")
    page = page.press("Cập nhật câu hỏi theo TRL", {"title": TITLE, "trl": "8"})
    assert page.value("title") == TITLE
    late = {"details.capacity": "500 kg xoài mỗi mẻ 18 giờ", "details.customers": "HTX Lạc An, HTX Suối Cát"}
    page = page.press(
        "Lưu bản nháp",
        {**TECHNOLOGY, **late, "price.from": "ba trăm triệu", "picture": Upload("may say.jpg", jpeg())},
    )
    assert page.status == 422
    assert page.errors == ["Hãy nhập một số nguyên, ví dụ 1.250."]
    assert page.value("summary") == TECHNOLOGY["summary"]
    page = page.press("Lưu bản nháp", {"price.from": 380_000_000, "picture": Upload("may say.jpg", jpeg())})
    assert page.flash == "Đã lưu bản nháp."
    public_id = page.path.rpartition("/")[2]
    page = page.press("Gửi duyệt")
    assert page.errors == ["TRL 7–9: hãy nêu chi phí đầu tư hoặc vận hành"]
    assert "Bản nháp đã được lưu." in page.text

    # What only her institute may read stands on a page of its own.
    page = page.click("Phần bảo mật").press(
        "Lưu phần bảo mật", {"confidential": SECRET, "confidential_file": Upload("cong-thuc.pdf", pdf())}
    )
    assert page.flash == "Đã lưu phần bảo mật."
    assert page.value("confidential") == SECRET
    page = page.click("Nội dung").press(
        "Gửi duyệt", {"details.cost": "410 triệu đồng một máy, bảo trì 6 triệu mỗi năm"}
    )
    assert page.flash == "Đã gửi duyệt. Bạn sẽ nhận thư khi có kết quả."
    assert holder.open(f"/vi/listings/x-{public_id}").status == 404, "nothing is public before it was reviewed"

    # The operator looks at it and returns it, with the reason beside the field.
    clock.later(hours=5)
    page = ask_operator(operator, TITLE)
    assert SECRET not in page.response.text
    assert "410 triệu đồng" in page.text
    page = page.press("Trả lại cho đơn vị sửa")
    assert page.status == 422, "a return without any reason says nothing"
    page = page.press(
        "Trả lại cho đơn vị sửa",
        {"reasons.details.evidence": "Hãy ghi ai đo và đo bằng gì.", "note": "Bài viết tốt, chỉ thiếu một chỗ."},
    )
    assert page.flash == f"Đã trả lại “{TITLE}” để sửa."
    (letter,) = exchange.post(to=HOLDER)
    assert letter.subject == f"Cần sửa trước khi đăng: {TITLE}"
    assert "Có 1 mục cần sửa" in letter.text
    assert "Bài viết tốt, chỉ thiếu một chỗ." in letter.text

    # She mends it where the reason stands, and submits again.
    clock.later(hours=20)
    page = holder.see(link_in(letter))
    assert page.errors == ["Hãy ghi ai đo và đo bằng gì."]
    assert "Bài viết tốt, chỉ thiếu một chỗ." in page.text
    page = page.press(
        "Gửi duyệt", {"details.evidence": "210 mẻ trong 14 tháng; Trung tâm Kỹ thuật 3 đo bằng công tơ ba pha."}
    )
    assert page.flash == "Đã gửi duyệt. Bạn sẽ nhận thư khi có kết quả."
    page = ask_operator(operator, TITLE).press("Duyệt và đăng")
    assert page.flash == f"Đã duyệt và đăng “{TITLE}”."
    (letter,) = exchange.post(to=HOLDER)
    public = public_address(holder, letter)
    anybody = browser()
    page = anybody.see(public)
    assert page.heading == TITLE
    assert page.facts()["Mức sẵn sàng"].startswith("TRL 8")
    assert "380.000.000 ₫ – 450.000.000 ₫/máy" in page.text
    assert page.tree.xpath("//main//figure/img/@alt") is not None
    assert SECRET not in page.response.text
    assert "cong-thuc" not in page.response.text
    with database.read_only() as session:
        listing = session.scalars(select(Listing).where(Listing.public_id == public_id)).one()
        moves = session.scalars(select(ListingHistory.move).order_by(ListingHistory.sequence)).all()
        assert listing.state == "published"
        assert (listing.price_from, listing.price_to, listing.price_currency) == (380_000_000, 450_000_000, "VND")
        assert list(moves) == ["create", "submit", "return", "submit", "publish"]
        assert session.scalars(select(ListingConfidential.text)).all() == [SECRET]

    # The buyer opens an account, makes his firm's profile, and posts a need without its name.
    buyer = browser()
    register(buyer, exchange, name="Phạm Quang Trung", email=BUYER)
    buyer.see("/vi/desk/organisations/new").press(
        "Lưu hồ sơ", {"name": FIRM, "type": "firm", "region": "79", "tax_code": "3709876547"}
    )
    need: dict[str, Typed] = {
        "title": NEED,
        "summary": "Đang sấy điện trở, mỗi mẻ 500 kg xoài lát mất 22 giờ.",
        "description": "Cần dây chuyền đã chạy ở nơi khác, lắp trong 90 ngày.",
        "keywords": "sấy xoài, tiết kiệm điện",
        "details.baseline": "1,9 kWh cho mỗi kg nước, 11 % sẫm màu",
        "details.target": "Dưới 1,2 kWh cho mỗi kg nước",
        "details.acceptance": "Chạy ba mẻ, đo bằng công tơ của nhà máy",
        "trl": "7",
        "transfer_forms": ["non_exclusive_licence"],
        "price.kind": "indicative",
        "price.from": 300_000_000,
        "price.to": 500_000_000,
        "deadline": "2027-02-15",
        "visibility": "anonymous",
        "region": "79",
        "classifications": ["priority-field:high-tech-agriculture", "research-field:2"],
    }
    page = buyer.see("/vi/").click("Đăng nhu cầu")
    page = page.press("Gửi duyệt", {**need, "description": f"{need['description']} Liên hệ {FIRM}."})
    assert page.errors == ["Nhu cầu ẩn danh không được nhắc tên đơn vị: “cong ty tnhh nong san tan uyen”"]
    page = page.press("Gửi duyệt", {"description": need["description"]})
    assert page.flash == "Đã gửi duyệt. Bạn sẽ nhận thư khi có kết quả."
    page = ask_operator(operator, NEED)
    assert FIRM in page.text, "the operator knows whose need it is"
    page.press("Duyệt và đăng")
    (letter,) = exchange.post(to=BUYER)
    need_path = public_address(buyer, letter)

    # He sees who can solve it and why; the holder sees on her own page that somebody waits, but not who.
    page = buyer.see(need_path)
    assert page.heading == NEED
    assert "Đơn vị ẩn danh" in page.text
    assert "Ngân sách 300–500 triệu ₫" in page.text
    matches = page.all(".//ol[contains(@class, 'match-list')]/li")
    assert TITLE in matches[0], "the best match comes first"
    assert "TRL 8 ≥ yêu cầu 7" in matches[0]
    page = holder.see(public)
    assert NEED in page.text
    assert "Tân Uyên" not in page.response.text

    # He finds it by words without diacritics, narrows by a filter, and goes on to ask.
    page = buyer.see("/vi/").press("Tìm", {"q": "may say bom nhiet xoai"})
    assert TITLE in page.text
    assert page.tree.xpath("//main//mark"), "the words found are marked"
    page = buyer.see(f"/vi/technologies?q={quote('may say')}&trl=7-9")
    assert page.all(".//h2//a|.//h3//a")[0].startswith("Máy sấy bơm nhiệt")
    page = buyer.see(public).click("Hỏi giá mục này")
    page = page.press("Thêm hạng mục", {"items.0.description": "Máy sấy 500 kg/mẻ", "items.0.quantity": 2})
    page = page.press(
        "Gửi yêu cầu báo giá",
        {
            "items.0.unit": "máy",
            "items.0.target_price": 370_000_000,
            "items.0.tiers": "5; 10",
            "items.1.description": "Khay sấy inox 304",
            "items.1.quantity": "không nhiều",
            "items.1.unit": "cái",
            "message": "Lắp tại Tân Uyên. Điện ba pha 75 kVA.",
            "wanted_date": "01/03/2027",
        },
    )
    assert page.status == 422
    assert page.errors == ["Hãy nhập một số, ví dụ 12,5."]
    page = page.press("Gửi yêu cầu báo giá", {"items.1.quantity": 120, "files": Upload("mat bang.pdf", pdf())})
    number = page.path.rpartition("/")[2]
    assert page.flash == f"Đã gửi yêu cầu {number} đến {INSTITUTE}."
    assert page.table("Hạng mục cần báo giá") == [
        ["1. Máy sấy 500 kg/mẻ", "2 máy", "5; 10", "370.000.000 ₫"],
        ["2. Khay sấy inox 304", "120 cái", "–", "–"],
    ]

    # The holder gets a letter, says that she has it, and asks something; each side is told of the other's steps.
    (letter,) = exchange.post(to=HOLDER)
    assert letter.subject == f"{FIRM} hỏi giá ({number})"
    assert "370.000.000" not in letter.text, "letters tell that something happened, not what it costs"
    assert [one.subject for one in exchange.post(to=BUYER)] == [f"Đã gửi yêu cầu báo giá {number}"]
    clock.later(hours=3)
    page = holder.see(link_in(letter))
    assert page.press("Đã nhận, sẽ trả lời").flash == "Đã báo cho bên hỏi giá biết bạn đã nhận yêu cầu."
    assert [one.subject for one in exchange.post(to=BUYER)] == [f"{INSTITUTE} đã nhận yêu cầu {number}"]
    page = holder.see(f"/vi/desk/enquiries/{number}").press("Gửi lời nhắn", {"body": "Xoài đưa vào ẩm bao nhiêu?"})
    assert page.flash == "Đã gửi lời nhắn."
    (letter,) = exchange.post(to=BUYER)
    page = buyer.see(link_in(letter))
    assert "Xoài đưa vào ẩm bao nhiêu?" in page.text
    page.press("Gửi lời nhắn", {"body": "82 %, lát 6 mm."})
    clock.later(days=1)
    page = holder.see(f"/vi/desk/enquiries/{number}").click("Soạn báo giá")
    # Two machines were asked for, and the price for five and ten: a line for each.
    assert [page.value(f"answers.0.offers.{row}.quantity_from") for row in range(3)] == ["2", "5", "10"]
    page = page.press(
        "Gửi báo giá",
        {
            "answers.0.offers.0.unit_price": 395_000_000,
            "answers.0.offers.0.lead_time_days": 60,
            "answers.0.offers.1.unit_price": 380_000_000,
            "answers.0.offers.2.unit_price": 365_000_000,
            "answers.1.offers.0.unit_price": 450_000,
            "tax_percent": 8,
            "valid_until": "31/12/2026",
            "terms": "Thanh toán 40 % khi đặt, 60 % khi nghiệm thu.",
        },
    )
    assert page.flash == "Đã gửi báo giá, bản 1."
    (letter,) = exchange.post(to=BUYER)

    # The buyer finds it dear and says so; the holder sends a second revision, which replaces the first.
    page = buyer.see(link_in(letter))
    assert page.table("Các dòng báo giá, bản 1")[0][:4] == [
        "1. Máy sấy 500 kg/mẻ",
        "395.000.000 ₫",
        "2 máy",
        "790.000.000 ₫",
    ]
    page.press("Gửi lời nhắn", {"body": "Ngân sách chỉ 380 triệu một máy."})
    clock.later(hours=2)
    page = holder.see(f"/vi/desk/enquiries/{number}").click("Gửi bản báo giá mới")
    assert page.value("answers.0.offers.0.unit_price") == "395.000.000"
    page = page.press("Gửi báo giá", {"answers.0.offers.0.unit_price": 378_000_000})
    assert page.flash == "Đã gửi báo giá, bản 2."
    page = buyer.see(f"/vi/desk/enquiries/{number}")
    assert "395.000.000 ₫" in page.text
    assert page.table("Các dòng báo giá, bản 2")[0][1] == "378.000.000 ₫"
    stale = buyer.open(f"/vi/desk/enquiries/{number}/quotes/1/accept")
    assert stale.path.startswith(f"/vi/desk/enquiries/{number}"), "the first revision can be accepted no more"
    assert stale.path == f"/vi/desk/enquiries/{number}"

    # He looks at the sums and accepts; sent twice it counts once.
    page = page.click("Xem tổng và chấp nhận").press("Xem tổng", {"lines.1.quantity": 2})
    assert page.table("Thành tiền") == [
        ["Máy sấy 500 kg/mẻ", "2 máy", "378.000.000 ₫", "756.000.000 ₫"],
        ["Khay sấy inox 304", "120 cái", "450.000 ₫", "54.000.000 ₫"],
    ]
    assert page.facts() == {
        "Cộng trước thuế": "810.000.000 ₫",
        "Thuế 8 %": "64.800.000 ₫",
        "Tổng cộng": "874.800.000 ₫",
    }
    done = page.press("Chấp nhận báo giá", {"note": "Cảm ơn, gặp nhau tại xưởng ngày 5/12."})
    assert done.flash == "Đã chấp nhận báo giá, tổng 874.800.000 ₫."
    again = page.press("Chấp nhận báo giá", {"note": "Cảm ơn, gặp nhau tại xưởng ngày 5/12."})
    assert "874.800.000" in again.text
    subjects = [one.subject for one in exchange.post(to=HOLDER)]
    assert subjects[-1] == f"{FIRM} chấp nhận báo giá ({number})"
    assert sum("chấp nhận" in one for one in subjects) == 1

    # Both see the same, and print it; nobody else sees anything.
    for mine in (holder, buyer):
        page = mine.see(f"/vi/desk/enquiries/{number}")
        assert "874.800.000 ₫" in page.text
        paper = page.click("In bản chấp nhận")
        assert paper.facts()["Tổng cộng"] == "874.800.000 ₫"
        assert paper.facts()["Người chấp nhận"] == "Phạm Quang Trung"
        assert page.click("In yêu cầu").facts()["Bên hỏi giá"] == FIRM
        assert "395.000.000 ₫" in mine.see(f"/vi/desk/enquiries/{number}/quotes/1/print").text
    assert anybody.open(f"/vi/desk/enquiries/{number}").path.startswith("/vi/sign-in?next=")
    outline = operator.see(f"/vi/desk/enquiries/{number}")
    assert "874.800.000" not in outline.response.text
    assert "378.000.000" not in outline.response.text
    stranger = browser()
    register(stranger, exchange, name="Vũ Người Lạ", email="la@noi-khac.example")
    assert stranger.open(f"/vi/desk/enquiries/{number}").status == 404

    # The need is solved: taken off, its address answers 410 from then on and search forgets it.
    page = buyer.see("/vi/desk/listings").click(NEED).click("Trạng thái")
    page = page.press("Rút khỏi sàn")
    assert page.status == 422
    page = page.press("Rút khỏi sàn", {"reason": "solved"})
    assert page.flash == "Đã rút khỏi sàn."
    exchange.work()
    gone = anybody.open(need_path)
    assert gone.status == 410
    assert NEED not in gone.text
    assert anybody.open(need_path.replace("/vi/", "/en/")).status == 410
    assert NEED not in anybody.see("/vi/needs").text
    assert NEED not in anybody.see(public).text
    assert "874.800.000 ₫" in buyer.see(f"/vi/desk/enquiries/{number}").text

    # Exactly this has happened, and nothing beside it.
    with database.read_only() as session:
        assert session.scalar(select(func.count(Person.id))) == 4
        assert session.scalar(select(func.count(Organisation.id))) == 3
        request = session.scalars(select(QuoteRequest)).one()
        assert (request.number, request.state) == (number, "accepted")
        quotes = session.execute(select(QuoteRow.revision, QuoteRow.state).order_by(QuoteRow.revision)).all()
        assert [tuple(one) for one in quotes] == [(1, "superseded"), (2, "accepted")]
        states = session.execute(select(Listing.state, func.count()).group_by(Listing.state))
        assert dict(states.all()) == {"published": neighbours + 1, "withdrawn": 1}
        about = session.scalars(select(JournalEntry.action).where(JournalEntry.entity == "listing")).all()
        assert about.count("publish") == 2
        assert about.count("withdraw") == 1
