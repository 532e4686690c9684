"""A need answered by three quotes in Chromium: asked in one go on a telephone, answered at three desks, compared,
weighed, one accepted. The same without scripts, with every figure, is told in tests/flows/test_three_quotes.py.
"""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from app import clock
from app.i18n.formats import local_date
from tests.browser.demo_site import DemoSite
from tests.browser.driving import axe_violations, overflow

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PHONE, DESK = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=900)
BUYER = "thanh.dat"
# Who answers about which listing, at what price a piece and within how many days.
HOLDERS = {"van.lanh": ("TB001", "640.000.000", "45"), "nhat.quan": ("TB005", "590.000.000", "90")}
SILENT, ASKED_TOO = "ngoc.anh", "TB014"


@pytest.fixture
def windows(chromium: Browser, demo: DemoSite) -> Iterator[dict[str, Page]]:
    """The buyer with a telephone, the holders at their desks."""
    contexts: dict[str, BrowserContext] = {}
    for who in (BUYER, *HOLDERS, SILENT):
        contexts[who] = chromium.new_context(viewport=PHONE if who == BUYER else DESK, reduced_motion="reduce")
        demo.sign_in(contexts[who], who)
    yield {who: context.new_page() for who, context in contexts.items()}
    for context in contexts.values():
        context.close()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def fits(page: Page) -> None:
    assert axe_violations(page) == []
    assert overflow(page) == 0


def test_a_need_answered_by_three_quotes(windows: dict[str, Page], demo: DemoSite) -> None:
    buyer = windows[BUYER]
    today = local_date(clock.now())

    # Three listings are kept, then asked in one go about the buyer's own need.
    for code in (*(code for code, _, _ in HOLDERS.values()), ASKED_TOO):
        buyer.goto(demo.url("vi", f"/listings/{{{code}}}"))
        press(buyer, "Lưu vào danh sách")
        expect(buyer.get_by_text("Đã lưu vào danh sách của bạn.")).to_be_visible()
    buyer.goto(demo.url("vi", "/desk/kept"))
    fits(buyer)
    press(buyer, "Hỏi giá các mục đã chọn")
    buyer.locator("#f-items-0-description").fill("Buồng sấy gỗ cao su 12 m³ mỗi mẻ")
    buyer.locator("#f-items-0-quantity").fill("1")
    buyer.locator("#f-items-0-unit").fill("buồng")
    fits(buyer)
    press(buyer, "Gửi cho các bên đã chọn")
    expect(buyer.get_by_text("Đã gửi 3 yêu cầu báo giá.")).to_be_visible()
    asked = buyer.url.partition("?")[0]
    assert re.search(r"/desk/rounds/[^/]+$", asked)

    # Two quote and one declines; each sees its own request, and the list of all is not for them.
    for who, (code, price, days) in HOLDERS.items():
        holder = windows[who]
        own = _request(holder, demo, code)
        holder.goto(asked)
        expect(holder.get_by_role("heading", level=1)).to_contain_text("Không tìm thấy")
        holder.goto(f"{own}/quote")
        holder.locator("#f-answers-0-offers-0-unit_price").fill(price)
        holder.locator("#f-answers-0-offers-0-lead_time_days").fill(days)
        holder.locator("#f-valid_until").fill(f"{today + timedelta(days=30):%d/%m/%Y}")
        press(holder, "Gửi báo giá")
        expect(holder).to_have_url(re.compile(r"/enquiries/[^/]+$"))
    declining = windows[SILENT]
    declining.goto(f"{_request(declining, demo, ASKED_TOO)}/decline")
    declining.locator("input[name=reason][value=no_capacity]").check()
    press(declining, "Từ chối báo giá")

    # Side by side on the telephone; what counts more changes who stands first.
    buyer.goto(asked)
    expect(buyer.get_by_text("590.000.000").first).to_be_visible()
    expect(buyer.get_by_text("640.000.000").first).to_be_visible()
    fits(buyer)
    buyer.locator("#f-cost").select_option("1")
    buyer.locator("#f-lead_time").select_option("5")
    press(buyer, "Lưu và tính lại điểm")
    expect(buyer.get_by_text("Đã lưu cách bạn so sánh; điểm được tính lại.")).to_be_visible()

    # One is accepted: a deal with that holder, and nobody else is told.
    code, _, _ = HOLDERS["van.lanh"]
    buyer.goto(f"{_request(buyer, demo, code, side='sent')}/quotes/1/accept")
    press(buyer, "Xem tổng")
    press(buyer, "Chấp nhận báo giá")
    buyer.get_by_role("link", name="Đến thương vụ").click()
    assert re.search(r"/deals/TV-\d{4}-\d+$", buyer.url.partition("?")[0])
    other = windows["nhat.quan"]
    other.goto(_request(other, demo, "TB005"))
    expect(other.get_by_text("640.000.000")).to_have_count(0)


def _request(page: Page, demo: DemoSite, code: str, *, side: str = "received") -> str:
    """The address of the newest request about a listing of the demo, as its reader finds it on the list."""
    page.goto(demo.url("vi", f"/listings/{{{code}}}"))
    title = page.get_by_role("heading", level=1).inner_text().replace("\n", " ").replace("\xa0", " ")
    page.goto(demo.url("vi", f"/desk/enquiries?side={side}"))
    found = page.locator("a[href*='/desk/enquiries/']").filter(has_text=re.compile(re.escape(title[:20])))
    path = found.first.get_attribute("href")
    assert path is not None, title
    return f"{demo.address}{path.partition('?')[0]}"
