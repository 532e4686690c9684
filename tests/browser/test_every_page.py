"""Every page type in a real browser: axe-core finds nothing in both languages, in light and dark, on phone and desk.

Width and colours are changed on the open page; every pair of language, colours and width comes once. What surrounds
every page is looked at on the first page that a person opens.
"""

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, ViewportSize

from app.i18n import Locale, _, use_locale
from app.web.routes import PAGES
from tests.browser.catalogue import LEFT_OUT, VISITS, Visit
from tests.browser.demo_site import DemoSite
from tests.browser.driving import axe_violations, overflow

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PHONE, DESK = ViewportSize(width=390, height=844), ViewportSize(width=1280, height=900)
Scheme = Literal["light", "dark"]
LOOKS: dict[str, tuple[tuple[ViewportSize, Scheme], ...]] = {
    "vi": ((DESK, "light"), (PHONE, "dark")),
    "en": ((DESK, "dark"), (PHONE, "light")),
}
SHELL = (".bar", ".foot")
# Every htmx request of the page has been answered.
SETTLED = "() => document.readyState === 'complete' && !document.querySelector('.htmx-request')"


def test_no_page_is_forgotten() -> None:
    shown = {
        getattr(route, "name", "")
        for router in PAGES
        for route in router.routes
        if "GET" in (getattr(route, "methods", None) or ())
    }
    assert VISITS.keys() & LEFT_OUT.keys() == set()
    assert shown == VISITS.keys() | LEFT_OUT.keys()


class Windows:
    """One window per person, kept open: a page of it is told what went wrong in it."""

    def __init__(self, chromium: Browser, demo: DemoSite) -> None:
        self.chromium, self.demo = chromium, demo
        self._pages: dict[str, tuple[BrowserContext, Page]] = {}
        self._shells: set[tuple[str, str]] = set()
        self.faults: list[str] = []

    def of(self, who: str) -> Page:
        """The window of that person, or of nobody."""
        if who not in self._pages:
            context = self.chromium.new_context(viewport=DESK, reduced_motion="reduce")
            if who:
                self.demo.sign_in(context, who)
            page = context.new_page()
            page.on("pageerror", lambda fault: self.faults.append(str(fault)))
            page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
            self._pages[who] = (context, page)
        self.faults.clear()
        return self._pages[who][1]

    def shell_seen(self, who: str, locale: str) -> bool:
        """Whether what surrounds the pages was looked at already, as this person sees it in this language."""
        seen = (who, locale) in self._shells
        self._shells.add((who, locale))
        return seen

    def close(self) -> None:
        for context, _page in self._pages.values():
            context.close()


@pytest.fixture(scope="module")
def windows(chromium: Browser, demo: DemoSite) -> Iterator[Windows]:
    windows = Windows(chromium, demo)
    yield windows
    windows.close()


def visit(page: Page, demo: DemoSite, wanted: Visit, locale: Locale) -> int:
    """Go there, press the button if one is named, wait until all that is fetched has come; the last answer's status."""
    page.set_viewport_size(DESK)
    answer = page.goto(demo.url(locale, wanted.path))
    assert answer is not None
    if wanted.press:
        with use_locale(locale):
            button = page.locator("main").get_by_role("button", name=_(wanted.press), exact=True)
        with page.expect_response(_is_page) as told:
            button.first.click()
        answer = told.value
        page.wait_for_load_state()
    page.wait_for_function(SETTLED)
    return answer.status


def _is_page(answer: Response) -> bool:
    return answer.request.is_navigation_request() and not 300 <= answer.status < 400


@pytest.mark.parametrize("locale", ["vi", "en"])
@pytest.mark.parametrize("name", VISITS)
def test_everybody_can_use_it(windows: Windows, demo: DemoSite, name: str, locale: Locale) -> None:
    found: dict[str, object] = {}
    for place, wanted in enumerate(VISITS[name]):
        if place and locale != ("vi", "en")[place % 2]:
            # Other states of a page type are seen in one of the languages.
            continue
        page = windows.of(wanted.who)
        status = visit(page, demo, wanted, locale)
        where = f"{wanted.who or 'nobody'} at {page.url.removeprefix(demo.address)}"
        if status != wanted.status:
            found[f"{where}: status"] = f"{status}, not {wanted.status}"
        seen = windows.shell_seen(wanted.who, locale)
        for size, scheme in LOOKS[locale]:
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            look = f"{where}, {size['width']} px, {scheme}"
            found[look] = axe_violations(page, but=SHELL if seen else ())
            found[f"{look}, too wide by"] = overflow(page)
        found[f"{where}, console"] = [one for one in windows.faults if not _told_by_status(one, wanted.status)]
    assert {where: what for where, what in found.items() if what} == {}


def _told_by_status(fault: str, status: int) -> bool:
    """Chromium itself complains about every answer that is no 2xx; where that is wanted, it is no fault."""
    return status >= 400 and fault.startswith("Failed to load resource") and f"status of {status}" in fault
