"""A patent licence from the first question in Chromium: agreement, opened part, quote, deal, milestone, royalty.

What comes after the contract in detail (returned milestones, the registration, the outcome) is walked in test_deals.py.
"""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from app import clock
from app.demo.load import PASSWORD
from app.i18n.formats import local_date
from tests.browser.demo_site import DemoSite
from tests.browser.driving import axe_violations, overflow

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PHONE, DESK = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=900)
HOLDER, BUYER = "ha.giang", "thanh.dat"
SECRET = "Ngưỡng thứ hai tính theo căn bậc hai bề dày lát, hệ số 0,37"


@pytest.fixture
def windows(chromium: Browser, demo: DemoSite) -> Iterator[tuple[Page, Page]]:
    """The holder at its desk, the buyer with a telephone in the dark; neither has spoken to the other before."""
    contexts: list[BrowserContext] = []
    for who, size, dark in ((HOLDER, DESK, "light"), (BUYER, PHONE, "dark")):
        context = chromium.new_context(viewport=size, color_scheme=dark, reduced_motion="reduce")  # type: ignore[arg-type]
        demo.sign_in(context, who)
        contexts.append(context)
    holder, buyer = (context.new_page() for context in contexts)
    yield holder, buyer
    for context in contexts:
        context.close()


def fits(page: Page) -> None:
    assert axe_violations(page) == []
    assert overflow(page) == 0


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def sign(page: Page, agreement: str, name: str) -> None:
    """Sign the agreement; a wrong password signs nothing and keeps what was typed."""
    page.goto(agreement)
    page.get_by_role("link", name="Đọc và ký").click()
    page.locator("#f-typed_name").fill(name)
    page.locator("#f-role").fill("Giám đốc")
    page.locator("#f-agreed").check()
    page.locator("#f-password").fill("khong-phai-mat-khau")
    press(page, "Ký thoả thuận")
    expect(page.locator("#f-password")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#f-typed_name")).to_have_value(name)
    expect(page.locator("#f-password")).to_have_value("")
    page.locator("#f-password").fill(PASSWORD)
    press(page, "Ký thoả thuận")
    expect(page).to_have_url(re.compile(r"/ndas/[^/]+$"))


def test_a_patent_licence_from_the_first_question(windows: tuple[Page, Page], demo: DemoSite) -> None:
    holder, buyer = windows
    today = local_date(clock.now())
    patent = demo.url("vi", "/listings/{SC001}")

    # The holder keeps a part to itself; the buyer asks for an agreement, from the page of the patent.
    holder.goto(demo.url("vi", "/desk/listings/{SC001_id}/confidential"))
    holder.locator("#f-confidential").fill(SECRET)
    press(holder, "Lưu phần bảo mật")
    buyer.goto(patent)
    assert SECRET not in buyer.content()
    buyer.get_by_role("link", name="Đề nghị thoả thuận bảo mật").first.click()
    buyer.locator("#f-purpose").fill("Xem để mua giấy phép cho hai buồng sấy gỗ")
    buyer.locator("input[name=readers]").first.check()
    fits(buyer)
    press(buyer, "Gửi đề nghị")
    agreement = buyer.url.partition("?")[0]
    assert re.search(r"/ndas/[A-Z]+-\d{4}-\d+$", agreement)

    # The holder fixes the text and opens the part; before both have signed it opens for nobody.
    holder.goto(agreement)
    holder.get_by_role("link", name="Chốt văn bản").click()
    holder.locator("#f-active_until").fill((today + timedelta(days=365)).isoformat())
    fits(holder)
    press(holder, "Chốt văn bản")
    holder.locator("#f-text").check()
    press(holder, "Lưu những phần được mở")
    sign(holder, agreement, "Mạc Thị Hà Giang")
    buyer.goto(agreement)
    expect(buyer.get_by_role("button", name="Mở đọc")).to_have_count(0)
    sign(buyer, agreement, "Võ Thành Đạt")

    # The buyer reads what is open, marked with who reads; the owner sees the reading.
    buyer.goto(agreement)
    press(buyer, "Mở đọc")
    expect(buyer.get_by_text(SECRET)).to_be_visible()
    expect(buyer.get_by_text("Mở cho Võ Thành Đạt").first).to_be_visible()
    fits(buyer)
    holder.goto(agreement)
    expect(holder.get_by_role("cell", name="Võ Thành Đạt").first).to_be_visible()
    fits(holder)

    # Asked, quoted, accepted: a deal.
    buyer.goto(f"{patent}/ask")
    buyer.locator("#f-items-0-description").fill("Giấy phép cho hai buồng sấy")
    buyer.locator("#f-items-0-quantity").fill("1")
    buyer.locator("#f-items-0-unit").fill("gói")
    press(buyer, "Gửi yêu cầu báo giá")
    enquiry = buyer.url.partition("?")[0]
    holder.goto(f"{enquiry}/quote")
    holder.locator("#f-answers-0-offers-0-unit_price").fill("320.000.000")
    holder.locator("#f-valid_until").fill(f"{today + timedelta(days=30):%d/%m/%Y}")
    press(holder, "Gửi báo giá")
    expect(holder).to_have_url(re.compile(r"/enquiries/[^/]+$"))
    buyer.goto(f"{enquiry}/quotes/1/accept")
    fits(buyer)
    press(buyer, "Xem tổng")
    press(buyer, "Chấp nhận báo giá")
    buyer.get_by_role("link", name="Đến thương vụ").click()
    deal = buyer.url.partition("?")[0]
    assert re.search(r"/deals/TV-\d{4}-\d+$", deal)

    # Terms with a royalty, one milestone, the day of the contract.
    holder.goto(f"{deal}/terms")
    holder.get_by_role("link", name="Đề nghị điều khoản").click()
    holder.locator("input[name=transfer_forms][value=non_exclusive_licence]").check()
    holder.locator("#f-territory").fill("Việt Nam")
    holder.locator("input[name=payment_form][value=fee_and_royalty]").check()
    holder.locator("#f-lump_sum").fill("120.000.000")
    holder.locator("#f-royalty_percent").fill("1,5")
    holder.locator("#f-royalty_base").select_option("net_sales")
    holder.locator("#f-royalty_period").select_option("quarter")
    holder.locator("#f-royalty_years").fill("5")
    press(holder, "Gửi đề nghị")
    buyer.goto(f"{deal}/terms")
    press(buyer, "Đồng ý điều khoản")
    holder.goto(f"{deal}/milestones")
    holder.get_by_role("link", name="Thêm mốc").click()
    holder.locator("#f-title").fill("Cài phần mềm điều khiển ở hai buồng")
    holder.locator("#f-due_on").fill((today + timedelta(days=30)).isoformat())
    press(holder, "Ghi mốc")
    buyer.goto(deal)
    expect(buyer.get_by_text("1,5 % trên doanh thu thuần, trả mỗi quý")).to_be_visible()
    buyer.locator("#f-contract_date").fill(today.isoformat())
    press(buyer, "Hai bên đã ký")

    # The milestone: reported by one, accepted by the other.
    holder.goto(f"{deal}/milestones")
    holder.get_by_role("link", name="Báo đã xong").click()
    holder.locator("#f-evidence").fill("Đã cài, chạy thử ba mẻ đạt")
    press(holder, "Báo đã xong")
    buyer.goto(f"{deal}/milestones")
    press(buyer, "Chấp nhận mốc")
    expect(buyer.get_by_text("Đã chấp nhận mốc.")).to_be_visible()

    # The royalty of a quarter: asked for by the holder, to be paid by the buyer with a code to photograph.
    holder.goto(f"{deal}/payments")
    holder.locator("input[name=kind][value=royalty]").check()
    holder.locator("#f-description").fill("Phí quý đầu, 1,5 % của 2 tỷ doanh thu thuần")
    holder.locator("#f-amount").fill("30.000.000")
    press(holder, "Gửi đề nghị")
    buyer.goto(f"{deal}/payments")
    buyer.get_by_role("link", name="Phí quý đầu, 1,5 % của 2 tỷ doanh thu thuần").click()
    expect(buyer.locator(".payment-qr")).to_be_visible()
    expect(buyer.get_by_text("30.000.000").first).to_be_visible()
    fits(buyer)
