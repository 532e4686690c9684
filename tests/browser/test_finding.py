"""The page of results under the hands of people: keys, lists to type into, focus and folds over a renewal, a phone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.demo_site import DemoSite

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PHONE, DESK = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=900)


@pytest.fixture
def page(chromium: Browser, demo: DemoSite) -> Iterator[Page]:
    context = chromium.new_context(viewport=DESK, base_url=demo.address)
    yield context.new_page()
    context.close()


def focused(page: Page) -> str:
    """The id of what has the focus, or its address."""
    return str(page.evaluate("document.activeElement.id || document.activeElement.getAttribute('href') || ''"))


def test_keys_lead_through_the_page_and_never_into_a_field(page: Page) -> None:
    page.goto("/vi/search?q=say")
    titles = page.locator("#results .card-title a")
    first, second = (str(titles.nth(number).get_attribute("href")) for number in (0, 1))
    page.keyboard.press("/")
    assert focused(page) == "results-q"
    page.keyboard.type("/jkc")
    assert page.input_value("#results-q") == "/jkc"
    # Escape empties the field, then leaves it.
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert focused(page) == ""
    page.keyboard.press("j")
    assert focused(page) == first
    page.keyboard.press("j")
    assert focused(page) == second
    page.keyboard.press("k")
    assert focused(page) == first
    page.keyboard.press("ArrowDown")
    assert focused(page) == second
    page.keyboard.press("c")
    expect(page.locator(".compare-tray")).to_be_visible()
    assert "compare=" in page.url
    assert focused(page) == second


def test_keys_can_be_turned_off(page: Page) -> None:
    page.goto("/vi/search?q=say")
    page.locator("#keys-help summary").click()
    page.locator("[data-keys-switch]").uncheck()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    assert focused(page) == ""
    page.reload()
    page.locator("#keys-help summary").click()
    expect(page.locator("[data-keys-switch]")).not_to_be_checked()


def test_focus_folds_and_the_count_survive_a_renewal(page: Page) -> None:
    page.goto("/vi/search?q=say")
    page.locator("#facet-organisation_type > summary").click()
    box = page.locator("#facet-organisation_type input").first
    wanted = str(box.get_attribute("id"))
    box.focus()
    page.keyboard.press("Space")
    expect(page.locator("[data-status]")).to_contain_text("kết quả")
    assert focused(page) == wanted
    assert page.evaluate("document.getElementById('facet-organisation_type').open") is True
    page.wait_for_url("**organisation_type=**")
    # Empty fields of the form stay out of the address.
    assert "price_min" not in page.url
    page.go_back()
    expect(page.locator(f"#{wanted}")).not_to_be_checked()


def test_a_province_is_found_by_its_former_name_without_marks(page: Page) -> None:
    page.goto("/vi/search")
    page.locator("#find-region").fill("binh duong")
    shown = page.locator("#facet-region li:visible")
    expect(shown).to_have_count(1)
    expect(shown).to_contain_text("TP. Hồ Chí Minh")
    expect(shown).to_contain_text("Bình Dương")
    page.locator("#find-region").press("Enter")
    page.wait_for_url("**region=79**")
    expect(page.locator("#f-region-79")).to_be_checked()
    page.locator("#find-region").fill("khong co")
    expect(page.locator("#facet-region [data-find-none]")).to_be_visible()
    # Leaving the box sends nothing.
    before = page.url
    page.locator("h1").click()
    assert page.url == before


def test_on_a_phone_filters_open_and_close_over_their_results(chromium: Browser, demo: DemoSite) -> None:
    context = chromium.new_context(viewport=PHONE, base_url=demo.address, has_touch=True)
    page = context.new_page()
    page.goto("/vi/search?q=say")
    page.locator("#filters > summary").click()
    page.locator("#f-kind-technology").check()
    expect(page.locator(".filters .button").first).to_contain_text("(1)")
    assert page.evaluate("document.getElementById('filters').open") is True
    page.locator(".filters-done button").click()
    assert page.evaluate("document.getElementById('filters').open") is False
    expect(page.locator("#results-count")).to_be_in_viewport()
    context.close()


def test_without_scripts_everything_is_reached_by_buttons_and_links(chromium: Browser, demo: DemoSite) -> None:
    context = chromium.new_context(viewport=DESK, base_url=demo.address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/vi/search?q=say")
    page.locator("#find-region").fill("Bình Dương")
    page.locator("#f-kind-technology").check()
    page.get_by_role("button", name="Áp dụng bộ lọc").click()
    assert page.locator("#f-region-79").is_checked()
    assert page.locator("#f-kind-technology").is_checked()
    expect(page.get_by_text("Bình Dương nay thuộc TP. Hồ Chí Minh")).to_be_visible()
    page.locator("[data-compare]").first.click()
    page.locator(".compare-tray .button-fill").click()
    expect(page.get_by_role("heading", name="So sánh", exact=True)).to_be_visible()
    context.close()
