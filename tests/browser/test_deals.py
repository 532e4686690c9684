"""A signed patent licence in Chromium, to its end: milestones moved, returned and accepted, registration, outcome.

How it came to be signed is walked in test_patent_licence.py.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from app import clock
from app.i18n.formats import local_date
from tests.browser.demo_site import DemoSite
from tests.browser.driving import axe_violations, overflow
from tests.integrations import sample_files

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PHONE, DESK = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=900)
HOLDER, BUYER = "ha.giang", "trong.nghia"


@pytest.fixture
def windows(chromium: Browser, demo: DemoSite) -> Iterator[dict[str, Page]]:
    """A window of each side: the institute at its desk, the buyer's telephone in the dark."""
    contexts: list[BrowserContext] = []
    pages = {}
    for who, size, dark in ((HOLDER, DESK, "light"), (BUYER, PHONE, "dark")):
        context = chromium.new_context(viewport=size, color_scheme=dark, reduced_motion="reduce")  # type: ignore[arg-type]
        demo.sign_in(context, who)
        contexts.append(context)
        pages[who] = context.new_page()
    yield pages
    for context in contexts:
        context.close()


def fits(page: Page) -> None:
    assert axe_violations(page) == []
    assert overflow(page) == 0


def test_a_patent_licence_with_milestones_and_royalty(windows: dict[str, Page], demo: DemoSite) -> None:
    holder, buyer = windows[HOLDER], windows[BUYER]
    deal = demo.url("vi", "/desk/deals/{deal_signed}")

    # The royalty that was agreed, the clock that runs.
    buyer.goto(deal)
    expect(buyer.get_by_text("2,5 % trên doanh thu thuần, trả mỗi quý")).to_be_visible()
    expect(buyer.get_by_text("ngày để gửi hồ sơ đăng ký hợp đồng")).to_be_visible()
    fits(buyer)

    # The buyer accepts the milestone that was reported.
    buyer.get_by_role("link", name="Mốc thực hiện").first.click()
    buyer.get_by_role("button", name="Chấp nhận mốc").click()
    expect(buyer.get_by_text("Đã chấp nhận mốc.")).to_be_visible()
    fits(buyer)

    # The last one: proposed to be later by the buyer, agreed by the holder, reported with a file, returned, accepted.
    buyer.get_by_role("link", name="Sửa", exact=True).click()
    later = local_date(clock.now()) + timedelta(days=40)
    buyer.get_by_label("Hạn", exact=True).fill(later.isoformat())
    buyer.get_by_label("Vì sao").fill("Người vận hành nghỉ Tết")
    buyer.get_by_role("button", name="Gửi đề nghị").click()
    holder.goto(f"{deal}/milestones")
    expect(holder.get_by_text("Người vận hành nghỉ Tết")).to_be_visible()
    fits(holder)
    holder.get_by_role("button", name="Đồng ý sửa").click()
    expect(
        holder.get_by_role("region").or_(holder.locator("main")).get_by_text(f"{later:%d/%m/%Y}").first
    ).to_be_visible()
    holder.get_by_role("link", name="Báo đã xong").click()
    holder.get_by_label("Đã làm gì").fill("Bốn người đã qua khoá vận hành")
    file = {"name": "bien-ban.pdf", "mimeType": "application/pdf", "buffer": sample_files.pdf("Bien ban")}
    holder.get_by_label("Tệp làm bằng chứng").set_input_files(file)  # type: ignore[arg-type]
    holder.get_by_role("button", name="Báo đã xong").click()
    buyer.goto(f"{deal}/milestones")
    with buyer.expect_download() as saved:
        buyer.get_by_role("link", name="bien-ban.pdf").click()
    assert saved.value.suggested_filename == "bien-ban.pdf"
    buyer.get_by_role("link", name="Trả lại").click()
    buyer.get_by_label("Còn thiếu gì?").fill("Thiếu chữ ký của người học")
    buyer.get_by_role("button", name="Trả lại mốc").click()
    holder.goto(f"{deal}/milestones")
    holder.get_by_text("Diễn biến").last.click()
    expect(holder.get_by_text("Thiếu chữ ký của người học")).to_be_visible()
    holder.get_by_role("link", name="Báo đã xong").click()
    holder.get_by_label("Đã làm gì").fill("Đã ký đủ")
    holder.get_by_role("button", name="Báo đã xong").click()
    buyer.goto(f"{deal}/milestones")
    buyer.get_by_role("button", name="Chấp nhận mốc").click()

    # The file goes to the authority, which stops the clock.
    buyer.goto(f"{deal}/legal")
    buyer.get_by_label("Ngày gửi hồ sơ").fill(local_date(clock.now()).isoformat())
    buyer.get_by_role("button", name="Đã gửi hồ sơ").click()
    expect(buyer.get_by_text("Đã ghi ngày gửi hồ sơ; đồng hồ dừng.")).to_be_visible()

    # Both confirm, one by a band, and the deal is complete.
    for page, shown in ((holder, "band"), (buyer, "private")):
        page.goto(deal)
        page.locator(f"input[name=shown][value={shown}]").check()
        page.get_by_role("button", name="Xác nhận đã hoàn thành").click()
    expect(buyer.get_by_text("Hoàn thành, hai bên xác nhận").first).to_be_visible()
    fits(buyer)
    holder.goto(f"{deal}/print")
    fits(holder)
